package app

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/liftgate/liftgate/app/store"
	"github.com/liftgate/liftgate/policy"
)

// bellBatch is how many doorbells are answered at once.
const bellBatch = 100

// Route answers the doorbells: it wakes the advisories that each may concern, and reads new reports in. A doorbell is done
// only when everything it asked for is on its way, so that a crash rings it again.
func (e *Engine) Route(ctx context.Context) error {
	bells, err := e.Store.Doorbells(ctx, bellBatch)
	if err != nil || len(bells) == 0 {
		return err
	}
	open, err := e.Store.Advisories(ctx, "", true)
	if err != nil {
		return err
	}
	plan := routes{open: open, wake: map[string]bool{}, intake: map[string]bool{}, level: map[string]bool{}}
	for _, bell := range bells {
		if err := e.route(ctx, bell, &plan); err != nil {
			return err
		}
	}
	if err := e.whole(ctx, plan); err != nil {
		return err
	}
	for id := range plan.wake {
		if err := e.Wake(ctx, id); err != nil {
			return fmt.Errorf("wake %s: %w", id, err)
		}
	}
	return e.Store.Answer(ctx, plan.done, e.Now())
}

// routes is what a batch of doorbells asks for.
type routes struct {
	open   []store.Summary
	wake   map[string]bool // advisories
	intake map[string]bool // projects
	level  map[string]bool // projects whose mirror has to follow
	done   []int64
}

func (e *Engine) route(ctx context.Context, bell store.Bell, r *routes) error {
	p, ours := e.projectOf(bell.Repo)
	if bell.Press != nil {
		// A press can't be read again at the forge: the decision that sees it answers it. On a head that nobody knows, it is
		// nobody's.
		return e.routePress(ctx, bell, r)
	}
	r.done = append(r.done, bell.ID)
	if !ours {
		if bell.Repo == "" { // about the installation: everything may have changed
			r.all(e.Projects)
		}
		return nil
	}
	switch bell.Object.Kind {
	case policy.ObjectReport:
		r.intake[p.Name] = true
		r.ring(p.Name, func(s store.Summary) bool { return s.Report == bell.Object.Name })
	case policy.ObjectIssue:
		desk, err := strconv.Atoi(bell.Object.Name)
		if err == nil && strings.EqualFold(bell.Repo, p.Mirror) {
			r.ring(p.Name, func(s store.Summary) bool { return s.Desk == desk || s.Desk == 0 })
		}
	case policy.ObjectBranch:
		if id, ok := advisoryOfRef(bell.Object.Name); ok {
			r.ring(p.Name, func(s store.Summary) bool { return s.ID == id })
			return nil
		}
		r.level[p.Name] = true
		r.ring(p.Name, anyAdvisory)
	default: // a fix, a commit, the repository: whose it is shows in the snapshot
		r.ring(p.Name, anyAdvisory)
	}
	return nil
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

func (r *routes) all(projects []Project) {
	for _, p := range projects {
		r.intake[p.Name], r.level[p.Name] = true, true
		r.ring(p.Name, anyAdvisory)
	}
}

// routePress wakes the advisory that knows the head, or that the press was rung for; its decision answers the press. Where
// there is none, nobody can answer it, and the doorbell is done.
func (e *Engine) routePress(ctx context.Context, bell store.Bell, r *routes) error {
	for _, s := range r.open {
		loaded, err := e.Store.Load(ctx, s.ID)
		if err != nil {
			return err
		}
		for _, id := range loaded.Bells {
			if id == bell.ID {
				r.wake[s.ID] = true
				return nil
			}
		}
	}
	e.Log.Warn("a button was pressed at a commit that no open advisory knows", "forge", bell.Forge)
	r.done = append(r.done, bell.ID)
	return nil
}

// whole does what concerns whole projects: new reports and the mirror. A forge that is away is no reason to lose a
// doorbell: the error keeps the batch.
func (e *Engine) whole(ctx context.Context, r routes) error {
	var errs []error
	for _, p := range e.Projects {
		if r.intake[p.Name] {
			errs = append(errs, e.Intake(ctx, p))
		}
		if r.level[p.Name] && !r.busy(p.Name) {
			errs = append(errs, e.Level(ctx, p))
		}
	}
	return errors.Join(errs...)
}

// busy reports whether an advisory of the project is woken anyway: its turn follows the public branches too.
func (r routes) busy(project string) bool {
	for _, s := range r.open {
		if s.Project == project && r.wake[s.ID] {
			return true
		}
	}
	return false
}

// advisoryOfRef reads the advisory from the name of one of Liftgate's branches.
func advisoryOfRef(ref string) (id string, ok bool) {
	rest, ok := strings.CutPrefix(ref, "liftgate/")
	id, _, found := strings.Cut(rest, "/")
	return id, ok && found
}

func (e *Engine) projectOf(repo string) (Project, bool) {
	for _, p := range e.Projects {
		if strings.EqualFold(repo, p.Public) || strings.EqualFold(repo, p.Mirror) {
			return p, true
		}
	}
	return Project{}, false
}
