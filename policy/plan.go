package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// elapse does what time alone does.
func (t *turn) elapse() {
	next, line := t.a.Embargo.Expire(t.now)
	t.a.Embargo = next
	if line != "" {
		t.line(By, "embargo", line)
	}
	if t.a.Embargo.InForce(t.now) {
		t.wake(t.a.Embargo.End)
	}
}

// plan compares what should be with what is, and asks for the difference.
func (t *turn) plan() {
	t.planDesk()
	t.planReport()
	switch t.a.Phase {
	case Reported:
		return
	case Rejected:
		if s := t.in.Seen.Report.State; s == ReportClosed || s == ReportPublished || t.in.Seen.Report.Ref == "" {
			t.planCloseDesk()
		}
		return
	}
	t.planNumber()
	switch t.a.Lift.Gate {
	case GateHeld, GateLifting:
		t.holdOnDrift()
		t.planDraft()
		t.planEarly()
		t.planBackports()
		t.planHolds()
		t.planCandidates()
		t.planChecks()
		t.planRehearsal()
		t.warnLate()
		t.sayWarnings()
		t.planLift()
	case GateLanded:
		t.planPublication()
		t.planTags()
		t.planNotice()
		t.planAnnouncements()
		t.planRecord()
		t.planPublicChecks()
	case GateDone:
		t.planTags()
		t.planNotice()
		t.planAnnouncements()
		t.planRecord()
		t.planObligations()
		t.planCloseOut()
	}
}

func (t *turn) planDesk() {
	if t.a.DeskNumber == 0 {
		t.ask("desk/"+t.a.ID, OpenDesk{Title: t.a.ID, Body: Embargoed(deskBody(t.a))})
	}
}

// planReport keeps the forge's own private record in step: accepted as a draft, closed when rejected, with its CVE.
func (t *turn) planReport() {
	r := t.in.Seen.Report
	if r.Ref == "" {
		return
	}
	if r.State == ReportPublished { // whoever published it may have had no number yet
		if t.a.CVE != "" && r.CVE == "" {
			t.ask(publishKey+"/"+t.a.CVE, PublishReport{Ref: r.Ref, CVE: t.a.CVE, Severity: t.a.Severity})
		}
		return
	}
	var want UpdateReport
	if t.a.Phase != Reported && t.a.Phase != Rejected && r.State == ReportTriage {
		want.State = ReportDraft
	}
	if t.a.Phase == Rejected && r.State != ReportClosed {
		want.State = ReportClosed
	}
	if t.a.CVE != "" && r.CVE != t.a.CVE && t.a.Phase != Rejected {
		want.CVE = t.a.CVE
	}
	own := r.Severity == "" || r.Ours && r.Severity != t.a.Severity // one that people put into the report is the report's
	if t.a.Severity != "" && own && t.a.Phase != Rejected {
		want.Severity = t.a.Severity
	}
	if want != (UpdateReport{}) {
		want.Ref = r.Ref
		t.ask(fmt.Sprintf("report/%s/%s", or(string(want.State), "same"), named(want.CVE+" "+want.Severity)), want)
	}
}

// planMirrorReset puts a mirror branch back after an early merge, if nothing was built on top of it.
func (t *turn) planMirrorReset(c *Cell) {
	if !c.Fix.Merged {
		return
	}
	for _, view := range t.in.Seen.Fixes {
		public, exists := Tip(t.in.Seen.Public, c.Branch)
		mirror, mirrored := Tip(t.in.Seen.Mirror.Branches, c.Branch)
		if view.Number == c.Fix.Number && exists && mirrored && mirror == view.MergedAs && mirror != public {
			t.ask(fmt.Sprintf("reset/%s/%s", c.Branch, short(mirror)), ResetMirror{Branch: c.Branch, From: mirror, To: public})
		}
	}
}

// planHolds keeps the hold on every head of every fix, again after each push and whenever somebody has replaced it.
func (t *turn) planHolds() {
	lift := t.liftVerdict()
	for _, view := range t.in.Seen.Fixes {
		cell := t.a.Cell(view.Base)
		if !view.Open || view.Held || cell == nil || cell.Fix.Number != view.Number {
			continue
		}
		t.ask(fmt.Sprintf("hold/%d/%s", view.Number, view.Head), SetHold{
			Fix: view.Number, Head: view.Head, Title: "Held until lift",
			Summary: Embargoed(holdSummary(t.a, lift, t.now)), Button: t.in.Seen.Rules.Lift.ByButton,
		})
	}
}

// planCandidates builds all candidates again whenever one of them is not what it should be: main first, so that the
// others can name its final SHA.
func (t *turn) planCandidates() {
	if t.pending("candidates") || t.pending("land") || t.in.Seen.RulesProblem != "" {
		return
	}
	parts, mainFirst := t.parts()
	if len(parts) == 0 || !mainFirst || !t.stale(parts) || t.driftHolds() {
		return
	}
	t.ask("candidates/"+digestParts(parts), BuildCandidates{Parts: parts})
}

// parts lists what the candidates are made of: every branch that has an approved fix. Without main's there are none,
// since the others name its final SHA.
func (t *turn) parts() (parts []Part, mainFirst bool) {
	mainFirst = true
	for _, c := range t.a.Cells {
		main := c.Branch == t.in.Seen.Rules.Main
		if main && c.Landed != "" {
			parts = append(parts, Part{Branch: c.Branch, Main: true, Landed: true, Fix: c.Candidate.Fix, Tip: c.Candidate.Tip})
		}
		if !c.State.NeedsFix() || c.Landed != "" {
			continue
		}
		tip, exists := Tip(t.in.Seen.Public, c.Branch)
		if !exists || c.Fix.Number == 0 || c.Fix.Head == "" || c.Fix.Wanting != "" {
			mainFirst = mainFirst && !main
			continue
		}
		ref := CandidateRef(t.a.ID, c.Branch)
		was, _ := Tip(t.in.Seen.Mirror.Branches, ref)
		parts = append(parts, Part{Branch: c.Branch, Main: main, Fix: c.Fix.Head, Tip: tip, Ref: ref, Was: was})
	}
	return parts, mainFirst
}

