package policy

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// instantOf reads an instant of a test table.
func instantOf(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestParseInstant(t *testing.T) {
	for in, want := range map[string]string{
		"2026-12-01T14:00Z":         "2026-12-01T14:00:00Z",
		"2026-12-01t14:00z":         "2026-12-01T14:00:00Z",
		" 2026-12-01T14:00:30Z ":    "2026-12-01T14:00:30Z",
		"2026-12-01T15:00+01:00":    "2026-12-01T14:00:00Z",
		"2026-12-01T09:30:00-04:30": "2026-12-01T14:00:00Z",
		"2028-02-29T14:00Z":         "2028-02-29T14:00:00Z",
		"2027-01-01T00:30+01:00":    "2026-12-31T23:30:00Z",
		"2026-12-01T14:00-00:00":    "2026-12-01T14:00:00Z",
	} {
		got, err := ParseInstant(in)
		if err != nil || got.Format(time.RFC3339) != want || got.Location() != time.UTC {
			t.Errorf("ParseInstant(%q) = %v, %v; want %s", in, got, err, want)
		}
		if again, err := ParseInstant(FormatInstant(got)); err != nil || !again.Equal(got) {
			t.Errorf("FormatInstant(%v) = %q does not read back", got, FormatInstant(got))
		}
	}
}

func TestParseInstantRefuses(t *testing.T) {
	for in, rule := range map[string]string{
		"2026-12-01T14:00":          "names its offset",
		"2026-12-01T14:00:00":       "names its offset",
		"2026-12-01":                "not on a day",
		"P2W":                       "not after a duration",
		"PT":                        "not after a duration",
		"+14d":                      "not after a duration",
		"2026-12-01T14:00:00.5Z":    "whole seconds",
		"2026-02-29T14:00Z":         "day that exists",
		"2026-12-01T24:00Z":         "day that exists",
		"2026-12-01T23:59:60Z":      "day that exists",
		"2026-12-01T14:00+23:00":    "within 14 hours",
		"1999-12-01T14:00Z":         "years 2000 to 2199",
		"2620-12-01T14:00Z":         "years 2000 to 2199",
		"2026-12-01 14:00Z":         "as RFC 3339 writes",
		"2026-12-1T9:00Z":           "as RFC 3339 writes",
		"2026-12-01T14:00 Europe":   "as RFC 3339 writes",
		"20026-12-01T14:00Z":        "as RFC 3339 writes",
		"":                          "as RFC 3339 writes",
		"the parser heap overflow":  "as RFC 3339 writes",
		"2026-12-01T14:00ZZ":        "as RFC 3339 writes",
		"２０２６-12-01T14:00Z":         "as RFC 3339 writes",
		"2026-12-01T14:00:00:00Z":   "as RFC 3339 writes",
		"2026-12-01T14:00Z[secret]": "as RFC 3339 writes",
	} {
		got, err := ParseInstant(in)
		if _, ok := errors.AsType[Refusal](err); !ok || !strings.Contains(err.Error(), rule) || !got.IsZero() {
			t.Errorf("ParseInstant(%q) = %v, %v; want a refusal with %q", in, got, err, rule)
		}
		if len(in) > 16 && err != nil && strings.Contains(err.Error(), in) {
			t.Errorf("ParseInstant(%q) repeats its input: %v", in, err)
		}
	}
}

func FuzzParseInstant(f *testing.F) {
	for _, s := range []string{"2026-12-01T14:00Z", "2026-12-01T15:00:01+01:00", "2026-12-01", "P2W", "::", "0000-00-00T00:00Z"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := ParseInstant(s)
		if err != nil {
			if _, ok := errors.AsType[Refusal](err); !ok {
				t.Fatalf("ParseInstant(%q): %v is no refusal", s, err)
			}
			return
		}
		if again, err := ParseInstant(FormatInstant(got)); err != nil || !again.Equal(got) {
			t.Fatalf("ParseInstant(%q) = %v, which does not read back: %v", s, got, err)
		}
	})
}

func TestAllowed(t *testing.T) {
	cal := DefaultCalendar()
	cal.Holidays = []Period{{From: instantOf(t, "2026-12-24T00:00:00Z"), To: instantOf(t, "2027-01-01T00:00:00Z")}}
	for _, c := range []struct{ at, problem string }{
		{"2026-12-01T14:00:00Z", ""},
		{"2026-12-01T15:00:00+01:00", ""},
		{"2026-12-04T14:00:00Z", "it is a Friday, and lifts are on Tuesday, Wednesday and Thursday"},
		{"2026-12-24T14:00:00Z", "2026-12-24 is a declared holiday"},
		{"2026-12-01T14:00:01Z", "lifts are at 14:00 UTC"},
		{"2027-01-01T12:00:00Z", "it is a Friday, and lifts are on Tuesday, Wednesday and Thursday; 2027-01-01 is a declared holiday; lifts are at 14:00 UTC"},
	} {
		if got := cal.Allowed(instantOf(t, c.at)); got != c.problem {
			t.Errorf("Allowed(%s) = %q, want %q", c.at, got, c.problem)
		}
	}
	if got := (Calendar{}).Allowed(instantOf(t, "2026-12-06T00:00:00Z")); got != "" {
		t.Errorf("the zero calendar refuses midnight of a Sunday: %s", got)
	}
	if got := (Calendar{Weekdays: []time.Weekday{time.Monday}}).Allowed(instantOf(t, "2026-12-06T00:00:00Z")); got != "it is a Sunday, and lifts are on Monday" {
		t.Error(got)
	}
}

func TestCalendarCheck(t *testing.T) {
	day := instantOf(t, "2026-12-24T00:00:00Z")
	for _, c := range []struct {
		name string
		cal  Calendar
		rule string
	}{
		{"default", DefaultCalendar(), ""},
		{"zero", Calendar{}, ""},
		{"one day off", Calendar{Holidays: []Period{{From: day}}}, ""},
		{"hour", Calendar{Hour: 24}, "time of day"},
		{"minute", Calendar{Minute: -1}, "time of day"},
		{"weekday", Calendar{Weekdays: []time.Weekday{7}}, "Sunday to Saturday"},
		{"backward", Calendar{Holidays: []Period{{From: day, To: day.AddDate(0, 0, -1)}}}, "holiday"},
		{"no begin", Calendar{Holidays: []Period{{To: day}}}, "holiday"},
	} {
		err := c.cal.Check()
		if (err == nil) != (c.rule == "") || err != nil && !strings.Contains(err.Error(), c.rule) {
			t.Errorf("%s: Check() = %v, want %q", c.name, err, c.rule)
		}
	}
}
