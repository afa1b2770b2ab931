package drill

import (
	"sync/atomic"
	"testing"

	"github.com/liftgate/liftgate/app/forge/sandbox"
	"github.com/liftgate/liftgate/policy"
)

// TestVariantReserve has the CNA reserve a number for one advisory, which another advisory can't have too. That it was reserved
// is lost on the way, and CVE Services are away when they are asked what became of it: one is reserved all the same.
func TestVariantReserve(t *testing.T) {
	v := newVariant(t)
	var away atomic.Int64
	v.numbers.Fail(func(c sandbox.Call) sandbox.Fault {
		if c.Route == "POST /cve-id" {
			away.Store(int64(len(recordRefusals)))
			return sandbox.AppliedThenDropped()
		}
		if n := away.Add(-1); n >= 0 {
			return recordRefusals[n]
		}
		return sandbox.Fault{}
	})
	v.serve()
	v.scene(sceneArrive, sceneAccept)
	v.say(allocator, "/cve reserve")
	v.wait("the number", func(a policy.Advisory) bool { return a.CVE != "" })
	number := v.stateNow().CVE
	if all := v.numbers.Numbers(cnaOrg); len(all) != cnaNumbers+1 || all[cnaNumbers] != number {
		t.Fatalf("%d numbers are reserved, and it took %s", len(all), number)
	}
	other := &variant{&crashCase{story: &story{World: v.World, plot: v.plot, before: v.before}, t: t, log: v.log}}
	other.arriveBeside(v)
	other.scene(sceneAccept)
	other.say(allocator, "/cve "+number)
	other.hear("another advisory has this number")
	if got := other.stateNow().CVE; got != "" {
		t.Errorf("the other has %s", got)
	}
}

// TestVariantRequest asks GitHub for a number, which somebody there gives some days later, and of which no webhook tells.
func TestVariantRequest(t *testing.T) {
	v := newVariant(t)
	v.must(v.numbers.Close()) // the project has no CNA of its own
	v.numbers = nil
	v.serve()
	v.scene(sceneArrive, sceneAccept)
	v.say(allocator, "/cve reserve")
	town := v.town.(*hubTown)
	v.see("the request", func() bool { return town.AssignCVE(v.Public.FullName, v.ref, cveNumber) == nil })
	v.Clock.Advance(policy.Day)
	v.wait("the number", func(a policy.Advisory) bool { return a.CVE == cveNumber && a.Reserving.IsZero() })
}
