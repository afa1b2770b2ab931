package policy

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestAnyCase lets people, the forge and time do anything in any order, and then lets everybody come to their senses. Each
// decision on the way is checked; in the end the case is published or rejected, with one push and one publication.
func TestAnyCase(t *testing.T) {
	checks(t, 12) // each is a whole life
	rapid.Check(t, playCase)
}

// checks says how often a property is tried where the command line does not: -rapid.checks 1000.
func checks(t *testing.T, n int) {
	t.Helper()
	f := flag.Lookup("rapid.checks")
	before := f.Value.String()
	if before != f.DefValue {
		return
	}
	if err := f.Value.Set(strconv.Itoa(n)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Value.Set(before) }) // it was a valid value
}

// TestAnyGarbage decides about states and snapshots that nobody would ever see.
func TestAnyGarbage(t *testing.T) { rapid.Check(t, playGarbage) }

// TestAnyMutant decides about cases of which a few facts are wrong.
func TestAnyMutant(t *testing.T) {
	rest := resting(t)
	checks(t, 400)
	rapid.Check(t, func(t *rapid.T) { playMutant(t, rest) })
}

func resting(t tester) []*world {
	var rest []*world
	for _, s := range stages() {
		rest = append(rest, s.at(t))
	}
	button := newWorld(t)
	button.rules.Lift.ByButton = true
	button.ready().until(button.end())
	return append(rest, rest[3], rest[3], rest[5], button.press("grace"))
}

// FuzzDecide looks for all of them with coverage: go test ./policy -fuzz FuzzDecide
func FuzzDecide(f *testing.F) {
	rest := resting(f)
	random := rand.New(rand.NewPCG(14, 31))
	for range 6 { // long enough for a whole case: short ones end before they begin
		seed := make([]byte, 16<<10)
		for i := range seed {
			seed[i] = byte(random.UintN(256))
		}
		f.Add(seed)
	}
	f.Fuzz(rapid.MakeFuzz(func(t *rapid.T) {
		switch rapid.IntRange(0, 2).Draw(t, "kind") {
		case 0:
			playGarbage(t)
		case 1:
			playMutant(t, rest)
		default:
			playCase(t)
		}
	}))
}

func playCase(t *rapid.T) {
	w := newWorld(t)
	w.rules.Lift.ByButton = rapid.Bool().Draw(t, "by button")
	w.rules.Lift.HoldOnDrift = rapid.Bool().Draw(t, "hold on drift")
	w.rules.CVERequired = rapid.Bool().Draw(t, "CVE required")
	if rapid.Bool().Draw(t, "notices") {
		w.project.Notices = "org/notices"
		w.rules.Lists = []List{{Address: "announce@example.org"}, {Address: "oss@example.org", Kind: "oss-security"}}
	}
	switch rapid.IntRange(0, 3).Draw(t, "start") {
	case 1:
		w.accepted()
	case 2, 3:
		w.ready()
	}
	for range rapid.IntRange(1, 15).Draw(t, "events") {
		anything(t, w)
		for range rapid.IntRange(0, 3).Draw(t, "turns") {
			w.turn()
		}
	}
	w.heal()
	if len(w.landed) > 1 || w.publications > 1 {
		t.Fatalf("%d pushes, %d publications", len(w.landed), w.publications)
	}
	if !w.a.Over() || w.a.Phase != Published && w.a.Phase != Rejected {
		t.Fatalf("not over: phase %s, gate %s, report %s\nsetbacks %v\n%s", w.a.Phase, w.a.Lift.Gate, w.report.State, w.a.Setbacks, w.status)
	}
	if sent, lists := len(w.mails), len(w.rules.Lists); sent < len(w.notices)*lists || sent > (len(w.notices)+w.advised)*lists {
		t.Fatalf("%d mails to %d lists of %d notices and %d revisions that change advice", sent, lists, len(w.notices), w.advised)
	}
	if len(w.a.Owes()) > 0 || len(w.revisions) > 1 && w.a.Notice.Version < 3 {
		t.Fatalf("owes %+v after %d revisions", w.a.Owes(), len(w.revisions))
	}
	if owed := w.project.Notices != "" && w.a.Phase == Published; owed != (len(w.notices) > 0) || len(w.notices) > 2 {
		t.Fatalf("%d notices were published of a case that ended %s", len(w.notices), w.a.Phase)
	}
	for _, moves := range w.landed {
		for _, m := range moves {
			if c := w.a.Cell(m.Branch); c == nil || c.Landed != m.New {
				t.Fatalf("%s landed and the advisory does not know", m.Branch)
			}
		}
	}
}

var (
	branches = []string{"main", "stable-2.0", "stable-1.1", "stable-1.0", "stable-3.0", "topic", ""}
	people   = []string{"ada", "bob", "grace", "rep", "ven", "eve", "liftgate[bot]", ""}
)

