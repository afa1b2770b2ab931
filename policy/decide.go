package policy

import (
	"slices"
	"strings"
	"time"
)

// By is who stands in the history for what Liftgate did by itself.
const By = "liftgate"

// trailLength is how many lines of the history the desk shows.
const trailLength = 8

// Decide is the one transition function: from an advisory and an input to the next advisory and what follows. It is
// pure: it reads no clock, asks nobody, and gives the same decision for the same input.
//
// It works level by level: outcomes first, then what the forge shows, then what people asked for, then what time has
// done, and last it compares what should be with what is and asks for the difference.
func Decide(a Advisory, in Input) Decision {
	t := &turn{a: a.clone(), in: in, now: in.Now.UTC(), endedBefore: a.Embargo.Ended(in.Now.UTC()), numberBefore: a.CVE}
	t.orient()
	t.absorb()
	t.heed()
	if a.Over() { // people still get answers, and what is owed is looked after
		t.obey()
		t.planAftermath()
		if !a.Idle() || !t.a.Idle() || len(in.Bounces) > 0 {
			t.planLastStatus()
		}
		t.speak()
		return t.decision()
	}
	t.observe()
	t.obey()
	t.seeWork() // a command may have opened the case
	t.elapse()
	t.plan()
	t.a.Phase = t.phase()
	t.speak()
	t.planStatus()
	return t.decision()
}

// orient keeps the main branch known where the rules that name it can't be read: its cell is the first.
func (t *turn) orient() {
	if t.in.Seen.RulesProblem != "" && t.in.Seen.Rules.Main == "" && len(t.a.Cells) > 0 {
		t.in.Seen.Rules.Main = t.a.Cells[0].Branch
	}
}

// turn is one decision in the making.
type turn struct {
	a   Advisory
	in  Input
	now time.Time
	// endedBefore says that the embargo was over before this turn changed anything: only then does the store hold a
	// deadline, written by an earlier turn, that the lift can be released by.
	endedBefore bool

	numberBefore string // the CVE number that it had

	effects []Effect
	lines   []Line
	wakes   []time.Time
	asked   []string // keys of setbacks that still matter
	release bool
}

// line adds to the history. A login can be unknown: accounts get deleted.
func (t *turn) line(by, what string, why string) {
	t.lines = append(t.lines, Line{At: t.now, By: or(by, "somebody"), What: what, Why: Embargoed(why)})
}

// once reports whether something is told for the first time, and remembers it.
func (t *turn) once(what string) bool {
	if t.noted(what) {
		return false
	}
	t.a.Noted = append(t.a.Noted, what)
	return true
}

func (t *turn) noted(what string) bool { return slices.Contains(t.a.Noted, what) }

// ask requests an effect unless it is on its way already, or has failed too recently to be tried again.
func (t *turn) ask(key string, do Action) bool {
	e := Effect{Key: key, Advisory: t.a.ID, Do: do}
	if _, err := t.a.Clear(t.now); err != nil && e.Public() {
		return false // the reasons are checked where it is decided; this is the last door
	}
	if t.in.Seen.Mirror.Exposed && !t.a.Embargo.Ended(t.now) && inMirror(do) {
		return false
	}
	s := t.a.setback(key)
	if s != nil {
		t.asked = append(t.asked, s.Key)
	}
	if t.pending(key) {
		return false
	}
	if s != nil {
		if due := s.At.Add(backoff(s.Count)); t.now.Before(due) {
			t.wake(due)
			return false
		}
	}
	t.effects = append(t.effects, e)
	return true
}

// pending reports whether an effect whose key is or starts with the one given has not ended.
func (t *turn) pending(prefix string) bool {
	for _, key := range t.in.Pending {
		if key == prefix || strings.HasPrefix(key, prefix+"/") {
			return true
		}
	}
	for _, e := range t.effects {
		if e.Key == prefix || strings.HasPrefix(e.Key, prefix+"/") {
			return true
		}
	}
	return false
}

// soon is how long a turn waits that asks for another one at once: wakes lie in the future.
const soon = time.Millisecond

