package drill

import (
	"slices"
	"testing"

	"github.com/liftgate/liftgate/app/store"
	"github.com/liftgate/liftgate/policy"
)

// TestVariantBounce has an announcement come back when nothing is owed any more: people are asked at the closed desk, and at
// their word it is sent again.
func TestVariantBounce(t *testing.T) {
	const list = "devel@lists.example.org"
	v := newVariant(t)
	v.serve()
	v.play()
	v.wait("that nothing is owed", policy.Advisory.Idle)
	a := v.stateNow()
	for _, m := range a.Mails {
		if m.List == list {
			b := a.Bounce(m, false, "5.1.1 User unknown")
			bell := policy.Doorbell{Forge: "mail", Delivery: a.ID + "/" + b.Key(), At: v.Clock.Now(), Bounce: &b}
			v.must(v.Store.RingFor(t.Context(), bell, a.ID))
			v.must(v.Store.RingFor(t.Context(), bell, a.ID)) // the mail server brings it twice
		}
	}
	v.hear("The announcement to " + list + " came back: 5.1.1 User unknown.")
	if a := v.stateNow(); a.Idle() || !a.Over() || len(v.mails.got(list)) != 1 {
		t.Errorf("owes %+v after %v", a.Owes(), v.mails.got(list))
	}
	v.say(maintainer, "/announce "+list+" again")
	v.wait("that it is sent", policy.Advisory.Idle)
	if got := v.mails.got(list); len(got) != 2 || got[0] != got[1] {
		t.Errorf("mailed %v", got)
	}
	bells, err := v.Store.Doorbells(t.Context(), 100)
	v.must(err)
	if slices.ContainsFunc(bells, func(bell store.Bell) bool { return bell.Bounce != nil }) {
		t.Error("the doorbell rings on")
	}
}
