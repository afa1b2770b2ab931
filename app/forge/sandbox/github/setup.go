package github

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// User is a person and the personal access token (every scope) that speaks for them.
type User struct {
	ID    int64
	Login string
	Token string
}

// RepoSpec describes a repository to create.
type RepoSpec struct {
	Owner, Name   string
	Private       bool
	Fork          bool   // carries GitHub's fork flag; objects are never shared
	Parent        string // owner/name of what it was forked from, for Fork
	DefaultBranch string // "main" when empty
	Description   string
	Reporting     bool // private vulnerability reporting
}

// Repo is a created repository.
type Repo struct {
	ID       int64
	FullName string
	Dir      string // the bare repository on disk
	CloneURL string
}

// AppSpec describes a GitHub App to register.
type AppSpec struct {
	Slug, Owner string
	HookURL     string // no deliveries when empty; SetHook changes it
	HookSecret  string
	Permissions map[string]string // "contents": "write"
	Events      []string
	Key         *rsa.PrivateKey // made when nil, which takes a tenth of a second; tests may share one
}

// App is a registered App.
type App struct {
	ID       int64
	Slug     string
	BotLogin string
	ClientID string
	PEM      []byte // PKCS #1, as GitHub hands it out
}

func (s *Server) addAccount(login, kind, plan string) (*account, error) {
	if s.account(login) != nil || strings.ContainsAny(login, "/ ") || login == "" {
		return nil, fmt.Errorf("create account %q: the name is taken or not a login", login)
	}
	a := &account{id: s.id(), login: login, kind: kind, plan: plan, base: RoleRead, members: map[string]string{}, created: s.now()}
	s.accounts[strings.ToLower(login)] = a
	return a, nil
}

// CreateOrg makes an organisation. Plan "free" takes rulesets, protected branches and drafts from its private
// repositories, as GitHub's free plan does; "team" has them.
func (s *Server) CreateOrg(login, plan string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if plan != "free" && plan != "team" {
		return fmt.Errorf("create organisation %s: plan %q is neither free nor team", login, plan)
	}
	_, err := s.addAccount(login, "Organization", plan)
	return err
}

// SetPlan changes an account's plan.
func (s *Server) SetPlan(login, plan string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.account(login)
	if a == nil {
		return fmt.Errorf("set plan: no account %s", login)
	}
	a.plan = plan
	return nil
}

// SetBasePermission sets what an organisation's members may do in every repository (read unless set).
func (s *Server) SetBasePermission(org string, role Role) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.account(org)
	if a == nil || a.kind != "Organization" {
		return fmt.Errorf("set base permission: no organisation %s", org)
	}
	a.base = role
	return nil
}

// CreateUser makes a person with a token.
func (s *Server) CreateUser(login string) (User, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.addAccount(login, "User", "free")
	if err != nil {
		return User{}, err
	}
	token := "ghp_" + sandbox.RandomToken(27)
	s.tokens[token] = &credential{kind: "user", user: a, key: token}
	return User{ID: a.id, Login: a.login, Token: token}, nil
}

// AddMember puts a person into an organisation as admin, member or security_manager.
func (s *Server) AddMember(org, login, as string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, u := s.account(org), s.account(login)
	if o == nil || u == nil || !slices.Contains([]string{"admin", "member", "security_manager"}, as) {
		return fmt.Errorf("add member %s to %s as %s: unknown organisation, login or role", login, org, as)
	}
	o.members[strings.ToLower(login)] = as
	return nil
}

// CreateRepo makes an empty repository.
func (s *Server) CreateRepo(spec RepoSpec) (Repo, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	owner := s.account(spec.Owner)
	if owner == nil {
		return Repo{}, fmt.Errorf("create repository: no account %s", spec.Owner)
	}
	if s.world.repo(spec.Owner+"/"+spec.Name) != nil || spec.Name == "" || strings.ContainsAny(spec.Name, "/ ") {
		return Repo{}, fmt.Errorf("create repository %s/%s: the name is taken or invalid", spec.Owner, spec.Name)
	}
	now := s.now()
	r := &repository{
		id: s.id(), owner: owner, name: spec.Name, private: spec.Private, defaultBranch: spec.DefaultBranch,
		description: spec.Description, reporting: spec.Reporting, collaborators: map[string]Role{},
		protections: map[string]*Protection{}, created: now, updated: now, pushed: now,
	}
	if r.defaultBranch == "" {
		r.defaultBranch = "main"
	}
	if spec.Fork {
		if r.parent = s.world.repo(spec.Parent); r.parent == nil {
			return Repo{}, fmt.Errorf("create repository %s/%s: a fork needs a parent", spec.Owner, spec.Name)
		}
	}
	for _, l := range [][2]string{{"bug", "d73a4a"}, {"documentation", "0075ca"}, {"enhancement", "a2eeef"}} {
		r.labels = append(r.labels, &label{id: s.id(), name: l[0], color: l[1]})
	}
	var err error
	if r.git, err = s.depot.Create(s.Context(), r.full(), r.defaultBranch); err != nil {
		return Repo{}, err
	}
	s.repos[strings.ToLower(r.full())] = r
	return Repo{ID: r.id, FullName: r.full(), Dir: r.git.Dir, CloneURL: s.URL() + "/" + r.full() + ".git"}, nil
}

// find is for the set-up methods, which name repositories as owner/name.
func (s *Server) find(repo string) (*repository, error) {
	if r := s.world.repo(repo); r != nil {
		return r, nil
	}
	return nil, fmt.Errorf("find repository: there is no %s", repo)
}

