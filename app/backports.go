package app

import (
	"context"
	"fmt"

	"github.com/liftgate/liftgate/backport"
	"github.com/liftgate/liftgate/policy"
)

// planBackports makes the fix of every stable branch, newest first: the fix as it stands for a newer branch, whether it was
// picked or people made it, is tried on the next older one before main's.
func (w *workshop) planBackports(ctx context.Context, do policy.PlanBackports) ([]policy.BackportResult, error) {
	w, end := w.keeping(ctx)
	defer end()
	p := planning{workshop: w, do: do}
	if err := p.begin(ctx); err != nil {
		return nil, err
	}
	tips := make([]backport.SHA, len(do.Targets))
	for i, target := range do.Targets {
		tips[i] = backport.SHA(target.Onto)
	}
	order, err := w.store.NewestFirst(ctx, backport.SHA(do.Main), tips)
	if err != nil {
		return nil, err
	}
	w.store.Foresee(ctx, p.plan(policy.Target{}), tips)
	var results []policy.BackportResult
	var updates []backport.RefUpdate
	for _, i := range order {
		target := do.Targets[i]
		result, err := p.target(ctx, target)
		if err != nil && passing(ctx, err) {
			return nil, err
		}
		if err != nil { // one branch's trouble never stops another
			result = policy.BackportResult{Branch: target.Branch, Failed: policy.AsTrouble(sortGit(err)).Hint}
		}
		if result.Head != "" && result.Head != target.Was {
			updates = append(updates, backport.RefUpdate{Ref: "refs/heads/" + target.Ref, Old: backport.SHA(target.Was), New: backport.SHA(result.Head)})
		}
		results = append(results, result)
	}
	return results, w.pushBackports(ctx, do, updates, results)
}

// passing reports whether an error is about the outside rather than about one branch.
func passing(ctx context.Context, err error) bool {
	switch backport.KindOf(err) {
	case backport.ErrNetwork, backport.ErrBusy, backport.ErrAuth:
		return true
	}
	return ctx.Err() != nil
}

// pushBackports moves Liftgate's own branches in the mirror. One that somebody has moved meanwhile is left alone.
func (w *workshop) pushBackports(ctx context.Context, do policy.PlanBackports, updates []backport.RefUpdate, results []policy.BackportResult) error {
	if len(updates) == 0 {
		return nil
	}
	pushed, err := w.store.PushMirror(ctx, w.mirror, updates)
	if err != nil {
		return err
	}
	refs := map[string]string{}
	for _, target := range do.Targets {
		refs[target.Branch] = "refs/heads/" + target.Ref
	}
	for i := range results {
		for _, p := range pushed {
			switch {
			case refs[results[i].Branch] != p.Ref || p.State != backport.PushRefused:
			case p.Reason == backport.ReasonStale:
				results[i].Edited = true
			default:
				results[i].Failed = policy.AsTrouble(mirrorRefusal(p)).Hint
			}
		}
	}
	return nil
}

// planning is one run of planBackports: what is the same for all branches, and what the next older one can learn from.
type planning struct {
	*workshop
	do        policy.PlanBackports
	main      []backport.SHA // the main fix, oldest first
	committer backport.Identity
	chain     []backport.SHA // the fix as the nearest newer branch has it
	from      string         // that branch
	own       backport.SHA   // the head there, if the fix is people's: what was joined of it is in no clone
	lacking   backport.SHA   // the first commit of the main fix that chain seems to lack
}

func (p *planning) begin(ctx context.Context) (err error) {
	known := []string{p.do.Main}
	for _, target := range p.do.Targets {
		known = append(known, target.Onto)
	}
	if err := p.know(ctx, known...); err != nil {
		return err
	}
	if err := p.knowIntroduced(ctx, p.do.Introduced); err != nil {
		return err
	}
	if p.main, _, err = p.fix(ctx, p.do.Source, p.do.Main); err != nil {
		return err
	}
	if len(p.main) == 0 {
		return &policy.Trouble{Kind: policy.TroubleInvalid, Hint: "the main fix has no commits of its own"}
	}
	p.committer, err = p.identity(ctx, p.do.Source)
	return err
}

// knowIntroduced refuses what people have named as the commits that brought the bug, if they are not public.
func (w *workshop) knowIntroduced(ctx context.Context, commits []string) error {
	if err := w.know(ctx, commits...); err != nil {
		return err
	}
	for _, sha := range commits {
		has, err := w.public.Has(ctx, backport.SHA(sha))
		if err != nil {
			return err
		}
		if !has {
			return &policy.Trouble{Kind: policy.TroubleInvalid, Hint: "a commit named with /introduced is on no public branch; name others, or /introduced none"}
		}
	}
	return nil
}

