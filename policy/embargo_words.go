package policy

import (
	"fmt"
	"strings"
	"time"
)

// Describe says in a sentence or two how the embargo stands, for the desk. It holds no embargoed words.
func (e Embargo) Describe(now time.Time) string {
	return e.describe(now, FormatLength(e.Remaining(now))+" left, ")
}

func (e Embargo) describe(now time.Time, left string) string {
	switch e.State(now) {
	case EmbargoNone:
		return "No embargo yet."
	case EmbargoProposed:
		return "No embargo yet." + e.openNote(now)
	case EmbargoActive, EmbargoRevise:
		return "Embargo until " + FormatInstant(e.End) + ", " + left + e.total() + "." + e.openNote(now)
	default:
		return e.describeExit()
	}
}

func (e Embargo) describeExit() string {
	at := e.ExitedAt
	if at.IsZero() { // over by time and not recorded yet
		at = e.End
	}
	text := "The embargo ended at " + FormatInstant(at)
	switch {
	case e.ExitCause == ExitPublic && e.Start.IsZero():
		return "No embargo: the matter is public."
	case e.ExitCause == ExitPublic:
		text += ", because the matter became public"
	case e.ExitCause == ExitEndedEarly:
		text += ", early, by " + e.ExitBy
	case e.ExitCause == ExitRejected:
		text += ", because the report was rejected"
	}
	return text + "."
}

// total tells the whole length, and what made it as long as it is: this is what makes an override visible.
func (e Embargo) total() string {
	text := FormatLength(e.End.Sub(e.Start)) + " in total"
	switch n := len(e.Restarts); n {
	case 0:
	case 1:
		text += ", restarted once"
	default:
		text += fmt.Sprintf(", restarted %d times", n)
	}
	for _, p := range e.Agreed {
		if p.ID == e.TermsID {
			text += ", as proposed by " + p.By + " and agreed by " + strings.Join(e.secondersOf(p), ", ")
		}
	}
	return text
}

// secondersOf names who agreed to a proposal besides its author.
func (e Embargo) secondersOf(p Proposal) []string {
	var names []string
	for _, c := range e.Consents {
		if c.TermsID == p.ID && !samePerson(c.By, p.By) {
			names = append(names, c.By)
		}
	}
	if len(names) == 0 {
		return []string{"accepting the report"}
	}
	return names
}

// openNote lists what is proposed and not agreed.
func (e Embargo) openNote(now time.Time) string {
	open := e.Open(now)
	if len(open) == 0 {
		return ""
	}
	return " Proposed and not agreed: " + listProposals(open) + "."
}

// standing says what remains after a proposal fell.
func (e Embargo) standing(now time.Time) string {
	if e.InForce(now) {
		return " The embargo stays until " + FormatInstant(e.End) + "." + e.openNote(now)
	}
	return " No embargo is in force." + e.openNote(now)
}

func droppedNote(dropped []Proposal) string {
	if len(dropped) == 0 {
		return ""
	}
	return " Dropped with it: " + listProposals(dropped) + "."
}

func listProposals(list []Proposal) string {
	var parts []string
	for _, p := range list {
		parts = append(parts, FormatInstant(p.End)+" by "+p.By)
	}
	return strings.Join(parts, ", ")
}

// FormatLength writes a length of time in its two largest units, days first, cut down and never rounded up.
func FormatLength(d time.Duration) string {
	if d < 0 {
		return "no time"
	}
	units := []struct {
		name string
		size time.Duration
	}{{"day", Day}, {"hour", time.Hour}, {"minute", time.Minute}, {"second", time.Second}}
	for i, unit := range units {
		n := d / unit.size
		if n == 0 {
			continue
		}
		text := countOf(int64(n), unit.name)
		if i+1 < len(units) {
			if rest := (d % unit.size) / units[i+1].size; rest > 0 {
				text += " " + countOf(int64(rest), units[i+1].name)
			}
		}
		return text
	}
	return "less than a second"
}

func countOf(n int64, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}
