package policy

import "time"

// Input is everything a decision may depend on. The same input gives the same decision.
type Input struct {
	Now      time.Time // UTC
	Project  Project
	Seen     Snapshot
	Outcomes []Outcome // of effects that have ended since the last decision
	Presses  []Command // buttons, which the forge can't be asked for again
	Bounces  []Bounce  // of announcements
	Pending  []string  // keys of effects that have not ended
	Taken    []string  // CVE numbers that the store has refused, since other advisories have them
}

// Decision is the next state and what follows from it. The store commits all of it in one transaction.
type Decision struct {
	Advisory  Advisory
	Effects   []Effect
	Lines     []Line     // for the append-only history
	Deadlines []Deadline // replace the ones before
	// Release asks the store to move the lift's deadline from held to lifting by compare-and-set, in the same
	// transaction; where that fails, nothing of the decision is stored.
	Release bool
	// Claims is the CVE number that the advisory has from now on; where another one has it, nothing of the decision is stored.
	Claims string
}

// Line is one line of the history: who, when, what, why.
type Line struct {
	At   time.Time
	By   string // a login, or "liftgate"
	What string // one of a few fixed words, in public
	Why  Text   // the rest
}

// Deadline is an instant at which the advisory must be looked at again even if nothing rings.
type Deadline struct {
	Name string // [DeadlineLift] or [DeadlineWake]
	Due  time.Time
}

// The names of deadlines.
const (
	DeadlineLift = "lift" // the end of the embargo; released by compare-and-set
	DeadlineWake = "wake" // the next moment something is due
)
