package drill

import (
	"strings"
	"testing"

	"github.com/liftgate/liftgate/policy"
)

const (
	untidy = "	if (strlen(value) > size)\n"
	tidy   = "	if (strlen(value) >= size)\n"
)

// TestVariantAmended changes the main fix after its backports were made. Those that nobody has touched follow; one that a
// person has edited is left alone, and the desk says so. What was approved and held before counts no longer.
func TestVariantAmended(t *testing.T) {
	onBoth(t, func(t *testing.T, v *variant) {
		v.widen("stable-1.1")
		v.serve()
		v.playBefore(sceneCI)
		v.scene(sceneCI)
		const theirs, ours = "stable-1.1", "stable-1.0"

		mine := v.work(developer, policy.BackportRef(v.advisory, theirs))
		edited := v.commitTo(mine, policy.BackportRef(v.advisory, theirs), "Adapt the check", map[string]string{"NEWS": "Adapted.\n"})
		v.wait("the edited backport", func(a policy.Advisory) bool { return a.Cell(theirs).Fix.Head == edited })
		old := map[string]string{"master": v.headOf(v.main), ours: v.headOf(v.fixFor(ours))}

		dev := v.work(developer, "topic/"+v.advisory)
		v.must(dev.replace(fixFile, untidy, tidy))
		v.git(dev, "commit", "-q", "-a", "--amend", "-m", "Check the size of header values, with the end")
		v.git(dev, "push", "-q", "--force", "origin", "HEAD:refs/heads/topic/"+v.advisory)
		v.see("the backport to follow", func() bool { return v.headOf(v.fixFor(ours)) != old[ours] })
		v.hear("The backport for stable-1.1 was edited by a person, so that it is left as it is")
		v.seeHeld()
		if head := v.headOf(v.fixFor(theirs)); head != edited {
			t.Errorf("the edited backport is at %s", head)
		}
		v.wait("approvals of the new heads to be missing", func(a policy.Advisory) bool {
			return strings.Contains(a.Cell("master").Fix.Wanting, "0 of 1") && strings.Contains(a.Cell(ours).Fix.Wanting, "0 of 1") &&
				strings.Contains(a.Cell(theirs).Fix.Wanting, "0 of 1")
		})
		v.stays(policy.Fixing)

		v.overwriteHold(v.fixFor(ours))
		v.scene(sceneApprove, sceneCI)
		v.playFrom(sceneApproach)
		for branch, want := range map[string]string{"master": tidy, ours: tidy, theirs: untidy} {
			if !strings.Contains(v.inPublic("show", branch+":"+fixFile), want) {
				t.Errorf("%s has landed without %q", branch, want)
			}
		}
		v.namesMain(ours, v.before[ours])
	})
}

// overwriteHold has a developer say that a held fix is fine, which anybody may who may write. It is put back.
func (v *variant) overwriteHold(number int) {
	v.t.Helper()
	dev, head := v.mischief(developer), v.headOf(number)
	v.must(dev.overwriteHold(v.t.Context(), head))
	if held, err := dev.held(v.t.Context(), head); err == nil && held {
		v.t.Log("the hold was put back at once")
	}
	v.seeHeld()
	refused, err := dev.merge(v.t.Context(), number)
	v.must(err)
	if !refused {
		v.t.Error("a merge over the hold was not refused")
	}
}