// SetPermission gives a person a role in a repository; RoleNone takes it away.
func (s *Server) SetPermission(repo, login string, role Role) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(repo)
	if err != nil {
		return err
	}
	if s.account(login) == nil {
		return fmt.Errorf("set permission: no account %s", login)
	}
	r.collaborators[strings.ToLower(login)] = role
	return nil
}

// SetPrivate changes a repository's visibility and rings repository.publicized or repository.privatized.
func (s *Server) SetPrivate(repo string, private bool, by string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(repo)
	if err != nil {
		return err
	}
	r.private = private
	action := "publicized"
	if private {
		action = "privatized"
	}
	s.emit(r, "repository", action, s.account(by), nil)
	if !private {
		s.emit(r, "public", "", s.account(by), nil)
	}
	return nil
}

// SetFork makes a repository a fork of another. Objects are never shared.
func (s *Server) SetFork(repo, of string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(repo)
	if err != nil {
		return err
	}
	r.parent, err = s.find(of)
	return err
}

// SetReporting switches private vulnerability reporting.
func (s *Server) SetReporting(repo string, on bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(repo)
	if err != nil {
		return err
	}
	r.reporting = on
	return nil
}

// ImportGit copies refs from a local repository into one of ours without webhooks, as a migration would.
// Refspecs are git's, such as "refs/heads/*:refs/heads/*" or "SHA:refs/heads/stable".
func (s *Server) ImportGit(repo, from string, refspecs ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(repo)
	if err != nil {
		return err
	}
	if err := r.git.Import(from, refspecs...); err != nil {
		return fmt.Errorf("import into %s: %w", repo, err)
	}
	r.pushed = s.now()
	return nil
}

// DumpObjects writes every object of a repository, reachable or not, unpacked: what a stranger who guesses hashes
// could read of a public one. A canary is looked for here.
func (s *Server) DumpObjects(repo string, w io.Writer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(repo)
	if err != nil {
		return err
	}
	if err := r.git.DumpObjects(w); err != nil {
		return fmt.Errorf("dump objects: %w", err)
	}
	return nil
}

// CreateApp registers an App with a fresh key and its bot account.
func (s *Server) CreateApp(spec AppSpec) (App, error) {
	key := spec.Key
	if key == nil {
		var err error
		if key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
			return App{}, fmt.Errorf("create App %s: %w", spec.Slug, err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	owner := s.account(spec.Owner)
	if owner == nil {
		return App{}, fmt.Errorf("create App %s: no account %s", spec.Slug, spec.Owner)
	}
	bot, err := s.addAccount(spec.Slug+"[bot]", "Bot", "free")
	if err != nil {
		return App{}, err
	}
	a := &app{
		id: s.id(), slug: spec.Slug, owner: owner, bot: bot, key: key, hookURL: spec.HookURL, hookSecret: spec.HookSecret,
		hookID: s.id(), permissions: maps.Clone(spec.Permissions), events: slices.Clone(spec.Events), created: s.now(),
	}
	s.apps = append(s.apps, a)
	block := &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}
	return App{ID: a.id, Slug: a.slug, BotLogin: bot.login, ClientID: a.clientID(), PEM: pem.EncodeToMemory(block)}, nil
}

func (s *Server) findApp(id int64) (*app, error) {
	for _, a := range s.apps {
		if a.id == id {
			return a, nil
		}
	}
	return nil, fmt.Errorf("find App: there is no %d", id)
}

// SetHook points an App's webhook somewhere else; a fresh address is pinged.
func (s *Server) SetHook(appID int64, url, secret string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.findApp(appID)
	if err != nil {
		return err
	}
	a.hookURL, a.hookSecret = url, secret
	if url != "" {
		s.ping(a)
	}
	return nil
}

// Install installs an App on repositories of an account (all of them when none is named) with permissions of its
// own (the App's when nil), and rings installation.created.
func (s *Server) Install(appID int64, owner string, repos []string, permissions map[string]string) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.findApp(appID)
	if err != nil {
		return 0, err
	}
	acc := s.account(owner)
	if acc == nil {
		return 0, fmt.Errorf("install App: no account %s", owner)
	}
	if permissions == nil {
		permissions = a.permissions
	}
	inst := &installation{id: s.id(), app: a, account: acc, permissions: maps.Clone(permissions), created: s.now()}
	for _, name := range repos {
		r, err := s.find(name)
		if err != nil {
			return 0, err
		}
		if r.owner != acc {
			return 0, fmt.Errorf("install App: %s does not belong to %s", name, owner)
		}
		if inst.repos == nil {
			inst.repos = map[int64]bool{}
		}
		inst.repos[r.id] = true
	}
	a.installs = append(a.installs, inst)
	s.emitInstallation(inst, "created")
	return inst.id, nil
}

// SetInstallation changes what an installation may do; tokens already minted keep what they have, as on GitHub.
func (s *Server) SetInstallation(id int64, permissions map[string]string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	inst := s.installation(id)
	if inst == nil {
		return fmt.Errorf("set installation: there is no %d", id)
	}
	inst.permissions = maps.Clone(permissions)
	return nil
}

// Suspend suspends an installation or takes the suspension back; its tokens stop working at once.
func (s *Server) Suspend(id int64, suspended bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	inst := s.installation(id)
	if inst == nil {
		return fmt.Errorf("suspend installation: there is no %d", id)
	}
	inst.suspended = suspended
	return nil
}

func (s *Server) installation(id int64) *installation {
	for _, a := range s.apps {
		for _, i := range a.installs {
			if i.id == id {
				return i
			}
		}
	}
	return nil
}
