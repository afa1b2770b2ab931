package drill

import (
	"testing"
	"time"

	"github.com/liftgate/liftgate/policy"
)

// BenchmarkLift is a whole lift of main and twenty stable branches, against the sandbox: from the end of the embargo until
// the fixes are landed, the report is published and everything is closed. What comes before is not counted. One lift takes
// a world of its own, so name how many:
//
//	go test ./app/liftgate/drill -run '^$' -bench Lift -benchtime 1x
func BenchmarkLift(b *testing.B) {
	const stable = 20
	b.StopTimer()
	for range b.N {
		r := newRig(b, b.Context(), ground{Stable: stable, Holds: true, Hooks: "fine"}, Watch{})
		c := r.readyCase()
		a, _ := r.state(c)
		r.Clock.AdvanceTo(a.Embargo.End.Add(-time.Second))
		r.settle()
		served := r.served.Load()
		r.Clock.AdvanceTo(a.Embargo.End)
		began := time.Now()
		b.StartTimer()
		landed := r.await(c, func(a policy.Advisory) bool { return !a.Lift.Landed.IsZero() }).Sub(began)
		published := r.await(c, func(a policy.Advisory) bool { return !a.Lift.Published.IsZero() }).Sub(began)
		r.await(c, policy.Advisory.Over)
		b.StopTimer()
		b.ReportMetric(landed.Seconds(), "s/landed")
		b.ReportMetric(published.Seconds(), "s/published")
		b.ReportMetric(float64(r.served.Load()-served), "requests/lift")
		r.inspectEnd()
		r.close()
	}
}

// readyCase takes one case to where only the end of its embargo is missing.
func (r *rig) readyCase() *incident {
	r.t.Helper()
	for _, kind := range []string{"report", "accept", "cve", "fix"} {
		if err := r.take(step{Kind: kind}); err != nil {
			r.t.Fatalf("%s: %v", kind, err)
		}
		r.settle()
	}
	c := r.cases[0]
	r.await(c, func(a policy.Advisory) bool {
		for _, p := range r.fixesOpen() {
			r.approveOne(p)
		}
		if err := r.ci(step{}); err != nil {
			r.t.Fatalf("ci: %v", err)
		}
		r.settle()
		return a.Phase == policy.Ready
	})
	return c
}

// await waits until an advisory is as wanted, and tells when that was seen.
func (r *rig) await(c *incident, wanted func(policy.Advisory) bool) time.Time {
	r.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if a, ok := r.state(c); ok && wanted(a) {
			return time.Now()
		}
	}
	r.fail("waited in vain")
	return time.Time{}
}
