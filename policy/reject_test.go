package policy

import (
	"testing"
	"time"
)

func TestRejected(t *testing.T) {
	w := newWorld(t).settle().label("ada", "rejected")
	closed := false
	w.trouble = func(e Effect) *Trouble {
		if e.Kind() == "update-report" && !closed {
			return &Trouble{Kind: TroubleRefused, Hint: "no permission"}
		}
		return nil
	}
	w.settle().expect(Rejected, GateHeld)
	if w.a.Over() || !w.desk.Open {
		t.Fatal("over before the report is closed")
	}
	closed = true
	w.pass(time.Minute)
	if !w.a.Over() || w.report.State != ReportClosed || w.desk.Open || len(w.deadlines) > 0 {
		t.Fatalf("over %v, report %s, desk open %v, %v", w.a.Over(), w.report.State, w.desk.Open, w.deadlines)
	}
	w.comment("ada", "/accept").pass(Day).expect(Rejected, GateHeld)
	w.refused("the report was rejected")
}

func TestRejectedAfterAcceptance(t *testing.T) {
	w := newWorld(t).ready().comment("ada", "/reject").settle().expect(Ready, GateHeld)
	w.refused("needs a reason")
	w.comment("ada", "/reject canary-not-a-bug").settle().pass(30 * Day)
	if w.expect(Rejected, GateHeld); !w.a.Over() || w.done["publish-report"]+len(w.landed) > 0 {
		t.Error("not over")
	}
}

func TestReportClosedByHand(t *testing.T) {
	w := newWorld(t).settle()
	w.report.State = ReportClosed
	if w.settle().expect(Rejected, GateHeld); !w.a.Over() {
		t.Error("not over")
	}
	w = newWorld(t).ready()
	w.report.State = ReportClosed
	w.until(w.end()).expect(Fixing, GateHeld)
	w.report.State = ReportDraft
	w.settle().published(1)
}
