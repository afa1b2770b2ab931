package github

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// Options say where a sandbox lives and what it may ask of its surroundings. Only Dir is required.
type Options struct {
	Dir    string           // the bare repositories go to Dir/repos/OWNER/NAME.git
	Listen string           // "127.0.0.1:0" when empty
	Now    func() time.Time // domain time, in payloads and the request log
	Wall   func() time.Time // real time: App JWTs, token expiry, rate limits

	RequestLog    io.Writer                            // one JSON line a request
	OnPublicWrite func(r sandbox.Request, body []byte) // every byte that reached a public place: JSON body or raw pack
	HookTimeout   time.Duration                        // 10 s when sandbox.Zero, as GitHub's

	// LazyMergeable makes the first GET of a pull request answer mergeable: null, as GitHub does while it computes.
	LazyMergeable bool

	// Middleware wraps the REST side; the contract tests listen there.
	Middleware func(http.Handler) http.Handler
	// OnHook sees every webhook body as it is sent.
	OnHook func(event string, body []byte)
}

// Server is a running stand-in for GitHub. Its methods are safe for concurrent use.
type Server struct {
	opt    Options
	ctx    context.Context
	cancel context.CancelFunc
	url    string
	http   *http.Server
	done   chan error
	routes []route
	world
	faults   sandbox.Faults
	recorder sandbox.Recorder
	depot    sandbox.Depot
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
	s.recorder.Log, s.recorder.OnPublicWrite = opt.RequestLog, opt.OnPublicWrite
	s.depot = sandbox.Depot{Dir: dir, Name: "GitHub", Email: "noreply@github.com", Hidden: "refs/pull", Now: s.now}
	s.ctx, s.cancel = context.WithCancel(ctx)
	s.routes = s.table()
	s.courier = sandbox.NewCourier(s.ctx, &s.faults, opt.Wall, opt.HookTimeout)
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

// URL is the address of the web side; git remotes are URL/OWNER/NAME.git.
func (s *Server) URL() string { return s.url }

// API is the REST root with a final slash, as go-github's BaseURL wants it.
func (s *Server) API() string { return s.url + "/api/" }

// Requests gives every request served so far, in the order they were finished.
func (s *Server) Requests() []sandbox.Request { return s.recorder.Requests() }

// LogErr is the first error of writing to Options.RequestLog.
func (s *Server) LogErr() error { return s.recorder.Err() }

// Fail installs a plan that every request is shown to before anything happens; nil removes it.
// The plan may be called from several requests at once.
func (s *Server) Fail(plan func(sandbox.Call) sandbox.Fault) { s.faults.Fail(plan) }

// FailHooks installs a plan for webhook deliveries; nil removes it.
func (s *Server) FailHooks(plan func(sandbox.Delivery) sandbox.HookFault) { s.faults.FailHooks(plan) }

func (s *Server) now() time.Time { return s.opt.Now().UTC().Truncate(time.Second) }

func (s *Server) handler() http.Handler {
	var rest http.Handler = http.HandlerFunc(s.serveREST)
	if s.opt.Middleware != nil {
		rest = s.opt.Middleware(rest)
	}
	mux := http.NewServeMux()
	mux.Handle("/api/", rest)
	mux.Handle("/", &sandbox.GitHTTP{Admit: s.admitGit, Faults: &s.faults, Log: &s.recorder, Now: s.now, Realm: "GitHub"})
	return mux
}

// call is one REST request on its way through a handler, which runs under the world's lock.
type call struct {
	*Server
	r        *http.Request
	route    *route
	params   map[string]string
	body     []byte
	cred     *credential
	repo     *repository
	revealed bool // the handler put something into a public place although the route alone does not say so
	applied  bool
	moved    []sandbox.RefChange
}

// reply is what a handler answers. A nil body with status 204 or 304 is no body.
type reply struct {
	status int
	body   any
	header http.Header
	raw    []byte
	ctype  string
}

func ok(body any) reply      { return reply{status: http.StatusOK, body: body} }
func created(body any) reply { return reply{status: http.StatusCreated, body: body} }

func (s *Server) serveREST(w http.ResponseWriter, r *http.Request) {
	began := s.now()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<20))
	if err != nil {
		s.send(w, s.render(r, nil, failure(http.StatusRequestEntityTooLarge, "Payload too large")))
		return
	}
	c := &call{Server: s, r: r, body: body}
	c.route, c.params = s.match(r.Method, strings.TrimPrefix(r.URL.EscapedPath(), "/api"))
	cred, denied := s.authenticate(r)
	c.cred = cred
	fault := s.faults.Consult(sandbox.Call{
		Method: r.Method, Path: r.URL.Path, Route: c.route.name(), Repo: c.repoName(),
		Actor: cred.scope().Actor, Scope: cred.scope(), Write: r.Method != http.MethodGet && r.Method != http.MethodHead,
	})
	rep := sandbox.Play(r.Context(), fault, func() reply {
		if denied != nil {
			return *denied
		}
		return c.run()
	}, refused)
	out := s.render(r, cred, rep)
	if fault.Drops() {
		out.status = 0
	}
	// Logged before it is sent, so that a client that has its answer finds it in the log.
	s.recorder.Record(sandbox.Request{
		Time: began.UTC(), Method: r.Method, Path: r.URL.RequestURI(), Route: c.route.name(), Repo: c.repoName(),
		Token: cred.scope(), Status: out.status, Public: c.applied && c.isPublic(), Refs: c.moved,
	}, body)
	if fault.Drops() {
		sandbox.HangUp(w)
		return
	}
	s.send(w, out)
}

// repoName is the repository that the path names, whether or not there is one.
func (c *call) repoName() string {
	if c.params["owner"] == "" || c.params["repo"] == "" {
		return ""
	}
	return c.params["owner"] + "/" + c.params["repo"]
}

// run checks the right to call a route and calls it, both under the lock.
func (c *call) run() reply {
	if c.route == nil {
		return notFound()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if rep := c.admit(); rep != nil {
		return *rep
	}
	rep := c.route.handle(c)
	c.applied = c.route.method != http.MethodGet && rep.status < 300
	return rep
}

// isPublic tells whether a request that changed something changed it where strangers can see it.
func (c *call) isPublic() bool {
	return c.revealed || (c.repo != nil && !c.repo.private && !c.route.discreet)
}
