package policy

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
)

// FuzzEmbargo lets people who know no rules act in any order at any pace, and checks after each event what must hold
// whatever they did. Each event is four bytes: what, who, which end, how much time passes before it.
func FuzzEmbargo(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 1, 0, 20, 5, 2, 1, 0, 1, 4, 1, 9, 30, 5, 0, 0, 1})
	f.Add([]byte{1, 0, 90, 0, 1, 1, 30, 0, 0, 0, 0, 0, 3, 2, 0, 0, 2, 2, 0, 0})
	f.Add([]byte{6, 0, 0, 0, 0, 0, 0, 0, 1, 0, 5, 0})
	f.Add([]byte{0, 0, 0, 0, 4, 0, 40, 90, 4, 1, 40, 90, 1, 2, 120, 0, 2, 0, 0, 0, 8, 0, 0, 255})
	f.Fuzz(func(t *testing.T, script []byte) { playEmbargo(t, script[:min(len(script), 400)]) })
}

// TestEmbargoUnderRandomEvents plays the same game often enough to matter in every test run, and checks that the rules
// don't hold only because everything is refused.
func TestEmbargoUnderRandomEvents(t *testing.T) {
	random := rand.New(rand.NewPCG(14, 31))
	seen := map[string]int{}
	for range 500 {
		script := make([]byte, 4*(1+random.IntN(24)))
		for i := range script {
			script[i] = byte(random.UintN(256))
		}
		for _, what := range playEmbargo(t, script) {
			seen[what]++
		}
	}
	for _, what := range []string{"none", "proposed", "active", "revise", "exited", "agreed", "restarted", "beyond two weeks", "beyond a month"} {
		if seen[what] == 0 {
			t.Errorf("no random run was ever %s", what)
		}
	}
	t.Log(seen)
}

// playEmbargo returns what it came across.
func playEmbargo(t *testing.T, script []byte) []string {
	t.Helper()
	r := DefaultRules()
	now := instantOf(t, "2026-11-10T09:00:00Z")
	var e Embargo
	var seen []string
	for ; len(script) >= 4; script = script[4:] {
		now = now.Add(time.Duration(script[3]) * time.Hour / 2)
		copied := throughGob(t, e)
		next, line, err := embargoEventOf(r, e, script, now)
		if !reflect.DeepEqual(copied, e) {
			t.Fatalf("an event changed the value that it was given: %+v", e)
		}
		if err != nil && !reflect.DeepEqual(next, e) {
			t.Fatalf("refused (%v) and changed", err)
		}
		if strings.Contains(fmt.Sprint(line, err, next.Describe(now)), "canary") {
			t.Fatalf("embargoed words in %q, %v, %q", line, err, next.Describe(now))
		}
		checkEmbargo(t, e, next, now)
		seen = append(seen, sightings(next, now)...)
		e = next
	}
	return seen
}

func embargoEventOf(r Rules, e Embargo, b []byte, now time.Time) (Embargo, string, error) {
	people := []string{"ada", "ADA", "grace", "rep"}
	by := people[b[1]%4]
	roles := []Role{RoleTeam}
	if by == "rep" {
		roles = []Role{RoleReporter}
	}
	end := now.Add(time.Duration(b[2])*6*time.Hour - Day)
	reason := canaryReason
	if b[1] >= 200 {
		reason = Text{}
	}
	switch b[0] % 16 {
	case 0, 1:
		return e.Default(r, now)
	case 2, 3, 4:
		return e.Agree(r, by, roles, now)
	case 5:
		return e.Decline(by, now)
	case 6:
		return e.Withdraw(by, now)
	case 7, 8:
		if b[2]%2 == 0 {
			end = time.Time{}
		}
		return e.Restart(r, by, fmt.Sprintf("%07x", b[2]), reason, end, now)
	case 9:
		if b[1] < 220 { // rare, or nothing else would live long
			return e, "", nil
		}
		return e.EndNow(by, canaryReason, now)
	case 10:
		if b[1] < 220 {
			return e, "", nil
		}
		return e.Public(by, reason, now)
	case 11:
		if b[1] < 220 {
			return e, "", nil
		}
		return e.Reject(by, reason, now)
	case 12:
		next, line := e.Expire(now)
		return next, line, nil
	default:
		return e.Set(r, by, end, reason, now)
	}
}

// checkEmbargo holds the invariants that concern an embargo by itself, after every event.
func checkEmbargo(t *testing.T, before, e Embargo, now time.Time) {
	t.Helper()
	state := e.State(now)
	hold := func(ok bool, rule string) {
		if !ok {
			t.Fatalf("%s: %s at %v\n%+v", rule, state, now, e)
		}
	}
	hold(!e.InForce(now) || !e.IsPublic(), "no embargo on a public matter")
	hold(!e.InForce(now) || !e.Start.IsZero() && now.Before(e.End), "an embargo in force has an end to come")
	hold(!e.IsPublic() || len(e.Open(now)) == 0, "no proposal for a public matter")
	hold(before.State(now) != EmbargoExited || state == EmbargoExited, "the exit is final")
	hold(e.InForce(now) == (e.Remaining(now) > 0), "time remains exactly while in force")
	hold(!e.InForce(now) || !e.Ended(now), "in force or ended, never both")
	hold(before.Start.IsZero() || e.Start.Equal(before.Start), "the start stays")
	hold(len(e.Restarts) >= len(before.Restarts) && len(e.Agreed) >= len(before.Agreed), "history stays")
	if !e.Start.IsZero() {
		limit := e.Start.Add(longestLength)
		for _, restart := range e.Restarts {
			hold(!restart.NewEnd.After(restart.At.Add(restartLength)), "a restart gives two weeks")
			hold(!restart.Reason.Empty() && restart.Revision != "", "a restart says why")
			limit = laterOf(limit, restart.At.Add(restartLength))
		}
		hold(!e.End.After(limit), "a month from the start, or two weeks from a restart")
	}
	if e.InForce(now) && before.InForce(now) && e.End.After(before.End) {
		hold(!e.End.After(e.freeUntil(DefaultTerms())) || secondedByMember(e), "a long end has a second member")
	}
	for _, p := range e.Open(now) {
		hold(!e.InForce(now) || p.End.After(e.End), "a revision is longer than what is in force")
	}
	for _, p := range e.Agreed {
		hold(!p.Reason.Empty() || p.End.Sub(p.At) <= usualLength || p.End.Sub(e.Start) <= usualLength || len(e.Restarts) > 0, "a longer embargo says why")
	}
}

func secondedByMember(e Embargo) bool {
	for _, p := range e.Agreed {
		if p.ID == e.TermsID {
			return e.seconds(p) > 0
		}
	}
	return false
}

func laterOf(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func sightings(e Embargo, now time.Time) []string {
	seen := []string{string(e.State(now))}
	add := func(is bool, what string) {
		if is {
			seen = append(seen, what)
		}
	}
	add(len(e.Agreed) > 0, "agreed")
	add(len(e.Restarts) > 0, "restarted")
	add(e.InForce(now) && e.End.Sub(e.Start) > usualLength && len(e.Restarts) == 0, "beyond two weeks")
	add(e.InForce(now) && e.End.Sub(e.Start) > longestLength, "beyond a month")
	return seen
}