// anything does one thing.
func anything(t *rapid.T, w *world) {
	branch := rapid.SampledFrom(branches[:5]).Draw(t, "branch")
	number := rapid.IntRange(9, 14).Draw(t, "fix")
	events := map[string]func(){
		"command": func() { w.comment(rapid.SampledFrom(people[:6]).Draw(t, "who"), anyCommand(t, branch, number)) },
		"label": func() {
			w.label(rapid.SampledFrom(people[:6]).Draw(t, "who"), rapid.SampledFrom([]string{"accepted", "rejected", "public", "not-affected/" + branch, "severity/low"}).Draw(t, "label"))
		},
		"button":  func() { w.press(rapid.SampledFrom(people[:3]).Draw(t, "who")) },
		"again":   func() { w.desk.Commands = append(w.desk.Commands, w.desk.Commands...) },
		"time":    func() { w.now = w.now.Add(time.Duration(rapid.IntRange(0, 72*60).Draw(t, "minutes")) * time.Minute) },
		"a while": func() { w.pass(time.Duration(rapid.IntRange(0, 72).Draw(t, "hours")) * time.Hour) },
		"drift": func() {
			if _, exists := Tip(w.public, branch); exists {
				w.drift(branch)
			}
		},
		"delete": func() {
			w.public = slices.DeleteFunc(slices.Clone(w.public), func(b Branch) bool { return b.Name == branch })
		},
		"new branch": func() {
			if _, exists := Tip(w.public, "stable-3.0"); !exists {
				w.push("stable-3.0", sha("3.0"))
			}
		},
		"end of life": func() {
			w.rules.Branches = append([]BranchRule{{Name: branch, EOL: w.now.Add(time.Duration(rapid.IntRange(-2, 9).Draw(t, "days")) * Day)}}, w.rules.Branches...)
		},
		"open fix":    func() { w.openFix("ada", "main", FixRef(w.a.ID)) },
		"push":        func() { w.pushFix(number, "again") },
		"push early":  func() { setTip(&w.mirror.Branches, BackportRef(w.a.ID, branch), sha("hand", fmt.Sprint(w.sequence))) },
		"merge early": func() { w.mergeEarly(number) },
		"approve":     func() { w.approveAll() },
		"object":      func() { w.fix(number, func(f *FixView) { f.Objectors = []string{"bob"} }) },
		"draft":       func() { w.fix(number, func(f *FixView) { f.Draft = !f.Draft }) },
		"close":       func() { w.fix(number, func(f *FixView) { f.Open = f.Merged && f.Open }) },
		"unhold":      func() { w.fix(number, func(f *FixView) { f.Held = false }) },
		"red":         func() { checksAre(CheckFailed)(w) },
		"green":       func() { checksAre(CheckPassed)(w) },
		"CI":          func() { w.ci = !w.ci },
		"conflict":    func() { w.conflicts[branch] = !w.conflicts[branch] },
		"clash":       func() { w.clash[branch] = !w.clash[branch] },
		"applied":     func() { w.applied[branch] = branch != "main" && !w.applied[branch] },
		"probe": func() {
			w.problems = rapid.SampledFrom([][]string{nil, {"no bypass on " + branch}}).Draw(t, "problems")
		},
		"landing": func() {
			w.landings = []Landing{rapid.SampledFrom([]Landing{{State: LandDrifted}, {State: LandForbidden, Hint: "main protected"}}).Draw(t, "landing")}
		},
		"faults":    func() { w.trouble = anyTrouble(t) },
		"no faults": func() { w.trouble = nil },
		"stop":      func() { w.stopped = !w.stopped },
		"report": func() {
			if state := rapid.SampledFrom([]ReportState{ReportPublished, ReportClosed, ReportDraft, ReportTriage}).Draw(t, "state"); w.report.State != ReportPublished {
				w.report.State = state // and what the world has read stays published
			}
		},
		"missing": func() { w.report.Missing = rapid.SampledFrom([][]string{nil, {"severity"}}).Draw(t, "missing") },
		"rules": func() {
			w.problem = rapid.SampledFrom([]string{"", "liftgate.yml:1:1: unknown key"}).Draw(t, "problem")
		},
		"mirror": func() {
			w.mirror.Problems = rapid.SampledFrom([][]string{nil, {"main has commits"}}).Draw(t, "problem")
		},
		"exposed": func() { w.mirror.Exposed = !w.mirror.Exposed },
	}
	events["news"] = func() { w.changed, w.advice = "main has lost the fix", rapid.Bool().Draw(t, "advice") }
	events["bounce"] = func() {
		for _, m := range w.a.Mails {
			w.bounces = append(w.bounces, w.a.Bounce(m, rapid.Bool().Draw(t, "delayed"), "5.1.1 <!-- canary-words"))
		}
	}
	events["releases"] = func() { w.unreleased = []string{branch} }
	names := make([]string, 0, len(events))
	for name := range events {
		names = append(names, name)
	}
	slices.Sort(names)
	// The words that move a case are as likely as everything else together.
	names = append(names, slices.Repeat([]string{"command", "a while", "approve"}, 8)...)
	events[rapid.SampledFrom(names).Draw(t, "event")]()
}

