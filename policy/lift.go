package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// planLift starts the lift when its time has come, and drives it on until the public refs are read back.
func (t *turn) planLift() {
	verdict := t.liftVerdict()
	if t.a.Lift.Gate == GateHeld {
		t.planStart(verdict)
		return
	}
	t.planLanding(verdict)
}

// planStart moves the gate, once, if the embargo has ended, somebody or the clock wants it, and nothing is missing. The
// store does it by compare-and-set; before it, stopping is free.
func (t *turn) planStart(verdict Verdict) {
	if !t.a.Embargo.Ended(t.now) {
		return
	}
	wanted := t.wanted()
	switch {
	case !wanted:
		t.page("press", "The embargo has ended. A release manager starts the lift with `/lift` or the button at a fix.")
	case !verdict.OK() && t.a.Lift.HeldBy != By && !t.converging():
		t.page("not-ready/"+t.a.Embargo.End.Format(time.RFC3339), "The embargo has ended and the lift can't start: "+strings.Join(verdict.Blocking(), "; ")+".")
	}
	if !wanted || !verdict.OK() || t.busy() {
		return
	}
	if !t.endedBefore { // this turn ended the embargo itself: its deadline has to be stored before it can be released
		t.wake(t.now.Add(soon))
		return
	}
	t.release = true
	t.a.Lift.Gate, t.a.Lift.Committed = GateLifting, t.now
	t.line(By, "lift committed", describeMoves(t.a.Moves()))
	t.planLanding(verdict)
}

// wanted reports whether somebody or the clock starts the lift.
func (t *turn) wanted() bool { return !t.in.Seen.Rules.Lift.ByButton || t.a.Lift.AskedBy != "" }

// busy reports whether work is on its way that could still change what would land. Backports that can't be planned for long
// keep nothing back: what would land without them was approved and tested.
func (t *turn) busy() bool {
	return t.pending("candidates") || t.pending("probe") || t.pending("backports") && t.patient()
}

// patience is how long after the end Liftgate's own work and the mirror's CI may take before somebody is paged.
const patience = time.Hour

// converging reports whether what is missing is only Liftgate's own work or the mirror's CI, so that nobody needs a page
// yet.
func (t *turn) converging() bool {
	if t.busy() {
		return true
	}
	byPeople := group("people", t.advisoryVerdict(), t.mirrorVerdict(), t.heldVerdict())
	if !byPeople.OK() || len(t.a.Lift.Rehearsal.Problems) > 0 || len(t.a.Cells) == 0 {
		return false
	}
	for i := range t.a.Cells {
		if c := &t.a.Cells[i]; !t.cellVerdict(c).OK() && !t.moving(c) {
			return false
		}
	}
	return t.patient()
}

// patient reports whether the end is so near that what Liftgate and CI do by themselves may still come to an end.
func (t *turn) patient() bool {
	begun := t.a.Embargo.ExitedAt
	if t.a.Lift.Committed.After(begun) {
		begun = t.a.Lift.Committed
	}
	t.wake(begun.Add(patience))
	return t.now.Before(begun.Add(patience))
}

// moving reports whether a cell that is not settled waits for its candidate or for checks, and for nobody.
func (t *turn) moving(c *Cell) bool {
	_, exists := Tip(t.in.Seen.Public, c.Branch)
	return exists && c.State.NeedsFix() && c.Fix.Number != 0 && c.Fix.Wanting == "" &&
		(c.Candidate.State == PickNone || c.Candidate.State == PickClean) && !strings.HasSuffix(c.Candidate.Proof, " failed")
}

// atLiftTime reports whether the lift is due, or so near that nothing is rehearsed any more before it unless something
// changes: whoever wants to be asked about a change wants to be asked about one after the last rehearsal.
func (t *turn) atLiftTime() bool {
	last := rehearsalTimes[len(rehearsalTimes)-1].before
	return t.a.Embargo.Ended(t.now) || t.a.Embargo.InForce(t.now) && t.a.Embargo.Remaining(t.now) < last
}

// driftHolds reports whether the team chose to stop where a public branch moved at lift time.
func (t *turn) driftHolds() bool {
	return t.in.Seen.Rules.Lift.HoldOnDrift && t.atLiftTime() && t.a.Lift.HeldBy != ""
}

// holdOnDrift stops the lift if a public branch has moved at lift time and the team chose to be asked. A move that was
// noticed before, and whose candidates are on their way, is none.
func (t *turn) holdOnDrift() {
	if !t.in.Seen.Rules.Lift.HoldOnDrift || t.a.Lift.HeldBy != "" || !t.atLiftTime() || !t.wanted() ||
		t.pending("candidates") || t.pending("land") {
		return
	}
	if moved := t.drifted(); len(moved) > 0 {
		where := strings.Join(moved, ", ")
		t.a.Lift.HeldBy, t.a.Lift.HeldWhy = By, Embargoed(where+" moved at lift time")
		t.page(fmt.Sprintf("drift/%s", named(where+digest(t.publicTips()))), where+" moved at lift time. `/resume` builds the candidates again and goes on.")
	}
}

