package policy

import (
	"strings"
	"testing"
)

// A guess lands only after a person has approved that very guess, even where the rules ask for no approval.
func TestDraftNeedsAnApproval(t *testing.T) {
	w := newWorld(t)
	w.rules.Fixes.BackportApprovals = 0
	w.drafts["stable-1.1"] = true
	w.accepted().withFix().settle()
	w.fix(w.number("main"), func(f *FixView) { f.Approvals = []Approval{{By: "bob", Head: f.Head}} })
	w.comment("ada", "/cve CVE-2026-12345").settle().until(w.end()).expect(Fixing, GateHeld)
	if !strings.Contains(w.status, "which it needs because it is a guess") || strings.Contains(w.status, "stable-2.0: fix") {
		t.Errorf("the desk does not say who has to approve what:\n%s", w.status)
	}
	w.approveAll().settle().published(1)
}

// One branch's trouble is tried again, and keeps no other from its fix.
func TestOneFailingBackportStopsNoOther(t *testing.T) {
	w := newWorld(t)
	w.failing["stable-2.0"] = true
	w.ready().expect(Fixing, GateHeld)
	if w.a.Cell("stable-1.1").Fix.Number == 0 || !strings.Contains(w.status, "git failed") {
		t.Errorf("stable-1.1 waits for stable-2.0:\n%s", w.status)
	}
	w.failing["stable-2.0"] = false
	w.pass(Day).approveAll().settle().expect(Ready, GateHeld)
}

// A person's fix teaches the older branches until the main fix changes, and again once the person has followed.
func TestPlanLearnsFromPeople(t *testing.T) {
	w := newWorld(t).ready()
	last := func(branch string) (found Target) {
		for _, target := range w.planned {
			if target.Branch == branch {
				found = target
			}
		}
		return found
	}
	plans := len(w.planned)
	w.pass(Day)
	if len(w.planned) != plans {
		t.Error("planned again although nothing has changed")
	}
	theirs := w.number("stable-2.0")
	w.pushFix(theirs, "adapted").settle()
	if got := last("stable-2.0"); got.Own != w.fixOf(theirs).Head || got.Behind {
		t.Errorf("after a person's push: %+v", got)
	}
	w.pushFix(w.number("main"), "again").settle()
	if got := last("stable-2.0"); got.Own != w.fixOf(theirs).Head || !got.Behind {
		t.Errorf("after the main fix has changed: %+v", got)
	}
	if !w.paged("The backport for stable-2.0 was edited by a person") {
		t.Error("nobody was told that a backport is behind")
	}
	w.pushFix(theirs, "adapted again").settle()
	if got := last("stable-2.0"); got.Own != w.fixOf(theirs).Head || got.Behind {
		t.Errorf("after the person has followed: %+v", got)
	}
	plans = len(w.planned)
	w.comment("grace", "/waive stable-1.1 nobody uses it").settle()
	if len(w.planned) != plans {
		t.Error("planned again because a branch was left out")
	}
}

// What looks unaffected is proposed with its evidence, and only a person's word closes it.
func TestSparedBranchIsProposed(t *testing.T) {
	w := newWorld(t)
	w.spared["stable-1.1"], w.conflicts["stable-1.1"] = true, true
	w.ready().expect(Fixing, GateHeld)
	if !strings.Contains(w.status, "**stable-1.1 may need no fix:** what introduced the bug is missing.") {
		t.Errorf("the desk proposes nothing:\n%s", w.status)
	}
	w.comment("ven", "/not-affected stable-1.1").settle()
	w.refused("it takes a team member")
	w.comment("ada", "/not-affected stable-2.0").settle()
	w.refused("not affected needs evidence")
	w.comment("ada", "/not-affected stable-1.1").settle().expect(Ready, GateHeld)
	if c := w.a.Cell("stable-1.1"); c.State != NotAffected || c.By != "ada" || c.Why.Reveal() != "what introduced the bug is missing" {
		t.Errorf("closed as %s by %s: %s", c.State, c.By, c.Why.Reveal())
	}
}

func TestIntroduced(t *testing.T) {
	w := newWorld(t).ready()
	bug := sha("bug")
	for _, wrong := range []string{"", "abc123", "none " + bug, bug + " zz", strings.Repeat(bug+" ", maxIntroduced+1)} {
		w.comment("ada", "/introduced "+wrong).settle()
		if len(w.a.Introduced) != 0 {
			t.Fatalf("%q was taken", wrong)
		}
	}
	w.refused("by their full SHA")
	plans := len(w.planned)
	w.comment("ada", "/introduced "+bug+" "+sha("other bug")).settle()
	if len(w.a.Introduced) != 2 || len(w.planned) == plans {
		t.Errorf("%v; planned again: %v", w.a.Introduced, len(w.planned) > plans)
	}
	w.comment("ada", "/introduced none").settle()
	if len(w.a.Introduced) != 0 {
		t.Errorf("%v are left", w.a.Introduced)
	}
}
