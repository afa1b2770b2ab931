package gitlab

import (
	"context"
	"net/url"
	"time"

	"github.com/liftgate/liftgate/app/forge/reading"
	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/policy"
)

// probe reads everything at GitLab that can stop a lift. What stands in the way is a result; an error means that it could
// not be found out now.
func (f *Forge) probe(ctx context.Context, do policy.Probe) (policy.ProbeResult, error) {
	var r reading.Findings
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
	return r.ProbeResult, nil
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
func (f *Forge) probeTokens(ctx context.Context, r *reading.Findings) (*lifter, error) {
	const bot, lift = "the token that everything is written with", "the token that moves the public branches"
	same, err := f.same()
	if err != nil {
		return nil, r.Refusal("the tokens", err)
	}
	if !same {
		c, err := f.probeToken(ctx, asBot, bot, r)
		if err != nil {
			return nil, err
		}
		if c != nil && !c.can("api") {
			r.Problem("%s lacks the scope api", bot)
		}
	}
	c, err := f.probeToken(ctx, asLifter, lift, r)
	if err != nil || c == nil {
		return nil, err
	}
	if same && !c.can("api") {
		r.Problem("%s lacks the scope api", bot)
	}
	if !c.can("api") && !c.can("write_repository") {
		r.Problem("%s lacks the scope write_repository", lift)
	}
	l := &lifter{user: c.UserID, reads: asBot}
	if c.can("api") || c.can("read_api") {
		l.reads = asLifter
	}
	return l, nil
}

// probeToken looks whether one token works today and tomorrow.
func (f *Forge) probeToken(ctx context.Context, as purpose, name string, r *reading.Findings) (*credential, error) {
	r.Check("%s", name)
	c, err := f.credential(ctx, as)
	if err != nil {
		return nil, r.Refusal(name, err)
	}
	if c.Revoked || !c.Active {
		r.Problem("%s was revoked or has ended", name)
		return nil, nil
	}
	if end, err := time.Parse(time.DateOnly, c.Expires); err == nil && !f.now().UTC().Before(end.AddDate(0, 0, -1)) {
		r.Problem("%s ends on %s", name, c.Expires)
	}
	if lacks := f.unrotatable(as, c); lacks != "" {
		r.Risk("%s", lacks)
	}
	return &c, nil
}

func (f *Forge) probePublic(ctx context.Context, r *reading.Findings) error {
	r.Check("the public project")
	var p projectState
	if err := f.get(ctx, asBot, f.public.path(), &p); err != nil {
		return r.Refusal("the public project", err)
	}
	if p.Archived {
		r.Problem("the public project is archived")
	}
	if p.Deletion != "" {
		r.Problem("the public project is to be deleted")
	}
	if p.Repository == "disabled" {
		r.Problem("the public project's repository is switched off")
	}
	if p.Issues == "disabled" {
		r.Problem("issues are switched off in the public project: there is no place for publication")
	}
	if p.renamed(f.public) {
		r.Problem("the public project was renamed or moved: correct its path in the configuration")
	}
	return nil
}

// probeReport proves that the report can be read, and so that issues can be written there.
func (f *Forge) probeReport(ctx context.Context, ref string, r *reading.Findings) error {
	if ref == "" {
		return nil
	}
	r.Check("the confidential issue")
	_, err := f.reportIssue(ctx, ref)
	return r.Refusal("the confidential issue", err)
}

// probeBranches finds out whether a plain push of the lifter's would be taken by each public branch.
func (f *Forge) probeBranches(ctx context.Context, l lifter, moves []policy.Move, r *reading.Findings) error {
	level, err := f.level(ctx, l.reads, f.public, l.user)
	if err != nil {
		return r.Refusal("the lift's user in the public project", err)
	}
	rules, err := f.probeGuards(ctx, &l, movedBranches(moves), r)
	if err != nil {
		return err
	}
	each, err := reading.Each(ctx, moves, func(ctx context.Context, move policy.Move) (r reading.Findings, err error) {
		err = f.probeBranch(ctx, l, level, rules, move.Branch, &r)
		return r, err
	})
	r.Add(each...)
	return err
}

func (f *Forge) probeBranch(ctx context.Context, l lifter, level int, rules []protection, name string, r *reading.Findings) error {
	r.Check("%s: exists, its protection and the role of the lift's user", name)
	var b branch
	err := f.get(ctx, l.reads, f.public.path()+"/repository/branches/"+url.PathEscape(name), &b)
	if wire.Gone(err) {
		r.Problem("%s: the public branch does not exist any more", name)
		return nil
	}
	if err != nil {
		return r.Refusal(name, err)
	}
	switch why := refusedBy(rules, name, level, l.user); {
	case l.reads == asLifter && b.CanPush: // GitLab itself says so of the one who asks, groups and rules of its own included
	case why != "":
		r.Problem("%s: %s", name, why)
	case l.hidden && l.reads == asLifter:
		r.Problem("%s: GitLab does not let the lift's user push: make it a Maintainer and allow Maintainers to push", name)
	case l.hidden && b.Guarded:
		r.Problem("%s: protected in a way that can't be read: %s", name, blind)
	}
	return nil
}

func movedBranches(moves []policy.Move) (names []string) {
	for _, m := range moves {
		names = append(names, m.Branch)
	}
	return names
}
