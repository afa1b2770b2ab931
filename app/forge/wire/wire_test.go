package wire

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/policy"
)

const canary = "CANARY-7f3a"

func noon() time.Time { return time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC) }

func testWire(t *testing.T, o Options) *Wire {
	t.Helper()
	o.Forge, o.Git, o.Now = "Forge", "https://git.example.org", noon
	w, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestGap(t *testing.T) {
	for _, test := range []struct {
		asked time.Duration
		host  string
		want  time.Duration
	}{
		{0, "api.example.org", time.Second}, {0, "127.0.0.1:1", 0}, {-1, "api.example.org", 0}, {5, "127.0.0.1:1", 5},
	} {
		if w := testWire(t, Options{API: "https://" + test.host, Gap: test.asked, Paced: "api.example.org"}); w.Gap != test.want {
			t.Errorf("gap for %v at %s: %v", test.asked, test.host, w.Gap)
		}
	}
}

// TestLimitEnds: what the answer says is believed as far as it can be, and the forge's clock may be wrong.
func TestLimitEnds(t *testing.T) {
	w := testWire(t, Options{API: "https://api.example.org"})
	date := noon().Add(time.Hour).Format(http.TimeFormat) // an hour ahead of ours
	at := func(d time.Duration) string { return fmt.Sprint(noon().Add(d).Unix()) }
	for name, test := range map[string]struct {
		h    http.Header
		want time.Duration
	}{
		"nothing":          {http.Header{}, time.Minute},
		"seconds":          {http.Header{"Retry-After": {"90"}, "Reset": {at(time.Hour)}}, 90 * time.Second},
		"an instant":       {http.Header{"Reset": {at(10 * time.Minute)}}, 10 * time.Minute},
		"a clock ahead":    {http.Header{"Reset": {at(70 * time.Minute)}, "Date": {date}}, 10 * time.Minute},
		"over already":     {http.Header{"Reset": {at(-time.Minute)}}, time.Second},
		"no sense":         {http.Header{"Retry-After": {"-5"}, "Reset": {"soon"}}, time.Minute},
		"this very second": {http.Header{"Retry-After": {"0"}}, time.Second},
	} {
		if got := w.LimitEnds(test.h, "Reset").Sub(noon()); got != test.want {
			t.Errorf("%s: after %v, want %v", name, got, test.want)
		}
	}
	w.Silence(noon().Add(time.Minute))
	w.Silence(noon().Add(time.Second)) // a shorter one ends nothing
	req, err := http.NewRequestWithContext(t.Context(), "GET", "https://api.example.org/x", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := policy.AsTrouble(w.Admit(req)); got == nil || got.Kind != policy.TroubleLimited || !got.Until.Equal(noon().Add(time.Minute)) {
		t.Errorf("during a limit: %v", got)
	}
}

// TestSharedPace: wires that share one write one after the other, and are silent together.
func TestSharedPace(t *testing.T) {
	shared := Options{API: "https://api.example.org", Pace: NewPace()}
	one, other, alone := testWire(t, shared), testWire(t, shared), testWire(t, Options{API: "https://api.example.org"})
	done, err := one.Turn(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	soon, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := other.Turn(soon, true); err == nil {
		t.Error("two write at once")
	}
	done()
	one.Silence(noon().Add(time.Minute))
	req, err := http.NewRequestWithContext(t.Context(), "GET", "https://api.example.org/x", nil)
	if err != nil {
		t.Fatal(err)
	}
	if done, err := other.Turn(t.Context(), true); policy.AsTrouble(err) == nil || done != nil {
		t.Error("what has waited is sent into the limit")
	}
	if other.Admit(req) == nil || alone.Admit(req) != nil {
		t.Error("the limit is not theirs alone")
	}
}

func TestToldKeepsOnlyTheTrouble(t *testing.T) {
	if Told("x", nil) != nil {
		t.Error("made an error of nothing")
	}
	err := Told("open the desk", fmt.Errorf("Get http://host/%s: %w", canary, &policy.Trouble{Kind: policy.TroubleConflict, Hint: "h"}))
	if err.Error() != "open the desk: conflict: h" {
		t.Errorf("got %q", err)
	}
	if got := policy.AsTrouble(Told("x", errors.New(canary))); got.Kind != policy.TroubleUnknown || got.Hint == canary {
		t.Errorf("got %v", got)
	}
}

func TestRefusalIsKnown(t *testing.T) {
	known := errors.New(canary)
	var err error = &Refusal{Status: 404, Known: known, Trouble: &policy.Trouble{Kind: policy.TroubleInvalid, Hint: "h"}}
	err = fmt.Errorf("look: %w", err)
	if !Gone(err) || StatusOf(err) != 404 || !errors.Is(err, known) || policy.AsTrouble(err).Hint != "h" || strings.Contains(err.Error(), canary) {
		t.Errorf("got %v", err)
	}
}
