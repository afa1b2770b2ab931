package drill

import (
	"fmt"
	"testing"

	"github.com/liftgate/liftgate/policy"
)

// TestVariantEarlyMerge merges fixes early in a mirror whose plan has no rules, in each of the ways that the forge offers:
// a nuisance, not a leak.
func TestVariantEarlyMerge(t *testing.T) {
	onBoth(t, func(t *testing.T, v *variant) {
		v.widen("stable-1.1")
		v.must(v.evidence().dropHoldRule())
		v.serve()
		v.playBefore(sceneMerge)
		v.scene(sceneApprove)
		for branch, way := range map[string]string{"master": "rebase", "stable-1.1": "merge", "stable-1.0": "squash"} {
			v.mergeEarly(branch, way)
		}
		v.must(v.quiet())
		v.scene(sceneCI)
		v.nothingPublic()
		v.playFrom(sceneApproach)
	})
}

// mergeEarly presses the merge button and waits until the mirror is as it was.
func (v *variant) mergeEarly(branch, way string) {
	v.t.Helper()
	number := v.fixFor(branch)
	refused, err := v.mischief(developer).mergeBy(v.t.Context(), number, way)
	v.must(err)
	if refused {
		v.t.Fatalf("#%d can't be merged", number)
	}
	v.hear(fmt.Sprintf("Fix %d was merged into %s of the mirror before the lift.", number, branch))
	v.see("the mirror put back", func() bool {
		found, err := tips(v.t.Context(), v.World, v.Mirror.Dir)
		v.must(err)
		return found[branch] == v.before[branch]
	})
	v.nothingPublic()
	if a := v.stateNow(); a.Phase != policy.Fixing && a.Phase != policy.Ready {
		v.t.Errorf("the case is %s after an early merge", a.Phase)
	}
}
