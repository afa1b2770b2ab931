package policy

import (
	"fmt"
	"slices"
	"time"
)

// propose opens a proposal, which replaces an earlier one of the same person. The cap of a longer embargo counts from its
// start, so that asking again never leads beyond it.
func (e Embargo) propose(r Rules, by string, end time.Time, reason Text, now time.Time) (Embargo, string, error) {
	t := r.Terms
	start, usual := now, now.Add(t.Usual)
	if e.InForce(now) {
		start, usual = e.Start, e.freeUntil(t)
	}
	if end.After(start.Add(t.Longest)) {
		return e, "", Refusal{"an embargo lasts at most " + FormatLength(t.Longest) + " from its start, whoever agrees",
			"choose an end up to " + FormatInstant(start.Add(t.Longest)) + ", or restart it if a patch proved wrong"}
	}
	if end.After(usual) && reason.Empty() {
		return e, "", Refusal{"an embargo longer than the usual " + FormatLength(t.Usual) + " needs a reason",
			"say why: /embargo " + FormatInstant(end) + " <reason>; or choose an end up to " + FormatInstant(usual)}
	}
	for _, p := range e.Open(now) {
		if !p.End.Equal(end) {
			continue
		}
		if samePerson(p.By, by) {
			return e, "This end is already proposed by " + p.By + ".", nil
		}
		return e.second(t, by, true, p, now)
	}
	next, id := e.nextID()
	next, replaced := next.keepProposals(now, func(p Proposal) bool { return !samePerson(p.By, by) })
	next.Proposals = append(slices.Clip(next.Proposals), Proposal{ID: id, By: by, At: now, End: end, Reason: reason})
	next = next.consent(by, true, id, now)
	line := by + " proposes an embargo until " + FormatInstant(end) + ", " + FormatLength(end.Sub(start)) + " in total. It needs the agreement of " +
		others(t.Seconds) + ": /agree."
	if len(replaced) > 0 {
		line += " It replaces " + FormatInstant(replaced[0].End) + ", proposed before by the same person."
	}
	return next, line + r.Calendar.warning(now, end), nil
}

// Agree consents to the shortest open proposal of somebody else that the person has not agreed to yet. It takes effect when
// enough team members agreed; longer proposals stay open. The consent of a reporter or a vendor is recorded and binds that
// party, but doesn't stand in for a member's.
func (e Embargo) Agree(r Rules, by string, roles []Role, now time.Time) (Embargo, string, error) {
	t, now := r.Terms.effective(), plainUTC(now)
	open, err := e.openToOthers(by, now)
	if err != nil {
		return e, "", err
	}
	for _, p := range open {
		// Enough consents can wait without effect after the rules began to ask for fewer.
		if !e.consented(by, p.ID) || e.seconds(p) >= t.Seconds {
			return e.second(t, by, slices.Contains(roles, RoleTeam), p, now)
		}
	}
	return e, by + " has already agreed.", nil
}

// second adds a consent to a proposal, and puts it in force if that was the last one needed.
func (e Embargo) second(t Terms, by string, member bool, p Proposal, now time.Time) (Embargo, string, error) {
	next := e.consent(by, member, p.ID, now)
	line := by + " agrees to an embargo until " + FormatInstant(p.End) + ", proposed by " + p.By + "."
	if missing := t.Seconds - next.seconds(p); missing > 0 {
		return next, line + " It still needs the agreement of " + others(missing) + ".", nil
	}
	if !next.InForce(now) {
		next.Start = now
	}
	next.End, next.TermsID = p.End, p.ID
	next.Agreed = append(slices.Clip(next.Agreed), p)
	next, _ = next.keepProposals(now, func(q Proposal) bool { return q.End.After(p.End) })
	return next, line + " It is in force, " + next.total() + "." + next.openNote(now), nil
}

// seconds counts the members besides the proposer who agreed.
func (e Embargo) seconds(p Proposal) int {
	n := 0
	for _, c := range e.Consents {
		if c.Member && c.TermsID == p.ID && !samePerson(c.By, p.By) {
			n++
		}
	}
	return n
}

// Decline rejects the shortest open proposal of somebody else. While an embargo is in force the longer ones fall with it,
// because whoever refuses a day refuses the days after it, and the old terms stay. Before that, the others stay open.
// Whoever has only a proposal of one's own to decline withdraws it.
func (e Embargo) Decline(by string, now time.Time) (Embargo, string, error) {
	now = plainUTC(now)
	if e.onlyOwn(by, now) {
		return e.Withdraw(by, now)
	}
	open, err := e.openToOthers(by, now)
	if err != nil {
		return e, "", err
	}
	target, inForce := open[0], e.InForce(now)
	next, dropped := e.keepProposals(now, func(p Proposal) bool {
		if inForce {
			return p.End.Before(target.End)
		}
		return p.ID != target.ID
	})
	dropped = slices.DeleteFunc(dropped, func(p Proposal) bool { return p.ID == target.ID })
	return next, by + " declines an embargo until " + FormatInstant(target.End) + ", proposed by " + target.By + "." +
		next.standing(now) + droppedNote(dropped), nil
}

// Withdraw takes one's own proposal back.
func (e Embargo) Withdraw(by string, now time.Time) (Embargo, string, error) {
	now = plainUTC(now)
	if err := e.refuseAct(by, now); err != nil {
		return e, "", err
	}
	next, dropped := e.keepProposals(now, func(p Proposal) bool { return !samePerson(p.By, by) })
	if len(dropped) == 0 {
		return e, "", Refusal{"only the proposer can withdraw a proposal, while it is open", "decline the proposal of somebody else"}
	}
	return next, by + " withdraws the proposed end " + FormatInstant(dropped[0].End) + "." + next.standing(now), nil
}

// openToOthers lists the open proposals that somebody may answer: all but one's own.
func (e Embargo) openToOthers(by string, now time.Time) ([]Proposal, error) {
	if err := e.refuseAct(by, now); err != nil {
		return nil, err
	}
	open := e.Open(now)
	if len(open) == 0 {
		return nil, Refusal{"there is no open proposal to answer", "propose an end with /embargo <instant>"}
	}
	if e.onlyOwn(by, now) {
		return nil, Refusal{"nobody agrees to a proposal of one's own", "ask another member for /agree, or take it back with /decline"}
	}
	return slices.DeleteFunc(open, func(p Proposal) bool { return samePerson(p.By, by) }), nil
}

// onlyOwn reports whether there are open proposals and all of them are one person's.
func (e Embargo) onlyOwn(by string, now time.Time) bool {
	open := e.Open(now)
	return len(open) > 0 && !slices.ContainsFunc(open, func(p Proposal) bool { return !samePerson(p.By, by) })
}

func others(n int) string {
	if n == 1 {
		return "another member"
	}
	return fmt.Sprintf("%d other members", n)
}
