package contract

import (
	"cmp"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
)

// router finds operations. kin-openapi's own router takes a placeholder for one path segment, but a ref, a branch
// and a file path hold slashes, and clients send them unescaped, as GitHub allows.
type router struct {
	doc   *openapi3.T
	paths []known
}

type known struct {
	path  string
	re    *regexp.Regexp
	names []string
}

var (
	placeholder = regexp.MustCompile(`\{(\w+)\}`)
	slashed     = []string{"ref", "branch", "path", "basehead", "base", "head", "tag"}
)

func newRouter(doc *openapi3.T) *router {
	r := &router{doc: doc}
	for path := range doc.Paths.Map() {
		if strings.Contains(path, "...") {
			continue // an older spelling of /compare/{basehead}
		}
		k := known{path: path}
		expr := regexp.QuoteMeta(placeholder.ReplaceAllStringFunc(path, func(m string) string {
			name := strings.Trim(m, "{}")
			k.names = append(k.names, name)
			if slices.Contains(slashed, name) {
				return "\x02"
			}
			return "\x01"
		}))
		k.re = regexp.MustCompile("^" + strings.NewReplacer("\x01", "([^/]+)", "\x02", "(.+)").Replace(expr) + "$")
		r.paths = append(r.paths, k)
	}
	// Longer literal text first: /commits/{ref}/status before /commits/{ref}, /app/hook before /app/{x}.
	slices.SortFunc(r.paths, func(a, b known) int {
		return cmp.Or(cmp.Compare(literal(b.path), literal(a.path)), cmp.Compare(a.path, b.path))
	})
	return r
}

func literal(path string) int { return len(placeholder.ReplaceAllString(path, "")) }

// FindRoute is kin-openapi's interface.
func (r *router) FindRoute(req *http.Request) (*routers.Route, map[string]string, error) {
	for _, k := range r.paths {
		m := k.re.FindStringSubmatch(req.URL.EscapedPath())
		if m == nil {
			continue
		}
		item := r.doc.Paths.Value(k.path)
		op := item.GetOperation(req.Method)
		if op == nil {
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
		return &routers.Route{Spec: r.doc, Path: k.path, PathItem: item, Method: req.Method, Operation: op}, params, nil
	}
	return nil, nil, routers.ErrPathNotFound
}
