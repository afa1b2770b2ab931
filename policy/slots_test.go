package policy

import (
	"testing"
	"time"
)

func TestLastSlot(t *testing.T) {
	christmas := Period{From: instantOf(t, "2026-12-21T00:00:00Z"), To: instantOf(t, "2027-01-03T00:00:00Z")}
	day := func(s string) Period { return Period{From: instantOf(t, s+"T00:00:00Z")} }
	with := func(off ...Period) Calendar {
		c := DefaultCalendar()
		c.Holidays = off
		return c
	}
	everyDay := Calendar{Hour: 23, Minute: 59}
	for _, c := range []struct {
		name, from, latest, want string
		cal                      Calendar
	}{
		{"on the slot", "2026-11-17T14:00:00Z", "2026-12-01T14:00:00Z", "2026-12-01T14:00:00Z", with()},
		{"a second before the slot", "2026-11-17T14:00:00Z", "2026-12-01T13:59:59Z", "2026-11-26T14:00:00Z", with()},
		{"from is not in the interval", "2026-12-01T14:00:00Z", "2026-12-01T20:00:00Z", "", with()},
		{"weekend is cut back", "2026-06-21T13:42:06Z", "2026-07-05T13:42:06Z", "2026-07-02T14:00:00Z", with()},
		{"Monday is cut back", "2026-11-16T09:00:00Z", "2026-11-30T09:00:00Z", "2026-11-26T14:00:00Z", with()},
		{"holiday on the last slot", "2026-11-16T09:00:00Z", "2026-11-30T09:00:00Z", "2026-11-25T14:00:00Z", with(day("2026-11-26"))},
		{"across the year's end", "2026-12-18T10:00:00Z", "2027-01-01T10:00:00Z", "2026-12-31T14:00:00Z", with()},
		{"before a long holiday", "2026-12-16T10:00:00Z", "2026-12-30T10:00:00Z", "2026-12-17T14:00:00Z", with(christmas)},
		{"nothing but holiday", "2026-12-18T10:00:00Z", "2027-01-01T10:00:00Z", "", with(christmas)},
		{"touching and nested holidays", "2026-12-10T10:00:00Z", "2026-12-30T10:00:00Z", "2026-12-15T14:00:00Z",
			with(day("2026-12-24"), christmas, Period{From: instantOf(t, "2026-12-16T00:00:00Z"), To: instantOf(t, "2026-12-20T00:00:00Z")})},
		{"leap day", "2028-02-20T00:00:00Z", "2028-03-01T00:00:00Z", "2028-02-29T14:00:00Z", with()},
		{"leap day off", "2028-02-20T00:00:00Z", "2028-03-01T00:00:00Z", "2028-02-24T14:00:00Z", with(day("2028-02-29"))},
		{"no leap day", "2027-02-18T00:00:00Z", "2027-03-01T00:00:00Z", "2027-02-25T14:00:00Z", with()},
		{"limit in another zone", "2026-11-17T14:00:00Z", "2026-12-02T00:30:00+11:00", "2026-11-26T14:00:00Z", with()},
		{"every day", "2026-12-04T10:00:00Z", "2026-12-06T23:58:00Z", "2026-12-05T23:59:00Z", everyDay},
		{"zero calendar", "2026-12-04T10:00:00Z", "2026-12-06T23:58:00Z", "2026-12-06T00:00:00Z", Calendar{}},
		{"backward interval", "2026-12-06T00:00:00Z", "2026-12-01T14:00:00Z", "", with()},
		{"impossible hour", "2026-12-01T00:00:00Z", "2026-12-20T00:00:00Z", "", Calendar{Hour: 25}},
		{"impossible weekday", "0001-01-01T00:00:00Z", "2026-12-20T00:00:00Z", "", Calendar{Weekdays: []time.Weekday{9}}},
		{"summer time does not matter", "2026-10-20T13:00:00Z", "2026-11-03T13:00:00Z", "2026-10-29T14:00:00Z", with()},
		{"holiday of all time", "0001-01-01T00:00:00Z", "2026-12-20T00:00:00Z", "",
			with(Period{From: instantOf(t, "0001-01-01T00:00:00Z"), To: instantOf(t, "9999-12-31T00:00:00Z")})},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := c.cal.LastSlot(instantOf(t, c.from), instantOf(t, c.latest))
			if ok != (c.want != "") || ok && got.Format(time.RFC3339) != c.want {
				t.Errorf("LastSlot = %v, %v; want %q", got, ok, c.want)
			}
			if ok && c.cal.Allowed(got) != "" {
				t.Errorf("the slot found is not allowed: %s", c.cal.Allowed(got))
			}
		})
	}
}

// TestLastSlotIsTheLast compares with a walk over every minute that can be a slot.
func TestLastSlotIsTheLast(t *testing.T) {
	cal := DefaultCalendar()
	cal.Holidays = []Period{
		{From: instantOf(t, "2027-12-20T00:00:00Z"), To: instantOf(t, "2028-01-03T00:00:00Z")},
		{From: instantOf(t, "2028-02-29T00:00:00Z")},
	}
	begin := instantOf(t, "2027-11-30T07:30:00Z")
	for hours := range 24 * 120 {
		from := begin.Add(time.Duration(hours) * time.Hour)
		latest := from.Add(14 * Day)
		var want time.Time
		for at := dayOf(from).Add(14 * time.Hour); !at.After(latest); at = at.Add(Day) {
			if at.After(from) && cal.Allowed(at) == "" {
				want = at
			}
		}
		got, ok := cal.LastSlot(from, latest)
		if ok != !want.IsZero() || !got.Equal(want) {
			t.Fatalf("LastSlot(%v, %v) = %v, %v; want %v", from, latest, got, ok, want)
		}
	}
}
