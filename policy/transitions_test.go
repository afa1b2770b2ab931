package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// stage is a case at rest in one phase.
type stage struct {
	name string
	at   func(t tester) *world
}

func stages() []stage {
	return []stage{
		{"reported", func(t tester) *world { return newWorld(t).settle() }},
		{"triaged", func(t tester) *world { return newWorld(t).accepted() }},
		{"fixing", func(t tester) *world {
			w := newWorld(t)
			w.conflicts["stable-1.1"] = true
			return w.withFix()
		}},
		{"ready", func(t tester) *world { return newWorld(t).ready() }},
		{"public", func(t tester) *world { return newWorld(t).withFix().comment("ada", "/public").settle() }},
		{"lifting", func(t tester) *world {
			w := newWorld(t).ready()
			w.landings = []Landing{{State: LandForbidden, Hint: "main protected"}}
			return w.until(w.end())
		}},
		{"landed", func(t tester) *world {
			w := newWorld(t).ready()
			w.trouble = func(e Effect) *Trouble {
				if e.Kind() == "publish-report" {
					return &Trouble{Kind: TroubleRefused, Hint: "refused by the forge"}
				}
				return nil
			}
			w.until(w.end()).trouble = nil
			return w
		}},
		{"published", func(t tester) *world {
			w := newWorld(t).ready()
			return w.until(w.end()).pass(time.Second)
		}},
		{"rejected", func(t tester) *world { return newWorld(t).settle().label("ada", "rejected").settle() }},
	}
}

// stimulus is one input: something that people, the forge or time did since the last turn.
type stimulus struct {
	name string
	do   func(w *world)
}

func says(actor, body string) stimulus {
	return stimulus{actor + ": " + body, func(w *world) { w.comment(actor, body) }}
}

func commandStimuli() []stimulus {
	list := []stimulus{
		{"ada: label accepted", func(w *world) { w.label("ada", "accepted") }},
		{"ada: label rejected", func(w *world) { w.label("ada", "rejected") }},
		{"ada: label public", func(w *world) { w.label("ada", "public") }},
		{"ada: label not-affected/stable-1.1", func(w *world) { w.label("ada", "not-affected/stable-1.1") }},
		{"grace: lift button", func(w *world) { w.press("grace") }},
		{"ada: lift button", func(w *world) { w.press("ada") }},
		{"ada: the same command again", func(w *world) {
			w.desk.Commands = append(w.desk.Commands, w.desk.Commands...)
		}},
	}
	for _, c := range []struct{ may, mayNot, body string }{
		{"ada", "rep", "/accept"},
		{"ada", "rep", "/reject not a bug"},
		{"ada", "eve", "/public seen on a list"},
		{"ada", "rep", "/rate low"},
		{"ven", "rep", "/affects stable-1.1"},
		{"ada", "ven", "/not-affected stable-1.1 came later"},
		{"grace", "ada", "/waive stable-1.1 unused"},
		{"ada", "rep", "/embargo 2026-11-17T14:00Z"},
		{"ada", "ven", "/embargo 2026-12-08T14:00Z vendors"},
		{"ada", "rep", "/embargo restart it races"},
		{"bob", "eve", "/agree"},
		{"bob", "eve", "/decline"},
		{"ada", "rep", "/cve CVE-2026-77777"},
		{"ada", "rep", "/fix #10"},
		{"ada", "rep", "/backport stable-2.0"},
		{"grace", "ven", "/rehearse"},
		{"grace", "ada", "/lift"},
		{"grace", "ada", "/lift now leak"},
		{"ada", "rep", "/hold not today"},
		{"grace", "ada", "/resume"},
		{"ada", "eve", "/settle releases nobody maintains them"},
		{"rep", "eve", "/help"},
		{"ada", "eve", "/nonsense"},
	} {
		list = append(list, says(c.may, c.body), says(c.mayNot, c.body))
	}
	return list
}

func timeStimuli() []stimulus {
	at := func(name string, when func(w *world) time.Time) stimulus {
		return stimulus{name, func(w *world) {
			if next := when(w); next.After(w.now) {
				w.now = next
			}
		}}
	}
	before := func(d time.Duration) func(w *world) time.Time {
		return func(w *world) time.Time { return w.a.Embargo.End.Add(-d) }
	}
	return []stimulus{
		at("time: nothing", func(w *world) time.Time { return w.now }),
		at("time: T-24h", before(Day)), at("time: T-1h", before(time.Hour)), at("time: T-5min", before(5*time.Minute)), at("time: T", before(0)),
		at("time: T+3d", before(-3*Day)),
	}
}

