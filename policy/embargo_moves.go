package policy

import (
	"slices"
	"strings"
	"time"
)

// Default puts the usual embargo in force when a report is accepted: until the last lift slot of the next two weeks. Where
// ends were proposed before, the shortest of all is in force and the rest stay open as revisions: everybody had already
// agreed to the time up to the shortest.
func (e Embargo) Default(r Rules, now time.Time) (Embargo, string, error) {
	t, now := r.Terms.effective(), plainUTC(now)
	if err := e.refuseAct("default", now); err != nil {
		return e, "", err
	}
	if e.InForce(now) {
		return e, "", Refusal{"an advisory has one embargo", "change the end of the present one with /embargo"}
	}
	end, note := r.Calendar.within(now, t.Usual)
	next, id := e.nextID()
	if open := e.Open(now); len(open) > 0 && !open[0].End.After(end) {
		p := open[0]
		next, end, note, id = e, p.End, " That is the shortest end proposed.", p.ID
		next.Agreed = append(slices.Clip(e.Agreed), p)
	}
	next.Start, next.End, next.TermsID = now, end, id
	next, _ = next.keepProposals(now, func(p Proposal) bool { return p.End.After(end) })
	return next, "Embargo set until " + FormatInstant(end) + ", " + FormatLength(end.Sub(now)) + "." + note + next.openNote(now), nil
}

// Set asks for an end. It takes effect at once if it is within the usual length or earlier than the present end; otherwise,
// and before there is an embargo, it is a proposal that others must agree to. An end that somebody else proposed already is
// agreed to by asking for it. An end that is no lift slot is allowed, and the line warns about it.
func (e Embargo) Set(r Rules, by string, end time.Time, reason Text, now time.Time) (Embargo, string, error) {
	r.Terms, end, now = r.Terms.effective(), plainUTC(end), plainUTC(now)
	if err := e.refuseAct(by, now); err != nil {
		return e, "", err
	}
	if !end.After(now) {
		return e, "", Refusal{"an embargo ends in the future", "use /lift now <reason> to end it at once"}
	}
	if e.InForce(now) {
		if end.Equal(e.End) {
			return e, "The embargo already ends at " + FormatInstant(end) + ".", nil
		}
		if end.Before(e.End) || !end.After(e.freeUntil(r.Terms)) {
			return e.change(r, by, end, now)
		}
	}
	return e.propose(r, by, end, reason, now)
}

// freeUntil is the latest end that one member may set: the usual length from the start, or the length of a restart from
// the last one.
func (e Embargo) freeUntil(t Terms) time.Time {
	limit := e.Start.Add(t.Usual)
	if n := len(e.Restarts); n > 0 {
		if renewed := e.Restarts[n-1].At.Add(t.Restart); renewed.After(limit) {
			return renewed
		}
	}
	return limit
}

// change puts an end in force that needs nobody's agreement.
func (e Embargo) change(r Rules, by string, end, now time.Time) (Embargo, string, error) {
	next, id := e.nextID()
	next = next.consent(by, true, id, now)
	next.End, next.TermsID = end, id
	next, _ = next.keepProposals(now, func(p Proposal) bool { return p.End.After(end) })
	verb := "shortened"
	if end.After(e.End) {
		verb = "moved"
	}
	line := "Embargo " + verb + " by " + by + " from " + FormatInstant(e.End) + " to " + FormatInstant(end) + ", " + next.total() + "."
	return next, line + r.Calendar.warning(now, end) + next.openNote(now), nil
}

// Restart starts the clock again because a patch revision proved wrong. A zero end means the last lift slot of the new
// period. Open proposals are dropped, since they were made for another patch.
func (e Embargo) Restart(r Rules, by, revision string, reason Text, end, now time.Time) (Embargo, string, error) {
	t, now := r.Terms.effective(), plainUTC(now)
	revision = strings.ToLower(strings.TrimSpace(revision))
	if err := e.refuseRestart(by, revision, reason, now); err != nil {
		return e, "", err
	}
	var note string
	if end.IsZero() {
		end, note = r.Calendar.within(now, t.Restart)
	} else {
		end = plainUTC(end)
		note = r.Calendar.warning(now, end)
	}
	switch {
	case end.After(now.Add(t.Restart)):
		return e, "", Refusal{"a restart gives at most " + FormatLength(t.Restart), "choose an end up to " + FormatInstant(now.Add(t.Restart))}
	case end.Before(e.End):
		return e, "", Refusal{"a restart gives time and never takes it: the embargo already lasts until " + FormatInstant(e.End),
			"go on, or use /embargo to choose an earlier end"}
	}
	if e.restartedFor(revision) {
		note += " Warning: this revision has restarted the clock before."
	}
	next, id := e.nextID()
	next = next.consent(by, true, id, now)
	next.Restarts = append(slices.Clip(e.Restarts), Restart{By: by, At: now, Revision: revision, Reason: reason, OldEnd: e.End, NewEnd: end})
	next.End, next.TermsID = end, id
	next, dropped := next.keepProposals(now, func(Proposal) bool { return false })
	return next, "Embargo restarted by " + by + " because revision " + shortRevision(revision) + " proved wrong: from " + FormatInstant(e.End) +
		" to " + FormatInstant(end) + ", " + next.total() + "." + note + droppedNote(dropped), nil
}

func (e Embargo) refuseRestart(by, revision string, reason Text, now time.Time) error {
	if err := e.refuseAct(by, now); err != nil {
		return err
	}
	switch {
	case !e.InForce(now):
		return Refusal{"only an embargo in force can be restarted", "accept the report first, which sets one"}
	case !looksLikeSHA(revision):
		return Refusal{"a restart names the patch revision that proved wrong", "give its commit SHA, at least 7 hexadecimal digits"}
	case reason.Empty():
		return Refusal{"a restart needs a reason", "say what is wrong with the patch: /embargo restart <reason>"}
	}
	return nil
}

// restartedFor reports whether a revision, perhaps abbreviated, has restarted the clock before.
func (e Embargo) restartedFor(revision string) bool {
	return slices.ContainsFunc(e.Restarts, func(r Restart) bool {
		return strings.HasPrefix(r.Revision, revision) || strings.HasPrefix(revision, r.Revision)
	})
}

// looksLikeSHA keeps free text, which may be embargoed, out of lines.
func looksLikeSHA(s string) bool {
	return len(s) >= 7 && len(s) <= 64 && strings.Trim(s, "0123456789abcdef") == ""
}

func shortRevision(sha string) string { return sha[:min(len(sha), 12)] }
