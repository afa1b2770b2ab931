package app

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/liftgate/liftgate/backport"
	"github.com/liftgate/liftgate/policy"
)

// applyGit does the private effects that are work on repositories. All of them are safe to repeat: the same input makes
// the same commits, and a push names the value it expects.
func (e *Engine) applyGit(ctx context.Context, p Project, effect policy.Effect) (policy.Outcome, error) {
	w, err := e.workshop(ctx, p, effect.Advisory)
	if err != nil {
		return policy.Outcome{}, sortGit(err)
	}
	var o policy.Outcome
	switch do := effect.Do.(type) {
	case policy.PlanBackports:
		o.Backports, err = w.planBackports(ctx, do)
	case policy.BuildCandidates:
		o.Candidates, err = w.buildCandidates(ctx, do)
	case policy.DraftNotice:
		err = w.draftNotice(ctx, p, effect.Advisory, do)
	case policy.ResetMirror:
		err = w.resetMirror(ctx, do)
	case policy.DropRefs:
		err = w.dropRefs(ctx, do)
	default:
		err = &policy.Trouble{Kind: policy.TroubleInvalid, Hint: "unknown work: " + effect.Kind()}
	}
	return o, sortGit(err)
}

// workshop is where the commits of one advisory are made.
type workshop struct {
	store     *backport.Embargoed
	public    *backport.Public
	from      backport.Remote // the public repository, to read
	mirror    backport.Remote
	committer backport.Identity
}

func (e *Engine) workshop(ctx context.Context, p Project, advisory string) (*workshop, error) {
	public, err := e.Stores.Public(ctx, p.Public)
	if err != nil {
		return nil, err
	}
	own, err := e.Stores.Embargoed(ctx, p.Public, advisory)
	if err != nil {
		return nil, err
	}
	from, err := publicRemote(ctx, p)
	if err != nil {
		return nil, err
	}
	mirror, err := mirrorRemote(ctx, p)
	if err != nil {
		return nil, err
	}
	return &workshop{store: own, public: public, from: from, mirror: mirror, committer: e.Committer}, nil
}

// keeping is the same workshop for one run over several branches.
func (w *workshop) keeping(ctx context.Context) (run *workshop, end func()) {
	own := *w
	store, endStore := w.store.Keeping(ctx)
	public, endPublic := w.public.Keeping(ctx)
	own.store, own.public = store, public
	return &own, func() { endStore(); endPublic() }
}

// know makes sure that public commits are in the public store.
func (w *workshop) know(ctx context.Context, shas ...string) error {
	for _, sha := range shas {
		has, err := w.public.Has(ctx, backport.SHA(sha))
		if err != nil {
			return err
		}
		if !has {
			return w.public.Fetch(ctx, w.from)
		}
	}
	return nil
}

// fix fetches a fix and lists its commits, oldest first: what its head has that the branch's public tip does not. Updated
// says that the branch was merged into the fix meanwhile, so that the commits alone don't tell all that people settled.
func (w *workshop) fix(ctx context.Context, head, tip string) (commits []backport.SHA, updated bool, err error) {
	if _, err := w.store.FetchFix(ctx, w.mirror, head); err != nil {
		return nil, false, err
	}
	r, err := w.store.Commits(ctx, backport.SHA(tip), backport.SHA(head))
	if err != nil {
		return nil, false, err
	}
	for _, c := range r.Commits {
		commits = append(commits, c.SHA)
	}
	if len(commits) > 1 && len(r.Updates) == 0 {
		commits, err = w.store.Resolved(ctx, backport.SHA(tip), commits, w.committer)
	}
	return commits, len(r.Updates) > 0, err
}

// identity is the committer of what is made from a head. Its date is the head's own, so that the same input gives the same
// SHA whenever and wherever it is made.
func (w *workshop) identity(ctx context.Context, head string) (backport.Identity, error) {
	c, err := w.store.Commit(ctx, backport.SHA(head))
	id := w.committer
	id.When = c.Committed
	return id, err
}

func mirrorRefusal(p backport.Pushed) error {
	return &policy.Trouble{
		Kind: policy.TroubleRefused,
		Hint: fmt.Sprintf("the mirror refused a push to %s: %s", strings.TrimPrefix(p.Ref, "refs/heads/"), p.Reason),
	}
}

func conflictFiles(c *backport.Conflict) []string {
	files := make([]string, len(c.Files))
	for i, f := range c.Files {
		files[i] = fmt.Sprintf("%s (%s)", f.Path.Reveal(), f.Kind)
	}
	return files
}

// buildCandidates builds every branch's candidate. Main comes first: the others name its final commits in their
// "(cherry picked from commit ...)" lines.
func (w *workshop) buildCandidates(ctx context.Context, do policy.BuildCandidates) ([]policy.CandidateResult, error) {
	var results []policy.CandidateResult
	var updates []backport.RefUpdate
	var main lineage
	for _, part := range do.Parts {
		built, steps, err := w.candidate(ctx, part, main)
		if err != nil {
			return nil, err
		}
		if part.Main {
			main = steps
		}
		if part.Landed {
			continue
		}
		results = append(results, built)
		if built.State == policy.PickClean {
			updates = append(updates, backport.RefUpdate{Ref: "refs/heads/" + part.Ref, Old: backport.SHA(part.Was), New: backport.SHA(built.SHA)})
		}
	}
	pushed, err := w.store.PushMirror(ctx, w.mirror, updates)
	if err != nil {
		return nil, err
	}
	for _, p := range pushed {
		switch {
		case p.State != backport.PushRefused:
		case p.Reason == backport.ReasonStale:
			return nil, &policy.Trouble{Kind: policy.TroubleConflict, Hint: "a candidate's branch in the mirror was moved"}
		default:
			return nil, mirrorRefusal(p)
		}
	}
	return results, nil
}

