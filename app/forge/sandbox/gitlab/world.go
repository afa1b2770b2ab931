package gitlab

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// world is everything the pretended GitLab remembers. Its mutex is held for the whole of one request, so a reader
// never sees half of a merge, and a push is judged and applied in one step.
type world struct {
	mu        sync.Mutex
	lastID    int64
	tier      string // free, premium or ultimate
	tokenDays int    // for how long tokens are made at most; 0 is a year
	users     []*user
	groups    []*group
	projects  []*project
	tokens    []*token
}

func newWorld() world { return world{lastID: 1000, tier: "free"} }

func (w *world) id() int64 { w.lastID++; return w.lastID }

func (w *world) user(name string) *user {
	return first(w.users, func(u *user) bool { return strings.EqualFold(u.username, name) })
}

func (w *world) userByID(id int64) *user {
	return first(w.users, func(u *user) bool { return u.id == id })
}

func (w *world) groupAt(path string) *group {
	return first(w.groups, func(g *group) bool { return strings.EqualFold(g.full, path) })
}

func (w *world) projectAt(path string) *project {
	return first(w.projects, func(p *project) bool { return strings.EqualFold(p.full, path) })
}

// findProject finds a project by its number or its whole path, the two things that {id} may be.
func (w *world) findProject(id string) *project {
	if n, err := strconv.ParseInt(id, 10, 64); err == nil {
		return first(w.projects, func(p *project) bool { return p.id == n })
	}
	return w.projectAt(id)
}

func (w *world) findGroup(id string) *group {
	if n, err := strconv.ParseInt(id, 10, 64); err == nil {
		return first(w.groups, func(g *group) bool { return g.id == n })
	}
	return w.groupAt(id)
}

// first finds the first element that fits, or the zero value.
func first[T any](list []T, fits func(T) bool) T {
	if i := slices.IndexFunc(list, fits); i >= 0 {
		return list[i]
	}
	var none T
	return none
}

// user is a person, or the bot behind a project's or group's token.
type user struct {
	id       int64
	username string
	name     string
	bot      bool
	created  time.Time
}

// email is the private address that GitLab gives a user who shows none.
func (u *user) email() string {
	return strconv.FormatInt(u.id, 10) + "-" + u.username + "@users.noreply.gitlab.example"
}

// Level is what a member is, in GitLab's numbers.
type Level int

// Access levels.
const (
	NoAccess   Level = 0
	Guest      Level = 10
	Planner    Level = 15
	Reporter   Level = 20
	Developer  Level = 30
	Maintainer Level = 40
	Owner      Level = 50
)

// known tells whether a level is one that members can have.
func (l Level) known() bool {
	return slices.Contains([]Level{Guest, Planner, Reporter, Developer, Maintainer, Owner}, l)
}

type member struct {
	user    *user
	level   Level
	by      *user
	created time.Time
}

// members is a list of people with levels, of a group or of a project.
type members []*member

func (m members) of(u *user) *member {
	return first(m, func(e *member) bool { return e.user == u })
}

func (m *members) set(u *user, level Level, by *user, at time.Time) *member {
	e := m.of(u)
	switch {
	case e == nil:
		e = &member{user: u, level: level, by: by, created: at}
		*m = append(*m, e)
	default:
		e.level = level
	}
	return e
}

func (m *members) remove(u *user) {
	*m = slices.DeleteFunc(*m, func(e *member) bool { return e.user == u })
}

// group is a group, or the namespace of a person (whose person is then set).
type group struct {
	id         int64
	full       string
	visibility string
	parent     *group
	person     *user
	members    members
	labels     []*label
	hooks      []*hook
	integrations
	created time.Time
}

func (g *group) path() string { return g.full[strings.LastIndex(g.full, "/")+1:] }

// chain is a group and its ancestors, nearest first.
func (g *group) chain() []*group {
	var out []*group
	for ; g != nil; g = g.parent {
		out = append(out, g)
	}
	return out
}

// level is the strongest way a user reaches a group.
func (g *group) level(u *user) Level {
	best := NoAccess
	for _, up := range g.chain() {
		if e := up.members.of(u); e != nil {
			best = max(best, e.level)
		}
	}
	return best
}

type project struct {
	id            int64
	path          string
	full          string // path with namespace
	space         *group
	dir           string // its bare repository
	visibility    string // private, internal or public
	description   string
	defaultBranch string
	archived      bool
	forkedFrom    *project
	members       members
	labels        []*label
	issues        []*issue
	lastIssue     int64
	hooks         []*hook
	pushMirrors   []obj
	pushRule      obj // nil: it has none
	settings      settings
	code          // branches, merge requests, pipelines
	integrations
	created time.Time
	active  time.Time
}

// settings are what a maintainer chooses for a project.
type settings struct {
	mergeMethod         string // merge, rebase_merge or ff
	squash              string // never, always, default_on or default_off
	needsPipeline       bool   // only_allow_merge_if_pipeline_succeeds
	allowsSkipped       bool   // allow_merge_on_skipped_pipeline
	needsResolved       bool   // only_allow_merge_if_all_discussions_are_resolved
	needsJudged         bool   // only_allow_merge_if_all_status_checks_passed (Ultimate)
	mergedResults       bool   // merge_pipelines_enabled (Premium)
	removesSource       bool   // remove_source_branch_after_merge
	issuesOff, mergeOff bool
	ciOff               bool
	runnersOff          bool // shared runners
	publicJobs          bool
	ciPath              string
}

// open tells whether people who are no members see a project. "internal" counts: on a GitLab where everybody may
// sign up, it is public.
func (p *project) open() bool { return p.visibility != "private" }

// level is the strongest way a user reaches a project, groups above it included.
func (p *project) level(u *user) Level {
	if u == nil {
		return NoAccess
	}
	best := p.space.level(u)
	if e := p.members.of(u); e != nil {
		best = max(best, e.level)
	}
	return best
}

// sees tells whether a user, or nobody, may know that a project exists.
func (p *project) sees(u *user) bool {
	switch p.visibility {
	case "public":
		return true
	case "internal":
		return u != nil
	}
	return p.level(u) >= Guest
}

func (p *project) issue(iid int64) *issue {
	return first(p.issues, func(i *issue) bool { return i.iid == iid })
}
