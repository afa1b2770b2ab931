package gitlab

import (
	"net/http"
	"slices"
	"strings"

	"github.com/liftgate/liftgate/app/forge/sandbox"
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
	at              sandbox.Pattern
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

func compile(rs []route) []route {
	for i, r := range rs {
		rs[i].at = sandbox.NewPattern(r.method, r.pattern)
	}
	// Fixed words win over placeholders: /labels/promote is no label.
	slices.SortStableFunc(rs, func(a, b route) int { return len(a.at.Names()) - len(b.at.Names()) })
	return rs
}

// match finds the route for an escaped path.
func (s *Server) match(method, path string) (*route, sandbox.Params) {
	for i := range s.routes {
		if params := s.routes[i].at.Match(method, path); params != nil {
			return &s.routes[i], params
		}
	}
	return nil, nil
}

func (c *call) pathNumber(name string) int64 { return c.params.Number(name) }

// inProject and inGroup tell from the pattern what {id} means.
func (r *route) inProject() bool { return strings.HasPrefix(r.pattern, "/api/v4/projects/{id}") }
func (r *route) inGroup() bool   { return strings.HasPrefix(r.pattern, "/api/v4/groups/{id}") }
