package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/liftgate/liftgate/app"
	"github.com/liftgate/liftgate/app/cve"
	"github.com/liftgate/liftgate/app/forge/gitlab"
	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/app/liftgate/config"
	"github.com/liftgate/liftgate/app/store"
	"github.com/liftgate/liftgate/backport"
	"github.com/liftgate/liftgate/policy"
)

// Options are the configuration and what a server takes from outside.
type Options struct {
	Config   config.Server
	Now      func() time.Time
	Log      *slog.Logger
	HTTP     http.RoundTripper // towards the forge; nil: the default
	Rhythm   app.Rhythm
	Executor store.ExecutorOptions
	// CreateKeys makes the keys that encrypt embargoed text if there are none. Only `serve` and the demo do.
	CreateKeys bool
	Owner      string // names this process in leases; any words
}

// Server is an assembled Liftgate. Close it when done.
type Server struct {
	Engine   *app.Engine
	Store    *store.Store
	Projects []app.Project

	options  Options
	paces    map[string]*wire.Pace
	rotating *gitlab.Rotation            // nil: people replace the tokens
	tokens   func(context.Context) error // looks after them; nil likewise
	tending  chan struct{}               // holds one while they are looked after
	cve      *cve.Services
	executor *store.Executor
	metrics  *metrics
	registry *prometheus.Registry
}

// New opens everything and starts nothing.
func New(ctx context.Context, o Options) (*Server, error) {
	s := &Server{options: o, registry: prometheus.NewRegistry(), paces: map[string]*wire.Pace{}, tending: make(chan struct{}, 1)}
	s.metrics = newMetrics(s.registry)
	var err error
	if s.Store, err = openStore(ctx, o); err != nil {
		return nil, err
	}
	s.registry.MustRegister(newGauges(s.Store, o.Now, o.Log))
	if err := s.assemble(ctx); err != nil {
		return nil, errors.Join(err, s.Store.Close())
	}
	return s, nil
}

func (s *Server) assemble(ctx context.Context) error {
	c := s.options.Config
	stores, err := backport.Open(ctx, filepath.Join(c.Data, "git"))
	if err != nil {
		return err
	}
	for i, project := range c.PolicyProjects() {
		forge, err := s.forge(project, c.Projects[i].ReportLabel)
		if err != nil {
			return fmt.Errorf("project %s: %w", project.Name, err)
		}
		if file := c.Projects[i].RulesFile; file != "" {
			forge = localRules{forge, file}
		}
		s.Projects = append(s.Projects, app.Project{Project: project, Forge: forge})
	}
	committer, err := identity(c.Committer)
	if err != nil {
		return err
	}
	o := app.Options{
		Projects: s.Projects, Store: s.Store, Stores: stores, ReadRules: readRules, Now: s.options.Now, Log: s.options.Log,
		Owner: s.options.Owner, Wake: s.wake, Survey: s.survey, Watch: s.metrics, Committer: committer,
	}
	if c := s.options.Config.Mail; c.Server != "" {
		if o.Mail, err = c.Open(s.options.Now); err != nil {
			return fmt.Errorf("set up mail: %w", err)
		}
		if o.Sender, err = c.Sender(); err != nil {
			return fmt.Errorf("set up mail: %w", err)
		}
	}
	if s.cve, err = c.CNA.Open(cve.Options{Now: s.options.Now, Log: s.options.Log}); err != nil {
		return fmt.Errorf("set up CVE Services: %w", err)
	}
	o.CVE = s.cve
	s.Engine, err = app.New(o)
	return err
}

// identity is the committer with the key that signs, read once.
func identity(c config.Committer) (backport.Identity, error) {
	id := backport.Identity{Name: c.Name, Email: c.Email, SignOff: c.SignOff}
	key, err := c.Key()
	if err == nil && key != nil { // a nil key in the interface would be asked to sign
		id.Signer = key
	}
	return id, err
}

// localRules reads a project's configuration from the server's disk instead of the public repository.
type localRules struct {
	app.Forge
	file string
}

// ProjectFile is read anew each time, as it would be from the repository.
func (l localRules) ProjectFile(context.Context, string) (content []byte, found bool, err error) {
	content, err = os.ReadFile(l.file)
	return content, err == nil, err
}

// readRules reads a project's document, which has the forge's name for it in what is said about mistakes.
func readRules(p policy.Project, content []byte) (policy.Rules, error) {
	document, err := config.ParseProject("."+p.Forge+"/liftgate.yml", content)
	if err != nil {
		return policy.Rules{}, err
	}
	return document.Rules(), nil
}

// survey asks the executor for a sweep of a project.
func (s *Server) survey(ctx context.Context, project string) error {
	if s.executor == nil {
		return nil
	}
	return s.executor.WakeSweep(ctx, project)
}

// wake asks the executor for a turn. Before it is started there is nobody to wake: starting rings everything.
func (s *Server) wake(ctx context.Context, advisory string) error {
	if s.executor == nil {
		return nil
	}
	return s.executor.Wake(ctx, advisory)
}

// Close closes the database.
func (s *Server) Close() error {
	s.cve.Close()
	return s.Store.Close()
}
