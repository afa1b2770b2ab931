package gitlab

import (
	"context"
	"net/http"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// Options are those of every stand-in.
type Options = sandbox.Options

// Server is a running stand-in for GitLab. Its methods are safe for concurrent use.
type Server struct {
	*sandbox.Server
	world
	routes  []route
	depot   sandbox.Depot
	limits  limits
	disable bool // see DisableHooks
}

// Start opens the address and serves until Close, or until ctx ends. Git remotes are URL/GROUP/NAME.git.
func Start(ctx context.Context, opt Options) (*Server, error) {
	core, err := sandbox.Open(ctx, opt)
	if err != nil {
		return nil, err
	}
	s := &Server{Server: core, world: newWorld()}
	s.depot = sandbox.Depot{Dir: s.Dir(), Name: "GitLab", Email: "noreply@gitlab.example", Hidden: "refs/merge-requests", Now: s.now}
	s.routes = compile(s.table())
	s.Serve(sandbox.REST{Open: s.open, Now: s.now}, sandbox.GitHTTP{Admit: s.admitGit, Now: s.now, Realm: "GitLab"})
	return s, nil
}

// DisableHooks switches a webhook off for a while after four failures in a row and for good after forty, as gitlab.com
// does; a self-managed GitLab does not unless told to.
func (s *Server) DisableHooks() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.disable = true
}

// API is the REST root with a final slash, as go-gitlab's WithBaseURL wants it.
func (s *Server) API() string { return s.URL() + "/api/v4/" }

func (s *Server) now() time.Time { return s.Now().Truncate(time.Millisecond) }

// call is one REST request on its way through a handler, which runs under the world's lock.
type call struct {
	*Server
	r        *http.Request
	route    *route
	params   sandbox.Params
	body     []byte
	in       *input
	cred     *credential
	denied   *reply   // why there is none
	project  *project // what {id} names, when the route is a project's
	group    *group   // likewise for a group's
	discreet bool     // the handler changed nothing that strangers see, although the project is open to them
	revealed string   // but for this
	applied  bool
	visible  bool // the project was one that strangers can see
	moved    []sandbox.RefChange
}

func (s *Server) open(r *http.Request, body []byte) sandbox.Exchange {
	c := &call{Server: s, r: r, body: body}
	c.route, c.params = s.match(r.Method, r.URL.EscapedPath())
	c.cred, c.denied = s.authenticate(r)
	return c
}

// About implements [sandbox.Exchange].
func (c *call) About() (route, repo string, by sandbox.TokenScope) {
	return c.route.name(), c.projectName(), c.cred.scope()
}

// Instead is the answer that a fault plan puts in place of our own.
func (c *call) Instead(r sandbox.Refusal) reply { return r.Reply(failure(r.Status)) }

// projectName is the path of the project that the request names, or its words for one that is not there.
func (c *call) projectName() string {
	if c.route == nil || !c.route.inProject() {
		return ""
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := c.findProject(c.params["id"]); p != nil {
		return p.full
	}
	return c.params["id"]
}

// Run checks the right to call a route and calls it, both under the lock.
func (c *call) Run() reply {
	if c.denied != nil {
		return *c.denied
	}
	if c.route == nil {
		return reply{Status: http.StatusNotFound, Body: obj{"error": "404 Not Found"}}
	}
	in, bad := readInput(c.r, c.body)
	if bad != nil {
		return *bad
	}
	c.in = in
	c.mu.Lock()
	defer c.mu.Unlock()
	if rep := c.admit(); rep != nil {
		return *rep
	}
	rep := c.route.handle(c)
	c.applied = c.route.writes() && rep.Status < 300
	c.visible = c.project != nil && c.project.open()
	return rep
}

// Trace tells whether a request that changed something changed it where strangers can see it.
func (c *call) Trace() (refs []sandbox.RefChange, public bool, shown []byte) {
	switch {
	case !c.applied || !c.visible:
		return c.moved, false, nil
	case !c.route.discreet && !c.discreet:
		return c.moved, true, c.body
	}
	return c.moved, c.revealed != "", []byte(c.revealed)
}
