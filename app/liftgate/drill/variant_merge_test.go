package drill

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/liftgate/liftgate/app/forge/sandbox"
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

// TestVariantAutoMerge has GitLab told to merge a fix by itself as soon as nothing is against it. The hold keeps it from
// that. When the lift takes the hold off nothing is left to merge, however long the closing took: the mirror's branches are
// what is public.
func TestVariantAutoMerge(t *testing.T) {
	t.Parallel()
	v := newVariantOn(t, onGitLab)
	v.slowly()
	v.toReady()
	number := v.fixFor("stable-1.0")
	v.must(v.town.hands(developer).(*labHands).mergeLater(t.Context(), number))
	v.see("what is set to merge by itself", func() bool { return strings.Contains(v.status(), "(set to merge by itself") })
	moved := v.movePublic("stable-1.0") // so that the fix does not land as it is, and has to be closed
	v.wait("a new candidate", func(a policy.Advisory) bool {
		return a.Phase == policy.Ready && a.Cell("stable-1.0").Candidate.Tip == moved
	})
	var closings atomic.Int32
	v.town.fail(func(c sandbox.Call) sandbox.Fault {
		if c.Method == http.MethodPut && v.town.ours(c.Scope) && strings.HasSuffix(c.Path, fmt.Sprintf("/merge_requests/%d", number)) && closings.Add(1) == 1 {
			return sandbox.Refused(http.StatusServiceUnavailable)
		}
		return sandbox.Fault{}
	})
	v.scene(sceneApproach)
	v.Clock.AdvanceTo(v.end())
	v.landed(1)
	if closings.Load() < 2 {
		t.Error("the fix was not closed")
	}
	mirrored, err := tips(t.Context(), v.World, v.Mirror.Dir)
	v.must(err)
	if tip := v.publicTips()["stable-1.0"]; mirrored["stable-1.0"] != tip {
		t.Errorf("the mirror's branch is at %s, in public at %s", mirrored["stable-1.0"], tip)
	}
}
