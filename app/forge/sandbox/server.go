package sandbox

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
)

// Options say where a stand-in lives and what it may ask of its surroundings. Only Dir is required.
type Options struct {
	Dir    string           // the bare repositories go to Dir/repos, each to the path of its remote
	Listen string           // "127.0.0.1:0" when empty
	Now    func() time.Time // domain time, in payloads and the request log
	Wall   func() time.Time // real time: tokens expire by it, rate limits are counted by it, webhooks are signed with it

	RequestLog    io.Writer                    // one JSON line a request
	OnPublicWrite func(r Request, body []byte) // every byte that strangers can see: JSON body or raw pack
	HookTimeout   time.Duration                // 10 s when zero, as GitHub's and GitLab's

	// Middleware wraps the REST side; the contract tests listen there.
	Middleware func(http.Handler) http.Handler
	// OnHook sees every webhook body as it is sent; event is the header that names it.
	OnHook func(event string, body []byte)
}

// complete fills in what may be left out.
func (o *Options) complete() error {
	if o.Dir == "" {
		return errors.New("Options.Dir is empty")
	}
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Wall == nil {
		o.Wall = time.Now
	}
	if o.HookTimeout == 0 {
		o.HookTimeout = 10 * time.Second
	}
	var err error
	o.Dir, err = filepath.Abs(o.Dir)
	return err
}

// Server is what the server of a stand-in is besides its world: an address, two clocks, the request log, fault plans and a
// courier for its webhooks. A stand-in embeds one. Its methods are safe for concurrent use.
type Server struct {
	Faults
	*Courier
	opt      Options
	recorder Recorder
	ctx      context.Context
	cancel   context.CancelFunc
	ln       net.Listener
	http     *http.Server
	done     chan error
	close    sync.Once
	closeErr error
}

// Open takes the address. Nothing is answered before [Server.Serve].
func Open(ctx context.Context, opt Options) (*Server, error) {
	if err := opt.complete(); err != nil {
		return nil, fmt.Errorf("start sandbox: %w", err)
	}
	if err := os.MkdirAll(filepath.Join(opt.Dir, "repos"), 0o755); err != nil {
		return nil, fmt.Errorf("start sandbox: %w", err)
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", opt.Listen)
	if err != nil {
		return nil, fmt.Errorf("start sandbox: %w", err)
	}
	s := &Server{opt: opt, ln: ln, recorder: Recorder{Log: opt.RequestLog, OnPublicWrite: opt.OnPublicWrite}, done: make(chan error, 1)}
	s.ctx, s.cancel = context.WithCancel(ctx)
	s.Courier = NewCourier(s.ctx, &s.Faults, opt.Wall, opt.HookTimeout)
	return s, nil
}

// Serve answers until Close, or until the context of Open ends: REST below /api/, git everywhere else. It is called once.
func (s *Server) Serve(rest REST, git GitHTTP) {
	rest.server, git.Faults, git.Log = s, &s.Faults, &s.recorder
	var api http.Handler = rest
	if s.opt.Middleware != nil {
		api = s.opt.Middleware(api)
	}
	mux := http.NewServeMux()
	mux.Handle("/api/", api)
	mux.Handle("/", &git)
	s.http = &http.Server{Handler: mux, ReadHeaderTimeout: 30 * time.Second}
	go func() { s.done <- s.http.Serve(s.ln) }()
	// The listener must not outlive the context that asked for it.
	context.AfterFunc(s.ctx, func() { _ = s.http.Close() }) // closing twice is harmless
}

// Close stops serving and delivering; it is safe to call twice.
func (s *Server) Close() error {
	s.close.Do(func() {
		s.cancel()
		err := s.http.Close()
		if served := <-s.done; !errors.Is(served, http.ErrServerClosed) {
			err = errors.Join(err, served)
		}
		s.Stop()
		s.closeErr = err
	})
	return s.closeErr
}

// URL is the address of the web side; a git remote is URL/PATH.git.
func (s *Server) URL() string { return "http://" + s.ln.Addr().String() }

// Context ends when the server is closed.
func (s *Server) Context() context.Context { return s.ctx }

// Dir is where the stand-in keeps its files.
func (s *Server) Dir() string { return s.opt.Dir }

// Now is the domain's time, in UTC.
func (s *Server) Now() time.Time { return s.opt.Now().UTC() }

// Wall is the real time, as far as the stand-in knows.
func (s *Server) Wall() time.Time { return s.opt.Wall() }

// ShowHook shows a webhook to whoever listens in Options.OnHook.
func (s *Server) ShowHook(event string, body []byte) {
	if s.opt.OnHook != nil {
		s.opt.OnHook(event, body)
	}
}

// Requests gives every request served so far, in the order they were finished.
func (s *Server) Requests() []Request { return s.recorder.Requests() }

// LogErr is the first error of writing to Options.RequestLog.
func (s *Server) LogErr() error { return s.recorder.Err() }
