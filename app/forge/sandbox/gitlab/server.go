package gitlab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// Options say where a stand-in lives and what it may ask of its surroundings. Only Dir is required.
type Options struct {
	Dir    string           // the bare repositories go to Dir/repos/GROUP/NAME.git
	Listen string           // "127.0.0.1:0" when empty
	Now    func() time.Time // domain time, in payloads and the request log
	Wall   func() time.Time // real time: tokens expire by it, webhooks are signed with it

	RequestLog    io.Writer                            // one JSON line a request
	OnPublicWrite func(r sandbox.Request, body []byte) // every byte that strangers can see: JSON body or raw pack
	HookTimeout   time.Duration                        // 10 s when zero, as GitLab's

	// DisableHooks switches a webhook off for a while after four failures in a row and for good after forty, as
	// gitlab.com does; a self-managed GitLab does not unless told to.
	DisableHooks bool

	// Middleware wraps the REST side; the contract tests listen there.
	Middleware func(http.Handler) http.Handler
	// OnHook sees every webhook body as it is sent; event is the X-Gitlab-Event header.
	OnHook func(event string, body []byte)
}

// Server is a running stand-in for GitLab. Its methods are safe for concurrent use.
type Server struct {
	opt    Options
	ctx    context.Context
	cancel context.CancelFunc
	url    string
	http   *http.Server
	done   chan error
	routes []route
	world
	sandbox.Faults
	recorder sandbox.Recorder
	courier  *sandbox.Courier
	limits   limits
	close    sync.Once
	closeErr error
}

// Start opens the address and serves until Close, or until ctx ends.
func Start(ctx context.Context, opt Options) (*Server, error) {
	if opt.Dir == "" {
		return nil, errors.New("start sandbox: Options.Dir is empty")
	}
	if opt.Listen == "" {
		opt.Listen = "127.0.0.1:0"
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Wall == nil {
		opt.Wall = time.Now
	}
	if opt.HookTimeout == 0 {
		opt.HookTimeout = 10 * time.Second
	}
	dir, err := filepath.Abs(opt.Dir)
	if err != nil {
		return nil, fmt.Errorf("start sandbox: %w", err)
	}
	opt.Dir = dir
	if err := os.MkdirAll(filepath.Join(dir, "repos"), 0o755); err != nil {
		return nil, fmt.Errorf("start sandbox: %w", err)
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", opt.Listen)
	if err != nil {
		return nil, fmt.Errorf("start sandbox: %w", err)
	}
	s := &Server{opt: opt, url: "http://" + ln.Addr().String(), done: make(chan error, 1), world: newWorld()}
	s.ctx, s.cancel = context.WithCancel(ctx)
	s.recorder.Log, s.recorder.OnPublicWrite = opt.RequestLog, opt.OnPublicWrite
	s.routes = compile(s.table())
	s.courier = sandbox.NewCourier(s.ctx, &s.Faults, opt.Wall, opt.HookTimeout)
	s.http = &http.Server{Handler: s.handler(), ReadHeaderTimeout: 30 * time.Second}
	go func() { s.done <- s.http.Serve(ln) }()
	// The listener must not outlive the context that asked for it.
	context.AfterFunc(s.ctx, func() { _ = s.http.Close() }) // closing twice is harmless
	return s, nil
}

// Close stops serving and delivering; it is safe to call twice.
func (s *Server) Close() error {
	s.close.Do(func() {
		s.cancel()
		err := s.http.Close()
		if served := <-s.done; !errors.Is(served, http.ErrServerClosed) {
			err = errors.Join(err, served)
		}
		s.courier.Stop()
		s.closeErr = err
	})
	return s.closeErr
}

// URL is the address of the web side; git remotes are URL/GROUP/NAME.git.
func (s *Server) URL() string { return s.url }

// API is the REST root with a final slash, as go-gitlab's WithBaseURL wants it.
func (s *Server) API() string { return s.url + "/api/v4/" }

// Requests gives every request served so far, in the order they were finished.
func (s *Server) Requests() []sandbox.Request { return s.recorder.Requests() }

// LogErr is the first error of writing to Options.RequestLog.
func (s *Server) LogErr() error { return s.recorder.Err() }

func (s *Server) now() time.Time { return s.opt.Now().UTC().Truncate(time.Millisecond) }

func (s *Server) handler() http.Handler {
	var rest http.Handler = http.HandlerFunc(s.serveREST)
	if s.opt.Middleware != nil {
		rest = s.opt.Middleware(rest)
	}
	mux := http.NewServeMux()
	mux.Handle("/api/", rest)
	mux.HandleFunc("/", s.serveGit)
	return mux
}

// call is one REST request on its way through a handler, which runs under the world's lock.
type call struct {
	*Server
	r        *http.Request
	route    *route
	params   map[string]string
	body     []byte
	in       *input
	cred     *credential
	project  *project // what {id} names, when the route is a project's
	group    *group   // likewise for a group's
	discreet bool     // the handler changed nothing that strangers see, although the project is open to them
	revealed string   // but for this
	applied  bool
	moved    []sandbox.RefChange
}

func (s *Server) serveREST(w http.ResponseWriter, r *http.Request) {
	began := s.now()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<20))
	if err != nil {
		s.send(w, s.render(r, nil, failure(http.StatusRequestEntityTooLarge)))
		return
	}
	c := &call{Server: s, r: r, body: body}
	c.route, c.params = s.match(r.Method, r.URL.EscapedPath())
	cred, denied := s.authenticate(r)
	c.cred = cred
	write := r.Method != http.MethodGet && r.Method != http.MethodHead
	fault := s.Consult(sandbox.Call{
		Method: r.Method, Path: r.URL.Path, Route: c.route.name(), Repo: c.projectName(),
		Actor: cred.scope().Actor, Scope: cred.scope(), Write: write,
	})
	rep := sandbox.Play(r.Context(), fault, func() reply {
		if denied != nil {
			return *denied
		}
		return c.run()
	}, refusal)
	out := s.render(r, cred, rep)
	if fault.Drops() {
		out.status = 0
	}
	public := c.applied && c.isPublic()
	if c.applied && !public && c.revealed != "" && c.project.open() {
		public, body = true, []byte(c.revealed)
	}
	// Logged before it is sent, so that a client that has its answer finds it in the log.
	s.recorder.Record(sandbox.Request{
		Time: began, Method: r.Method, Path: r.URL.RequestURI(), Route: c.route.name(), Repo: c.projectName(),
		Token: cred.scope(), Status: out.status, Public: public, Refs: c.moved,
	}, body)
	if fault.Drops() {
		sandbox.HangUp(w)
		return
	}
	s.send(w, out)
}

// refusal is the answer that a fault plan puts in place of our own.
func refusal(r sandbox.Refusal) reply {
	rep := failure(r.Status)
	rep.header = r.Header
	if r.Body != "" {
		rep.raw = []byte(r.Body)
	}
	return rep
}

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

// run checks the right to call a route and calls it, both under the lock.
func (c *call) run() reply {
	if c.route == nil {
		return reply{status: http.StatusNotFound, body: obj{"error": "404 Not Found"}}
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
	c.applied = c.route.writes() && rep.status < 300
	return rep
}

// isPublic tells whether a request that changed something changed it where strangers can see it.
func (c *call) isPublic() bool {
	return c.project != nil && c.project.open() && !c.route.discreet && !c.discreet
}
