package policy

import (
	"strings"
	"time"
)

// againBackport tries a backport again from the start. A backport that a person has edited is not overwritten: its branch
// has to be deleted first.
func (t *turn) againBackport(by, branch string) error {
	cell := t.a.Cell(branch)
	switch {
	case cell == nil || cell.State == EndOfLife:
		return Refusal{"the branch is not a maintained one", "the table at the desk lists them"}
	case branch == t.in.Seen.Rules.Main:
		return Refusal{"the main branch has the fix itself", "push to it"}
	case t.edited(cell):
		return Refusal{"somebody has edited this backport", "close its fix and delete its branch first, then ask again"}
	}
	if cell.Fix.Closed {
		cell.Fix = Fix{}
	}
	cell.Backport, t.a.Planned = Backport{Head: cell.Backport.Head, Before: cell.Backport.Before}, nil
	if cell.State == Waived || cell.State == NotAffected {
		cell.State, cell.By, cell.Why = Unknown, "", Text{}
	}
	t.line(by, "asked for a backport", branch)
	return nil
}

// askLift is the release manager's word: `/lift` and the button at or after the end, `/lift now <reason>` before it.
func (t *turn) askLift(by, args string) error {
	word, reason, _ := strings.Cut(args, " ")
	switch {
	case word == "now" && !t.a.Embargo.Ended(t.now):
		err := t.moveEmbargo(by, "ended the embargo early", strings.TrimSpace(reason), func(e Embargo) (Embargo, string, error) {
			return e.EndNow(by, Embargoed(strings.TrimSpace(reason)), t.now)
		})
		if err != nil {
			return err
		}
	case args != "" && word != "now":
		return Refusal{"there is `/lift`, at or after the end, and `/lift now <reason>`", "choose one"}
	case !t.a.Embargo.Ended(t.now):
		return Refusal{"the embargo lasts until " + FormatInstant(t.a.Embargo.End), "wait, or end it early with /lift now <reason>"}
	}
	t.a.Lift.AskedBy = by
	t.line(by, "asked for the lift", "")
	return nil
}

func (t *turn) hold(by, why string) error {
	if t.a.Lift.Gate == GateLanded || t.a.Lift.Gate == GateDone {
		return Refusal{"the fixes have landed", "nothing is left to hold"}
	}
	if t.a.Lift.Gate == GateLifting {
		return Refusal{"the lift has begun and only goes forward", "use `/resume` if it is stuck"}
	}
	t.a.Lift.HeldBy, t.a.Lift.HeldWhy = by, Embargoed(why)
	t.line(by, "stopped the lift", why)
	return nil
}

func (t *turn) resume(by string) error {
	l := &t.a.Lift
	if l.HeldBy == "" && l.Stuck == "" && len(t.a.Setbacks) == 0 {
		return Refusal{"nothing is stopped", "the status at the desk says what the lift waits for"}
	}
	l.HeldBy, l.HeldWhy = "", Text{}
	l.Stuck, l.StuckAt = "", time.Time{}
	t.a.Setbacks = nil
	t.drifted() // whoever resumes has seen where the public branches are
	t.line(by, "resumed", "")
	return nil
}
