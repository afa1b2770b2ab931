package policy

import (
	"slices"
	"testing"
)

func TestDeletedDeskIsOpenedAgain(t *testing.T) {
	w := newWorld(t).ready()
	w.desk = Desk{Number: 1, Gone: true}
	w.settle().expect(Ready, GateHeld)
	if w.done["open-desk"] != 2 || !w.desk.Open {
		t.Fatalf("%d desks were opened", w.done["open-desk"])
	}
	w.until(w.end()).published(1)
	w.desk = Desk{Number: 1, Gone: true}
	w.pass(Day)
	if w.done["open-desk"] != 2 {
		t.Error("a case that is over got another desk")
	}
}

func TestDeletedDeskOfARejectedReport(t *testing.T) {
	w := newWorld(t).settle()
	w.desk, w.report.State = Desk{Number: 1, Gone: true}, ReportClosed
	w.settle().pass(Day)
	if !w.a.Over() {
		t.Error("the case is not over")
	}
}

func TestClosedDeskIsAnsweredOnce(t *testing.T) {
	w := newWorld(t).ready()
	w.desk.Open = false
	w.settle().pass(Day)
	if w.said["say/closed/1"] != 1 {
		t.Errorf("it was said %d times", w.said["say/closed/1"])
	}
	w.until(w.end()).expect(Published, GateDone)
}

func TestCVEAfterPublication(t *testing.T) {
	w := newWorld(t).accepted()
	w.a.CVE, w.report.CVE, w.report.State = "", "", ReportPublished
	w.settle()
	if w.done["publish-report"] != 0 {
		t.Fatal("what people have published was published again")
	}
	w.comment("ada", "/cve CVE-2026-12345").settle()
	if w.report.CVE != "CVE-2026-12345" {
		t.Errorf("the published report names %q", w.report.CVE)
	}
	if !slices.ContainsFunc(w.lines, func(l Line) bool { return l.What == "recorded the CVE at the report" }) {
		t.Error("the history does not say so")
	}
}
