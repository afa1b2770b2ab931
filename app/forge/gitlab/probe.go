package gitlab

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/liftgate/liftgate/policy"
)

// probe reads everything at GitLab that can stop a lift. What stands in the way is a result; an error means that it could
// not be found out now.
func (f *Forge) probe(ctx context.Context, do policy.Probe) (policy.ProbeResult, error) {
	var r findings
	lifter, err := f.probeTokens(ctx, &r)
	if err != nil {
		return policy.ProbeResult{}, err
	}
	if err := f.probeRoles(ctx, &r); err != nil {
		return policy.ProbeResult{}, err
	}
	if err := f.probePublic(ctx, &r); err != nil {
		return policy.ProbeResult{}, err
	}
	if err := f.probeReport(ctx, do.Report, &r); err != nil {
		return policy.ProbeResult{}, err
	}
	f.probeOutsiders(ctx, &r)
	if lifter != nil {
		if err := f.probeHooks(ctx, lifter.reads); err != nil {
			return policy.ProbeResult{}, err
		}
		if err := f.probePushRules(ctx, lifter.reads, &r); err != nil {
			return policy.ProbeResult{}, err
		}
		if err := f.probeBranches(ctx, *lifter, do.Moves, &r); err != nil {
			return policy.ProbeResult{}, err
		}
	}
	return policy.ProbeResult{Checked: r.checked, Problems: r.problems}, nil
}

// findings gather what was looked at and what stands in the way.
type findings struct{ checked, problems []string }

func (r *findings) check(format string, args ...any) {
	r.checked = append(r.checked, fmt.Sprintf(format, args...))
}
func (r *findings) problem(format string, args ...any) {
	r.problems = append(r.problems, fmt.Sprintf(format, args...))
}

// refusal makes a problem of an error that only people can mend, and gives any other back.
func (r *findings) refusal(what string, err error) error {
	if t := policy.AsTrouble(err); t != nil && (t.Kind == policy.TroubleRefused || t.Kind == policy.TroubleInvalid) {
		r.problem("%s: %s", what, t.Hint)
		return nil
	}
	return err
}

// lifter is who moves the public branches, and with which token their rules can be read.
type lifter struct {
	user   int64
	reads  purpose
	hidden bool // the rules of protected branches are not shown
}

// blind is what to do where the rules are hidden. The other token's user needs no more rights for it: fewer are safer.
const blind = "give the lift's token the scope api"

// probeTokens looks whether both tokens work, and gives nil when the lift's does not.
func (f *Forge) probeTokens(ctx context.Context, r *findings) (*lifter, error) {
	const bot, lift = "the token that everything is written with", "the token that moves the public branches"
	same, err := f.same()
	if err != nil {
		return nil, r.refusal("the tokens", err)
	}
	if !same {
		c, err := f.probeToken(ctx, asBot, bot, r)
		if err != nil {
			return nil, err
		}
		if c != nil && !c.can("api") {
			r.problem("%s lacks the scope api", bot)
		}
	}
	c, err := f.probeToken(ctx, asLifter, lift, r)
	if err != nil || c == nil {
		return nil, err
	}
	if same && !c.can("api") {
		r.problem("%s lacks the scope api", bot)
	}
	if !c.can("api") && !c.can("write_repository") {
		r.problem("%s lacks the scope write_repository", lift)
	}
	l := &lifter{user: c.UserID, reads: asBot}
	if c.can("api") || c.can("read_api") {
		l.reads = asLifter
	}
	return l, nil
}

// probeToken looks whether one token works today and tomorrow.
func (f *Forge) probeToken(ctx context.Context, as purpose, name string, r *findings) (*credential, error) {
	r.check("%s", name)
	c, err := f.credential(ctx, as)
	if err != nil {
		return nil, r.refusal(name, err)
	}
	if c.Revoked || !c.Active {
		r.problem("%s was revoked or has ended", name)
		return nil, nil
	}
	if end, err := time.Parse(time.DateOnly, c.Expires); err == nil && !f.now().UTC().Before(end.AddDate(0, 0, -1)) {
		r.problem("%s ends on %s", name, c.Expires)
	}
	if lacks := f.unrotatable(as, c); lacks != "" {
		r.check("%s", lacks)
	}
	return &c, nil
}

func (f *Forge) probePublic(ctx context.Context, r *findings) error {
	r.check("the public project")
	var p projectState
	if err := f.get(ctx, asBot, f.public.path(), &p); err != nil {
		return r.refusal("the public project", err)
	}
	if p.Archived {
		r.problem("the public project is archived")
	}
	if p.Deletion != "" {
		r.problem("the public project is to be deleted")
	}
	if p.Repository == "disabled" {
		r.problem("the public project's repository is switched off")
	}
	if p.Issues == "disabled" {
		r.problem("issues are switched off in the public project: there is no place for publication")
	}
	if p.renamed(f.public) {
		r.problem("the public project was renamed or moved: correct its path in the configuration")
	}
	return nil
}

// probeReport proves that the report can be read, and so that issues can be written there.
func (f *Forge) probeReport(ctx context.Context, ref string, r *findings) error {
	if ref == "" {
		return nil
	}
	r.check("the confidential issue")
	_, err := f.reportIssue(ctx, ref)
	return r.refusal("the confidential issue", err)
}

// probeBranches finds out whether a plain push of the lifter's would be taken by each public branch.
func (f *Forge) probeBranches(ctx context.Context, l lifter, moves []policy.Move, r *findings) error {
	level, err := f.level(ctx, l.reads, f.public, l.user)
	if err != nil {
		return r.refusal("the lift's user in the public project", err)
	}
	rules, err := f.probeGuards(ctx, &l, movedBranches(moves), r)
	if err != nil {
		return err
	}
	each := make([]findings, len(moves))
	group, gctx := errgroup.WithContext(ctx)
	for i, move := range moves {
		group.Go(func() error { return f.probeBranch(gctx, l, level, rules, move.Branch, &each[i]) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, e := range each {
		r.checked, r.problems = append(r.checked, e.checked...), append(r.problems, e.problems...)
	}
	return nil
}

func (f *Forge) probeBranch(ctx context.Context, l lifter, level int, rules []protection, name string, r *findings) error {
	r.check("%s: exists, its protection and the role of the lift's user", name)
	var b branch
	err := f.get(ctx, l.reads, f.public.path()+"/repository/branches/"+url.PathEscape(name), &b)
	if gone(err) {
		r.problem("%s: the public branch does not exist any more", name)
		return nil
	}
	if err != nil {
		return r.refusal(name, err)
	}
	switch why := refusedBy(rules, name, level, l.user); {
	case l.reads == asLifter && b.CanPush: // GitLab itself says so of the one who asks, groups and rules of its own included
	case why != "":
		r.problem("%s: %s", name, why)
	case l.hidden && l.reads == asLifter:
		r.problem("%s: GitLab does not let the lift's user push: make it a Maintainer and allow Maintainers to push", name)
	case l.hidden && b.Guarded:
		r.problem("%s: protected in a way that can't be read: %s", name, blind)
	}
	return nil
}

func movedBranches(moves []policy.Move) (names []string) {
	for _, m := range moves {
		names = append(names, m.Branch)
	}
	return names
}