// candidate builds one, and tells which commit became which.
func (w *workshop) candidate(ctx context.Context, part policy.Part, main lineage) (policy.CandidateResult, lineage, error) {
	result := policy.CandidateResult{Branch: part.Branch}
	if err := w.know(ctx, part.Tip); err != nil {
		return result, nil, err
	}
	commits, updated, err := w.fix(ctx, part.Fix, part.Tip)
	if err != nil {
		return result, nil, err
	}
	if len(commits) == 0 {
		result.State = policy.PickApplied
		return result, nil, nil
	}
	committer, err := w.identity(ctx, part.Fix)
	if err != nil {
		return result, nil, err
	}
	message, err := w.message(ctx, commits, main)
	if err != nil {
		return result, nil, err
	}
	plan := backport.Candidate{Commits: commits, Onto: backport.SHA(part.Tip), OntoName: part.Branch, Message: message, Committer: committer}
	if updated {
		plan.Head = backport.SHA(part.Fix)
	}
	built, err := w.store.Candidate(ctx, plan)
	switch {
	case err != nil:
		return result, nil, err
	case built.Applied != nil:
		result.State = policy.PickApplied
		return result, nil, nil
	case built.Conflict != nil:
		result.State, result.Files = policy.PickConflict, conflictFiles(built.Conflict)
		return result, nil, nil
	}
	markers, err := w.markers(ctx, part.Tip, made(built.Picked)...)
	if err == nil && len(markers) > 0 && updated { // a conflict that was resolved together with a merge of the branch
		plan.Whole = true
		if built, err = w.store.Candidate(ctx, plan); err == nil && built.Picked != nil {
			markers, err = w.markers(ctx, part.Tip, made(built.Picked)...)
		}
	}
	if err != nil {
		return result, nil, err
	}
	if len(markers) > 0 { // a conflict that somebody has committed half solved is still a conflict
		result.State, result.Files = policy.PickConflict, markedFiles(markers)
		return result, nil, nil
	}
	result.State, result.SHA = policy.PickClean, string(built.Picked.Head)
	return result, built.Picked.Steps, nil
}

// markers looks for conflict markers in every commit: one that a later commit resolves would be public all the same.
func (w *workshop) markers(ctx context.Context, tip string, commits ...backport.SHA) ([]backport.Marker, error) {
	for _, sha := range commits {
		if found, err := w.store.HasMarkers(ctx, sha, backport.SHA(tip)); err != nil || len(found) > 0 {
			return found, err
		}
	}
	return nil, nil
}

func markedFiles(markers []backport.Marker) []string {
	var files []string
	for _, m := range markers {
		if words := m.Path.Reveal() + policy.MarkedFile; !slices.Contains(files, words) {
			files = append(files, words)
		}
	}
	return files
}

// lineage is main's fix, commit by commit: what each was called in the mirror and what it will be called in public.
type lineage []backport.Step

// message says how the commits of a stable branch name main's. A line that names an older revision of the main fix, which
// no public repository will ever hold, is corrected by its place in the series.
func (w *workshop) message(ctx context.Context, commits []backport.SHA, main lineage) (backport.Message, error) {
	var m backport.Message
	if len(main) == 0 {
		return m, nil
	}
	m.Names, m.Origins = map[backport.SHA]backport.SHA{}, map[backport.SHA]backport.SHA{}
	m.Record = len(commits) == len(main)
	for _, step := range main {
		m.Names[step.From] = step.To
	}
	for i, sha := range commits {
		final := main[min(i, len(main)-1)].To
		m.Origins[sha] = final
		commit, err := w.store.Commit(ctx, sha)
		if err != nil {
			return m, err
		}
		for _, named := range backport.PickedFrom(commit.Message.Reveal()) {
			if _, known := m.Names[named]; known {
				continue
			}
			public, err := w.public.Has(ctx, named)
			if err != nil {
				return m, err
			}
			if !public {
				m.Names[named] = final
			}
		}
	}
	return m, nil
}

// resetMirror puts a mirror's branch back to the public tip after an early merge, if it is still where it was seen.
func (w *workshop) resetMirror(ctx context.Context, do policy.ResetMirror) error {
	if err := w.know(ctx, do.To); err != nil {
		return err
	}
	pushed, err := w.store.ResetMirror(ctx, w.mirror, backport.RefUpdate{
		Ref: "refs/heads/" + do.Branch, Old: backport.SHA(do.From), New: backport.SHA(do.To),
	})
	if err != nil {
		return err
	}
	if pushed.State == backport.PushRefused {
		return mirrorRefusal(pushed)
	}
	return nil
}

// dropRefs deletes branches. One that somebody has moved is left alone: it holds something else now.
func (w *workshop) dropRefs(ctx context.Context, do policy.DropRefs) error {
	updates := make([]backport.RefUpdate, len(do.Refs))
	for i, b := range do.Refs {
		updates[i] = backport.RefUpdate{Ref: "refs/heads/" + b.Name, Old: backport.SHA(b.Tip)}
	}
	pushed, err := w.store.PushMirror(ctx, w.mirror, updates)
	if err != nil {
		return err
	}
	refused := slices.IndexFunc(pushed, func(p backport.Pushed) bool {
		return p.State == backport.PushRefused && p.Reason != backport.ReasonStale
	})
	if refused >= 0 {
		return mirrorRefusal(pushed[refused])
	}
	return nil
}
