package policy

import (
	"slices"
	"strings"
	"time"
)

// published asserts that a case has ended well: one push, one publication, everything released and closed, and quiet.
func (w *world) published(pushes int) {
	w.t.Helper()
	w.pass(time.Second) // the aftermath is looked at
	switch {
	case w.a.Phase != Published || !w.a.Over():
		w.t.Fatalf("phase %s, gate %s, over %v\n%s", w.a.Phase, w.a.Lift.Gate, w.a.Over(), w.status)
	case w.done["publish-report"] != 1 || w.report.State != ReportPublished:
		w.t.Fatalf("%d publications", w.done["publish-report"])
	case len(w.landed) != pushes:
		w.t.Fatalf("%d pushes landed, want %d", len(w.landed), pushes)
	case w.desk.Open || len(w.queue) > 0:
		w.t.Fatalf("the desk is open or work is left: %v", keysOf(w.queue))
	}
	for _, f := range w.fixes {
		if c := w.a.Cell(f.Base); c != nil && c.Fix.Number == f.Number && (f.Open || !f.Released) {
			w.t.Fatalf("fix #%d is open or held after the lift", f.Number)
		}
	}
	for _, b := range w.mirror.Branches {
		if strings.Contains(b.Name, "/candidate/") || strings.Contains(b.Name, "/backport/") {
			w.t.Fatalf("%s is left in the mirror", b.Name)
		}
	}
	before := w.done["write-status"]
	w.pass(30 * Day)
	if w.done["write-status"] != before {
		w.t.Fatalf("what is over wrote its status again")
	}
}

func (w *world) expect(phase Phase, gate Gate) *world {
	w.t.Helper()
	if w.a.Phase != phase || w.a.Lift.Gate != gate {
		w.t.Fatalf("phase %s, gate %s; want %s, %s\n%s", w.a.Phase, w.a.Lift.Gate, phase, gate, w.status)
	}
	return w
}

// moved asserts that these public branches point to the fix, and the others to where they were.
func (w *world) moved(branches ...string) {
	w.t.Helper()
	for _, b := range []Branch{{"main", sha("main")}, {"stable-2.0", sha("2.0")}, {"stable-1.1", sha("1.1")}, {"stable-1.0", sha("1.0")}} {
		if tip, _ := Tip(w.public, b.Name); (tip != b.Tip) != slices.Contains(branches, b.Name) {
			w.t.Fatalf("%s is at %s", b.Name, tip)
		}
	}
}

func (w *world) paged(words string) bool {
	return slices.ContainsFunc(w.lines, func(l Line) bool { return l.What == "paged" && strings.Contains(l.Why.Reveal(), words) })
}

func (w *world) refused(words string) {
	w.t.Helper()
	if !slices.ContainsFunc(w.lines, func(l Line) bool { return l.What == "refused" && strings.Contains(l.Why.Reveal(), words) }) {
		w.t.Fatalf("nothing was refused with %q", words)
	}
}

func (w *world) number(branch string) int {
	w.t.Helper()
	c := w.a.Cell(branch)
	if c == nil || c.Fix.Number == 0 {
		w.t.Fatalf("%s has no fix\n%s", branch, w.status)
	}
	return c.Fix.Number
}
