package policy

import (
	"testing"
	"time"
)

func TestDriftBeforeTheEnd(t *testing.T) {
	w := newWorld(t).ready().pass(Day).drift("main").settle().expect(Ready, GateHeld)
	if c := w.a.Cell("main").Candidate; c.Tip == sha("main") {
		t.Fatal("the candidate was not built again")
	}
	w.drift("stable-2.0")
	w.until(w.end()).published(1)
}

func TestDriftAtTheEnd(t *testing.T) {
	w := newWorld(t).ready().until(opened.Add(Day))
	w.now = w.end()
	w.drift("main").settle().published(1) // built, proved and rehearsed again, then it goes
}

func TestDriftAtTheEndHolds(t *testing.T) {
	w := newWorld(t)
	w.rules.Lift.HoldOnDrift = true
	w.ready().until(w.end().Add(-time.Second))
	built := w.done["build-candidates"]
	w.now = w.end()
	w.drift("main").drift("stable-2.0").pass(2*time.Hour).expect(Fixing, GateHeld)
	if !w.paged("main, stable-2.0 moved at lift time") || w.done["build-candidates"] != built {
		t.Fatal("the lift was not held as it stood")
	}
	w.comment("grace", "/resume").settle().published(1)
}

func TestDriftAfterTheLastRehearsalHolds(t *testing.T) {
	w := newWorld(t)
	w.rules.Lift.HoldOnDrift = true
	w.ready().until(w.end().Add(-6 * time.Minute))
	w.drift("main").settle().expect(Ready, GateHeld) // rehearsed again in time: nobody is asked
	w.until(w.end().Add(-4*time.Minute)).drift("stable-2.0").settle().expect(Fixing, GateHeld)
	if !w.paged("stable-2.0 moved at lift time") {
		t.Fatal("nobody was asked")
	}
	w.pass(2*time.Hour).expect(Fixing, GateHeld)
	w.comment("grace", "/resume").settle().published(1)
}
