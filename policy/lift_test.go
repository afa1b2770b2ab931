package policy

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestLiftByTheClock(t *testing.T) {
	w := newWorld(t).ready().expect(Ready, GateHeld)
	end := w.end()
	w.until(end.Add(-time.Second)).expect(Ready, GateHeld)
	if w.moved(); w.report.State != ReportDraft {
		t.Fatal("the report was not accepted")
	}
	for _, why := range []string{"changed", "T-24h", "T-1h", "T-5min"} {
		if !slices.ContainsFunc(w.lines, func(l Line) bool { return l.What == "rehearsed" && strings.HasPrefix(l.Why.Reveal(), why) }) {
			t.Errorf("no rehearsal %s", why)
		}
	}
	w.until(end).published(1)
	w.moved("main", "stable-2.0", "stable-1.1")
	if !w.a.Lift.Committed.Equal(end) || w.a.Cell("stable-1.0").State != EndOfLife {
		t.Errorf("committed at %v", w.a.Lift.Committed)
	}
	for _, f := range w.fixes {
		if f.Base != "main" && !slices.Equal(f.Labels, []string{"bug"}) {
			t.Errorf("labels of #%d: %v", f.Number, f.Labels)
		}
	}
}

func TestMissedDeadlineFires(t *testing.T) {
	w := newWorld(t).ready()
	w.now = w.end().Add(3 * Day) // nobody was running
	w.settle().published(1)
}

func TestLiftByButton(t *testing.T) {
	w := newWorld(t)
	w.rules.Lift.ByButton = true
	w.ready().press("grace").settle()
	w.refused("the embargo lasts until")
	w.until(w.end()).pass(2*time.Hour).expect(Ready, GateHeld)
	if !w.paged("A release manager starts the lift") {
		t.Error("nobody was asked to press")
	}
	w.press("ada").settle().expect(Ready, GateHeld)
	w.refused("it takes a release manager")
	w.press("grace").settle().published(1)
}

func TestLiftNow(t *testing.T) {
	w := newWorld(t).ready().comment("grace", "/lift now")
	w.settle().expect(Ready, GateHeld)
	w.refused("needs a reason")
	w.comment("grace", "/lift now canary-leak is near")
	d := w.decide()
	if d.Release || !d.Advisory.Embargo.Ended(w.now) {
		t.Fatal("the turn that ends the embargo releases by a deadline that it has just written itself")
	}
	wake := slices.IndexFunc(d.Deadlines, func(l Deadline) bool { return l.Name == DeadlineWake })
	if wake < 0 || d.Deadlines[wake].Due.Sub(w.now) > time.Second {
		t.Fatalf("not woken at once: %v", d.Deadlines)
	}
	w.pass(time.Second).published(1)
}

func TestNothingReadyPagesInTime(t *testing.T) {
	w := newWorld(t).accepted()
	if w.until(w.end().Add(-Day)); !w.paged("T-24h and not ready") {
		t.Error("nobody was paged a day before the end")
	}
	if w.until(w.end().Add(-time.Minute)); !w.paged("T-5min and not ready") {
		t.Error("nobody was paged five minutes before the end")
	}
}

func TestWaitingIsWhatTheDeskSays(t *testing.T) {
	w := newWorld(t).accepted().settle()
	if !slices.Contains(w.a.Waiting, "main: no fix; open one in the mirror and name it with /fix") {
		t.Errorf("waiting for %q", w.a.Waiting)
	}
	for _, why := range w.a.Waiting {
		if !strings.Contains(w.status, why) {
			t.Errorf("the desk does not say %q", why)
		}
	}
	if w = newWorld(t).ready(); len(w.a.Waiting) != 0 {
		t.Errorf("ready, and waiting for %q", w.a.Waiting)
	}
	w.mirror.Exposed, w.mirror.Problems = true, []string{"the mirror is public"}
	if w.settle(); !slices.Contains(w.a.Waiting, "mirror: the mirror is public") {
		t.Errorf("exposed, and waiting for %q", w.a.Waiting)
	}
}
