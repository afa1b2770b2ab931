package policy

import (
	"errors"
	"time"
)

// TroubleKind sorts everything that can go wrong outside by what may be done about it.
type TroubleKind string

// The kinds of trouble.
const (
	TroubleNone     TroubleKind = ""
	TroubleRefused  TroubleKind = "refused"     // forbidden or not found: people must change something
	TroubleInvalid  TroubleKind = "invalid"     // the forge does not accept the content: people must change something
	TroubleConflict TroubleKind = "conflict"    // the state it expected is gone: look again
	TroubleLimited  TroubleKind = "limited"     // a rate limit: wait until Until
	TroubleAway     TroubleKind = "unavailable" // nothing happened, try again
	TroubleUnknown  TroubleKind = "unknown"     // it may have happened: look before trying again (invariant 6)
)

// Trouble is an error from outside, sorted. Hint says in public words what to do; it never holds embargoed text, a raw
// answer of a forge or git's own output, so it may be logged.
type Trouble struct {
	Kind  TroubleKind
	Hint  string
	Until time.Time // for TroubleLimited: when it may be tried again, UTC
}

// Error gives the kind and the hint.
func (t *Trouble) Error() string { return string(t.Kind) + ": " + t.Hint }

// AsTrouble sorts any error: one that is not a [Trouble] has an unknown outcome.
func AsTrouble(err error) *Trouble {
	if err == nil {
		return nil
	}
	var t *Trouble
	if errors.As(err, &t) {
		return t
	}
	return &Trouble{Kind: TroubleUnknown, Hint: "something unexpected happened"}
}
