package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/liftgate/liftgate/app/notice"
	"github.com/liftgate/liftgate/backport"
	"github.com/liftgate/liftgate/backport/ranges"
	"github.com/liftgate/liftgate/policy"
)

// followed reports whether anything can become of a case that is over: its fix has landed somewhere.
func followed(a policy.Advisory) bool {
	return a.Over() && a.Phase == policy.Published && slices.ContainsFunc(a.Cells, func(c policy.Cell) bool { return c.Landed != "" })
}

// ruled reports whether the rules that a case was handled by are known. One that tells of stable branches had a project file: where
// that is gone, the branches that are maintained and the lists are not those of a project that never had any.
func ruled(a policy.Advisory, seen policy.Snapshot) bool {
	return seen.RulesProblem == "" && (!seen.RulesMissing || len(a.Cells) < 2)
}

// aftermath is what the world can see of a case that is over. Nothing is known while nobody knows the project's rules.
func (e *Engine) aftermath(ctx context.Context, p Project, a policy.Advisory, seen policy.Snapshot) (policy.Aftermath, error) {
	if !followed(a) || !ruled(a, seen) {
		return policy.Aftermath{}, nil
	}
	o, err := e.outlook(ctx, p, seen.Rules.Notice)
	if err != nil {
		return policy.Aftermath{}, err
	}
	return o.aftermath(ctx, p, a, a.Facts(seen.Rules, seen.Public, e.Now().UTC()))
}

func (o outlook) aftermath(ctx context.Context, p Project, a policy.Advisory, facts policy.Facts) (policy.Aftermath, error) {
	after := policy.Aftermath{Known: true, Problem: o.problem}
	var err error
	if after.Unreleased, err = o.unreleased(ctx, a, facts); err != nil {
		return after, err
	}
	if o.shelf == nil || a.Notice.Version == 0 {
		return after, nil
	}
	r, change, err := o.renewed(ctx, p, a.ID, facts)
	if trouble := policy.AsTrouble(err); trouble != nil && trouble.Kind == policy.TroubleInvalid {
		after.Problem = trouble.Hint // people mend it
		return after, nil
	}
	if err != nil {
		return after, err
	}
	if lost := a.Notice.Version - r.Version(); lost > 0 { // what comes after them would have the number of one that the lists have heard of
		after.Problem = fmt.Sprintf("notice: %s has lost the newest %d of its versions; bring them back", p.Notices, lost)
		return after, nil
	}
	after.Notice, after.Changed = noticeResult(r, string(o.shelf.tip)), change.Reason
	return after, nil
}

// unreleased are the branches on which the fix has landed and that no release has it of, while that is waited for.
func (o outlook) unreleased(ctx context.Context, a policy.Advisory, facts policy.Facts) ([]string, error) {
	if !slices.ContainsFunc(a.Owes(), func(owed policy.Obligation) bool { return owed.Name == policy.OweReleases }) {
		return nil, nil
	}
	var left []string
	for _, move := range facts.Fixed {
		tag, err := o.history.Released(ctx, backport.SHA(move.New), releases(facts))
		if err != nil {
			return nil, err
		}
		if tag == "" {
			left = append(left, move.Branch)
		}
	}
	return left, nil
}

// noticeResult is what decisions are told of a published record.
func noticeResult(r *notice.Record, commit string) policy.NoticeResult {
	result := policy.NoticeResult{Version: r.Version(), Commit: commit, Reason: r.Newest().Reason}
	result.Advised, result.Why = r.Advised()
	return result
}

