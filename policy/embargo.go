package policy

import (
	"slices"
	"strings"
	"time"
)

// Embargo is the agreed secrecy of one advisory: who agreed to which end, and how it ended. It is a value. Its methods
// never change it; each returns a new one together with a line for the history and the desk, or returns it unchanged with
// a [Refusal]. Lines and refusals hold logins and instants, never embargoed words.
//
// Its state follows from its data and the time, and is not stored: see [Embargo.State]. The zero value is a matter that
// has no embargo yet.
//
// # How long
//
// Three rules with different consents, all in [Terms]:
//
//   - The usual embargo is two weeks or less from Start. One member sets any end within it, and any end earlier than the
//     present one: whoever agreed to a longer secrecy agreed to its first part.
//   - A longer one, initial or extended, is at most 31 days from Start, whatever happened since. It needs a reason and the
//     agreement of a second member; until then it is a proposal and binds nobody.
//   - A restart gives at most two weeks from the restart and needs a reason and the patch revision that proved wrong. Only
//     a restart may lead beyond 31 days. The 31 days are not counted from it, since a month would then follow each
//     restart, and the two weeks that a restart is meant to buy would become a way to chain extensions.
type Embargo struct {
	Start time.Time // when it came into force, UTC; zero if it never did
	End   time.Time // when it ends or would have ended, UTC

	TermsID   int        // which terms are in force; an id is never used twice in an embargo
	LastID    int        // the last id given to terms, in force or proposed
	Consents  []Consent  // who agreed to which terms, in the order of agreement
	Proposals []Proposal // open proposals; at most one of each person
	Agreed    []Proposal // proposals that came into force, oldest first
	Restarts  []Restart  // oldest first

	ExitedAt   time.Time // when it ended, UTC; zero until an event or [Embargo.Expire] recorded it
	ExitCause  ExitCause
	ExitBy     string
	ExitReason Text
	PublicAt   time.Time // when the matter was found to be public, UTC; zero if it was not
}

// Proposal is an end that somebody wants and that is not in force, or was not when it was made.
type Proposal struct {
	ID     int // terms id, for [Consent]
	By     string
	At     time.Time
	End    time.Time
	Reason Text // never empty where End is beyond the usual length
}

// Consent is one party's agreement to one set of terms. It is kept by party and terms, so that asking for a change takes
// nothing from those who agreed to the old terms.
type Consent struct {
	By      string
	Member  bool // given as a member of the team
	TermsID int
	At      time.Time
}

// Restart is one restart of the clock.
type Restart struct {
	By       string
	At       time.Time
	Revision string // SHA of the patch revision that proved wrong, in lower case
	Reason   Text
	OldEnd   time.Time
	NewEnd   time.Time
}

// EmbargoState is where an embargo stands.
type EmbargoState string

// The states of an embargo. Exited is final: no event leaves it.
const (
	EmbargoNone     EmbargoState = "none"     // nothing proposed, nothing agreed
	EmbargoProposed EmbargoState = "proposed" // an end is proposed, which binds nobody
	EmbargoActive   EmbargoState = "active"   // in force
	EmbargoRevise   EmbargoState = "revise"   // in force under its old terms while new ones are proposed
	EmbargoExited   EmbargoState = "exited"   // over, or ruled out because the matter is public
)

// ExitCause is why an embargo ended.
type ExitCause string

// The causes of an exit.
const (
	ExitExpired    ExitCause = "expired"     // its end came
	ExitPublic     ExitCause = "public"      // the matter became public, or was from the start
	ExitEndedEarly ExitCause = "ended early" // people ended it
	ExitRejected   ExitCause = "rejected"    // the report turned out to be no vulnerability
)

// Refusal says which rule forbids what was asked, and what to do instead. It is meant to be shown to the person who asked.
type Refusal struct {
	Rule   string
	Advice string
}

// Error gives the rule and the advice.
func (r Refusal) Error() string {
	if r.Advice == "" {
		return r.Rule
	}
	return r.Rule + "; " + r.Advice
}

