package policy

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// updateGolden rewrites the golden files of this package: go test ./policy -run Table -update
var updateGolden = flag.Bool("update", false, "rewrite the golden files")

// sameAsGolden compares with a file in testdata.
func sameAsGolden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *updateGolden {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; review with -update and git diff. Got:\n%s", file, got)
	}
}

const wrongPatch = "0123456789abcdef0123456789abcdef01234567"

// legalOf takes the new value of an event that has to be legal.
func legalOf(e Embargo, _ string, err error) Embargo {
	if err != nil {
		panic(err)
	}
	return e
}

// embargoIn makes an embargo in each state, as it stands two days after the report was accepted.
func embargoIn(state EmbargoState, accepted time.Time) Embargo {
	r, now := DefaultRules(), accepted.Add(2*Day)
	active := legalOf(Embargo{}.Default(r, accepted))
	switch state {
	case EmbargoNone:
		return Embargo{}
	case EmbargoProposed:
		return legalOf(Embargo{}.Set(r, "ada", accepted.Add(20*Day), Embargoed("vendors"), accepted))
	case EmbargoActive:
		return active
	case EmbargoRevise:
		return legalOf(active.Set(r, "ada", accepted.Add(28*Day), Embargoed("vendors"), accepted))
	default:
		return legalOf(active.EndNow("ada", Embargoed("leak"), now.Add(-time.Hour)))
	}
}

type embargoEvent struct {
	name string
	do   func(e Embargo, now time.Time) (Embargo, string, error)
}

// protocolEvents are the four events of the embargo protocol; deskEvents are what people and time do besides.
func protocolEvents() []embargoEvent {
	r := DefaultRules()
	return []embargoEvent{
		{"propose", func(e Embargo, now time.Time) (Embargo, string, error) {
			return e.Set(r, "grace", now.Add(23*Day), Embargoed("distributions"), now)
		}},
		{"accept", func(e Embargo, now time.Time) (Embargo, string, error) { return e.Agree(r, "grace", theTeam, now) }},
		{"reject", func(e Embargo, now time.Time) (Embargo, string, error) { return e.Decline("grace", now) }},
		{"terminate", func(e Embargo, now time.Time) (Embargo, string, error) {
			return e.EndNow("grace", Embargoed("leak"), now)
		}},
	}
}

func deskEvents() []embargoEvent {
	r := DefaultRules()
	set := func(by string, days int) func(Embargo, time.Time) (Embargo, string, error) {
		return func(e Embargo, now time.Time) (Embargo, string, error) {
			return e.Set(r, by, now.Add(time.Duration(days)*Day), Text{}, now)
		}
	}
	return []embargoEvent{
		{"default", func(e Embargo, now time.Time) (Embargo, string, error) { return e.Default(r, now) }},
		{"set a nearer end", set("grace", 7)},
		{"set a far end, no reason", set("grace", 20)},
		{"set beyond the month", set("grace", 40)},
		{"set the past", set("grace", -1)},
		{"agree by the proposer", func(e Embargo, now time.Time) (Embargo, string, error) {
			return e.Agree(r, "Ada", []Role{RoleTeam}, now)
		}},
		{"agree by the reporter", func(e Embargo, now time.Time) (Embargo, string, error) {
			return e.Agree(r, "rep", []Role{RoleReporter}, now)
		}},
		{"withdraw", func(e Embargo, now time.Time) (Embargo, string, error) { return e.Withdraw("ada", now) }},
		{"restart", func(e Embargo, now time.Time) (Embargo, string, error) {
			return e.Restart(r, "grace", wrongPatch, Embargoed("races"), time.Time{}, now.Add(Day))
		}},
		{"restart, no reason", func(e Embargo, now time.Time) (Embargo, string, error) {
			return e.Restart(r, "grace", wrongPatch, Text{}, time.Time{}, now)
		}},
		{"restart, no revision", func(e Embargo, now time.Time) (Embargo, string, error) {
			return e.Restart(r, "grace", "the patch", Embargoed("races"), time.Time{}, now)
		}},
		{"public", func(e Embargo, now time.Time) (Embargo, string, error) { return e.Public("grace", Text{}, now) }},
		{"reject the report", func(e Embargo, now time.Time) (Embargo, string, error) { return e.Reject("grace", Text{}, now) }},
		{"end, no reason", func(e Embargo, now time.Time) (Embargo, string, error) { return e.EndNow("grace", Text{}, now) }},
		{"time passes the end", func(e Embargo, now time.Time) (Embargo, string, error) {
			e, line := e.Expire(now.Add(40 * Day))
			return e, line, nil
		}},
	}
}

// TestEmbargoTable keeps every state against every event in a file that a person can review. The first part is the
// protocol's own table: 20 pairs, of which 10 are legal.
func TestEmbargoTable(t *testing.T) {
	accepted := instantOf(t, "2026-11-10T09:00:00Z") // a Tuesday
	now := accepted.Add(2 * Day)
	var out strings.Builder
	legal := 0
	part := func(events []embargoEvent) {
		for _, state := range []EmbargoState{EmbargoNone, EmbargoProposed, EmbargoActive, EmbargoRevise, EmbargoExited} {
			for _, event := range events {
				e := embargoIn(state, accepted)
				if got := e.State(now); got != state {
					t.Fatalf("prepared %s, got %s", state, got)
				}
				next, line, err := event.do(e, now)
				to := string(next.State(now.Add(Day)))
				if event.name == "time passes the end" {
					to = string(next.State(now.Add(40 * Day)))
				}
				if err != nil {
					to, line = "refused", err.Error()
				} else {
					legal++
				}
				fmt.Fprintf(&out, "%-8s | %-24s | %-8s | %s\n", state, event.name, to, line)
			}
			out.WriteString("\n")
		}
	}
	out.WriteString("# The protocol: 5 states, 4 events, 10 legal pairs. Accepted 2026-11-10T09:00Z, event two days later.\n\n")
	part(protocolEvents())
	if legal != 10 {
		t.Errorf("%d of the 20 pairs are legal, want 10", legal)
	}
	out.WriteString("# The desk and the clock\n\n")
	part(deskEvents())
	sameAsGolden(t, "embargo_table.golden", out.String())
}
