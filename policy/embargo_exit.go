package policy

import "time"

// Expire records that the end has come. [Embargo.State] knows it without, so a late call changes the record and not the
// facts: the exit is dated at the end itself. Recording it keeps the embargo ended even if the clock steps back. The line
// is empty if there was nothing to record.
func (e Embargo) Expire(now time.Time) (Embargo, string) {
	now = plainUTC(now)
	if !e.ExitedAt.IsZero() || !e.Ended(now) {
		return e, ""
	}
	next, dropped := e.keepProposals(e.Start, func(Proposal) bool { return false })
	next = next.exit(ExitExpired, "", Text{}, e.End)
	return next, "The embargo ended at " + FormatInstant(e.End) + ", " + next.total() + "." + droppedNote(dropped)
}

// EndNow ends the embargo at once by decision. Ending it at a later time is [Embargo.Set].
func (e Embargo) EndNow(by string, reason Text, now time.Time) (Embargo, string, error) {
	now = plainUTC(now)
	if err := e.refuseAct(by, now); err != nil {
		return e, "", err
	}
	switch {
	case !e.InForce(now):
		return e, "", Refusal{"only an embargo in force can be ended", "accept or reject the report first"}
	case reason.Empty():
		return e, "", Refusal{"ending an embargo early needs a reason", "say why: /lift now <reason>"}
	}
	next, dropped := e.keepProposals(now, func(Proposal) bool { return false })
	next = next.exit(ExitEndedEarly, by, reason, now)
	return next, "Embargo ended by " + by + ", " + FormatLength(e.End.Sub(now)) + " early." + droppedNote(dropped), nil
}

// Public records that the matter is public. It is a fact and not a decision, so it is never refused to anybody who signs,
// at any moment: it ends an embargo in force and rules out one that is not. A fact doesn't become untrue, so nothing takes
// it back.
func (e Embargo) Public(by string, reason Text, now time.Time) (Embargo, string, error) {
	now = plainUTC(now)
	if samePerson(by, "") {
		return e, "", Refusal{"every act on an embargo has an author", "name who asks"}
	}
	if !e.PublicAt.IsZero() {
		return e, "The matter is known to be public since " + FormatInstant(e.PublicAt) + ".", nil
	}
	next, _ := e.Expire(now)
	next.PublicAt = now
	line := by + " states that the matter is public."
	if !next.ExitedAt.IsZero() {
		return next, line + " The embargo had ended before, at " + FormatInstant(next.ExitedAt) + ".", nil
	}
	next, dropped := next.keepProposals(now, func(Proposal) bool { return false })
	next = next.exit(ExitPublic, by, reason, now)
	if e.Start.IsZero() {
		return next, line + " There will be no embargo." + droppedNote(dropped), nil
	}
	return next, line + " The embargo ended at once, " + FormatLength(e.End.Sub(now)) + " early." + droppedNote(dropped), nil
}

// Reject closes the embargo of a report that is no vulnerability. Where none was in force nothing remains, so that a report
// which is opened again can still get one.
func (e Embargo) Reject(by string, reason Text, now time.Time) (Embargo, string, error) {
	now = plainUTC(now)
	if next, _ := e.Expire(now); next.Ended(now) {
		return next, "The report is rejected; its embargo was over.", nil
	}
	if err := e.refuseAct(by, now); err != nil {
		return e, "", err
	}
	inForce := e.InForce(now)
	next, dropped := e.keepProposals(now, func(Proposal) bool { return false })
	if !inForce {
		return next, "The report is rejected; no embargo was in force." + droppedNote(dropped), nil
	}
	return next.exit(ExitRejected, by, reason, now), "Embargo ended by " + by + ": the report is rejected." + droppedNote(dropped), nil
}

func (e Embargo) exit(cause ExitCause, by string, reason Text, at time.Time) Embargo {
	e.ExitedAt, e.ExitCause, e.ExitBy, e.ExitReason = at, cause, by, reason
	return e
}
