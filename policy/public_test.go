package policy

import (
	"testing"
	"time"
)

func TestPublicAtReport(t *testing.T) {
	w := newWorld(t).settle().comment("ada", "/public on a list").settle()
	if w.done["publish-report"] != 0 {
		t.Fatal("a report that nobody judged was published")
	}
	w.label("ada", "accepted").settle().expect(Triaged, GateHeld)
	if w.done["publish-report"] != 0 {
		t.Fatal("published without a CVE")
	}
	w.comment("ada", "/cve CVE-2026-12345").settle()
	if w.report.State != ReportPublished || w.a.Phase != Triaged {
		t.Fatalf("report %s, phase %s", w.report.State, w.a.Phase)
	}
	w.openFix("ada", "main", FixRef(w.a.ID))
	w.settle().approveAll().pass(time.Second).published(1)
}

func TestPublicMidway(t *testing.T) {
	w := newWorld(t).ready().comment("ada", "/public canary-leak").pass(time.Second)
	w.published(1)
	if w.a.Embargo.ExitCause != ExitPublic {
		t.Error(w.a.Embargo.ExitCause)
	}
}

func TestReportPublishedByHand(t *testing.T) {
	w := newWorld(t).ready()
	w.report.State = ReportPublished
	w.pass(time.Second)
	if w.done["publish-report"] != 0 || len(w.landed) != 1 || !w.a.Over() {
		t.Fatalf("gate %s, %d pushes\n%s", w.a.Lift.Gate, len(w.landed), w.status)
	}
}

func TestPublicAndFixedAlready(t *testing.T) {
	w := newWorld(t)
	w.ready().comment("ada", "/public")
	w.applied = map[string]bool{"main": true, "stable-2.0": true, "stable-1.1": true}
	for _, b := range []string{"main", "stable-2.0", "stable-1.1"} {
		w.drift(b)
	}
	w.pass(time.Second).published(0)
}