// renewed is the published record with what the repository tells now, and what that changes.
func (o outlook) renewed(ctx context.Context, p Project, advisory string, facts policy.Facts) (*notice.Record, notice.Change, error) {
	var none notice.Change
	published := o.shelf.records[strings.TrimPrefix(advisory, p.Prefix+"-")]
	if published == nil {
		return nil, none, invalidNotice("it is no longer in " + p.Notices)
	}
	i := slices.IndexFunc(published.Products, func(one notice.Product) bool { return one.Repository == p.Public })
	if i < 0 || published.ByHand != "" { // people have written about something else, or answer for the versions themselves
		return published, none, nil
	}
	fixed := map[string][]backport.SHA{}
	for _, move := range facts.Fixed {
		if !o.history.Has(backport.SHA(move.New)) {
			continue // its branch was deleted, or is not what it was: nobody gets the fix from there
		}
		fix, err := o.public.Commits(ctx, backport.SHA(move.Old), backport.SHA(move.New))
		if err != nil {
			return nil, none, sortGit(err)
		}
		for _, c := range fix.Commits {
			fixed[move.Branch] = append(fixed[move.Branch], c.SHA)
		}
	}
	if len(fixed) == 0 {
		return nil, none, invalidNotice("no branch and no tag has what the lift has landed")
	}
	r := *published
	r.Products = slices.Clone(r.Products)
	product := &r.Products[i]
	var err error
	if product.Branches, err = branchesNow(ctx, product.Branches, facts, fixed, o.history); err != nil {
		return nil, none, sortGit(err)
	}
	return &r, notice.ChangeOf(published.Products[i], *product), nil
}

// branchesNow is every branch of a notice as it is now, and those that have to be told of since. A branch that was deleted stays
// as it was last seen, and so does a release whose tag was: people still run it.
func branchesNow(ctx context.Context, told []notice.Branch, facts policy.Facts, fixed map[string][]backport.SHA, history *ranges.History) ([]notice.Branch, error) {
	names := make([]string, len(told))
	for i, b := range told {
		names[i] = b.Name
	}
	further := slices.DeleteFunc(slices.Concat(facts.New, facts.Others), func(name string) bool { return slices.Contains(names, name) })
	found, err := find(ctx, history, facts, fixed, slices.Concat(names, further))
	if err != nil {
		return nil, err
	}
	now := slices.Clone(told)
	for _, f := range found {
		b := unlooked(facts, f.Name, fixed[f.Name])
		looked(&b, f)
		own := f.State == ranges.Fixed && !f.Inherited && len(f.Fixed.Changes) > 0
		switch i := slices.Index(names, f.Name); {
		case i >= 0:
			b.Vulnerable.Tags = slices.Concat(untagged(told[i].Vulnerable.Tags, history), b.Vulnerable.Tags)
			b.Fixed.Tags = slices.Concat(untagged(told[i].Fixed.Tags, history), b.Fixed.Tags)
			if b.Ended.IsZero() && !slices.Contains(facts.Maintained, f.Name) { // the rules need not name for ever what has ended
				b.Ended = told[i].Ended
			}
			now[i] = b
		case own, f.State == ranges.Vulnerable && slices.Contains(facts.New, f.Name):
			now = append(now, b)
		}
	}
	return now, nil
}

// untagged are the releases that have no tag any more.
func untagged(releases []string, history *ranges.History) []string {
	return slices.DeleteFunc(slices.Clone(releases), history.HasTag)
}

// reviseNotice has the published notice say what has become of the fix. Where it says so already, an earlier try or people
// have done it.
func (e *Engine) reviseNotice(ctx context.Context, p Project, clearance policy.Clearance, do policy.ReviseNotice) (policy.Outcome, error) {
	var done policy.Outcome
	o, err := e.outlook(ctx, p, do.Look)
	if err != nil {
		return done, err
	}
	if o.shelf == nil {
		return done, invalidNotice(cmp.Or(o.problem, "the project publishes none any more"))
	}
	r, change, err := o.renewed(ctx, p, clearance.Advisory(), do.Facts)
	if err != nil {
		return done, err
	}
	if change.Reason != "" {
		r.Revise(r, r.Version()+1, notice.Revision{Day: notice.Day(do.At), Reason: change.Reason, Advice: notice.Yes(change.Advice)})
	}
	commit, err := e.print(ctx, p, o, clearance, do, r)
	if err != nil {
		return done, sortGit(err)
	}
	done.Notice = noticeResult(r, commit)
	return done, nil
}

