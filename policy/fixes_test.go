package policy

import (
	"fmt"
	"strings"
	"testing"
)

func TestConflictResolvedByAPerson(t *testing.T) {
	w := newWorld(t)
	w.conflicts["stable-1.1"] = true
	w.ready().expect(Fixing, GateHeld)
	number := w.number("stable-1.1")
	if !strings.Contains(w.status, "src/canary-path.c") || !strings.Contains(w.status, fmt.Sprintf("shown at fix %d, with how to resolve it", number)) {
		t.Errorf("the desk does not say how to resolve it:\n%s", w.status)
	}
	w.approveAll().settle().expect(Fixing, GateHeld) // whoever approves markers has not read them
	ref := BackportRef(w.a.ID, "stable-1.1")
	w.pushFix(number, "by hand").settle()
	byHand, _ := Tip(w.mirror.Branches, ref)
	w.approveAll().settle().expect(Ready, GateHeld)
	w.pushFix(w.number("main"), "again").settle() // the hand-made backport is left alone
	if tip, _ := Tip(w.mirror.Branches, ref); tip != byHand || w.number("stable-1.1") != number {
		t.Fatal("a person's work was overwritten")
	}
	w.approveAll().until(w.end()).published(1)
	w.moved("main", "stable-2.0", "stable-1.1")
}

func TestUnresolvedConflictBlocks(t *testing.T) {
	w := newWorld(t)
	w.conflicts["stable-1.1"] = true
	w.ready().until(w.end()).pass(Day).expect(Fixing, GateHeld)
	if !w.paged("T-24h and not ready") || !w.paged("can't start") {
		t.Error("nobody was paged")
	}
	w.comment("grace", "/waive stable-1.1").settle()
	w.refused("a waiver needs a reason")
	w.comment("ada", "/waive stable-1.1 nobody uses it").settle()
	w.refused("it takes a release manager")
	w.comment("grace", "/waive stable-1.1 nobody uses it").settle().published(1)
	w.moved("main", "stable-2.0")
}

func TestEarlyMerge(t *testing.T) {
	w := newWorld(t).ready().mergeEarly(10).settle().expect(Ready, GateHeld)
	if tip, _ := Tip(w.mirror.Branches, "main"); tip != sha("main") || w.done["reset-mirror"] != 1 || !w.paged("merged into main") {
		t.Fatal("the early merge was not undone")
	}
	w.moved()
	w.until(w.end()).published(1)
}

func TestFixThatDisappears(t *testing.T) {
	w := newWorld(t).ready()
	w.fixes = w.fixes[:len(w.fixes)-1]
	w.until(w.end()).expect(Fixing, GateHeld)
}