// State tells where the embargo stands at an instant. It is in force in the half-open interval from Start to End: at the
// very instant End it is over, whether or not anybody was running to notice.
func (e Embargo) State(now time.Time) EmbargoState {
	open := len(e.Open(now)) > 0
	switch {
	case !e.ExitedAt.IsZero():
		return EmbargoExited
	case e.Start.IsZero() && open:
		return EmbargoProposed
	case e.Start.IsZero():
		return EmbargoNone
	case !now.Before(e.End):
		return EmbargoExited
	case open:
		return EmbargoRevise
	default:
		return EmbargoActive
	}
}

// InForce reports whether secrecy is owed.
func (e Embargo) InForce(now time.Time) bool {
	state := e.State(now)
	return state == EmbargoActive || state == EmbargoRevise
}

// Ended reports whether an embargo that was in force has ended, or the matter is public. A matter that has no embargo
// yet has not ended one.
func (e Embargo) Ended(now time.Time) bool { return e.State(now) == EmbargoExited }

// IsPublic reports whether the matter was found to be public, before or after an embargo ended.
func (e Embargo) IsPublic() bool { return !e.PublicAt.IsZero() }

// Remaining is the time until the end, zero if the embargo is not in force.
func (e Embargo) Remaining(now time.Time) time.Duration {
	if !e.InForce(now) {
		return 0
	}
	return e.End.Sub(now)
}

// Open lists the proposals that can still be agreed to, the shortest first, older ones first among equals. A proposal
// whose end has passed has lapsed.
func (e Embargo) Open(now time.Time) []Proposal {
	if !e.ExitedAt.IsZero() || !e.Start.IsZero() && !now.Before(e.End) {
		return nil
	}
	open := slices.DeleteFunc(slices.Clone(e.Proposals), func(p Proposal) bool { return !p.End.After(now) })
	slices.SortStableFunc(open, func(a, b Proposal) int {
		if c := a.End.Compare(b.End); c != 0 {
			return c
		}
		return a.ID - b.ID
	})
	return open
}

// refuseAct refuses what nobody signed, and everything that comes after the exit.
func (e Embargo) refuseAct(by string, now time.Time) error {
	switch {
	case strings.TrimSpace(by) == "":
		return Refusal{"every act on an embargo has an author", "name who asks"}
	case e.IsPublic():
		return Refusal{"a matter that is public has no embargo", "publish the fix and the notice"}
	case e.Ended(now):
		return Refusal{"an embargo that has ended stays ended", "treat an incomplete fix as a new advisory"}
	}
	return nil
}

// nextID gives new terms their id.
func (e Embargo) nextID() (Embargo, int) {
	e.LastID++
	return e, e.LastID
}

// consent records that somebody agreed to terms, once.
func (e Embargo) consent(by string, member bool, id int, now time.Time) Embargo {
	if !e.consented(by, id) {
		e.Consents = append(slices.Clip(e.Consents), Consent{By: by, Member: member, TermsID: id, At: now})
	}
	return e
}

func (e Embargo) consented(by string, id int) bool {
	return slices.ContainsFunc(e.Consents, func(c Consent) bool { return c.TermsID == id && samePerson(c.By, by) })
}

// keepProposals keeps the open proposals that satisfy keep, and returns those that it dropped.
func (e Embargo) keepProposals(now time.Time, keep func(Proposal) bool) (Embargo, []Proposal) {
	var kept, dropped []Proposal
	for _, p := range e.Open(now) {
		if keep(p) {
			kept = append(kept, p)
		} else {
			dropped = append(dropped, p)
		}
	}
	e.Proposals = kept
	return e, dropped
}

// samePerson compares logins as the forges do, so that nobody seconds a proposal of one's own in other letters.
func samePerson(a, b string) bool {
	return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b))
}

// plainUTC drops the zone and the monotonic reading, so that an instant is equal to itself after storage.
func plainUTC(t time.Time) time.Time { return t.UTC().Round(0) }
