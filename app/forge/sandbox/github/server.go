package github

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// Options are those of every stand-in.
type Options = sandbox.Options

// Server is a running stand-in for GitHub. Its methods are safe for concurrent use.
type Server struct {
	*sandbox.Server
	world
	routes []route
	depot  sandbox.Depot
	limits limits
	lazy   bool // see LazyMergeable
}

// Start opens the address and serves until Close, or until ctx ends. Git remotes are URL/OWNER/NAME.git.
func Start(ctx context.Context, opt Options) (*Server, error) {
	core, err := sandbox.Open(ctx, opt)
	if err != nil {
		return nil, err
	}
	s := &Server{Server: core, world: newWorld()}
	s.depot = sandbox.Depot{Dir: s.Dir(), Name: "GitHub", Email: "noreply@github.com", Hidden: "refs/pull", Now: s.now}
	s.routes = s.table()
	s.Serve(sandbox.REST{Open: s.open, Now: s.now}, sandbox.GitHTTP{Admit: s.admitGit, Now: s.now, Realm: "GitHub"})
	return s, nil
}

// LazyMergeable makes the first GET of a pull request answer mergeable: null, as GitHub does while it computes.
func (s *Server) LazyMergeable() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lazy = true
}

// API is the REST root with a final slash, as go-github's BaseURL wants it.
func (s *Server) API() string { return s.URL() + "/api/" }

func (s *Server) now() time.Time { return s.Now().Truncate(time.Second) }

// call is one REST request on its way through a handler, which runs under the world's lock.
type call struct {
	*Server
	r        *http.Request
	route    *route
	params   sandbox.Params
	body     []byte
	cred     *credential
	denied   *reply // why there is none
	repo     *repository
	revealed bool // the handler put something into a public place although the route alone does not say so
	applied  bool
	visible  bool // where it was applied, strangers can see it
	moved    []sandbox.RefChange
}

// reply is what a handler answers.
type reply = sandbox.Reply

func ok(body any) reply      { return reply{Status: http.StatusOK, Body: body} }
func created(body any) reply { return reply{Status: http.StatusCreated, Body: body} }

func (s *Server) open(r *http.Request, body []byte) sandbox.Exchange {
	c := &call{Server: s, r: r, body: body}
	c.route, c.params = s.match(r.Method, strings.TrimPrefix(r.URL.EscapedPath(), "/api"))
	c.cred, c.denied = s.authenticate(r)
	return c
}

// About implements [sandbox.Exchange].
func (c *call) About() (route, repo string, by sandbox.TokenScope) {
	return c.route.name(), c.repoName(), c.cred.scope()
}

// repoName is the repository that the path names, whether or not there is one.
func (c *call) repoName() string {
	if c.params["owner"] == "" || c.params["repo"] == "" {
		return ""
	}
	return c.params["owner"] + "/" + c.params["repo"]
}

// Run checks the right to call a route and calls it, both under the lock.
func (c *call) Run() reply {
	if c.denied != nil {
		return *c.denied
	}
	if c.route == nil {
		return notFound()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if rep := c.admit(); rep != nil {
		return *rep
	}
	rep := c.route.handle(c)
	c.applied = c.route.method != http.MethodGet && rep.Status < 300
	c.visible = c.revealed || (c.repo != nil && !c.repo.private && !c.route.discreet)
	return rep
}

// Trace tells whether a request that changed something changed it where strangers can see it.
func (c *call) Trace() (refs []sandbox.RefChange, public bool, shown []byte) {
	return c.moved, c.applied && c.visible, c.body
}
