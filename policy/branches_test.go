package policy

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestNotAffectedNeedsEvidence(t *testing.T) {
	w := newWorld(t)
	w.conflicts["stable-1.1"] = true
	w.ready().label("ada", "not-affected/stable-1.1").settle().expect(Fixing, GateHeld)
	if w.a.Cell("stable-1.1").State != NotAffected || !strings.Contains(w.status, "without evidence") {
		t.Fatalf("%s\n%s", w.a.Cell("stable-1.1").State, w.status)
	}
	w.until(w.end()).expect(Fixing, GateHeld)
	w.comment("ada", "/not-affected stable-1.1 the code came with 2.0").settle().published(1)
	w.moved("main", "stable-2.0")
}

func TestNewBranchMidway(t *testing.T) {
	w := newWorld(t).ready()
	w.push("stable-3.0", sha("3.0"))
	w.settle().expect(Fixing, GateHeld)
	w.approveAll().settle().expect(Ready, GateHeld)
	w.until(w.end()).published(1)
	if tip, _ := Tip(w.public, "stable-3.0"); tip == sha("3.0") || len(w.landed[0]) != 4 {
		t.Error("the new branch was left behind")
	}
}

func TestBranchEndsMidway(t *testing.T) {
	w := newWorld(t).ready()
	w.rules.Branches = append([]BranchRule{{Name: "stable-1.1", EOL: w.end().Add(-time.Hour)}}, w.rules.Branches...)
	w.settle().expect(Ready, GateHeld)
	if w.a.Cell("stable-1.1").State != EndOfLife {
		t.Fatal("a branch that ends before the lift is maintained at lift time")
	}
	w.comment("ada", "/affects stable-1.1").comment("ada", "/backport stable-1.1").settle()
	w.refused("not a maintained one")
	w.until(w.end()).published(1)
	w.moved("main", "stable-2.0")
}

func TestUnlistedBranchIsNotForgotten(t *testing.T) {
	w := newWorld(t).ready()
	rules := w.rules.Branches
	w.rules.Branches = []BranchRule{{Name: "stable-2.0"}} // an edit that leaves stable-1.1 out
	w.until(w.end()).expect(Fixing, GateHeld)
	if !w.paged("stable-1.1: is no longer in the configuration") {
		t.Error("nobody was paged")
	}
	w.rules.Branches = rules
	w.settle().published(1)
	w.moved("main", "stable-2.0", "stable-1.1")
}

func TestDeletedBranchBlocks(t *testing.T) {
	w := newWorld(t).ready()
	w.public = slices.DeleteFunc(w.public, func(b Branch) bool { return b.Name == "stable-2.0" })
	w.until(w.end()).expect(Fixing, GateHeld)
	if !w.paged("stable-2.0: the public branch is gone") {
		t.Error("nobody was paged")
	}
	w.comment("grace", "/waive stable-2.0 deleted on purpose").settle().published(1)
}
