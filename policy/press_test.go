package policy

import (
	"testing"
	"time"
)

func TestPressCommand(t *testing.T) {
	at := time.Date(2026, 11, 3, 14, 0, 0, 0, time.FixedZone("", 3600))
	for button, want := range map[string]Verb{ButtonLift: VerbLift, ButtonRehearse: VerbRehearse, ButtonCVE: VerbCVE, "accept": "", "": "", "Lift": "", "lift now": ""} {
		got, ok := PressCommand("d1", Press{Actor: "mia", Button: button, Args: Embargoed("now leaked")}, at)
		if ok != (want != "") || got.Verb != want {
			t.Errorf("button %q is %q, %v", button, got.Verb, ok)
		}
		if ok && (got.ID != PressID("d1") || got.Actor != "mia" || got.Args.Reveal() != "now leaked" || got.At.Location() != time.UTC) {
			t.Errorf("button %q = %+v", button, got)
		}
	}
}