func anyCommand(t *rapid.T, branch string, number int) string {
	return rapid.SampledFrom([]string{
		"/accept", "/reject", "/reject canary-reason", "/public", "/public canary-reason", "/rate low", "/rate canary",
		"/affects " + branch, "/not-affected " + branch, "/not-affected " + branch + " canary-reason", "/waive " + branch, "/waive " + branch + " canary-reason",
		"/embargo 2026-11-17T14:00Z", "/embargo 2026-12-08T14:00Z canary-reason", "/embargo restart canary-reason", "/embargo restart defaced canary", "/embargo soon",
		"/agree", "/decline", "/cve CVE-2026-12345", "/cve canary", fmt.Sprintf("/fix #%d", number), "/fix canary", "/backport " + branch, "/rehearse",
		"/lift", "/lift now", "/lift now canary-reason", "/hold canary-reason <!-- liftgate:status -->", "/resume", "/help", "/canary",
		"/accept\n/cve CVE-2026-12345\n/public", "> /public", "```\n/public\n```",
	}).Draw(t, "command")
}

// anyTrouble refuses some kinds of effect.
func anyTrouble(t *rapid.T) func(Effect) *Trouble {
	kinds := rapid.SliceOfN(rapid.SampledFrom([]string{"open-desk", "write-status", "say", "close-desk", "update-report", "publish-report", "open-fix",
		"ready-fix", "set-hold", "close-fix", "plan-backports", "explain-fix", "build-candidates", "land", "reset-mirror", "drop-refs", "start-checks", "probe"}), 1, 4).Draw(t, "kinds")
	return func(e Effect) *Trouble {
		if slices.Contains(kinds, e.Kind()) {
			return &Trouble{Kind: TroubleRefused, Hint: "no permission"}
		}
		return nil
	}
}

// heal takes every obstacle away and lets people do what the desk asks of them.
func (w *world) heal() {
	w.t.Helper()
	w.trouble, w.stopped, w.problem, w.problems, w.landings, w.ci = nil, false, "", nil, nil, true
	w.mirror.Problems, w.mirror.Exposed, w.report.Missing, w.unreleased = nil, false, nil, nil
	w.conflicts, w.clash = map[string]bool{}, map[string]bool{}
	for _, b := range []string{"main", "stable-2.0", "stable-1.1"} {
		if _, exists := Tip(w.public, b); !exists {
			w.push(b, sha("again", b))
		}
	}
	if w.a.Phase != Rejected && w.report.State == ReportClosed {
		w.report.State = ReportDraft
	}
	queue := w.queue
	w.queue = nil
	for _, e := range queue {
		w.perform(e)
	}
	w.settle().comment("ada", "/accept").settle()
	for range 4 {
		w.mend()
		w.comment("ada", "/cve CVE-2026-12345").comment("grace", "/resume").settle()
	}
	if w.a.Embargo.InForce(w.now) {
		w.until(w.end())
	}
	for range 4 {
		w.mend()
		w.comment("grace", "/resume").comment("grace", "/lift").pass(2 * time.Hour)
	}
	w.pass(Day)
}

// mend puts every fix in order, resolves every conflict by hand, and gives up on what a person would give up on.
func (w *world) mend() {
	for _, c := range w.a.Cells {
		w.checks[c.Candidate.SHA] = CheckPassed
	}
	for _, m := range w.a.Mails {
		if m.Asks() && m.Version == w.a.Notice.Told {
			w.comment("ada", "/announce "+m.List+" sent")
		}
	}
	for i := range w.fixes {
		f := &w.fixes[i]
		f.Open, f.Draft, f.Objectors = !f.Merged && w.a.Lift.Gate != GateDone, false, nil
	}
	w.approveAll()
	for _, c := range w.a.Cells {
		_, exists := Tip(w.public, c.Branch)
		switch {
		case c.State.NeedsFix() && c.Landed == "" && (!exists || c.Unlisted):
			w.comment("grace", "/waive "+c.Branch+" canary-it-is-gone")
		case c.State == NotAffected && c.Why.Empty():
			w.comment("ada", "/not-affected "+c.Branch+" canary-evidence")
		case !c.State.NeedsFix() || c.Landed != "":
		case c.Fix.Number == 0 && c.Branch == "main":
			w.openFix("ada", "main", FixRef(w.a.ID))
		case c.Fix.Number == 0:
			if _, exists := Tip(w.mirror.Branches, BackportRef(w.a.ID, c.Branch)); !exists {
				setTip(&w.mirror.Branches, BackportRef(w.a.ID, c.Branch), sha("resolved", c.Branch))
			}
		case c.Conflicted(), c.Candidate.State == PickConflict:
			w.pushFix(c.Fix.Number, "resolved")
			w.approveAll()
		case c.Candidate.State == PickApplied && strings.Contains(w.status, "use /public"):
			w.comment("grace", "/waive "+c.Branch+" canary-it-is-there")
		}
	}
}
