package drill

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"time"

	hub "github.com/liftgate/liftgate/app/forge/sandbox/github"
	"github.com/liftgate/liftgate/app/liftgate/config"
	"github.com/liftgate/liftgate/app/liftgate/server"
	"github.com/liftgate/liftgate/app/store"
)

// The logins of the drill's people are what they do.
const (
	reporter   = "reporter"
	maintainer = "maintainer"
	developer  = "developer"
	reviewer   = "reviewer"
	manager    = "manager"
	allocator  = "allocator"
	ci         = "ci"
)

// Setting is what a world is made of. Dir and Wall are needed.
type Setting struct {
	Dir        string
	Wall       func() time.Time
	Log        *slog.Logger
	RequestLog io.Writer
	Database   string            // as in the server's configuration; empty: SQLite in Dir
	HTTP       http.RoundTripper // from the server to the sandbox
	Listen     string            // of the sandbox
	Main       string            // the default branch; empty: master
	Rules      string            // the project's configuration, where the repository does not hold it
	Pace       Pace
	AppKey     *rsa.PrivateKey // of the App; nil: a new one, which takes a moment
	Sandbox    func(*hub.Options)
}

// World is a sandbox with a project in it, and a server that looks after the project.
type World struct {
	Setting
	Clock   *Clock
	Sandbox *hub.Server
	App     hub.App
	Public  hub.Repo
	Mirror  hub.Repo
	Server  *server.Server // the one that runs now
	Store   *store.Store   // its database
	People  map[string]hub.User

	secret string // of the webhook
	config config.Server
	stop   func() error
}

// NewWorld starts the sandbox and makes people and repositories. The server is started by [World.Serve].
func NewWorld(ctx context.Context, s Setting) (*World, error) {
	w := &World{Setting: s, Clock: NewClock(s.Wall), People: map[string]hub.User{}, secret: randomSecret()}
	if w.Log == nil {
		w.Log = slog.New(slog.DiscardHandler)
	}
	options := hub.Options{
		Dir: filepath.Join(s.Dir, "forge"), Listen: s.Listen, Now: w.Clock.Now, Wall: s.Wall, RequestLog: s.RequestLog,
	}
	if s.Sandbox != nil {
		s.Sandbox(&options)
	}
	var err error
	if w.Sandbox, err = hub.Start(ctx, options); err != nil {
		return nil, err
	}
	if err := w.populate(); err != nil {
		return nil, errors.Join(err, w.Sandbox.Close())
	}
	return w, nil
}

func (w *World) populate() (err error) {
	if err := w.Sandbox.CreateOrg("tiny", "team"); err != nil {
		return err
	}
	for _, login := range []string{reporter, maintainer, developer, reviewer, manager, allocator, ci} {
		if w.People[login], err = w.Sandbox.CreateUser(login); err != nil {
			return err
		}
	}
	if w.Public, err = w.Sandbox.CreateRepo(hub.RepoSpec{Owner: "tiny", Name: "tinyserve", DefaultBranch: cmp.Or(w.Main, "master"), Reporting: true}); err != nil {
		return err
	}
	if w.Mirror, err = w.Sandbox.CreateRepo(hub.RepoSpec{Owner: "tiny", Name: "tinyserve-security", DefaultBranch: cmp.Or(w.Main, "master"), Private: true}); err != nil {
		return err
	}
	return w.permit()
}

// permit gives people and the App what they need, and nothing more.
func (w *World) permit() (err error) {
	roles := map[string]hub.Role{
		maintainer: hub.RoleMaintain, manager: hub.RoleMaintain, developer: hub.RoleWrite, reviewer: hub.RoleWrite,
		allocator: hub.RoleWrite, ci: hub.RoleWrite,
	}
	for login, role := range roles {
		if err := w.Sandbox.SetPermission(w.Mirror.FullName, login, role); err != nil {
			return err
		}
	}
	if err := w.Sandbox.SetPermission(w.Public.FullName, maintainer, hub.RoleAdmin); err != nil {
		return err
	}
	if w.App, err = w.Sandbox.CreateApp(hub.AppSpec{
		Slug: "liftgate", Owner: "tiny", HookSecret: w.secret, Key: w.AppKey,
		Permissions: map[string]string{
			"metadata": "read", "repository_advisories": "write", "contents": "write", "pull_requests": "write", "checks": "write",
			"statuses": "write", "issues": "write", "workflows": "write", "administration": "read",
		},
		Events: []string{
			"repository_advisory", "pull_request", "pull_request_review", "push", "check_run", "check_suite", "issues", "issue_comment",
			"repository", "public", "create", "delete", "status",
		},
	}); err != nil {
		return err
	}
	_, err = w.Sandbox.Install(w.App.ID, "tiny", []string{w.Public.FullName, w.Mirror.FullName}, nil)
	return err
}

// protect guards the public branches against everybody but the App and the repository's owners, and the mirror's against merges without the hold.
func (w *World) protect(branches []string) error {
	refs := make([]string, len(branches))
	for i, b := range branches {
		refs[i] = "refs/heads/" + b
	}
	if _, err := w.Sandbox.AddRuleset(w.Public.FullName, hub.Ruleset{
		Name: "maintained", Include: refs,
		Rules:  []hub.Rule{{Type: "deletion"}, {Type: "non_fast_forward"}, hub.PullRequestRequired()},
		Bypass: []hub.Bypass{{ActorID: w.App.ID, ActorType: "Integration"}, {ActorID: adminRole, ActorType: "RepositoryRole"}},
	}); err != nil {
		return err
	}
	_, err := w.Sandbox.AddRuleset(w.Mirror.FullName, hub.Ruleset{
		Name: "held", Include: refs,
		Rules:  []hub.Rule{hub.RequiredChecks(map[string]int64{"liftgate/hold": w.App.ID})},
		Bypass: []hub.Bypass{{ActorID: w.App.ID, ActorType: "Integration"}},
	})
	return err
}

// adminRole is GitHub's number for the owners of a repository.
const adminRole = 5

func randomSecret() string {
	var b [24]byte
	if _, err := rand.Read(b[:]); err != nil {
		panic(err) // crypto/rand does not fail
	}
	return hex.EncodeToString(b[:])
}

// as is a person of the world.
func (w *World) as(login string) *person {
	return &person{login: login, token: w.People[login].Token, world: w}
}

// Close ends everything.
func (w *World) Close() error { return errors.Join(w.Stop(), w.Sandbox.Close()) }
