package gitlab

import (
	"context"
	"slices"
	"strings"
)

// mergeRisks are settings of the mirror by which a fix is merged in spite of its hold, or not taken back afterwards.
func (f *Forge) mergeRisks(ctx context.Context, p projectState, shared []branch) ([]string, error) {
	var risks []string
	if p.NeedsPipeline != nil && !*p.NeedsPipeline {
		risks = append(risks, `the mirror allows merges whatever its pipelines say, so the hold is only a sign; switch "Pipelines must succeed" on`)
	}
	if p.MergedResults || p.MergeTrains {
		risks = append(risks, "the mirror judges merge requests by pipelines of merged results or by merge trains, which do not see the hold; switch both off")
	}
	stiff, err := f.stiffBranches(ctx, shared)
	if len(stiff) > 0 {
		risks = append(risks, "these branches of the mirror forbid force pushes, so that an early merge could not be taken back: "+listed(stiff))
	}
	return risks, err
}

// stiffBranches are those that can't be set back.
func (f *Forge) stiffBranches(ctx context.Context, shared []branch) (names []string, err error) {
	guarded := func(b branch) bool { return b.Guarded }
	if !slices.ContainsFunc(shared, guarded) {
		return nil, nil
	}
	rules, err := every[protection](ctx, f, f.mirror.path()+"/protected_branches", nil)
	if hidden, err := unread(err); hidden || err != nil {
		return nil, err // that Liftgate is no Maintainer there is said already
	}
	for _, b := range shared {
		if b.Guarded && !forceable(rules, b.Name) {
			names = append(names, b.Name)
		}
	}
	return names, nil
}

// ownBranches is how the names of Liftgate's own branches begin.
const ownBranches = "liftgate/"

// sharedBranches are the mirror's copies of public branches: what is built for a lift starts from them.
func sharedBranches(public, mirror []branch) (shared []branch) {
	known := map[string]bool{}
	for _, b := range public {
		known[b.Name] = true
	}
	for _, b := range mirror {
		if known[b.Name] && !strings.HasPrefix(b.Name, ownBranches) {
			shared = append(shared, b)
		}
	}
	return shared
}

// maintainedOf are the names of those branches of a project that are known to be maintained, the default one at least.
func maintainedOf(all []branch, named []string) (names []string) {
	for _, b := range all {
		if b.Default || slices.Contains(named, b.Name) {
			names = append(names, b.Name)
		}
	}
	return names
}
