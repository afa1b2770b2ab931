package drill

import (
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox"
	"github.com/liftgate/liftgate/policy"
)

// slowly lets the clock run little faster than the wall, so that minutes before the end are minutes.
func (v *variant) slowly() { v.Pace.Hurry = 10 * time.Millisecond }

// TestVariantDrift has people work in public while a case is ready: the candidates are built again and proved again, and
// what lands sits on what is there by then.
func TestVariantDrift(t *testing.T) {
	onBoth(t, func(t *testing.T, v *variant) {
		v.slowly()
		v.toReady()
		old := v.candidates()
		master, stable := v.movePublic("master"), v.movePublic("stable-1.0")
		v.wait("new candidates", func(a policy.Advisory) bool {
			return a.Phase == policy.Ready && a.Cell("master").Candidate.Tip == master && a.Cell("stable-1.0").Candidate.Tip == stable
		})
		for branch, sha := range v.candidates() {
			if sha == old[branch] {
				t.Errorf("the candidate of %s was not built again", branch)
			}
		}
		v.scene(sceneApproach)

		v.Clock.AdvanceTo(v.end().Add(-4 * time.Minute))
		v.wait("the last rehearsal", func(a policy.Advisory) bool {
			return a.Phase == policy.Ready && !a.Lift.Rehearsal.At.Before(a.Embargo.End.Add(-5*time.Minute))
		})
		late := v.movePublic("stable-1.0")
		v.Clock.AdvanceTo(v.end())
		v.landed(1)
		v.onTop("master", master)
		v.onTop("stable-1.0", late)
		v.namesMain("stable-1.0", late)
	})
}

func (v *variant) candidates() map[string]string {
	v.t.Helper()
	found := map[string]string{}
	for _, c := range v.stateNow().Cells {
		found[c.Branch] = c.Candidate.SHA
	}
	return found
}

// TestVariantDriftHolds does the same where the team wants to be asked. LIFTGATE_CASES=all also moves a branch at the very end.
func TestVariantDriftHolds(t *testing.T) {
	t.Parallel()
	for name, move := range map[string]time.Duration{"before the end": -3 * time.Minute, "at the end": 0} {
		if move == 0 && !all() {
			continue
		}
		t.Run(name, func(t *testing.T) {
			v := newVariant(t, "lift:\n  drift: hold")
			v.slowly()
			v.toReady()
			early := v.movePublic("master") // long before: nobody has to be asked
			v.wait("a new candidate", func(a policy.Advisory) bool {
				return a.Phase == policy.Ready && a.Cell("master").Candidate.Tip == early
			})
			v.scene(sceneApproach)
			v.Clock.AdvanceTo(v.end().Add(-4 * time.Minute))
			v.wait("the last rehearsal", func(a policy.Advisory) bool {
				return a.Phase == policy.Ready && !a.Lift.Rehearsal.At.Before(a.Embargo.End.Add(-5*time.Minute))
			})
			var late string
			if move < 0 {
				v.Clock.AdvanceTo(v.end().Add(move))
				late = v.movePublic("stable-1.0")
				v.hear("**Somebody is needed.** stable-1.0 moved at lift time.")
				v.Clock.AdvanceTo(v.end())
			} else { // nobody tells Liftgate before it looks by itself
				v.town.failHooks(func(sandbox.Delivery) sandbox.HookFault { return sandbox.HookFault{Lose: true} })
				late = v.movePublic("stable-1.0")
				v.town.failHooks(nil)
				v.Clock.AdvanceTo(v.end())
				v.hear("moved at lift time.") // before the lift was committed, or when it was pushed
			}
			v.staysHeld(v.publicTips())
			v.say(developer, "/resume")
			v.hear("@developer, `/resume` was not done: it takes a release manager")
			v.say(manager, "/resume")
			v.landed(1)
			v.onTop("master", early)
			v.onTop("stable-1.0", late)
			v.namesMain("stable-1.0", late)
		})
	}
}