// wake asks to be called again at an instant.
func (t *turn) wake(at time.Time) {
	if at.After(t.now) {
		t.wakes = append(t.wakes, at)
	}
}

// forgetAfter is how long a setback is remembered that no longer matters: one that a turn had no occasion to ask for again
// keeps its place in the backoff.
const forgetAfter = 2 * time.Hour

// matters reports whether a setback is of something that is still wanted.
func (t *turn) matters(s Setback) bool { return slices.Contains(t.asked, s.Key) || t.pending(s.Key) }

func (t *turn) decision() Decision {
	t.a.Setbacks = slices.DeleteFunc(t.a.Setbacks, func(s Setback) bool { return !t.matters(s) && t.now.Sub(s.At) > forgetAfter })
	t.a.Waiting = t.waiting()
	t.a.Trail = append(t.a.Trail, t.lines...)
	if extra := len(t.a.Trail) - trailLength; extra > 0 {
		t.a.Trail = slices.Delete(t.a.Trail, 0, extra)
	}
	d := Decision{Advisory: t.a, Effects: t.effects, Lines: t.lines, Deadlines: t.deadlines(), Release: t.release}
	if t.a.CVE != t.numberBefore {
		d.Claims = t.a.CVE
	}
	return d
}

func (t *turn) deadlines() []Deadline {
	var due []Deadline
	if end, ok := t.liftAt(); ok && t.a.Lift.Gate != GateDone && t.a.Phase != Rejected {
		due = append(due, Deadline{Name: DeadlineLift, Due: end})
	}
	if len(t.wakes) > 0 {
		due = append(due, Deadline{Name: DeadlineWake, Due: slices.MinFunc(t.wakes, time.Time.Compare)})
	}
	return due
}

// liftAt is the instant from which the lift may start, once one is known.
func (t *turn) liftAt() (time.Time, bool) {
	if !t.a.Embargo.ExitedAt.IsZero() {
		return t.a.Embargo.ExitedAt, true
	}
	return t.a.Embargo.End, t.a.Embargo.InForce(t.now)
}

// waiting lists what keeps the advisory from its lift, for places that can't ask the forge now. A mirror that others can
// read is named even before anything is judged: nobody is told of it at the desk, which lies there.
func (t *turn) waiting() []string {
	switch {
	case t.a.Lift.Gate == GateLanded || t.a.Lift.Gate == GateDone || t.a.Phase == Rejected:
		return nil
	case t.a.Phase == Reported:
		return t.mirrorVerdict().Blocking()
	}
	return t.liftVerdict().Blocking()
}

// clone copies everything that the turn changes in place, so that the caller's advisory stays as it was.
func (a Advisory) clone() Advisory {
	a.Applied = slices.Clone(a.Applied)
	a.Noted = slices.Clone(a.Noted)
	a.Cells = slices.Clone(a.Cells)
	a.Mails = slices.Clone(a.Mails)
	a.Trail = slices.Clone(a.Trail)
	a.Obligations = slices.Clone(a.Obligations)
	a.Setbacks = slices.Clone(a.Setbacks)
	a.Unsaid = slices.Clone(a.Unsaid)
	return a
}

// Setback is an effect that the outside refused: it is shown at the desk and tried again later.
type Setback struct {
	Key   string
	Hint  string // public words
	At    time.Time
	Count int
}

func (a Advisory) setback(key string) *Setback {
	key = setbackKey(key)
	for i := range a.Setbacks {
		if a.Setbacks[i].Key == key {
			return &a.Setbacks[i]
		}
	}
	return nil
}

// setbackKey is under which key a refusal is remembered. The status comment has a new key whenever its words change, and a
// refusal changes them: without one key for all it would be tried again at once, for ever.
func setbackKey(key string) string {
	if strings.HasPrefix(key, statusKey) {
		return statusKey
	}
	return key
}

// backoff doubles from five seconds to half an hour.
func backoff(count int) time.Duration {
	return min(5*time.Second<<min(max(count-1, 0), 12), 30*time.Minute)
}
