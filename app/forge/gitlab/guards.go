package gitlab

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/liftgate/liftgate/app/forge/reading"
)

// guard is what all protections of one branch let people do together: of several, the one that allows most counts.
type guard struct {
	open       bool // there is none
	developers bool // may push
	maintained bool // Maintainers may push
	named      bool // people, groups or deploy keys beside Liftgate's users may push
	merging    bool // Developers may merge
	forced     bool // whoever may push may rewrite
}

// guardOf reads the protections of a branch. Ours are Liftgate's own users.
func guardOf(rules []protection, name string, ours []int64) guard {
	g := guard{open: true}
	developers := func(a access) bool { return a.role() && *a.Level > 0 && *a.Level <= levelDeveloper }
	for _, p := range rules {
		if !p.covers(name) {
			continue
		}
		g.open, g.forced = false, g.forced || p.Force
		for _, a := range p.Push {
			g.developers = g.developers || developers(a)
			g.maintained = g.maintained || a.role() && *a.Level == levelMaintainer
			g.named = g.named || !a.role() && (a.User == nil || !slices.Contains(ours, *a.User))
		}
		g.merging = g.merging || slices.ContainsFunc(p.Merge, developers)
	}
	return g
}

// role reports whether an entry is for a role, and not for somebody by name. GitLab gives those a level, too.
func (a access) role() bool { return a.User == nil && a.Group == nil && a.Key == nil && a.Level != nil }

// guarded lists the branches of which something is true, in a risk that names them.
func guarded(names []string, guards map[string]guard, words string, is func(guard) bool) []string {
	var found []string
	for _, name := range names {
		if is(guards[name]) {
			found = append(found, name)
		}
	}
	if len(found) == 0 {
		return nil
	}
	return []string{words + ": " + listed(found)}
}

func guardsOf(rules []protection, names []string, ours []int64) map[string]guard {
	guards := map[string]guard{}
	for _, name := range names {
		guards[name] = guardOf(rules, name, ours)
	}
	return guards
}

// boundary is what protects the public branches: the push there is the one boundary that an embargo has.
type boundary struct {
	rules  []protection
	ours   []int64
	people []string // Maintainers beside Liftgate. Owners are left out: there is always one, who could change any protection as well
}

// boundary reads who may push to the public project. Whoever is no Maintainer there is not shown its protections.
func (f *Forge) boundary(ctx context.Context, as purpose) (b boundary, hidden bool, err error) {
	b.rules, err = everyAs[protection](ctx, f, as, f.public.path()+"/protected_branches", nil)
	if hidden, err := unread(err); hidden || err != nil {
		return b, hidden, err
	}
	if b.ours, err = f.ours(ctx); err != nil {
		return b, false, err
	}
	members, err := everyAs[membership](ctx, f, as, f.public.path()+"/members/all", nil)
	if _, err := unread(err); err != nil {
		return b, false, err
	}
	for _, m := range members {
		if m.Access >= levelMaintainer && m.Access < levelOwner && !slices.Contains(b.ours, m.ID) && !slices.Contains(b.people, m.Login) {
			b.people = append(b.people, m.Login)
		}
	}
	return b, false, nil
}

// risks name the public branches that others than Liftgate can move.
func (b boundary) risks(names []string) []string {
	guards := guardsOf(b.rules, names, b.ours)
	risks := slices.Concat(
		guarded(names, guards, "public branches that are not protected, so that every Developer can push there", func(g guard) bool { return g.open }),
		guarded(names, guards, "public branches that Developers can push to, past the lift", func(g guard) bool { return g.developers }),
		guarded(names, guards, "public branches that people, groups or deploy keys named in their protection can push to, beside Liftgate",
			func(g guard) bool { return g.named }),
		guarded(names, guards, "public branches that can be rewritten, since their protection allows force pushes", func(g guard) bool { return g.forced }),
	)
	if len(b.people) > 0 {
		risks = append(risks, guarded(names, guards, "public branches that Maintainers beside Liftgate can push to ("+listed(b.people)+")",
			func(g guard) bool { return g.maintained })...)
	}
	return risks
}

// ours are Liftgate's users, by number: the one that writes and the one that moves public branches.
func (f *Forge) ours(ctx context.Context) ([]int64, error) {
	me, err := f.me(ctx)
	if err != nil {
		return nil, err
	}
	c, err := f.credential(ctx, asLifter)
	if hidden, err := unread(err); hidden || err != nil {
		return []int64{me.ID}, err // what is wrong with the token is said elsewhere
	}
	return []int64{me.ID, c.UserID}, nil
}

// mirrorGuardRisks name the mirror's copies of maintained branches that are moved past the fixes.
func (f *Forge) mirrorGuardRisks(ctx context.Context, p projectState, names []string) ([]string, error) {
	rules, err := every[protection](ctx, f, f.mirror.path()+"/protected_branches", nil)
	if hidden, err := unread(err); hidden || err != nil {
		return nil, err // that Liftgate is no Maintainer there is said already
	}
	me, err := f.me(ctx)
	if err != nil {
		return nil, err
	}
	guards := guardsOf(rules, names, []int64{me.ID})
	risks := slices.Concat(
		guarded(names, guards, "branches of the mirror that are not protected: whoever may push there can do so past the fixes", func(g guard) bool { return g.open }),
		guarded(names, guards, "branches of the mirror that Developers can push to, past the fixes", func(g guard) bool { return g.developers }),
		guarded(names, guards, "branches of the mirror that people, groups or deploy keys named in their protection can push to, past the fixes",
			func(g guard) bool { return g.named }),
	)
	if p.NeedsPipeline != nil && !*p.NeedsPipeline {
		risks = append(risks, guarded(names, guards, "branches of the mirror that Developers can merge into whatever the hold says", func(g guard) bool { return g.merging })...)
	}
	return risks, nil
}

// guardRisks judges both projects' maintained branches. Where the public project's protections are not shown to Liftgate's
// user, what the last rehearsal saw with the lift's token is told.
func (f *Forge) guardRisks(ctx context.Context, p projectState, public, mirror []string) ([]string, error) {
	var outer, inner []string
	group, gctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		b, hidden, err := f.boundary(gctx, asBot)
		switch {
		case err != nil:
			return err
		case !hidden:
			outer = b.risks(public)
		case f.rehearsed.boundary() == nil:
			outer = []string{"who can push to the public branches is not shown to Liftgate's user; the next rehearsal looks with the lift's token"}
		default:
			outer = f.rehearsed.boundary().risks(public)
		}
		return nil
	})
	group.Go(func() (err error) {
		inner, err = f.mirrorGuardRisks(gctx, p, mirror)
		return err
	})
	err := group.Wait()
	return slices.Concat(outer, inner), err
}

// probeGuards reads the public project's protections for a rehearsal, and says who else could move the branches of the lift,
// which stops none.
func (f *Forge) probeGuards(ctx context.Context, l *lifter, names []string, r *reading.Findings) ([]protection, error) {
	b, hidden, err := f.boundary(ctx, l.reads)
	if l.hidden = hidden; hidden || err != nil {
		return nil, err
	}
	f.rehearsed.bounded(b)
	for _, risk := range b.risks(names) {
		r.Risk("%s", risk)
	}
	return b.rules, nil
}

func (r *rehearsed) bounded(b boundary) { r.mu.Lock(); defer r.mu.Unlock(); r.public = &b }

func (r *rehearsed) boundary() *boundary { r.mu.Lock(); defer r.mu.Unlock(); return r.public }
