package policy

import (
	"strings"
	"testing"
	"time"
)

func TestRestart(t *testing.T) {
	r, start := DefaultRules(), instantOf(t, "2026-11-10T09:00:00Z")
	e := legalOf(Embargo{}.Default(r, start))
	now := start.Add(days(8))
	e = legalOf(e.Set(r, "ada", start.Add(days(28)), canaryReason, now))
	old := e.End
	next, line, err := e.Restart(r, "ada", strings.ToUpper(wrongPatch), canaryReason, time.Time{}, now)
	if err != nil || FormatInstant(next.End) != "2026-12-01T14:00Z" || next.State(now) != EmbargoActive {
		t.Fatalf("%v, %s, %v", next.End, next.State(now), err)
	}
	for _, want := range []string{"revision 0123456789ab proved wrong", "21 days 5 hours in total, restarted once", "Dropped with it: 2026-12-08T09:00Z by ada"} {
		if !strings.Contains(line, want) {
			t.Errorf("%q lacks %q", line, want)
		}
	}
	if got := next.Restarts[0]; got.Revision != wrongPatch || !got.OldEnd.Equal(old) || !got.NewEnd.Equal(next.End) || got.Reason != canaryReason {
		t.Errorf("recorded %+v", got)
	}
	// Each is visible, and one revision that serves twice is pointed out.
	twice, line, err := next.Restart(r, "grace", wrongPatch[:10], canaryReason, time.Time{}, now.Add(days(10)))
	if err != nil || len(twice.Restarts) != 2 || !strings.Contains(line, "has restarted the clock before") || !strings.Contains(line, "restarted 2 times") {
		t.Errorf("%q, %v", line, err)
	}
	if len(next.Restarts) != 1 {
		t.Error("the earlier value changed")
	}
}

func TestRestartRefuses(t *testing.T) {
	r, start := DefaultRules(), instantOf(t, "2026-11-10T09:00:00Z")
	active := legalOf(Embargo{}.Default(r, start))
	long := legalOf(active.Set(r, "ada", start.Add(days(31)), canaryReason, start))
	long = legalOf(long.Agree(r, "grace", theTeam, start))
	now := start.Add(days(5))
	for _, c := range []struct {
		name, revision string
		e              Embargo
		reason         Text
		end, now       time.Time
		rule           string
	}{
		{"no embargo", wrongPatch, Embargo{}, canaryReason, time.Time{}, now, "in force"},
		{"after the end", wrongPatch, active, canaryReason, time.Time{}, active.End, "stays ended"},
		{"no reason", wrongPatch, active, Text{}, time.Time{}, now, "needs a reason"},
		{"no revision", "", active, canaryReason, time.Time{}, now, "names the patch revision"},
		{"words for a revision", "buffer overflow in parser", active, canaryReason, time.Time{}, now, "names the patch revision"},
		{"a digit too many", wrongPatch + wrongPatch, active, canaryReason, time.Time{}, now, "names the patch revision"},
		{"more than two weeks", wrongPatch, active, canaryReason, now.Add(days(14) + time.Second), now, "at most 14 days"},
		{"past end", wrongPatch, active, canaryReason, now.Add(-Day), now, "never takes"},
		{"shorter than what was agreed", wrongPatch, long, canaryReason, time.Time{}, now, "never takes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, _, err := c.e.Restart(r, "ada", c.revision, c.reason, c.end, c.now)
			refusedFor(t, c.e, e, err, c.rule)
			if strings.Contains(err.Error(), "overflow") {
				t.Errorf("the refusal repeats the words: %v", err)
			}
		})
	}
}

// TestRestartDoesNotMoveTheMonth holds the line between a restart and an extension.
func TestRestartDoesNotMoveTheMonth(t *testing.T) {
	r, start := DefaultRules(), instantOf(t, "2026-11-10T09:00:00Z")
	e := legalOf(Embargo{}.Default(r, start))
	first := start.Add(days(8))
	e = legalOf(e.Restart(r, "ada", wrongPatch, canaryReason, first.Add(days(7)), first))
	// Within the restart's two weeks one member decides.
	moved := legalOf(e.Set(r, "grace", first.Add(days(14)), Text{}, first))
	if moved.State(first) != EmbargoActive || !moved.End.Equal(first.Add(days(14))) {
		t.Errorf("%s, %v", moved.State(first), moved.End)
	}
	// Beyond, up to the month from the start, it takes two.
	if asked := legalOf(e.Set(r, "grace", start.Add(days(31)), canaryReason, first)); asked.State(first) != EmbargoRevise {
		t.Errorf("%s", asked.State(first))
	}
	// Beyond the month, nobody can.
	same, _, err := e.Set(r, "grace", first.Add(days(31)), canaryReason, first)
	refusedFor(t, e, same, err, "31 days from its start")
	// Late in the month, another restart leads beyond it, and one member may use all of its two weeks.
	late := first.Add(days(13))
	e = legalOf(moved.Restart(r, "ada", "fedcba9", canaryReason, late.Add(days(12)), late))
	e = legalOf(e.Set(r, "ada", late.Add(days(14)), Text{}, late))
	if e.End.Sub(start) != days(35) || !strings.Contains(e.Describe(late), "35 days in total, restarted 2 times") {
		t.Errorf("%v: %s", e.End.Sub(start), e.Describe(late))
	}
}

func TestTermsAreNeverLongerThanTheProcess(t *testing.T) {
	if err := DefaultTerms().Check(); err != nil {
		t.Error(err)
	}
	for name, c := range map[string]struct {
		terms Terms
		rule  string
	}{
		"usual":   {Terms{Usual: days(15), Longest: days(31), Restart: days(14), Seconds: 1}, "usual"},
		"zero":    {Terms{}, "usual"},
		"longest": {Terms{Usual: days(14), Longest: days(32), Restart: days(14), Seconds: 1}, "at most 31 days"},
		"order":   {Terms{Usual: days(14), Longest: days(10), Restart: days(14), Seconds: 1}, "no shorter"},
		"restart": {Terms{Usual: days(14), Longest: days(31), Restart: days(15), Seconds: 1}, "restart"},
		"alone":   {Terms{Usual: days(14), Longest: days(31), Restart: days(14)}, "second member"},
	} {
		if err := c.terms.Check(); err == nil || !strings.Contains(err.Error(), c.rule) {
			t.Errorf("%s: %v, want %q", name, err, c.rule)
		}
		if got := c.terms.effective(); got.Check() != nil {
			t.Errorf("%s: used unchecked it is %+v", name, got)
		}
	}
	r, now := DefaultRules(), instantOf(t, "2026-11-10T09:00:00Z")
	r.Terms = Terms{Usual: days(7), Longest: days(10)}
	e := legalOf(Embargo{}.Default(r, now))
	if got := e.End.Sub(now); got > days(7) {
		t.Errorf("a project's shorter usual length gave %v", got)
	}
	same, _, err := e.Set(r, "ada", now.Add(days(11)), canaryReason, now)
	refusedFor(t, e, same, err, "at most 10 days")
}
