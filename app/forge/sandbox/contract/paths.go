package contract

import (
	"cmp"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// known is one path of a description. kin-openapi's own router takes a placeholder for one segment, but on GitHub a ref,
// a branch and a file path hold slashes, and clients send them unescaped.
type known struct {
	path  string
	re    *regexp.Regexp
	names []string
}

var placeholder = regexp.MustCompile(`\{(\w+)\}`)

// compile makes the most literal path stand first. slashed tells which placeholders may hold slashes.
func compile(paths []string, slashed func(name string) bool) []known {
	var list []known
	for _, path := range paths {
		k := known{path: path}
		expr := regexp.QuoteMeta(placeholder.ReplaceAllStringFunc(path, func(m string) string {
			name := strings.Trim(m, "{}")
			k.names = append(k.names, name)
			if slashed(name) {
				return "\x02"
			}
			return "\x01"
		}))
		k.re = regexp.MustCompile("^" + strings.NewReplacer("\x01", "([^/]+)", "\x02", "(.+)").Replace(expr) + "$")
		list = append(list, k)
	}
	// Longer literal text first: /commits/{ref}/status before /commits/{ref}, /app/hook before /app/{x}.
	slices.SortFunc(list, func(a, b known) int {
		return cmp.Or(cmp.Compare(literal(b.path), literal(a.path)), cmp.Compare(a.path, b.path))
	})
	return list
}

func literal(path string) int { return len(placeholder.ReplaceAllString(path, "")) }

// match gives the path's parameters if it is this one.
func (k *known) match(escaped string) (params map[string]string, ok bool) {
	m := k.re.FindStringSubmatch(escaped)
	if m == nil {
		return nil, false
	}
	params = map[string]string{}
	for i, name := range k.names {
		v, err := url.PathUnescape(m[i+1])
		if err != nil {
			return nil, false
		}
		params[name] = v
	}
	return params, true
}
