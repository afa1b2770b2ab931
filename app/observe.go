package app

import (
	"context"
	"fmt"
	"strings"

	"github.com/liftgate/liftgate/backport"
	"github.com/liftgate/liftgate/policy"
)

// observe reads the forge, the project's rules and the mirror into one snapshot.
func (e *Engine) observe(ctx context.Context, p Project, a policy.Advisory, presses []policy.Command) (policy.Snapshot, error) {
	look := a.Look()
	for _, press := range presses { // who pressed a button may never have been at the desk
		look.Actors = append(look.Actors, press.Actor)
	}
	seen, err := p.Forge.Observe(ctx, look)
	if err != nil {
		return seen, err
	}
	if err = e.rules(ctx, p, &seen); err != nil {
		return seen, err
	}
	if a.Over() {
		seen.After, err = e.aftermath(ctx, p, a, seen)
		return seen, err
	}
	if a.Phase != policy.Reported { // a new report does not wait for a large mirror
		err = e.follow(ctx, p, a, &seen)
	}
	return seen, err
}

// rules reads the project's configuration from the tip of the public default branch: what the mirror says is what its
// writers say. One that can't be read is a problem for people, not an error: nothing lifts until it is mended.
func (e *Engine) rules(ctx context.Context, p Project, seen *policy.Snapshot) error {
	branch, err := p.Forge.DefaultBranch(ctx)
	if err != nil {
		return fmt.Errorf("read default branch: %w", err)
	}
	tip, _ := policy.Tip(seen.Public, branch) // none in an empty repository: there is no file then, unless the server holds it
	content, found, err := p.Forge.ProjectFile(ctx, tip)
	if trouble := policy.AsTrouble(err); trouble != nil && (trouble.Kind == policy.TroubleInvalid || trouble.Kind == policy.TroubleRefused) {
		seen.Rules, seen.RulesProblem = policy.DefaultRules(), trouble.Hint
		return nil
	}
	if err != nil {
		return fmt.Errorf("read project configuration: %w", err)
	}
	seen.Rules, seen.RulesMissing = policy.DefaultRules(), !found
	if found {
		if seen.Rules, err = e.ReadRules(p.Project, content); err != nil {
			seen.Rules, seen.RulesProblem = policy.DefaultRules(), err.Error()
			return nil
		}
	}
	if seen.Rules.Main == "" {
		seen.Rules.Main = branch
	}
	return nil
}

// follow brings the mirror level with the public branches where the snapshot shows a difference, and adds to the snapshot
// what stands in the way.
func (e *Engine) follow(ctx context.Context, p Project, a policy.Advisory, seen *policy.Snapshot) error {
	behind := differing(seen)
	if len(behind) == 0 || len(seen.Mirror.Problems) > 0 {
		return nil // a mirror that is public or a fork gets nothing pushed to it
	}
	followed, err := e.Follow(ctx, p, behind)
	if err != nil {
		return err
	}
	for _, f := range followed {
		setTip(&seen.Mirror.Branches, f.Branch, string(f.Mirror))
		if f.State == backport.FollowAhead && mergedEarly(a, *seen, f) {
			continue // policy puts it back
		}
		if problem := followProblem(f); problem != "" {
			seen.Mirror.Problems = append(seen.Mirror.Problems, problem)
		}
	}
	return nil
}

// differing lists the public branches that the mirror does not show at the same commit.
func differing(seen *policy.Snapshot) []string {
	var names []string
	for _, b := range seen.Public {
		if tip, _ := policy.Tip(seen.Mirror.Branches, b.Name); tip != b.Tip && !strings.HasPrefix(b.Name, "liftgate/") {
			names = append(names, b.Name)
		}
	}
	return names
}

func setTip(branches *[]policy.Branch, name, tip string) {
	for i := range *branches {
		if (*branches)[i].Name == name {
			(*branches)[i].Tip = tip
			return
		}
	}
	if tip != "" {
		*branches = append(*branches, policy.Branch{Name: name, Tip: tip})
	}
}

// mergedEarly reports whether the mirror is ahead by nothing but the early merge of one of this advisory's fixes.
func mergedEarly(a policy.Advisory, seen policy.Snapshot, f backport.Followed) bool {
	for _, view := range seen.Fixes {
		cell := a.Cell(view.Base)
		if view.Merged && view.Base == f.Branch && view.MergedAs == string(f.Mirror) && cell != nil && cell.Fix.Number == view.Number {
			return true
		}
	}
	return false
}

func needsPeople(f backport.Followed) bool { return followProblem(f) != "" }

// followProblem puts what keeps the mirror from following into words for the desk.
func followProblem(f backport.Followed) string {
	switch f.State {
	case backport.FollowUpToDate, backport.FollowMoved, backport.FollowCreated, backport.FollowMissing:
		return ""
	case backport.FollowAhead:
		return f.Branch + " of the mirror has commits that the public branch does not have; move them to a branch of their own"
	case backport.FollowDiverged:
		return f.Branch + " was rewound in public; reset the mirror's branch by hand if that was meant"
	}
	return fmt.Sprintf("%s can't follow the public branch: %s", f.Branch, f.Reason)
}
