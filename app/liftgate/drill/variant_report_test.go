package drill

import (
	"net/http"
	"testing"

	"github.com/liftgate/liftgate/policy"
)

// moveReport has a maintainer close or publish the report at the forge, where Liftgate does not ask anybody.
func (v *variant) moveReport(to policy.ReportState) {
	v.t.Helper()
	v.must(v.mischief(maintainer).moveReport(v.t.Context(), v.ref, to))
}

// atForge has a maintainer write into GitHub's report.
func (v *variant) atForge(change object) {
	v.t.Helper()
	boss := v.hubHands(maintainer)
	_, err := boss.call(v.t.Context(), http.MethodPatch, boss.public("/security-advisories/"+v.ref), change, nil)
	v.must(err)
}

// TestVariantReportEdited has people write into the report itself: a number and a severity that they type there are taken
// over, and what they changed is what is published.
func TestVariantReportEdited(t *testing.T) {
	v := newVariant(t)
	v.serve()
	t.Cleanup(v.robot(t.Context()))
	v.scene(sceneArrive, sceneAccept, sceneEmbargo)
	v.atForge(object{"cve_id": cveNumber, "summary": "Header values are copied unchecked", "severity": "low"})
	v.wait("the number from the report", func(a policy.Advisory) bool { return a.CVE == cveNumber })
	v.scene(sceneNotice, sceneFix, sceneSee, sceneApprove, sceneCI, sceneApproach)
	v.atForge(object{"summary": "Header values are copied without a check"})
	v.playFrom(sceneLift)
	var shown struct{ Summary, Severity string }
	boss := v.hubHands(maintainer)
	_, err := boss.call(t.Context(), http.MethodGet, boss.public("/security-advisories/"+v.ref), nil, &shown)
	v.must(err)
	if shown.Summary != "Header values are copied without a check" || shown.Severity != "low" {
		t.Errorf("what people wrote into the report was published as %+v", shown)
	}
}

// TestVariantReportPublishedByHand has somebody publish the report in the middle of it all, without a number: the matter is
// public, the fixes follow when they are ready, and the number is added when there is one.
func TestVariantReportPublishedByHand(t *testing.T) {
	onBoth(t, func(t *testing.T, v *variant) {
		v.serve()
		t.Cleanup(v.robot(t.Context()))
		v.scene(sceneArrive, sceneAccept, sceneEmbargo, sceneNotice, sceneFix, sceneSee)
		v.nothingPublic()
		v.moveReport(policy.ReportPublished)
		v.wait("word of the publication", func(a policy.Advisory) bool { return a.Embargo.IsPublic() })
		v.scene(sceneApprove)
		v.wait("everything but the number", func(a policy.Advisory) bool {
			return a.Cell("master").Candidate.SHA != "" && a.Cell("master").Candidate.Proof == ""
		})
		v.must(v.quiet())
		if n := len(v.pushes()); n != 0 {
			t.Errorf("%d pushes without a number", n)
		}
		v.scene(sceneCVE)
		v.landed(1)
		cve, err := v.mischief(maintainer).reportCVE(t.Context(), v.ref)
		v.must(err)
		if cve != cveNumber {
			t.Errorf("the published report names %q", cve)
		}
	})
}

// TestVariantReportClosedByHand has somebody close the report in the middle: nothing is published behind their back, and the
// desk is asked what to make of it.
func TestVariantReportClosedByHand(t *testing.T) {
	onBoth(t, func(t *testing.T, v *variant) {
		v.toReady()
		v.moveReport(policy.ReportClosed)
		v.hear("report: it was closed at the forge")
		v.Clock.AdvanceTo(v.end())
		v.hear("**Somebody is needed.** The embargo has ended and the lift can't start: ")
		v.staysHeld(v.before)
		v.say(maintainer, "/reject it was closed at the forge")
		v.wait("the closing", func(a policy.Advisory) bool { return a.Phase == policy.Rejected && a.Over() })
		v.nothingPublic()
	})
}