func forgeStimuli() []stimulus {
	fix := func(name string, change func(w *world, f *FixView)) stimulus {
		return stimulus{"fix: " + name, func(w *world) { w.fix(10, func(f *FixView) { change(w, f) }) }}
	}
	return []stimulus{
		{"report: published by hand", func(w *world) { w.report.State = ReportPublished }},
		{"report: closed by hand", func(w *world) { w.report.State = ReportClosed }},
		{"report: lacks a severity", func(w *world) { w.report.Missing = []string{"severity"} }},
		{"report: names a CVE", func(w *world) { w.report.CVE = "CVE-2026-55555" }},
		{"desk: closed by hand", func(w *world) { w.desk.Open = false }},
		{"branch: appears", func(w *world) { w.push("stable-3.0", sha("3.0")) }},
		{"branch: ends", func(w *world) {
			w.rules.Branches = append([]BranchRule{{Name: "stable-1.1", EOL: opened}}, w.rules.Branches...)
		}},
		{"branch: main moves", func(w *world) { w.drift("main") }},
		{"branch: stable-2.0 moves", func(w *world) { w.drift("stable-2.0") }},
		{"branch: stable-2.0 deleted", func(w *world) {
			w.public = slices.DeleteFunc(slices.Clone(w.public), func(b Branch) bool { return b.Name == "stable-2.0" })
		}},
		{"branch: named one deleted", func(w *world) {
			w.rules.Branches = []BranchRule{{Name: "stable-2.0"}, {Name: "stable-1.1"}}
			w.public = slices.DeleteFunc(slices.Clone(w.public), func(b Branch) bool { return b.Name == "stable-2.0" })
		}},
		{"fix: opened under our name", func(w *world) { w.openFix("ada", "main", FixRef(w.a.ID)) }},
		fix("pushed", func(w *world, f *FixView) { f.Head, f.Held = sha("pushed"), false }),
		fix("closed", func(_ *world, f *FixView) { f.Open = false }),
		{"fix: merged early", func(w *world) { w.mergeEarly(10) }},
		fix("approved", func(_ *world, f *FixView) { f.Approvals = []Approval{{"bob", f.Head}} }),
		fix("approved by its author", func(_ *world, f *FixView) { f.Approvals = []Approval{{"ada", f.Head}} }),
		fix("approved by a reader", func(_ *world, f *FixView) { f.Approvals = []Approval{{"eve", f.Head}} }),
		fix("approved at an old head", func(_ *world, f *FixView) { f.Approvals = []Approval{{"bob", sha("old")}} }),
		fix("objected", func(_ *world, f *FixView) { f.Objectors = []string{"bob"} }),
		fix("draft", func(_ *world, f *FixView) { f.Draft = true }),
		fix("hold removed", func(_ *world, f *FixView) { f.Held = false }),
		{"fix: gone", func(w *world) { w.fixes = nil }},
		{"backport: conflict resolved", func(w *world) { setTip(&w.mirror.Branches, BackportRef(w.a.ID, "stable-1.1"), sha("by hand")) }},
		{"candidate: branch moved by hand", func(w *world) {
			ref := CandidateRef(w.a.ID, "main")
			if _, exists := Tip(w.mirror.Branches, ref); exists {
				setTip(&w.mirror.Branches, ref, sha("moved"))
			}
		}},
		{"checks: red", checksAre(CheckFailed)}, {"checks: running", checksAre(CheckPending)},
		{"checks: none", func(w *world) { clear(w.checks) }},
		{"mirror: public", func(w *world) { w.mirror.Problems = []string{"the mirror is public"} }},
		{"mirror: exposed", func(w *world) { w.mirror.Exposed = true }},
		{"rules: unreadable", func(w *world) { w.problem = "liftgate.yml:3:1: unknown key" }},
		{"rules: by button", func(w *world) { w.rules.Lift.ByButton = true }},
	}
}

func checksAre(state CheckState) func(w *world) {
	return func(w *world) {
		for s := range w.checks {
			w.checks[s] = state
		}
	}
}

