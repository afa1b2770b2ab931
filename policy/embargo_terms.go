package policy

import "time"

// Day is what a day of an embargo lasts: elapsed time, whatever clocks do in summer.
const Day = 24 * time.Hour

// The lengths that the security process promises. A project may choose shorter ones.
const (
	usualLength   = 14 * Day
	longestLength = 31 * Day
	restartLength = 14 * Day
)

// Terms are a project's rules for the length of an embargo. See [Embargo] for what each of them limits.
type Terms struct {
	Usual   time.Duration // what one member may set, and what the default is cut back from
	Longest time.Duration // what may be agreed to
	Restart time.Duration // what a restart gives
	Seconds int           // how many members besides the proposer must agree to a proposal
}

// DefaultTerms are two weeks, 31 days with a second member's agreement, and two weeks a restart.
func DefaultTerms() Terms {
	return Terms{Usual: usualLength, Longest: longestLength, Restart: restartLength, Seconds: 1}
}

// Check returns a [Refusal] for terms that promise more secrecy than the security process allows, or that contradict
// themselves. Terms that were not checked do no harm: what is missing or too long counts as the default.
func (t Terms) Check() error {
	switch {
	case t.Usual <= 0 || t.Usual > usualLength:
		return Refusal{"the usual embargo is two weeks or less", "choose a usual length of at most 14 days"}
	case t.Longest < t.Usual || t.Longest > longestLength:
		return Refusal{"an agreed embargo is no shorter than the usual one and at most 31 days long", "choose a longest length between the two"}
	case t.Restart <= 0 || t.Restart > restartLength:
		return Refusal{"a restart gives two weeks or less", "choose a restart of at most 14 days"}
	case t.Seconds < 1:
		return Refusal{"a longer embargo needs the agreement of a second member", "ask for at least one second"}
	}
	return nil
}

// effective fills what is missing and cuts what is too long, so that no mistake of configuration lengthens an embargo.
func (t Terms) effective() Terms {
	t.Usual = boundedLength(t.Usual, usualLength)
	t.Longest = max(boundedLength(t.Longest, longestLength), t.Usual)
	t.Restart = boundedLength(t.Restart, restartLength)
	t.Seconds = max(t.Seconds, 1)
	return t
}

func boundedLength(d, limit time.Duration) time.Duration {
	if d <= 0 || d > limit {
		return limit
	}
	return d
}