// print publishes a record in every format, with the files of what has the fix since. Where all are there already, nothing
// happens.
func (e *Engine) print(ctx context.Context, p Project, o outlook, clearance policy.Clearance, do policy.ReviseNotice, r *notice.Record) (commit string, err error) {
	s := o.shelf
	fix, err := o.attach(ctx, p, r, do.Facts)
	if err != nil {
		return "", err
	}
	files, err := s.with(r, e.look(p, do.Look), do.Look.Formats)
	if err != nil {
		return "", err
	}
	maps.Copy(files, fix)
	url, user, secret, err := p.Forge.NoticesGit(ctx, clearance)
	if err != nil {
		return "", err
	}
	s.from = remote(url, user, secret)
	return s.put(ctx, clearance, e.noticeVersion(clearance.Advisory(), files, r.Newest().Reason, do.At))
}

// sight is what a decision would see of the public repository: its branches, and the rules that lie in it.
func (e *Engine) sight(ctx context.Context, p Project) (policy.Snapshot, error) {
	var seen policy.Snapshot
	_, public, err := e.past(ctx, p)
	if err != nil {
		return seen, sortGit(err)
	}
	branches, err := public.Branches(ctx)
	if err != nil {
		return seen, sortGit(err)
	}
	for _, name := range slices.Sorted(maps.Keys(branches)) {
		seen.Public = append(seen.Public, policy.Branch{Name: name, Tip: string(branches[name])})
	}
	return seen, e.rules(ctx, p, &seen)
}

// stale reports whether the published notice of a case of which nothing is owed has to say something more.
func (e *Engine) stale(ctx context.Context, p Project, a policy.Advisory) (bool, error) {
	if p.Notices == "" || !followed(a) {
		return false, nil
	}
	seen, err := e.sight(ctx, p)
	if err != nil {
		return false, err
	}
	after, err := e.aftermath(ctx, p, a, seen)
	return after.News(a), err
}

// review looks, whenever one of the public repositories has moved and each day, at the cases of which nothing is owed, and wakes those
// whose notice has to say something more.
func (e *Engine) review(ctx context.Context, p Project) error {
	idle, err := e.idle(ctx, p)
	if err != nil || len(idle) == 0 {
		return err
	}
	seen, err := e.sight(ctx, p)
	if err != nil {
		return err
	}
	all := len(idle)
	if idle = slices.DeleteFunc(idle, func(a policy.Advisory) bool { return !ruled(a, seen) }); len(idle) < all {
		e.remind(p, []string{"published notices wait until the project's configuration is there and can be read"})
	}
	if len(idle) == 0 {
		return nil
	}
	o, err := e.outlook(ctx, p, seen.Rules.Notice)
	if err != nil {
		return fmt.Errorf("review the notices of %s: %w", p.Name, err)
	}
	if o.problem != "" {
		e.remind(p, []string{"the published notices can't be looked after: " + o.problem})
	}
	now := e.Now().UTC()
	state := o.state() + " " + now.Format(time.DateOnly)
	if !e.histories.moved(p.Name, state) {
		return nil
	}
	var failed []error
	for _, a := range idle { // what is wrong with one notice keeps no other from being looked after
		after, err := o.aftermath(ctx, p, a, a.Facts(seen.Rules, seen.Public, now))
		if err == nil && after.News(a) {
			err = e.Wake(ctx, a.ID)
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("review the notice of %s: %w", a.ID, err))
		}
		if after.Problem != o.problem {
			e.remind(p, []string{"the notice of " + a.ID + " can't be looked after: " + after.Problem})
		}
	}
	if len(failed) == 0 {
		e.histories.reviewed(p.Name, state)
	}
	return errors.Join(failed...)
}

// idle are the cases of a project of which nothing is owed, and whose notice is public.
func (e *Engine) idle(ctx context.Context, p Project) ([]policy.Advisory, error) {
	if p.Notices == "" {
		return nil, nil
	}
	all, err := e.Store.Advisories(ctx, p.Name, false)
	if err != nil {
		return nil, err
	}
	var idle []policy.Advisory
	for _, s := range all {
		if !s.Ended {
			continue
		}
		loaded, err := e.Store.Load(ctx, s.ID)
		if err != nil {
			return nil, err
		}
		if followed(loaded.Advisory) && loaded.Advisory.Notice.Version > 0 {
			idle = append(idle, loaded.Advisory)
		}
	}
	return idle, nil
}
