package policy

import (
	"strings"
	"testing"
	"time"
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

// That a branch has the fix already is proposed as well, where another change says so by its words alone.
func TestUnsureAppliedIsProposed(t *testing.T) {
	w := newWorld(t)
	w.spared["stable-1.1"], w.applied["stable-1.1"] = true, true
	w.ready().expect(Fixing, GateHeld)
	if c := w.a.Cell("stable-1.1"); !c.State.NeedsFix() || !strings.Contains(w.status, "**stable-1.1 may need no fix:**") {
		t.Errorf("%s by %s:\n%s", c.State, c.By, w.status)
	}
	w.comment("ada", "/not-affected stable-1.1").settle().expect(Ready, GateHeld)
	w = newWorld(t)
	w.applied["stable-1.1"] = true
	w.ready().expect(Ready, GateHeld)
	if c := w.a.Cell("stable-1.1"); c.State != NotAffected || c.By != By {
		t.Errorf("where the trees show it: %s by %s", c.State, c.By)
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

// A forge may show an old head for a while. What Liftgate could not push for that is no person's, and is tried again.
func TestAnOldHeadIsNoEdit(t *testing.T) {
	w := newWorld(t).ready()
	ref := BackportRef(w.a.ID, "stable-1.1")
	seen, _ := Tip(w.mirror.Branches, ref)
	setTip(&w.mirror.Branches, ref, sha("pushed meanwhile"))
	stale := w.input()
	setTip(&stale.Seen.Mirror.Branches, ref, seen)
	w.fix(w.number("main"), func(f *FixView) { f.Head = sha("amended") })
	stale.Seen.Fixes = w.input().Seen.Fixes
	w.commit(checkedDecide(t, w.a, stale))
	for w.a.Cell("stable-2.0").Backport.Source != sha("amended") {
		w.turn()
	}
	if source := w.a.Cell("stable-1.1").Backport.Source; source == sha("amended") {
		t.Error("what was not pushed counts as made for the new main fix")
	}
	setTip(&w.mirror.Branches, ref, seen) // nobody had pushed anything
	w.pass(Day)
	c := w.a.Cell("stable-1.1")
	if tip, _ := Tip(w.mirror.Branches, ref); c.Backport.Source != sha("amended") || tip != c.Backport.Head || c.Fix.Head != tip {
		t.Errorf("stable-1.1 stays at the old fix: %+v", c.Backport)
	}
}

// A draft that was replaced is no fix that a person has read, whoever puts the branch back to it.
func TestAnEarlierBackportDoesNotCount(t *testing.T) {
	w := newWorld(t)
	w.rules.Fixes.BackportApprovals = 0
	w.drafts["stable-1.1"] = true
	w.ready().expect(Ready, GateHeld)
	number, ref := w.number("stable-1.1"), BackportRef(w.a.ID, "stable-1.1")
	draft := w.fixOf(number).Head
	w.drafts["stable-1.1"] = false
	w.pushFix(w.number("main"), "again").settle()
	w.approveAll().settle().expect(Ready, GateHeld)
	newest := w.fixOf(number).Head
	w.fix(number, func(f *FixView) { f.Head, f.Approvals = draft, nil })
	setTip(&w.mirror.Branches, ref, draft)
	w.settle().expect(Fixing, GateHeld)
	if !strings.Contains(w.status, "does not show the newest backport; /backport stable-1.1") {
		t.Errorf("the desk does not say what to do:\n%s", w.status)
	}
	w.comment("ada", "/backport stable-1.1").settle()
	if got := w.fixOf(number).Head; got != newest {
		t.Errorf("/backport left %s", got)
	}
}

// An approved draft stays as it was approved while the public branch moves on.
func TestApprovedDraftStays(t *testing.T) {
	w := newWorld(t)
	w.drafts["stable-1.1"] = true
	w.ready().expect(Ready, GateHeld)
	draft := w.fixOf(w.number("stable-1.1")).Head
	for _, tip := range []string{"one", "two", "three"} {
		w.push("stable-1.1", sha(tip))
		w.settle()
	}
	if got := w.fixOf(w.number("stable-1.1")).Head; got != draft {
		t.Error("an approved draft was made again")
	}
	w.expect(Ready, GateHeld)
}

// That a branch has the fix is true of the fix that was looked for. A person's word is above it.
func TestFoundAppliedIsLookedAtAgain(t *testing.T) {
	w := newWorld(t)
	w.applied["stable-1.1"] = true
	w.ready()
	if c := w.a.Cell("stable-1.1"); c.State != NotAffected || c.By != By {
		t.Fatalf("stable-1.1 is %s by %s", c.State, c.By)
	}
	w.applied["stable-1.1"] = false
	w.pushFix(w.number("main"), "more").settle()
	if c := w.a.Cell("stable-1.1"); c.State != Affected || c.Fix.Number == 0 {
		t.Errorf("after the main fix has grown stable-1.1 is %s", c.State)
	}
	w.applied["stable-2.0"] = true
	w.comment("ada", "/affects stable-2.0").settle()
	w.pushFix(w.number("main"), "yet more").settle()
	if c := w.a.Cell("stable-2.0"); c.State != Affected || c.By != "ada" {
		t.Errorf("a person's word was overridden: %s by %s", c.State, c.By)
	}
}

// A stable branch never lands what Liftgate made for an earlier main fix: neither while it is made again, nor when that fails.
func TestOutdatedBackportBlocks(t *testing.T) {
	w := newWorld(t)
	w.rules.Fixes.BackportApprovals = 0
	w.ready().expect(Ready, GateHeld)
	w.failing["stable-1.1"] = true
	w.until(w.end().Add(-time.Minute))
	w.pushFix(w.number("main"), "again").settle().approveAll().until(w.end()).pass(Day).expect(Fixing, GateHeld)
	w.moved()
	if !strings.Contains(w.status, "stable-1.1: git failed") || !w.paged("can't start") {
		t.Errorf("nobody is told that stable-1.1 is behind:\n%s", w.status)
	}
	w.failing["stable-1.1"] = false
	w.pass(Day).approveAll().settle().published(1)
	w.moved("main", "stable-2.0", "stable-1.1")
}

// A branch that is left out after an older one followed it is still measured from somewhere.
func TestFollowedBranchThatIsLeftOut(t *testing.T) {
	w := newWorld(t).ready()
	w.pushFix(w.number("stable-2.0"), "adapted").settle()
	w.a.Cell("stable-2.0").Backport.Onto = "" // people made it before Liftgate did
	w.a.Cell("stable-1.1").Backport.From = "stable-2.0"
	w.comment("grace", "/waive stable-2.0 nobody uses it").settle()
	w.planned = nil
	w.pushFix(w.number("main"), "again").settle()
	for _, target := range w.planned {
		if target.Onto == "" || target.Branch == "stable-2.0" && target.Own != w.fixOf(w.number("stable-2.0")).Head {
			t.Errorf("%+v", target)
		}
	}
	if len(w.planned) != 2 {
		t.Errorf("planned for %+v", w.planned)
	}
}

// Nobody is told of an edit while Liftgate's own push is on its way.
func TestNoEditIsSeenWhilePlanning(t *testing.T) {
	w := newWorld(t).ready()
	w.pushFix(w.number("main"), "again")
	w.stopped = true
	w.settle()
	w.pushFix(w.number("stable-1.1"), "by Liftgate, before it was killed").settle()
	if w.paged("was edited by a person") {
		t.Error("people were told of an edit that nobody made")
	}
}

// A conflict is opened as a draft, which ends by itself when the fix shows something else: a resolution of people's, or a clean
// pick. What people make a draft stays one.
func TestConflictIsADraftUntilItIsResolved(t *testing.T) {
	for name, resolve := range map[string]func(w *world, number int){
		"by a person":       func(w *world, number int) { w.pushFix(number, "resolved") },
		"by a new main fix": func(w *world, _ int) { w.conflicts["stable-1.1"] = false; w.pushFix(w.number("main"), "easier") },
	} {
		w := newWorld(t)
		w.conflicts["stable-1.1"] = true
		w.withFix()
		number := w.number("stable-1.1")
		if !w.fixOf(number).Draft || w.fixOf(w.number("stable-2.0")).Draft {
			t.Errorf("%s: a conflict is no draft, or a clean pick is one", name)
		}
		resolve(w, number)
		if w.settle(); w.fixOf(number).Draft {
			t.Errorf("%s: still a draft", name)
		}
		w.fix(number, func(f *FixView) { f.Draft = true })
		if w.settle(); !w.fixOf(number).Draft || w.a.Cell("stable-1.1").Fix.Wanting != "is a draft" {
			t.Errorf("%s: somebody's draft was ended", name)
		}
	}
	w := newWorld(t)
	w.draftless, w.conflicts["stable-1.1"] = true, true
	w.withFix().pushFix(w.number("stable-1.1"), "resolved").settle()
	if w.done["ready-fix"] != 0 {
		t.Error("a draft that never was is ended")
	}
}