// target plans one branch.
func (p *planning) target(ctx context.Context, target policy.Target) (policy.BackportResult, error) {
	result := policy.BackportResult{Branch: target.Branch}
	if target.Own != "" {
		return result, p.learn(ctx, target, &result)
	}
	planned, err := p.store.Plan(ctx, p.plan(target))
	if err != nil {
		return result, err
	}
	if planned.Method == backport.MethodChain {
		result.From = p.from
	}
	verdict, err := p.store.Affected(ctx, p.inquiry(target))
	if err != nil {
		return result, err
	}
	result.Spared = spared(verdict)
	r := planned.Result
	if r.Conflict != nil {
		if err := p.store.Explain(ctx, r.Conflict); err != nil {
			return result, err
		}
		result.Files = conflictFiles(r.Conflict)
	}
	switch {
	case r.Applied != nil:
		result.State, result.Unsure = policy.PickApplied, unsure(r.Applied.How)
		if result.Unsure && result.Spared == "" {
			result.Spared = "it seems to have the fix already" + by(r.Applied)
		}
		return result, nil
	case r.Picked != nil:
		result.State, result.Head = policy.PickClean, string(r.Picked.Head)
		if planned.Agreement == backport.AgreementDiffer {
			result.Review = "main's fix gives another result there than the one for " + p.from
		} else if planned.Method == backport.MethodChain && p.lacking != "" {
			result.Review = fmt.Sprintf("the fix for %s, which it is made from, may lack %s of main's", p.from, p.lacking.Short())
		}
	case planned.Draft != nil:
		result.State, result.Head = policy.PickDraft, string(planned.Draft.Head)
		result.Review = "it is a guess where the fix did not apply"
	default:
		result.State, result.Head = policy.PickConflict, string(r.Conflict.Head)
	}
	if result.Note, err = p.note(ctx, target, planned, verdict); err == nil && planned.Result.Picked != nil {
		p.chain, p.from, p.own = made(planned.Result.Picked), target.Branch, ""
		if planned.Method != backport.MethodChain {
			p.lacking = ""
		}
	}
	return result, err
}

func (p *planning) plan(target policy.Target) backport.Plan {
	return backport.Plan{
		Main: p.main, Chain: p.chain, Onto: backport.SHA(target.Onto), OntoName: target.Branch,
		Message: backport.Message{Record: true}, Committer: p.committer,
	}
}

// learn takes people's own fix of a branch as the one that older branches follow, if it is whole.
func (p *planning) learn(ctx context.Context, target policy.Target, result *policy.BackportResult) error {
	commits, updated, err := p.fix(ctx, target.Own, target.Onto)
	if err != nil || len(commits) == 0 {
		return err
	}
	head := backport.SHA(target.Own)
	if markers, err := p.markers(ctx, target.Onto, head); err != nil || len(markers) > 0 {
		return err // half resolved
	}
	lacking, err := p.lack(ctx, head)
	if err != nil {
		return err
	}
	shown := commits[len(commits)-1] // joined, if it was resolved on top
	if updated {
		shown = head
	}
	if result.Note, err = p.ownNote(ctx, target, shown, lacking); err != nil || target.Behind {
		return err
	}
	markers, err := p.markers(ctx, target.Onto, commits...)
	if err == nil && len(markers) > 0 && updated { // resolved in a merge of the branch, or after one
		commits, err = p.whole(ctx, target, commits)
	}
	if err == nil && len(commits) > 0 {
		p.chain, p.from, p.own, p.lacking = commits, target.Branch, head, lacking
	}
	return err
}

// whole makes one commit of people's own fix, or none.
func (p *planning) whole(ctx context.Context, target policy.Target, commits []backport.SHA) ([]backport.SHA, error) {
	built, err := p.store.Candidate(ctx, backport.Candidate{
		Commits: commits, Onto: backport.SHA(target.Onto), Head: backport.SHA(target.Own), Whole: true, Committer: p.committer,
	})
	if err != nil || built.Picked == nil || !built.Picked.Squashed {
		return nil, err
	}
	return []backport.SHA{built.Picked.Head}, nil
}

// lack is the first commit of a series that would still change something on top of people's own fix: whoever resolves the
// conflict of one commit easily forgets those after it.
func (p *planning) lack(ctx context.Context, head backport.SHA) (backport.SHA, error) {
	for _, sha := range p.main[1:] {
		r, err := p.store.Pick(ctx, backport.Pick{Commits: []backport.SHA{sha}, Onto: head, Committer: p.committer})
		if err != nil || r.Picked != nil {
			return sha, err
		}
	}
	return "", nil
}

func (p *planning) inquiry(target policy.Target) backport.Inquiry {
	q := backport.Inquiry{Fix: p.main, Branch: backport.SHA(target.Onto)}
	for _, sha := range p.do.Introduced {
		q.Introduced = append(q.Introduced, backport.SHA(sha))
	}
	return q
}

// made lists the commits that a pick came to.
func made(picked *backport.Picked) []backport.SHA {
	var list []backport.SHA
	for _, step := range picked.Steps {
		if step.To != "" {
			list = append(list, step.To)
		}
	}
	return list
}
