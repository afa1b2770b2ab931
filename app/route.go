package app

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/liftgate/liftgate/app/store"
	"github.com/liftgate/liftgate/policy"
)

// bellBatch is how many doorbells are answered at once.
const bellBatch = 100

// Route answers the doorbells: it leaves word for the advisories and projects that each may concern. It asks the store and
// nobody else, so that one project's trouble never keeps another's doorbells waiting. A doorbell is done only when its word
// is left, so that a crash rings it again.
func (e *Engine) Route(ctx context.Context) error {
	bells, err := e.Store.Doorbells(ctx, bellBatch)
	if err != nil || len(bells) == 0 {
		return err
	}
	open, err := e.Store.Advisories(ctx, "", true)
	if err != nil {
		return err
	}
	r := routes{open: open, wake: map[string]bool{}, survey: map[string]bool{}}
	for _, bell := range bells {
		e.route(ctx, bell, &r)
	}
	for project := range r.survey {
		if err := e.Survey(ctx, project); err != nil {
			return fmt.Errorf("survey %s: %w", project, err)
		}
	}
	for id := range r.wake {
		if err := e.Wake(ctx, id); err != nil {
			return fmt.Errorf("wake %s: %w", id, err)
		}
	}
	return e.Store.Answer(ctx, r.done, e.Now())
}

// routes is what a batch of doorbells asks for.
type routes struct {
	open   []store.Summary
	wake   map[string]bool // advisories
	survey map[string]bool // projects: new reports, a mirror that has to follow
	done   []int64
}

func (e *Engine) route(ctx context.Context, bell store.Bell, r *routes) {
	if bell.Advisory != "" { // nothing may be owed any more, so that the advisory is not among those that are open
		r.wake[bell.Advisory] = true
		return
	}
	if bell.Press != nil {
		// A press can't be read again at the forge: the decision that sees it answers it. On a head that nobody knows, it is
		// nobody's.
		e.routePress(ctx, bell, r)
		return
	}
	r.done = append(r.done, bell.ID)
	if bell.Repo == "" { // about the installation: everything may have changed
		for _, p := range e.Projects {
			r.everything(p.Name)
		}
		return
	}
	for _, p := range e.Projects {
		switch {
		case bell.Forge != p.Project.Forge:
		case strings.EqualFold(bell.Repo, p.Public):
			r.fromPublic(p, bell.Object)
		case strings.EqualFold(bell.Repo, p.Mirror):
			r.fromMirror(p, bell.Object)
		}
	}
}

// fromPublic is what a change in the public repository may mean. Its issues, fixes and checks mean nothing here.
func (r *routes) fromPublic(p Project, object policy.Object) {
	switch object.Kind {
	case policy.ObjectReport:
		r.survey[p.Name] = true
		r.ring(p.Name, func(s store.Summary) bool { return s.Report == object.Name })
	case policy.ObjectIssue, policy.ObjectFix, policy.ObjectCommit:
	default: // a branch that moved, the repository itself
		r.everything(p.Name)
	}
}

// fromMirror is what a change in the mirror may mean. Whose a fix or a checked commit is shows in the snapshot.
func (r *routes) fromMirror(p Project, object policy.Object) {
	switch object.Kind {
	case policy.ObjectIssue:
		if desk, err := strconv.Atoi(object.Name); err == nil {
			r.ring(p.Name, func(s store.Summary) bool { return s.Desk == desk || s.Desk == 0 })
		}
	case policy.ObjectBranch:
		if id, ok := advisoryOfRef(object.Name); ok {
			r.ring(p.Name, func(s store.Summary) bool { return s.ID == id })
			return
		}
		r.everything(p.Name)
	case policy.ObjectFix, policy.ObjectCommit:
		r.ring(p.Name, anyAdvisory)
	default:
		r.everything(p.Name)
	}
}

func anyAdvisory(store.Summary) bool { return true }

// ring wakes the advisories of a project that match.
func (r *routes) ring(project string, match func(store.Summary) bool) {
	for _, s := range r.open {
		if s.Project == project && match(s) {
			r.wake[s.ID] = true
		}
	}
}

func (r *routes) everything(project string) {
	r.survey[project] = true
	r.ring(project, anyAdvisory)
}

// routePress wakes the advisory that knows the head; its decision answers the press. Where there is none, nobody can answer it, and the doorbell is done.
func (e *Engine) routePress(ctx context.Context, bell store.Bell, r *routes) {
	for _, s := range r.open {
		loaded, err := e.Store.Load(ctx, s.ID)
		if err != nil { // that advisory's turns tell of it; the press waits, since it might be its own
			e.Log.Warn("a press waits for an advisory that can't be read", "advisory", s.ID)
			return
		}
		if slices.Contains(loaded.Bells, bell.ID) {
			r.wake[s.ID] = true
			return
		}
	}
	e.Log.Warn("a button was pressed at a commit that no open advisory knows", "forge", bell.Forge)
	r.done = append(r.done, bell.ID)
}

// advisoryOfRef reads the advisory from the name of one of Liftgate's branches.
func advisoryOfRef(ref string) (id string, ok bool) {
	rest, ok := strings.CutPrefix(ref, "liftgate/")
	id, _, found := strings.Cut(rest, "/")
	return id, ok && found
}
