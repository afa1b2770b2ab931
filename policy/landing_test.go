package policy

import (
	"strings"
	"testing"
	"time"
)

// TestLandingWithoutItsOutcome: a push that arrived and of which nothing was heard is no reason to build on it.
func TestLandingWithoutItsOutcome(t *testing.T) {
	w := newWorld(t).ready()
	w.trouble = func(e Effect) *Trouble {
		if do, ok := e.Do.(Land); ok && len(w.landed) == 0 {
			w.land(do)
			return &Trouble{Kind: TroubleAway, Hint: "the public repository is away"}
		}
		return nil
	}
	w.until(w.end()).pass(time.Hour).published(1)
	w.moved("main", "stable-2.0", "stable-1.1")
	for _, c := range w.a.Cells {
		if tip, _ := Tip(w.public, c.Branch); c.State.NeedsFix() && c.Landed != tip {
			t.Errorf("%s has landed at %s, and %q is known", c.Branch, tip, c.Landed)
		}
	}
}

func TestPushForbidden(t *testing.T) {
	w := newWorld(t)
	w.landings = []Landing{{State: LandForbidden, Hint: "main protected"}, {State: LandForbidden, Hint: "main protected"}}
	w.ready().until(w.end()).expect(Lifting, GateLifting)
	if w.moved(); !w.paged("main protected") || !strings.Contains(w.status, "main protected") {
		t.Fatal("nobody was told")
	}
	w.comment("ada", "/hold wait").settle()
	w.refused("only goes forward")
	w.comment("grace", "/resume").settle().expect(Lifting, GateLifting)
	w.pass(stuckRetry).published(1)
	if w.done["land"] != 3 {
		t.Errorf("%d pushes", w.done["land"])
	}
}

// What an atomic push promises never to do. If a forge does it all the same, the rest follows and people are told.
func TestHalfLanded(t *testing.T) {
	w := newWorld(t)
	w.landings = []Landing{{State: LandHalf, Moved: []string{"main"}}}
	w.ready()
	final := w.a.Cell("main").Candidate.SHA
	w.until(w.end()).published(1)
	if !w.paged("Some public branches moved and others did not") {
		t.Error("nobody was told")
	}
	if tip, _ := Tip(w.public, "main"); tip != final || w.a.Cell("main").Landed != final {
		t.Error("main was moved twice")
	}
	if len(w.landed[0]) != 2 {
		t.Errorf("the second push moved %v", w.landed[0])
	}
}

// The branches that are still to land move before the rest is pushed: they are built again, and still name main's final
// commit, for which main is among the parts without being built.
func TestHalfLandedAndDrifted(t *testing.T) {
	w := newWorld(t)
	w.landings = []Landing{{State: LandHalf, Moved: []string{"main"}}, {State: LandForbidden, Hint: "stable-1.1 protected"}}
	w.ready().until(w.end()).expect(Lifting, GateLifting)
	w.drift("stable-1.1")
	before := w.a.Cell("stable-1.1").Candidate.SHA
	parts, _ := (&turn{a: w.a, in: w.input(), now: w.now}).parts()
	if len(parts) != 3 || !parts[0].Landed || !parts[0].Main || parts[0].Tip != sha("main") {
		t.Errorf("candidates would be built from %+v", parts)
	}
	w.pass(time.Hour).published(1)
	if after := w.a.Cell("stable-1.1").Landed; after == "" || after == before {
		t.Errorf("stable-1.1 landed as %q, built before it moved as %q", after, before)
	}
}

func TestPushDrifted(t *testing.T) {
	for _, hold := range []bool{false, true} {
		w := newWorld(t)
		w.rules.Lift.HoldOnDrift = hold
		w.ready()
		moved := false
		w.trouble = func(e Effect) *Trouble { // somebody pushes between the decision and the push
			if e.Kind() == "land" && !moved {
				moved = true
				w.drift("stable-1.1")
			}
			return nil
		}
		w.until(w.end())
		if hold {
			w.expect(Lifting, GateLifting).pass(Day).comment("grace", "/resume").settle()
		}
		w.published(1)
		if w.done["land"] != 2 {
			t.Errorf("hold %v: %d pushes", hold, w.done["land"])
		}
	}
}

func TestLiftThatCannotGoOnPages(t *testing.T) {
	w := newWorld(t).ready()
	w.landings = []Landing{{State: LandDrifted}}
	w.trouble = func(e Effect) *Trouble {
		if e.Kind() == "land" {
			w.drift("stable-1.1")
			w.clash["stable-1.1"] = true
		}
		return nil
	}
	w.until(w.end()).pass(time.Hour).expect(Lifting, GateLifting)
	if !w.paged("has begun and can't go on") {
		t.Errorf("nobody was paged\n%s", w.status)
	}
	w.trouble, w.clash["stable-1.1"] = nil, false
	w.pushFix(w.number("stable-1.1"), "rebased").approveAll().settle().published(1)
}

func TestPublicationTrouble(t *testing.T) {
	w := newWorld(t)
	refusals := 0
	w.trouble = func(e Effect) *Trouble {
		if e.Kind() == "publish-report" && refusals < 5 {
			refusals++
			return &Trouble{Kind: TroubleRefused, Hint: "the forge refused the publication"}
		}
		return nil
	}
	w.ready().until(w.end()).expect(Lifting, GateLanded)
	if !w.paged("the forge refused the publication") || refusals != 1 {
		t.Fatalf("%d tries at once", refusals)
	}
	w.comment("grace", "/resume").settle()
	if refusals != 2 {
		t.Fatalf("/resume did not try at once: %d", refusals)
	}
	w.pass(time.Hour).published(1)
}

func TestMergedDuringTheLift(t *testing.T) {
	w := newWorld(t)
	w.landings = []Landing{{State: LandForbidden, Hint: "main protected"}}
	w.ready().until(w.end()).expect(Lifting, GateLifting).mergeEarly(10).settle()
	if tip, _ := Tip(w.mirror.Branches, "main"); tip != sha("main") {
		t.Error("the merge was not undone")
	}
	w.pass(time.Hour).published(1)
}
