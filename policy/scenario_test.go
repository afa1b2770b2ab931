package policy

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// published asserts that a case has ended well: one push, one publication, everything released and closed, and quiet.
func (w *world) published(pushes int) {
	w.t.Helper()
	w.settle()
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

// tips asserts what the public branches point to: the fix, or where they were.
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

func TestPublicAtReport(t *testing.T) {
	w := newWorld(t).settle().comment("ada", "/public on a list").settle()
	if w.done["publish-report"] != 0 {
		t.Fatal("a report that nobody judged was published")
	}
	w.label("ada", "accepted").settle().expect(Triaged, GateHeld)
	if w.done["publish-report"] != 0 {
		t.Fatal("published without a CVE")
	}
	w.comment("ada", "/cve CVE-2026-12345").settle()
	if w.report.State != ReportPublished || w.a.Phase != Triaged {
		t.Fatalf("report %s, phase %s", w.report.State, w.a.Phase)
	}
	w.openFix("ada", "main", FixRef(w.a.ID))
	w.settle().approveAll().pass(time.Second).published(1)
}

func TestPublicMidway(t *testing.T) {
	w := newWorld(t).ready().comment("ada", "/public canary-leak").pass(time.Second)
	w.published(1)
	if w.a.Embargo.ExitCause != ExitPublic {
		t.Error(w.a.Embargo.ExitCause)
	}
}

func TestReportPublishedByHand(t *testing.T) {
	w := newWorld(t).ready()
	w.report.State = ReportPublished
	w.pass(time.Second)
	if w.done["publish-report"] != 0 || len(w.landed) != 1 || !w.a.Over() {
		t.Fatalf("gate %s, %d pushes\n%s", w.a.Lift.Gate, len(w.landed), w.status)
	}
}

func TestPublicAndFixedAlready(t *testing.T) {
	w := newWorld(t)
	w.ready().comment("ada", "/public")
	w.applied = map[string]bool{"main": true, "stable-2.0": true, "stable-1.1": true}
	for _, b := range []string{"main", "stable-2.0", "stable-1.1"} {
		w.drift(b)
	}
	w.pass(time.Second).published(0)
}

func TestConflictResolvedByAPerson(t *testing.T) {
	w := newWorld(t)
	w.conflicts["stable-1.1"] = true
	w.ready().expect(Fixing, GateHeld)
	if !strings.Contains(w.status, "src/canary-path.c") || !strings.Contains(w.status, "git cherry-pick") {
		t.Errorf("the desk does not say how to resolve it:\n%s", w.status)
	}
	ref := BackportRef(w.a.ID, "stable-1.1")
	setTip(&w.mirror.Branches, ref, sha("by hand"))
	w.settle()
	number := w.number("stable-1.1")
	w.approveAll().settle().expect(Ready, GateHeld)
	w.pushFix(w.number("main"), "again").settle() // the hand-made backport is left alone
	if tip, _ := Tip(w.mirror.Branches, ref); tip != sha("by hand") || w.number("stable-1.1") != number {
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

func TestRejected(t *testing.T) {
	w := newWorld(t).settle().label("ada", "rejected")
	closed := false
	w.trouble = func(e Effect) *Trouble {
		if e.Kind() == "update-report" && !closed {
			return &Trouble{Kind: TroubleRefused, Hint: "no permission"}
		}
		return nil
	}
	w.settle().expect(Rejected, GateHeld)
	if w.a.Over() || !w.desk.Open {
		t.Fatal("over before the report is closed")
	}
	closed = true
	w.pass(time.Minute)
	if !w.a.Over() || w.report.State != ReportClosed || w.desk.Open || len(w.deadlines) > 0 {
		t.Fatalf("over %v, report %s, desk open %v, %v", w.a.Over(), w.report.State, w.desk.Open, w.deadlines)
	}
	w.comment("ada", "/accept").pass(Day).expect(Rejected, GateHeld)
	w.refused("the report was rejected")
}

func TestRejectedAfterAcceptance(t *testing.T) {
	w := newWorld(t).ready().comment("ada", "/reject").settle().expect(Ready, GateHeld)
	w.refused("needs a reason")
	w.comment("ada", "/reject canary-not-a-bug").settle().pass(30 * Day)
	if w.expect(Rejected, GateHeld); !w.a.Over() || w.done["publish-report"]+len(w.landed) > 0 {
		t.Error("not over")
	}
}

func TestReportClosedByHand(t *testing.T) {
	w := newWorld(t).settle()
	w.report.State = ReportClosed
	if w.settle().expect(Rejected, GateHeld); !w.a.Over() {
		t.Error("not over")
	}
	w = newWorld(t).ready()
	w.report.State = ReportClosed
	w.until(w.end()).expect(Fixing, GateHeld)
	w.report.State = ReportDraft
	w.settle().published(1)
}

func TestWhatIsSaidIsNotLost(t *testing.T) {
	w := newWorld(t)
	w.trouble = func(e Effect) *Trouble {
		if e.Kind() == "open-desk" || e.Kind() == "say" {
			return &Trouble{Kind: TroubleRefused, Hint: "issues are off"}
		}
		return nil
	}
	w.comment("ada", "/accept").comment("ada", "/help").ready()
	w.mergeEarly(w.number("main")).settle() // paged; /help and the second acceptance are answered; all without a desk
	if len(w.said) != 0 {
		t.Fatal("said without a desk")
	}
	w.trouble = nil
	w.pass(time.Hour)
	if len(w.said) != 3 || len(w.a.Unsaid) != 0 {
		t.Errorf("said %v, unsaid %d", w.said, len(w.a.Unsaid))
	}
}

func TestRefusalsBackOff(t *testing.T) {
	w := newWorld(t)
	tries := map[string]int{}
	w.ready()
	w.trouble = func(e Effect) *Trouble {
		tries[e.Kind()]++
		return &Trouble{Kind: TroubleRefused, Hint: "no " + e.Kind() + " <!-- liftgate:x -->"}
	}
	w.drift("main")
	if w.pass(2 * Day); len(tries) == 0 {
		t.Fatal("nothing was tried")
	}
	for kind, n := range tries {
		if n > 120 { // every half hour for two days, and a few at first
			t.Errorf("%s was tried %d times", kind, n)
		}
	}
	w.trouble = nil
	w.until(w.end()).published(1)
}

func TestUnreadableRules(t *testing.T) {
	w := newWorld(t)
	w.rules.People.Team = []string{"ada", "bob"}
	w.ready()
	w.problem = "liftgate.yml:3:1: unknown key"
	w.comment("grace", "/public").press("grace").settle() // a writer, but no member
	w.refused("configuration can't be read")
	if w.a.Embargo.IsPublic() || !strings.Contains(w.status, "unknown key") {
		t.Fatalf("rights were given while nobody knew them\n%s", w.status)
	}
	w.until(w.end()).pass(Day)
	if w.moved(); w.a.Lift.Gate != GateHeld {
		t.Fatal("lifted")
	}
	w.problem = ""
	w.settle().published(1)
}

func TestFixThatDisappears(t *testing.T) {
	w := newWorld(t).ready()
	w.fixes = w.fixes[:len(w.fixes)-1]
	w.until(w.end()).expect(Fixing, GateHeld)
}

func TestNothingIsWrittenInAnExposedMirror(t *testing.T) {
	w := newWorld(t)
	w.mirror.Exposed, w.mirror.Problems = true, []string{"the mirror is public"}
	w.settle()
	if w.desk.Number != 0 {
		t.Fatal("a desk was opened in public")
	}
	w.mirror.Exposed, w.mirror.Problems = false, nil
	w.ready()
	w.mirror.Exposed, w.mirror.Problems = true, []string{"the mirror is public"}
	writes := len(w.said) + w.done["write-status"] + w.done["build-candidates"] + w.done["set-hold"] + w.done["make-backport"]
	w.drift("main").pushFix(10, "again").comment("ada", "/help").until(w.end().Add(-time.Second))
	if len(w.said)+w.done["write-status"]+w.done["build-candidates"]+w.done["set-hold"]+w.done["make-backport"] != writes {
		t.Error("something was written in an exposed mirror")
	}
	w.mirror.Exposed, w.mirror.Problems = false, nil
	w.settle().approveAll().until(w.end()).published(1)
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

func TestDeletedBranchBlocks(t *testing.T) {
	w := newWorld(t).ready()
	w.public = slices.DeleteFunc(w.public, func(b Branch) bool { return b.Name == "stable-2.0" })
	w.until(w.end()).expect(Fixing, GateHeld)
	if !w.paged("stable-2.0: the public branch is gone") {
		t.Error("nobody was paged")
	}
	w.comment("grace", "/waive stable-2.0 deleted on purpose").settle().published(1)
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