// drifted lists the branches whose public tip is not the one that their candidate was built on, each new tip once.
func (t *turn) drifted() []string {
	var moved []string
	for _, c := range t.a.Cells {
		tip, exists := Tip(t.in.Seen.Public, c.Branch)
		if c.State.NeedsFix() && c.Candidate.State == PickClean && exists && tip != c.Candidate.Tip && t.once("drift/"+c.Branch+"/"+tip) {
			moved = append(moved, c.Branch)
		}
	}
	return moved
}

// publicTips are the public branches as they are seen now.
func (t *turn) publicTips() []Move {
	tips := make([]Move, len(t.in.Seen.Public))
	for i, b := range t.in.Seen.Public {
		tips[i] = Move{Branch: b.Name, New: b.Tip}
	}
	return tips
}

// stuckRetry is how long a refused push waits before it is tried again by itself.
const stuckRetry = 5 * time.Minute

func (t *turn) planLanding(verdict Verdict) {
	moves := t.a.Moves()
	if len(moves) == 0 && t.settledByEveryCell() {
		t.a.Lift.Gate, t.a.Lift.Landed = GateLanded, t.now
		t.line(By, "landed", "no branch has to move any more")
		t.planPublication()
		return
	}
	if !verdict.OK() && t.a.Lift.HeldBy == "" && !t.pending("land") && !t.converging() {
		t.page(fmt.Sprintf("not-ready/lifting/%d", t.a.Lift.Tries), "The lift has begun and can't go on: "+strings.Join(verdict.Blocking(), "; ")+".")
	}
	if !verdict.OK() || t.busy() || t.pending("land") {
		return
	}
	if t.a.Lift.Stuck != "" {
		if again := t.a.Lift.StuckAt.Add(stuckRetry); again.After(t.now) {
			t.wake(again)
			return
		}
	}
	t.ask(fmt.Sprintf("land/%s/%d", digest(moves), t.a.Lift.Tries), Land{Moves: moves})
}

func (t *turn) settledByEveryCell() bool {
	for i := range t.a.Cells {
		if !t.cellVerdict(&t.a.Cells[i]).OK() {
			return false
		}
	}
	return len(t.a.Cells) > 0
}

// landed takes in what the push did, as read back from the public repository.
func (t *turn) landed(do Land, landing Landing) {
	if t.a.Lift.Gate != GateLifting { // it landed before, or was never pushed
		return
	}
	t.a.Lift.Tries++
	switch landing.State {
	case LandDone:
		t.markLanded(do.Moves)
		t.a.Lift.Gate, t.a.Lift.Landed, t.a.Lift.Stuck = GateLanded, t.now, ""
		t.line(By, "landed", describeMoves(do.Moves))
	case LandDrifted:
		t.a.Lift.Stuck, t.a.Lift.StuckAt = "", time.Time{} // the new tips show in the snapshot: the candidates are built again
		t.line(By, "push refused", "a public branch moved; nothing landed")
		if t.in.Seen.Rules.Lift.HoldOnDrift {
			t.a.Lift.HeldBy, t.a.Lift.HeldWhy = By, Embargoed("a public branch moved at lift time")
			t.page(fmt.Sprintf("drift/%d", t.a.Lift.Tries), "A public branch moved at lift time. `/resume` builds the candidates again and goes on.")
		}
	case LandHalf:
		moved := slices.DeleteFunc(slices.Clone(do.Moves), func(m Move) bool { return !slices.Contains(landing.Moved, m.Branch) })
		t.markLanded(moved)
		t.line(By, "half landed", describeMoves(moved))
		t.page(fmt.Sprintf("half/%d", t.a.Lift.Tries), "Some public branches moved and others did not, although the push was atomic: "+
			strings.Join(landing.Moved, ", ")+" landed. The rest follows as soon as it is proved on the public tips; look at it now.")
	case LandForbidden:
		t.a.Lift.Stuck, t.a.Lift.StuckAt = landing.Hint, t.now
		t.line(By, "push refused", landing.Hint+"; nothing landed")
		t.page("stuck/"+named(landing.Hint), "The public repository refused the push: "+landing.Hint+
			". Nothing landed. It is tried again every five minutes; `/resume` tries at once.")
	}
}

func (t *turn) markLanded(moves []Move) {
	for _, m := range moves {
		if c := t.a.Cell(m.Branch); c != nil {
			c.Landed = m.New
		}
	}
}

func describeMoves(moves []Move) string {
	words := make([]string, len(moves))
	for i, m := range moves {
		words[i] = m.Branch + " " + short(m.Old) + ".." + short(m.New)
	}
	return strings.Join(words, ", ")
}

// publishKey is the key of the publication, and how those of what is added to a published report begin.
const publishKey = "publish"

// planPublication publishes after the public refs were read back, and not before.
func (t *turn) planPublication() {
	if t.in.Seen.Report.Ref == "" {
		return
	}
	if t.in.Seen.Report.State == ReportPublished {
		t.published()
		t.planCloseOut()
		return
	}
	t.ask(publishKey, PublishReport{Ref: t.a.Report, CVE: t.a.CVE, Severity: t.a.Severity, Releases: t.released()})
}

