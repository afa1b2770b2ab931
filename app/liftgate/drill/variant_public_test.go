package drill

import (
	"testing"
	"time"

	"github.com/liftgate/liftgate/policy"
)

// TestVariantPublicAtOnce is a report of something that everybody knows: the notice goes out when it is triaged, and the
// fixes land as soon as they are ready. Nothing waits for a date.
func TestVariantPublicAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, v *variant) {
		v.serve()
		t.Cleanup(v.robot(t.Context()))
		v.scene(sceneArrive)
		began := v.Clock.Now()
		v.must(v.as(maintainer).label(t.Context(), v.desk, "public"))
		v.must(v.quiet())
		if state := v.reportState(t.Context()); state != "triage" {
			t.Errorf("a report that nobody has accepted is %s", state)
		}
		v.scene(sceneAccept, sceneCVE, sceneNotice)
		v.see("the notice", func() bool { return v.reportState(t.Context()) == "published" })
		if n := len(v.pushes()); n != 0 {
			t.Errorf("%d pushes came with the notice", n)
		}
		v.scene(sceneFix, sceneSee, sceneApprove)
		v.landed(1)
		if took := v.Clock.Now().Sub(began); took > policy.Day {
			t.Errorf("a public matter took %s", took)
		}
		v.namesMain("stable-1.0", v.before["stable-1.0"])
	})
}

// TestVariantPublicMidway is a leak: the embargo ends at once, and what is ready lands at once.
func TestVariantPublicMidway(t *testing.T) {
	onForges(t, func(t *testing.T, v *variant) {
		v.serve()
		v.playBefore(sceneApprove)
		end := v.end()
		v.say(ci, "/public at a mailing list")
		v.hear("@ci, `/public` was not done: it takes a team member or release manager")
		v.nothingPublic()
		v.say(maintainer, "/public at a mailing list")
		v.see("the notice", func() bool { return v.reportState(t.Context()) == "published" })
		if n := len(v.pushes()); n != 0 {
			t.Errorf("%d pushes came before the fixes were approved", n)
		}
		v.scene(sceneApprove)
		v.landed(1)
		if !v.Clock.Now().Before(end) {
			t.Error("the lift waited for the end")
		}
	})
}

// TestVariantRejected rejects a report: it is closed at the forge, the desk is closed, and nothing else ever happens.
func TestVariantRejected(t *testing.T) {
	t.Parallel()
	for _, after := range []string{sceneAccept, sceneApprove} { // nobody has judged it; its fixes are under way
		t.Run(after, func(t *testing.T) {
			onForges(t, func(t *testing.T, v *variant) {
				v.serve()
				v.playBefore(after)
				if after != sceneAccept {
					v.must(v.as(maintainer).label(t.Context(), v.desk, "rejected"))
					v.hear("@maintainer, `/reject` was not done: rejecting an accepted report needs a reason")
					v.say(maintainer, "/reject it needs root already")
				} else {
					v.must(v.as(maintainer).label(t.Context(), v.desk, "rejected"))
				}
				v.waitPhase(policy.Rejected)
				v.see("the report closed", func() bool { return v.reportState(t.Context()) == "closed" })
				v.see("the desk closed", func() bool { return !v.deskOpen() })
				v.wait("the closing", policy.Advisory.Over)
				said := len(v.heard(v.desk))
				v.say(manager, "/lift now and yet")
				v.stays(policy.Rejected, time.Hour, 15*policy.Day, 40*policy.Day)
				if n := len(v.heard(v.desk)); n != said {
					t.Errorf("something more was said: %v", v.heard(v.desk)[said:])
				}
			})
		})
	}
}

func (v *variant) deskOpen() bool {
	v.t.Helper()
	open, err := v.mischief(maintainer).deskOpen(v.t.Context(), v.desk)
	v.must(err)
	return open
}