// outcomeStimuli end one effect of each kind, well and badly, whether or not it was asked for: a late outcome comes into
// any phase.
func outcomeStimuli() []stimulus {
	trouble := &Trouble{Kind: TroubleRefused, Hint: "no permission"}
	moves := []Move{{"main", sha("main"), sha("new")}}
	parts := []Part{{Branch: "main", Main: true, Fix: sha("f"), Tip: sha("main"), Ref: "r"}}
	plan := PlanBackports{Source: sha("f"), Targets: []Target{{Branch: "stable-2.0", Onto: sha("stable-2.0")}}}
	var list []stimulus
	add := func(name string, do Action, o Outcome) {
		list = append(list, stimulus{"outcome: " + name, func(w *world) {
			o.Effect, o.At = Effect{Key: "late", Advisory: w.a.ID, Do: do}, w.now
			w.outcomes = append(w.outcomes, o)
		}})
	}
	for _, do := range []Action{
		OpenDesk{}, WriteStatus{Digest: "d"}, Say{}, CloseDesk{}, UpdateReport{CVE: "CVE-2026-1111"}, PublishReport{}, OpenFix{Branch: "stable-2.0"},
		ReadyFix{Fix: 12}, SetHold{}, CloseFix{}, ExplainFix{Fix: 12, Digest: "d"}, plan, BuildCandidates{Parts: parts}, Land{Moves: moves}, ResetMirror{Branch: "main"}, DropRefs{}, StartChecks{}, StartChecks{Public: true}, Probe{},
	} {
		name := do.kind()
		if start, ok := do.(StartChecks); ok && start.Public {
			name += " in public"
		}
		add(name+" refused", do, Outcome{Trouble: trouble})
		switch do := do.(type) {
		case PlanBackports:
			became := func(name string, r BackportResult) {
				r.Branch = "stable-2.0"
				add("plan-backports "+name, do, Outcome{Backports: []BackportResult{r}})
			}
			became("clean", BackportResult{State: PickClean, Head: sha("b"), Note: "n"})
			became("draft", BackportResult{State: PickDraft, Head: sha("b"), Review: "it is a guess"})
			became("conflict", BackportResult{State: PickConflict, Head: sha("b"), Files: []string{"canary.c"}})
			became("applied", BackportResult{State: PickApplied})
			became("edited", BackportResult{Edited: true})
			became("failed", BackportResult{Failed: "the mirror refused a push"})
		case BuildCandidates:
			add("build-candidates clean", do, Outcome{Candidates: []CandidateResult{{Branch: "main", State: PickClean, SHA: sha("c")}}})
			add("build-candidates conflict", do, Outcome{Candidates: []CandidateResult{{Branch: "main", State: PickConflict}}})
			add("build-candidates applied", do, Outcome{Candidates: []CandidateResult{{Branch: "main", State: PickApplied}}})
		case Land:
			add("land drifted", do, Outcome{Landing: Landing{State: LandDrifted}})
			add("land forbidden", do, Outcome{Landing: Landing{State: LandForbidden, Hint: "main protected"}})
			add("land done", do, Outcome{Landing: Landing{State: LandDone}})
		case Probe:
			add("probe passed", do, Outcome{})
			add("probe found a problem", do, Outcome{Probe: ProbeResult{Problems: []string{"no bypass on main"}}})
		default:
			add(name+" done", do, Outcome{Number: 7})
		}
	}
	return list
}

var hashes = regexp.MustCompile(`[0-9a-f]{12,40}`)

// row tells what one decision changed.
func row(before Advisory, embargo EmbargoState, now time.Time, d Decision) string {
	var parts []string
	change := func(from, to string) {
		if from != to {
			parts = append(parts, from+"→"+to)
		}
	}
	change(string(before.Phase), string(d.Advisory.Phase))
	change(string(before.Lift.Gate), string(d.Advisory.Lift.Gate))
	change(string(embargo), string(d.Advisory.Embargo.State(now)))
	if d.Release {
		parts = append(parts, "RELEASE")
	}
	var effects, words, refusals []string
	for _, e := range d.Effects {
		effects = append(effects, e.Kind()+" "+hashes.ReplaceAllString(e.Key, "*"))
	}
	for _, l := range d.Lines {
		words = append(words, l.By+" "+l.What)
		if l.What == "refused" {
			refusals = append(refusals, l.Why.Reveal())
		}
	}
	line := strings.Join(parts, " ")
	for _, part := range []struct{ name, words string }{
		{"asks", strings.Join(effects, ", ")}, {"history", strings.Join(words, ", ")}, {"refusal", strings.Join(refusals, ", ")},
	} {
		if part.words != "" {
			line += " | " + part.name + ": " + part.words
		}
	}
	return strings.TrimSpace(line)
}

// TestTransitions keeps every phase against every input in a file that a person can review.
func TestTransitions(t *testing.T) {
	stimuli := slices.Concat(timeStimuli(), commandStimuli(), forgeStimuli(), outcomeStimuli())
	var out strings.Builder
	out.WriteString("# Each phase against each input: one decision. Changes of phase, gate and embargo, effects asked for (kind and key, * for a\n" +
		"# hash), words of the history, refusals. \"-\" is no change at all. ada, bob: team; grace: release manager too; rep: reporter;\n" +
		"# ven: vendor; eve: reader. Written by: go test ./policy -run Transitions -update\n")
	for _, s := range stages() {
		rest := s.at(t)
		fmt.Fprintf(&out, "\n## %s: phase %s, gate %s, embargo %s\n", s.name, rest.a.Phase, rest.a.Lift.Gate, rest.a.Embargo.State(rest.now))
		for _, in := range stimuli {
			w := rest.copy()
			before, state := w.a, w.a.Embargo.State(w.now)
			in.do(w)
			d := w.decide()
			fmt.Fprintf(&out, "%-9s | %-42s | %s\n", s.name, in.name, or(row(before, state, w.now, d), "-"))
		}
	}
	sameAsGolden(t, "transitions.golden", out.String())
}
