package contract

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/routers"
)

// known is one path of the description. kin-openapi's own router takes a placeholder for one segment, but a ref, a
// branch and a file path hold slashes, and clients send them unescaped, as GitHub allows.
type known struct {
	path  string
	re    *regexp.Regexp
	names []string
}

var placeholder = regexp.MustCompile(`\{(\w+)\}`)

// slashed tells which placeholders may hold slashes.
func slashed(name string) bool {
	return slices.Contains([]string{"ref", "branch", "path", "basehead", "tag"}, name)
}

func compile(paths map[string]map[string]json.RawMessage) []known {
	var list []known
	for path := range paths {
		if strings.Contains(path, "...") {
			continue // an older spelling of /compare/{basehead}
		}
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

// find gives the operation of a request and its path parameters.
func (s *spec) find(req *http.Request) (*routers.Route, map[string]string, error) {
	for _, k := range s.known {
		m := k.re.FindStringSubmatch(req.URL.EscapedPath())
		if m == nil || s.paths[k.path][strings.ToLower(req.Method)] == nil {
			continue
		}
		params := map[string]string{}
		for i, name := range k.names {
			v, err := url.PathUnescape(m[i+1])
			if err != nil {
				return nil, nil, routers.ErrPathNotFound
			}
			params[name] = v
		}
		r, err := s.route(req.Method, k.path)
		return r, params, err
	}
	return nil, nil, routers.ErrPathNotFound
}
