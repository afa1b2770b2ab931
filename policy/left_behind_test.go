package policy

import "testing"

// A backport that a person has edited stays theirs when the main fix changes, and they are told, once for each change.
func TestEditedBackportIsLeftBehind(t *testing.T) {
	w := newWorld(t).ready()
	edited := w.number("stable-2.0")
	w.pushFix(edited, "adapted").settle()
	if w.paged("was edited by a person") {
		t.Fatal("somebody was paged although the main fix is what it was")
	}
	head := w.fixOf(edited).Head
	w.pushFix(w.number("main"), "again").settle().pass(Day)
	if !w.paged("The backport for stable-2.0 was edited by a person") || w.paged("The backport for stable-1.1") {
		t.Error("the wrong people were told")
	}
	if w.fixOf(edited).Head != head {
		t.Error("the edited backport was overwritten")
	}
	w.approveAll().settle().expect(Ready, GateHeld)
	w.until(w.end()).published(1)
}

func (w *world) fixOf(number int) (found FixView) {
	w.fix(number, func(v *FixView) { found = *v })
	return found
}
