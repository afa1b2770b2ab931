package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	netmail "net/mail"
	"time"

	"github.com/liftgate/liftgate/app/cve"
	"github.com/liftgate/liftgate/app/mail"
	"github.com/liftgate/liftgate/app/store"
	"github.com/liftgate/liftgate/backport"
	"github.com/liftgate/liftgate/policy"
)

// Forge is what the engine needs of a forge's adapter, for one project. Errors are a [policy.Trouble] wherever something
// may be done about them.
type Forge interface {
	// DefaultBranch is the public repository's default branch.
	DefaultBranch(ctx context.Context) (string, error)
	// ProjectFile is the project's configuration in one commit of the public repository, and whether there is one.
	ProjectFile(ctx context.Context, commit string) (content []byte, found bool, err error)
	// Reports lists the private reports that nobody has published or closed.
	Reports(ctx context.Context) ([]policy.Report, error)
	// Observe reads what a decision needs to see. It leaves the rules to the engine.
	Observe(ctx context.Context, look policy.Look) (policy.Snapshot, error)
	// Apply performs a private effect. Again says that it may have happened before: look first.
	Apply(ctx context.Context, effect policy.Effect, again bool) (policy.Outcome, error)
	// ApplyPublic performs an effect that writes in public.
	ApplyPublic(ctx context.Context, clearance policy.Clearance, effect policy.Effect, again bool) (policy.Outcome, error)
	// MissedDeliveries asks the forge to send again what it could not deliver since the instant given.
	MissedDeliveries(ctx context.Context, since time.Time) (int, error)

	// PublicGit, MirrorGit and LiftGit give a remote and its credential: to read the public repository, to read and write
	// the mirror, and to move public branches.
	PublicGit(ctx context.Context) (url, user, secret string, err error)
	MirrorGit(ctx context.Context) (url, user, secret string, err error)
	LiftGit(ctx context.Context, clearance policy.Clearance) (url, user, secret string, err error)

	// NoticesGit gives the notices repository's remote; its credential can push only with a clearance, and without a valid
	// one there is none.
	NoticesGit(ctx context.Context, clearance policy.Clearance) (url, user, secret string, err error)
	// Links say where the world finds what is public.
	Links() policy.Links
}

// ReadRules parses a project's configuration. The error says where it is wrong and is shown at the desk.
type ReadRules func(p policy.Project, content []byte) (policy.Rules, error)

// Project is a project with its forge.
type Project struct {
	policy.Project
	Forge Forge
}

// Options are what an engine is made of. All are needed but Owner, Committer, Watch, Mail, Sender and CVE.
type Options struct {
	Projects  []Project
	Store     *store.Store
	Stores    *backport.Stores
	ReadRules ReadRules
	Now       func() time.Time
	Log       *slog.Logger
	Owner     string            // names this replica in leases
	Committer backport.Identity // of picked commits; its date is set for each
	Watch     Watch
	Mail      *mail.Server    // that announcements leave by; nil: none do
	Sender    netmail.Address // of announcements
	CVE       *cve.Services   // that know CVE records; nil: none are submitted

	// Wake and Survey see to it that a turn of an advisory, or a sweep of a project, begins after the call: they leave a
	// durable word for the executor.
	Wake   func(ctx context.Context, advisory string) error
	Survey func(ctx context.Context, project string) error
}

// Watch is told what the engine does, for metrics and tests. It learns kinds, never content.
type Watch interface {
	Performed(kind string, trouble policy.TroubleKind, took time.Duration)
	Turned(took time.Duration, err error)
	Leveled(project string, refused bool) // refused: the mirror is one that nothing may be written to
}

// Engine drives every advisory of its projects.
type Engine struct {
	Options
	locks keyed // one turn of an advisory, one follow of a mirror at a time in this process
	histories
	chores
}

// New checks the options.
func New(o Options) (*Engine, error) {
	switch {
	case len(o.Projects) == 0:
		return nil, errors.New("start engine: no project is configured")
	case o.Store == nil || o.Stores == nil || o.ReadRules == nil || o.Now == nil || o.Log == nil || o.Wake == nil || o.Survey == nil:
		return nil, errors.New("start engine: an option is missing")
	}
	if o.Owner == "" {
		o.Owner = "liftgate"
	}
	if o.Committer.Name == "" {
		o.Committer = backport.Identity{Name: "Liftgate", Email: "liftgate@localhost"}
	}
	if o.Watch == nil {
		o.Watch = blind{}
	}
	return &Engine{Options: o}, nil
}

func (e *Engine) project(name string) (Project, error) {
	for _, p := range e.Projects {
		if p.Name == name {
			return p, nil
		}
	}
	return Project{}, fmt.Errorf("project %s is not configured here", name)
}

// blind watches nothing.
type blind struct{}

func (blind) Performed(string, policy.TroubleKind, time.Duration) {}
func (blind) Turned(time.Duration, error)                         {}
func (blind) Leveled(string, bool)                                {}