func (t *turn) stale(parts []Part) bool {
	for _, p := range parts {
		c := t.a.Cell(p.Branch)
		if p.Landed {
			continue
		}
		if c.Candidate.State == PickNone || c.Candidate.Fix != p.Fix || c.Candidate.Tip != p.Tip {
			return true
		}
		if c.Candidate.State == PickClean && p.Was != c.Candidate.SHA {
			return true // somebody moved or deleted the candidate's branch: CI no longer tests it
		}
	}
	return false
}

func digestParts(parts []Part) string {
	moves := make([]Move, len(parts))
	for i, p := range parts {
		moves[i] = Move{Branch: p.Branch, Old: p.Tip, New: p.Fix + p.Was}
	}
	return digest(moves)
}

// planRehearsal rehearses after every change, before the end, when asked, and again while something is wrong.
func (t *turn) planRehearsal() {
	if t.pending("probe") || t.pending("candidates") || t.pending("land") {
		return
	}
	moves := t.a.Moves()
	why := t.rehearsalDue(moves)
	if why == "" {
		return
	}
	r := t.a.Lift.Rehearsal
	t.ask(fmt.Sprintf("probe/%d", r.Count+1), Probe{Of: t.rehearsing(moves), Notice: t.noticeToCome(), Moves: t.probed(moves), Report: t.a.Report, Tags: t.tagsToCome(), Why: why, Sequence: r.Count + 1})
}

// probed adds the branches that have no candidate yet: their rules are looked at all the same.
func (t *turn) probed(moves []Move) []Move {
	for _, c := range t.a.Cells {
		tip, exists := Tip(t.in.Seen.Public, c.Branch)
		if c.State.NeedsFix() && c.Landed == "" && exists && !slices.ContainsFunc(moves, func(m Move) bool { return m.Branch == c.Branch }) {
			moves = append(moves, Move{Branch: c.Branch, Old: tip})
		}
	}
	return moves
}

// repeated is why a rehearsal that found something is done again.
const repeated = "repeated"

// worrying is how often a rehearsal that found something is repeated, so that people see it mended.
const worrying = time.Hour

func (t *turn) rehearsalDue(moves []Move) string {
	r := t.a.Lift.Rehearsal
	if t.a.Lift.Rehearse != "" {
		return t.a.Lift.Rehearse
	}
	if len(moves) == 0 && !t.settledByEveryCell() {
		return ""
	}
	if r.Of != t.rehearsing(moves) {
		return "changed"
	}
	if end := t.a.Embargo.End; t.a.Embargo.InForce(t.now) {
		missed := ""
		for _, at := range rehearsalTimes {
			due := end.Add(-at.before)
			if due.After(t.now) {
				t.wake(due)
			} else if r.At.Before(due) {
				missed = at.name // the last one says how late it is
			}
		}
		if missed != "" {
			return missed
		}
		if again := r.At.Add(Day); again.After(t.now) { // rules and permissions change without a word
			t.wake(again)
		} else {
			return "daily"
		}
	}
	if len(r.Problems) > 0 {
		again := r.At.Add(worrying)
		if t.a.Embargo.Ended(t.now) {
			again = r.At.Add(stuckRetry)
		}
		if !again.After(t.now) {
			return repeated
		}
		t.wake(again)
	}
	return ""
}

// warnLate looks once at each of the last instants before the end, rehearsed or not, and pages if something is missing.
func (t *turn) warnLate() {
	if !t.a.Embargo.InForce(t.now) {
		return
	}
	for _, at := range rehearsalTimes {
		due := t.a.Embargo.End.Add(-at.before)
		key := "late/" + at.name + "/" + FormatInstant(t.a.Embargo.End)
		switch {
		case due.After(t.now):
			t.wake(due)
		case due.After(t.a.Embargo.Start) && t.once(key):
			if waiting := t.readiness().Blocking(); len(waiting) > 0 {
				t.page(key, at.name+" and not ready: "+strings.Join(waiting, "; ")+".")
			}
		}
	}
}

// sayWarnings tells once of each thing that will break soon.
func (t *turn) sayWarnings() {
	for _, warning := range t.in.Seen.Warnings {
		t.page("warning/"+named(warning), warning)
	}
}

func (t *turn) rehearsed(do Probe, o Outcome) {
	t.a.Lift.Rehearse = ""
	same := slices.Equal(t.a.Lift.Rehearsal.Problems, o.Probe.Problems)
	t.a.Lift.Rehearsal = Rehearsal{
		At: t.now, Of: do.Of, Why: do.Why, Checked: o.Probe.Checked, Risks: o.Probe.Risks, Problems: o.Probe.Problems, Count: do.Sequence,
	}
	if len(o.Probe.Problems) == 0 {
		t.line(By, "rehearsed", do.Why+": passed")
		return
	}
	if same && do.Why == repeated {
		return // nothing that people were not told
	}
	t.line(By, "rehearsed", fmt.Sprintf("%s: %d problems", do.Why, len(o.Probe.Problems)))
	for _, problem := range o.Probe.Problems {
		t.page("rehearsal/"+named(problem), "The rehearsal found: "+problem)
	}
}
