package gitlab

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// route is one operation of GitLab's description. Its pattern uses the description's own notation; a placeholder
// holds one escaped path segment, so that a project's path, a branch or a file stands in it as %2F.
type route struct {
	method, pattern string
	level           Level    // what the caller must be in the project or group; 0 is whoever sees it
	signedIn        bool     // for no stranger, although it only reads
	scopes          []string // what the token must have one of; api, or read_api for a read, when empty
	discreet        bool     // a write that strangers never see, even in a public project
	asleep          bool     // a write that an archived project takes
	handle          func(*call) reply
	re              *regexp.Regexp
	names           []string
}

// name is the operation as GitLab's description writes it: "POST /api/v4/projects/{id}/issues".
func (r *route) name() string {
	if r == nil {
		return ""
	}
	return r.method + " " + r.pattern
}

func (r *route) writes() bool { return r.method != http.MethodGet && r.method != http.MethodHead }

// needs is the scopes of which a token must have one.
func (r *route) needs() []string {
	switch {
	case r.scopes != nil:
		return r.scopes
	case r.writes():
		return []string{"api"}
	}
	return []string{"api", "read_api"}
}

var placeholder = regexp.MustCompile(`\\\{(\w+)\\\}`)

func compile(rs []route) []route {
	for i := range rs {
		r := &rs[i]
		quoted := regexp.QuoteMeta(r.pattern)
		for _, m := range placeholder.FindAllStringSubmatch(quoted, -1) {
			r.names = append(r.names, m[1])
		}
		r.re = regexp.MustCompile("^" + placeholder.ReplaceAllString(quoted, "([^/]+)") + "/?$")
	}
	// Fixed words win over placeholders: /labels/promote is no label.
	slices.SortStableFunc(rs, func(a, b route) int { return len(a.names) - len(b.names) })
	return rs
}

// match finds the route for an escaped path.
func (s *Server) match(method, path string) (*route, map[string]string) {
	for i := range s.routes {
		r := &s.routes[i]
		if r.method != method && !(method == http.MethodHead && r.method == http.MethodGet) {
			continue
		}
		m := r.re.FindStringSubmatch(path)
		if m == nil {
			continue
		}
		params := make(map[string]string, len(r.names))
		for j, n := range r.names {
			v, err := url.PathUnescape(m[j+1])
			if err != nil {
				return nil, nil
			}
			params[n] = v
		}
		return r, params
	}
	return nil, nil
}

// pathNumber reads a numeric path parameter; what is no number is simply not found.
func (c *call) pathNumber(name string) int64 {
	n, err := strconv.ParseInt(c.params[name], 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// inProject and inGroup tell from the pattern what {id} means.
func (r *route) inProject() bool { return strings.HasPrefix(r.pattern, "/api/v4/projects/{id}") }
func (r *route) inGroup() bool   { return strings.HasPrefix(r.pattern, "/api/v4/groups/{id}") }
