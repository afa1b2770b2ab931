package drill

import (
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/policy"
)

// TestVariantEmbargo moves the end of an embargo in every way that there is, and some that there are not, and lifts at the
// last one.
func TestVariantEmbargo(t *testing.T) {
	onForges(t, func(t *testing.T, v *variant) {
		v.serve()
		t.Cleanup(v.robot(t.Context()))
		v.scene(sceneArrive)
		v.say(maintainer, "/embargo "+v.Clock.Now().Add(policy.Day).Format(time.RFC3339))
		v.hear("@maintainer, `/embargo` was not done: the report was not accepted yet")
		v.scene(sceneAccept)
		start := v.stateNow().Embargo.Start
		usual, ok := policy.DefaultCalendar().LastSlot(start, start.Add(14*policy.Day))
		if end := v.end(); !ok || !end.Equal(usual) {
			t.Errorf("the embargo ends at %s and not at the usual %s", end, usual)
		}
		v.shows(usual)

		v.scene(sceneEmbargo) // which sets a shorter one
		shorter := v.end()
		if !shorter.Before(usual) {
			t.Errorf("%s is not before %s", shorter, usual)
		}
		v.shows(shorter)

		days := func(n int) time.Time { return start.Add(time.Duration(n) * policy.Day).Truncate(time.Hour) }
		v.say(maintainer, "/embargo "+days(20).Format(time.RFC3339))
		v.hear("@maintainer, `/embargo` was not done: an embargo longer than the usual 14 days needs a reason")
		v.say(maintainer, "/embargo "+days(40).Format(time.RFC3339)+" the distributors are slow")
		v.hear("@maintainer, `/embargo` was not done: an embargo lasts at most 31 days from its start")
		v.say(ci, "/embargo "+days(3).Format(time.RFC3339))
		v.hear("@ci, `/embargo` was not done: it takes a team member")
		v.say(maintainer, "/embargo "+days(20).Format(time.RFC3339)+" the distributors are slow")
		v.see("the proposal at the desk", func() bool {
			return strings.Contains(v.status(), "Proposed and not agreed: "+policy.FormatInstant(days(20))+" by maintainer")
		})
		v.say(maintainer, "/agree")
		v.hear("@maintainer, `/agree` was not done: nobody agrees to a proposal of one's own")
		if end := v.end(); !end.Equal(shorter) {
			t.Errorf("a proposal alone moved the end to %s", end)
		}
		v.say(developer, "/agree")
		v.wait("the longer embargo", func(a policy.Advisory) bool { return a.Embargo.End.Equal(days(20)) })
		v.shows(days(20))

		v.scene(sceneCVE, sceneNotice, sceneFix, sceneSee, sceneApprove, sceneCI)
		v.restarts()
		v.playFrom(sceneApproach)
	})
}

// restarts starts the clock again on the last day, and passes the old end.
func (v *variant) restarts() {
	v.t.Helper()
	old := v.end()
	v.Clock.AdvanceTo(old.Add(-policy.Day))
	v.say(developer, "/embargo restart")
	v.hear("@developer, `/embargo` was not done: a restart needs a reason")
	v.say(developer, "/embargo restart the check is one byte short")
	v.wait("the restart", func(a policy.Advisory) bool { return len(a.Embargo.Restarts) == 1 })
	a := v.stateNow()
	r := a.Embargo.Restarts[0]
	if head := v.headOf(v.main); r.Revision != head || r.By != developer || r.Reason.Reveal() != "the check is one byte short" {
		v.t.Errorf("the restart is recorded as %s by %s, want revision %s", r.Revision, r.By, head)
	}
	if a.Embargo.End.Before(old) || a.Embargo.End.After(v.Clock.Now().Add(14*policy.Day)) {
		v.t.Errorf("the restart leads from %s to %s", old, a.Embargo.End)
	}
	v.shows(a.Embargo.End)
	v.Clock.AdvanceTo(old)
	v.stays(policy.Ready, time.Hour, policy.Day)
}

// shows waits until the desk tells the end of the embargo.
func (v *variant) shows(end time.Time) {
	v.t.Helper()
	v.see("the end at the desk", func() bool { return strings.Contains(v.status(), "Embargo until "+policy.FormatInstant(end)) })
}
