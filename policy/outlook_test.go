package policy

import (
	"slices"
	"testing"
	"time"
)

func TestOutlook(t *testing.T) {
	now := time.Date(2026, 11, 3, 14, 0, 0, 0, time.UTC)
	settled := Advisory{
		ID: "LSN-2026-0001", Phase: Ready, CVE: "CVE-2026-1234",
		Cells: []Cell{
			{Branch: "main", State: Affected, Fix: Fix{Number: 4, Head: "f"}, Candidate: Candidate{SHA: "c", Fix: "f", Tip: "t", State: PickClean}},
			{Branch: "stable-1", State: NotAffected, By: "mia", Why: Embargoed("the code is newer")},
		},
	}
	settled.Lift.Rehearsal = Rehearsal{Of: digest(settled.Moves()), At: now}
	for name, test := range map[string]struct {
		change func(*Advisory)
		want   []string
	}{
		"settled":      {func(*Advisory) {}, nil},
		"no number":    {func(a *Advisory) { a.CVE = "" }, nil},
		"held":         {func(a *Advisory) { a.Lift.HeldBy = "mia" }, []string{"hold: stopped by mia; a release manager uses /resume"}},
		"no main fix":  {func(a *Advisory) { a.Cells[0].Fix = Fix{} }, []string{"main: no fix; open one in the mirror and name it with /fix"}},
		"no evidence":  {func(a *Advisory) { a.Cells[1].Why = Text{} }, []string{"stable-1: called not affected without evidence; use /not-affected stable-1 <evidence>"}},
		"not approved": {func(a *Advisory) { a.Cells[0].Fix.Wanting = "is a draft" }, []string{"main: fix #4 is a draft"}},
		"unrehearsed":  {func(a *Advisory) { a.Lift.Rehearsal.Of = "" }, []string{"rehearsal: these candidates were not rehearsed"}},
	} {
		t.Run(name, func(t *testing.T) {
			a := settled.clone()
			test.change(&a)
			if got := Outlook(a, now).Blocking(); !slices.Equal(got, test.want) {
				t.Errorf("blocking = %q, want %q", got, test.want)
			}
		})
	}
}

func TestPressCommand(t *testing.T) {
	at := time.Date(2026, 11, 3, 14, 0, 0, 0, time.FixedZone("", 3600))
	for button, want := range map[string]Verb{ButtonLift: VerbLift, ButtonRehearse: VerbRehearse, "accept": "", "": "", "Lift": "", "lift now": ""} {
		got, ok := PressCommand("d1", Press{Actor: "mia", Button: button, Args: Embargoed("now leaked")}, at)
		if ok != (want != "") || got.Verb != want {
			t.Errorf("button %q is %q, %v", button, got.Verb, ok)
		}
		if ok && (got.ID != PressID("d1") || got.Actor != "mia" || got.Args.Reveal() != "now leaked" || got.At.Location() != time.UTC) {
			t.Errorf("button %q = %+v", button, got)
		}
	}
}
