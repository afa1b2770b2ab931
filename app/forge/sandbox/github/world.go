package github

import (
	"crypto/rsa"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// world is everything the pretended GitHub remembers. Its mutex is held for the whole of one request that changes
// something, so a reader never sees half of a merge, and a push is judged and applied in one step.
type world struct {
	mu       sync.Mutex
	lastID   int64
	accounts map[string]*account    // by lower-case login
	repos    map[string]*repository // by lower-case "owner/name"
	apps     []*app
	tokens   map[string]*credential
}

func newWorld() world {
	return world{
		lastID: 1000, accounts: map[string]*account{}, repos: map[string]*repository{},
		tokens: map[string]*credential{},
	}
}

func (w *world) id() int64 { w.lastID++; return w.lastID }

func (w *world) account(login string) *account { return w.accounts[strings.ToLower(login)] }

func (w *world) repo(full string) *repository { return w.repos[strings.ToLower(full)] }

func (w *world) repoByID(id int64) *repository {
	for _, r := range w.repos {
		if r.id == id {
			return r
		}
	}
	return nil
}

// account is a user, an organisation or the bot behind an App.
type account struct {
	id      int64
	login   string
	kind    string // User, Organization, Bot
	plan    string // of an organisation or a user: "free" or "team"
	base    Role   // what an organisation's members may do by default
	members map[string]string
	created time.Time
}

// email is the address that GitHub gives commits made through its web interface.
func (a *account) email() string {
	return fmt.Sprintf("%d+%s@users.noreply.github.com", a.id, a.login)
}

type app struct {
	id          int64
	slug        string
	owner       *account
	bot         *account
	key         *rsa.PrivateKey
	hookURL     string
	hookSecret  string
	hookID      int64
	permissions map[string]string
	events      []string
	installs    []*installation
	deliveries  []*delivery
	created     time.Time
}

type installation struct {
	id          int64
	app         *app
	account     *account
	repos       map[int64]bool // nil means every repository of the account
	permissions map[string]string
	suspended   bool
	created     time.Time
}

func (i *installation) covers(r *repository) bool {
	return !i.suspended && r.owner == i.account && (i.repos == nil || i.repos[r.id])
}

type repository struct {
	id            int64
	owner         *account
	name          string
	git           *sandbox.Bare
	private       bool
	parent        *repository
	defaultBranch string
	archived      bool
	reporting     bool // private vulnerability reporting
	description   string
	collaborators map[string]Role // by lower-case login
	labels        []*label
	lastNumber    int
	issues        []*issue     // pull requests are issues too
	deleted       map[int]bool // numbers of issues that were deleted
	runs          []*checkRun
	suites        []*checkSuite
	statuses      []*commitStatus
	rulesets      []*ruleset
	protections   map[string]*Protection
	advisories    []*advisory
	created       time.Time
	updated       time.Time
	pushed        time.Time
}

func (r *repository) full() string { return r.owner.login + "/" + r.name }

func (r *repository) issue(number int) *issue {
	for _, i := range r.issues {
		if i.number == number {
			return i
		}
	}
	return nil
}

// featured tells whether the owner's plan has rulesets and protected branches for this repository.
func (r *repository) featured() bool { return !r.private || r.owner.plan != "free" }

// Role is what an account may do in a repository, as GitHub's repository roles.
type Role int

// Repository roles, weakest first.
const (
	RoleNone Role = iota
	RoleRead
	RoleTriage
	RoleWrite
	RoleMaintain
	RoleAdmin
)

var roleNames = [...]string{"none", "read", "triage", "write", "maintain", "admin"}

// String gives GitHub's role_name.
func (r Role) String() string {
	if r < RoleNone || r > RoleAdmin {
		return "none"
	}
	return roleNames[r]
}

// legacy gives the older four-valued permission.
func (r Role) legacy() string {
	switch r {
	case RoleTriage:
		return "read"
	case RoleMaintain:
		return "write"
	}
	return r.String()
}

// ParseRole reads a role's name as GitHub writes it ("pull" and "push" included).
func ParseRole(name string) (Role, error) {
	switch name {
	case "pull":
		return RoleRead, nil
	case "push":
		return RoleWrite, nil
	}
	for i, n := range roleNames {
		if n == name {
			return Role(i), nil
		}
	}
	return RoleNone, fmt.Errorf("read role: %q is none of none, read, triage, write, maintain, admin", name)
}

// role is the strongest way an account reaches a repository.
func (r *repository) role(a *account) Role {
	if a == nil {
		return RoleNone
	}
	if a == r.owner {
		return RoleAdmin
	}
	best := r.collaborators[strings.ToLower(a.login)]
	switch r.owner.members[strings.ToLower(a.login)] {
	case "admin":
		return RoleAdmin
	case "member", "security_manager":
		best = max(best, r.owner.base)
	}
	if !r.private {
		best = max(best, RoleRead)
	}
	return best
}

// managesSecurity tells who sees every draft advisory: admins and the organisation's security managers.
func (r *repository) managesSecurity(a *account) bool {
	return a != nil && (r.role(a) == RoleAdmin || r.owner.members[strings.ToLower(a.login)] == "security_manager")
}

type label struct {
	id          int64
	name, color string
	description string
}

type comment struct {
	id               int64
	user             *account
	app              *app
	body             string
	created, updated time.Time
}

// event is one line of an issue's history.
type event struct {
	id      int64
	kind    string
	actor   *account
	app     *app
	label   *label
	subject *account // assignee or reviewer
	from    string   // a rename's old title
	to      string
	commit  string
	created time.Time
}

type issue struct {
	id                       int64
	number                   int
	title, body, state       string
	stateReason              string
	user                     *account
	app                      *app
	labels                   []*label
	assignees                []*account
	comments                 []*comment
	events                   []*event
	locked                   bool
	closedBy                 *account
	created, updated, closed time.Time
	pull                     *pull
}

type pull struct {
	id               int64
	headRef, headSHA string
	headOwner        *account
	baseRef, baseSHA string
	draft            bool
	merged           bool
	mergedBy         *account
	mergedAt         time.Time
	mergeSHA         string
	reviewers        []*account
	reviews          []*review
	asked            string // the (base, head) pair whose mergeability somebody already asked for
	fact             *pullFact
}

type review struct {
	id        int64
	user      *account
	body      string
	state     string
	commit    string
	submitted time.Time
}
