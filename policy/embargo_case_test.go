package policy

import (
	"testing"
	"time"
)

func TestRestartOfACase(t *testing.T) {
	w := newWorld(t).ready()
	old := w.end()
	w.pass(5*Day).comment("ada", "/embargo restart defaced the header").settle()
	if r := w.a.Embargo.Restarts; len(r) != 1 || r[0].Revision != w.a.Cell("main").Fix.Head || r[0].Reason.Reveal() != "defaced the header" {
		t.Fatalf("restarts: %d", len(r))
	}
	if !w.end().After(old) {
		t.Fatal("no time was won")
	}
	w.pushFix(w.number("main"), "better").settle().expect(Fixing, GateHeld)
	w.approveAll().settle().expect(Ready, GateHeld)
	if fixed := w.a.Cell("stable-2.0").Backport.Source; fixed != w.a.Cell("main").Fix.Head {
		t.Errorf("the backport is of %s", fixed)
	}
	w.until(w.end()).published(1)
}

func TestRevisionOrWord(t *testing.T) {
	head := "deadbeefacedbeefacedbeefacedbeefacedbeef"
	for _, c := range []struct{ args, revision, reason string }{
		{"defaced the header", "main's", "defaced the header"},
		{"deadbeef races", "deadbeef", "races"},
		{"0123abc races", "0123abc", "races"},
		{"0123ab races", "main's", "0123ab races"},
		{"races", "main's", "races"},
	} {
		w := newWorld(t).withFix()
		number := w.number("main")
		w.fix(number, func(f *FixView) { f.Head = head })
		w.settle().comment("ada", "/embargo restart "+c.args).settle()
		if c.revision == "main's" {
			c.revision = head
		}
		if r := w.a.Embargo.Restarts; len(r) != 1 || r[0].Revision != c.revision || r[0].Reason.Reveal() != c.reason {
			t.Errorf("%q: %d restarts, %s %s", c.args, len(r), w.a.Embargo.Describe(w.now), w.lines[len(w.lines)-1].Why.Reveal())
		}
	}
}

func TestLongerEmbargoTakesTwo(t *testing.T) {
	w := newWorld(t).ready()
	first, wanted := w.end(), time.Date(2026, 12, 8, 14, 0, 0, 0, time.UTC)
	w.comment("ada", "/embargo 2026-12-08T14:00Z canary-vendors need time").settle()
	if !w.end().Equal(first) || w.a.Embargo.State(w.now) != EmbargoRevise {
		t.Fatal("one member lengthened the embargo")
	}
	w.comment("rep", "/agree").comment("ven", "/agree").settle()
	if !w.end().Equal(first) {
		t.Fatal("outsiders lengthened the embargo")
	}
	w.comment("bob", "/agree").settle()
	if !w.end().Equal(wanted) {
		t.Fatalf("ends at %v", w.end())
	}
	w.until(first.Add(Day)).expect(Ready, GateHeld)
	w.until(wanted).published(1)
}