func (t *turn) published() {
	if t.a.Lift.Gate == GateDone || t.a.Lift.Gate == GateHeld && !t.a.Embargo.IsPublic() {
		return
	}
	if t.a.Lift.Gate != GateLanded { // a matter that was public before its fixes
		t.line(By, "published", "the fixes follow")
		return
	}
	t.a.Lift.Gate, t.a.Lift.Published = GateDone, t.now
	t.line(By, "published", "")
}

// planCloseOut closes what is open, releases the holds, and clears Liftgate's branches out of the mirror.
func (t *turn) planCloseOut() {
	if !t.a.Lift.Closed.IsZero() {
		return
	}
	t.planPublicChecks()
	open := false
	for _, view := range t.in.Seen.Fixes {
		cell := t.a.Cell(view.Base)
		if cell == nil || cell.Fix.Number != view.Number {
			continue
		}
		switch {
		case view.Open: // before it is released, or a fix set to merge by itself would be merged in between
			open = true
			t.ask(fmt.Sprintf("close-fix/%d", view.Number), CloseFix{Fix: view.Number, Body: Embargoed(closingWords(*cell))})
		case !view.Released:
			open = true
			t.ask(fmt.Sprintf("release/%d/%s", view.Number, view.Head), SetHold{
				Fix: view.Number, Head: view.Head, Released: true, Title: "Released by the lift",
				Summary: Embargoed("The embargo has ended and the fixes are public."),
			})
		}
	}
	if t.blind() {
		problem := plain(t.in.Seen.RulesProblem)
		t.page("blind/"+named(problem), "The notice and what follows it wait until the project's configuration can be read: "+problem)
		return
	}
	if open || t.owesNotice() || len(t.untagged()) > 0 || len(t.unmailed()) > 0 || t.owesRecord() || t.pending(publicChecksKey) {
		return
	}
	if refs := t.ownRefs(); len(refs) > 0 {
		t.ask("drop/"+digestBranches(refs), DropRefs{Refs: refs})
		return
	}
	t.planCloseDesk()
}

// planCloseDesk closes the desk once the status comment says the last word.
func (t *turn) planCloseDesk() {
	desk := t.in.Seen.Desk
	switch {
	case !t.a.Lift.Closed.IsZero() || desk.Number == 0:
	case !desk.Open:
		t.a.Lift.Closed, t.a.Notice.Heard = t.now, t.a.Notice.Told
		t.wake(t.now.Add(soon)) // for the aftermath
	case !t.pending("status") && t.a.StatusDigest == statusDigest(t.statusBody()):
		t.ask("close-desk", CloseDesk{Desk: t.a.DeskNumber})
	}
}

// planEarly publishes at triage what is public already; the fixes follow as they are ready.
func (t *turn) planEarly() {
	r := t.in.Seen.Report
	if t.a.Embargo.IsPublic() && r.Ref != "" && r.State != ReportPublished && t.advisoryVerdict().OK() {
		t.ask(publishKey, PublishReport{Ref: t.a.Report, CVE: t.a.CVE, Severity: t.a.Severity})
	}
	if t.a.Embargo.IsPublic() && t.a.Lift.Gate == GateHeld && t.advisoryVerdict().OK() {
		t.planNotice()
		t.planAnnouncements()
		t.planRecord()
	}
}

func closingWords(c Cell) string {
	if c.Landed == "" {
		return "The embargo has ended; this fix was not part of the lift."
	}
	return fmt.Sprintf("Landed on %s as %s.", c.Branch, c.Landed)
}

// ownRefs lists Liftgate's branches of this advisory in the mirror. Branches that people made under the same prefix are
// embargoed work no longer, and are left alone.
func (t *turn) ownRefs() []Branch {
	var refs []Branch
	for _, c := range t.a.Cells {
		for _, name := range []string{CandidateRef(t.a.ID, c.Branch), BackportRef(t.a.ID, c.Branch)} {
			if tip, exists := Tip(t.in.Seen.Mirror.Branches, name); exists {
				refs = append(refs, Branch{Name: name, Tip: tip})
			}
		}
	}
	if tip, exists := Tip(t.in.Seen.Mirror.Branches, NoticeRef(t.a.ID)); exists {
		refs = append(refs, Branch{Name: NoticeRef(t.a.ID), Tip: tip})
	}
	return refs
}

func digestBranches(branches []Branch) string {
	moves := make([]Move, len(branches))
	for i, b := range branches {
		moves[i] = Move{Branch: b.Name, New: b.Tip}
	}
	return digest(moves)
}

// phase tells how far the advisory has come, from what is known.
func (t *turn) phase() Phase {
	switch {
	case t.a.Phase == Reported || t.a.Phase == Rejected:
		return t.a.Phase
	case t.a.Lift.Gate == GateDone:
		return Published
	case t.a.Lift.Gate != GateHeld:
		return Lifting
	case t.readiness().OK() && t.rehearsalVerdict().OK():
		return Ready
	}
	if main := t.mainCell(); main != nil && main.Fix.Number != 0 {
		return Fixing
	}
	return Triaged
}
