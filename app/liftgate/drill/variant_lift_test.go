package drill

import (
	"testing"

	"github.com/liftgate/liftgate/policy"
)

const byButton = "lift:\n  by: button"

// press presses the button at the hold of the main fix.
func (v *variant) press(login string) {
	v.t.Helper()
	id, _, err := v.hubHands(login).holdRun(v.t.Context(), v.headOf(v.main))
	v.must(err)
	v.must(v.hubTown().PressButton(v.Mirror.FullName, id, policy.ButtonLift, login))
}

// TestVariantButton lifts by the button: nothing happens by itself, only a release manager moves anything, and not before
// the end.
func TestVariantButton(t *testing.T) {
	v := newVariant(t, byButton)
	v.toReady()
	v.press(manager)
	v.hear("@manager, `/lift` was not done: the embargo lasts until " + policy.FormatInstant(v.end()))
	v.press(developer)
	v.hear("@developer, `/lift` was not done: it takes a release manager")
	v.stays(policy.Ready)

	v.Clock.AdvanceTo(v.end())
	v.hear("**Somebody is needed.** The embargo has ended.")
	v.staysHeld(v.before)
	v.press(reviewer)
	v.hear("@reviewer, `/lift` was not done: it takes a release manager")
	v.stays(policy.Ready)

	v.press(manager)
	v.waitPhase(policy.Published)
	v.scene(sceneClose)
	v.checkEnd()
}

// TestVariantLiftSaid does the same with words at the desk.
func TestVariantLiftSaid(t *testing.T) {
	onBoth(t, func(t *testing.T, v *variant) {
		v.toReady()
		v.say(manager, "/lift")
		v.hear("@manager, `/lift` was not done: the embargo lasts until " + policy.FormatInstant(v.end()))
		v.say(maintainer, "/lift")
		v.hear("@maintainer, `/lift` was not done: it takes a release manager")
		v.Clock.AdvanceTo(v.end())
		v.hear("**Somebody is needed.** The embargo has ended.")
		v.stays(policy.Ready)
		v.say(manager, "/lift")
		v.waitPhase(policy.Published)
		v.scene(sceneClose)
		v.checkEnd()
	}, byButton)
}

// TestVariantLiftNow ends an embargo early: a release manager does, with a reason, and nobody else.
func TestVariantLiftNow(t *testing.T) {
	onForges(t, func(t *testing.T, v *variant) {
		v.toReady()
		v.say(developer, "/lift now it leaks")
		v.hear("@developer, `/lift` was not done: it takes a release manager")
		v.say(manager, "/lift now")
		v.hear("@manager, `/lift` was not done: ending an embargo early needs a reason")
		v.say(manager, "/lift soon")
		v.hear("@manager, `/lift` was not done: there is `/lift`, at or after the end")
		v.stays(policy.Ready)
		end := v.end()
		v.say(manager, "/lift now it is being exploited")
		v.waitPhase(policy.Published)
		if !v.Clock.Now().Before(end) {
			t.Error("the lift waited for the end")
		}
		v.scene(sceneClose)
		v.checkEnd()
	})
}
