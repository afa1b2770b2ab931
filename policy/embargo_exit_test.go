package policy

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestTheEndIsHalfOpen(t *testing.T) {
	start := instantOf(t, "2026-11-10T09:00:00Z")
	for name, e := range map[string]Embargo{"active": legalOf(Embargo{}.Default(DefaultRules(), start)), "revise": threeRevisions(start)} {
		before := e.End.Add(-time.Nanosecond)
		if !e.InForce(before) || e.Ended(before) || e.Remaining(before) != time.Nanosecond {
			t.Errorf("%s: not in force just before its end", name)
		}
		if e.InForce(e.End) || !e.Ended(e.End) || e.State(e.End) != EmbargoExited || e.Remaining(e.End) != 0 || len(e.Open(e.End)) != 0 {
			t.Errorf("%s: in force at its end", name)
		}
		late := e.End.Add(days(40)) // the service was down
		x, line := e.Expire(late)
		if !x.ExitedAt.Equal(e.End) || x.ExitCause != ExitExpired || len(x.Proposals) != 0 || line == "" {
			t.Errorf("%s: recorded %v, %s, %q", name, x.ExitedAt, x.ExitCause, line)
		}
		if same, line := x.Expire(late); line != "" || !reflect.DeepEqual(same, x) {
			t.Errorf("%s: recorded twice", name)
		}
		if x.State(start) != EmbargoExited {
			t.Errorf("%s: a clock that steps back revived it", name)
		}
		same, _, err := e.Agree(DefaultRules(), "grace", theTeam, e.End) // sent before, received at the end
		refusedFor(t, e, same, err, "stays ended")
	}
	if e, line := (Embargo{}).Expire(start); line != "" || e.Ended(start) {
		t.Error("no embargo expired")
	}
}

func TestPublic(t *testing.T) {
	r, start := DefaultRules(), instantOf(t, "2026-11-10T09:00:00Z")
	now := start.Add(2 * Day)
	for _, state := range []EmbargoState{EmbargoNone, EmbargoProposed, EmbargoActive, EmbargoRevise, EmbargoExited} {
		e := embargoIn(state, start)
		x, line, err := e.Public("ada", canaryReason, now)
		if err != nil || line == "" || !x.Ended(now) || x.InForce(now) || !x.IsPublic() || len(x.Proposals) != 0 {
			t.Errorf("%s: %+v, %q, %v", state, x, line, err)
		}
		again, _, err := x.Public("grace", canaryReason, now.Add(Day))
		if err != nil || !reflect.DeepEqual(again, x) {
			t.Errorf("%s: a fact stated twice changed something, %v", state, err)
		}
		same, _, err := x.Default(r, now)
		refusedFor(t, x, same, err, "public")
		same, _, err = x.Set(r, "ada", now.Add(Day), canaryReason, now)
		refusedFor(t, x, same, err, "public")
	}
	// After the end came unnoticed, the cause stays the end.
	e := legalOf(Embargo{}.Default(r, start))
	x := legalOf(e.Public("ada", canaryReason, e.End.Add(time.Hour)))
	if x.ExitCause != ExitExpired || !x.ExitedAt.Equal(e.End) || !x.IsPublic() {
		t.Errorf("%s at %v", x.ExitCause, x.ExitedAt)
	}
	same, _, err := e.Public("", canaryReason, start)
	refusedFor(t, e, same, err, "author")
}

func TestRejectLeavesNothingInForce(t *testing.T) {
	start := instantOf(t, "2026-11-10T09:00:00Z")
	now := start.Add(2 * Day)
	for state, want := range map[EmbargoState]EmbargoState{EmbargoNone: EmbargoNone, EmbargoProposed: EmbargoNone,
		EmbargoActive: EmbargoExited, EmbargoRevise: EmbargoExited, EmbargoExited: EmbargoExited} {
		x, line, err := embargoIn(state, start).Reject("ada", canaryReason, now)
		if err != nil || line == "" || x.State(now) != want {
			t.Errorf("%s: %s, %q, %v", state, x.State(now), line, err)
		}
	}
}

func TestDescribe(t *testing.T) {
	r, start := DefaultRules(), instantOf(t, "2026-11-10T09:00:00Z")
	now := start.Add(2 * Day)
	active := legalOf(Embargo{}.Default(r, start))
	for _, c := range []struct {
		e    Embargo
		at   time.Time
		want string
	}{
		{Embargo{}, now, "No embargo yet."},
		{embargoIn(EmbargoProposed, start), now, "No embargo yet. Proposed and not agreed: 2026-11-30T09:00Z by ada."},
		{active, now, "Embargo until 2026-11-19T14:00Z, 7 days 5 hours left, 9 days 5 hours in total."},
		{embargoIn(EmbargoRevise, start), now, "Embargo until 2026-11-19T14:00Z, 7 days 5 hours left, 9 days 5 hours in total. Proposed and not agreed: 2026-12-08T09:00Z by ada."},
		{active, active.End, "The embargo ended at 2026-11-19T14:00Z."},
		{legalOf(active.EndNow("ada", canaryReason, now)), now, "The embargo ended at 2026-11-12T09:00Z, early, by ada."},
		{legalOf(active.Public("ada", canaryReason, now)), now, "The embargo ended at 2026-11-12T09:00Z, because the matter became public."},
		{legalOf(Embargo{}.Public("ada", canaryReason, now)), now, "No embargo: the matter is public."},
		{legalOf(active.Reject("ada", canaryReason, now)), now, "The embargo ended at 2026-11-12T09:00Z, because the report was rejected."},
	} {
		if got := c.e.Describe(c.at); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

func TestFormatLength(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "less than a second", -Day: "no time", time.Second: "1 second", 90 * time.Second: "1 minute 30 seconds",
		days(14): "14 days", days(14) - time.Second: "13 days 23 hours", Day + time.Minute: "1 day", 2 * time.Hour: "2 hours",
	} {
		if got := FormatLength(d); got != want {
			t.Errorf("FormatLength(%v) = %q, want %q", d, got, want)
		}
	}
}

// TestEmbargoIsStored keeps every field through gob, and keeps the words out of a print.
func TestEmbargoIsStored(t *testing.T) {
	r, now := DefaultRules(), time.Now() // with a zone and a monotonic reading, which must not matter
	e := legalOf(Embargo{}.Default(r, now))
	e = legalOf(e.Restart(r, "ada", wrongPatch, canaryReason, now.Add(days(14)), now))
	e = legalOf(e.Set(r, "ada", now.Add(days(20)), canaryReason, now))
	e = legalOf(e.Agree(r, "grace", theTeam, now))
	e = legalOf(e.Set(r, "ada", now.Add(days(22)), canaryReason, now))
	for _, e := range []Embargo{{}, e, legalOf(e.EndNow("ada", canaryReason, now)), legalOf(e.Public("ada", canaryReason, now))} {
		if back := throughGob(t, e); !reflect.DeepEqual(back, e) {
			t.Errorf("stored %+v\nread   %+v", e, back)
		}
		if text := fmt.Sprintf("%+v %#v %s", e, e, e.Describe(now)); strings.Contains(text, "canary") {
			t.Error("a print shows embargoed words")
		}
	}
}

func throughGob(t testing.TB, e Embargo) Embargo {
	t.Helper()
	var buf bytes.Buffer
	if err := gob.NewEncoder(&buf).Encode(e); err != nil {
		t.Fatal(err)
	}
	var back Embargo
	if err := gob.NewDecoder(&buf).Decode(&back); err != nil {
		t.Fatal(err)
	}
	return back
}
