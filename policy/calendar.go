package policy

import (
	"slices"
	"strings"
	"time"
)

// Calendar says at which instants a project is willing to lift: its weekdays, its time of day in UTC, and the days on
// which nobody should have to patch. It is a preference. It moves a default end to an earlier slot, never to a later one,
// and it only warns about an end that people choose themselves.
//
// A list that is empty restricts nothing, so the zero value allows 00:00 UTC of every day. [DefaultCalendar] is the
// calendar of a project that chose none.
type Calendar struct {
	Weekdays     []time.Weekday // days of the week with a slot; empty means all seven
	Hour, Minute int            // time of the slot, UTC, so that it doesn't move with anybody's summer time
	Holidays     []Period       // days without a slot: holidays, freezes, conferences
}

// Period is a run of whole days, read in UTC. A zero To makes it the one day From.
type Period struct {
	From, To time.Time // both days belong to the period; the time of day doesn't matter
}

// DefaultCalendar is Tuesday to Thursday at 14:00 UTC: working hours of the same day in Europe and in the Americas, with
// a working day before and after it. It knows no holidays, since those are the project's own.
func DefaultCalendar() Calendar {
	return Calendar{Weekdays: []time.Weekday{time.Tuesday, time.Wednesday, time.Thursday}, Hour: 14}
}

// Check returns a [Refusal] for a calendar that can't mean what its author wrote.
func (c Calendar) Check() error {
	if !c.clockValid() {
		return Refusal{"a lift slot has a time of day from 00:00 to 23:59 UTC", "correct the calendar's hour and minute"}
	}
	for _, day := range c.Weekdays {
		if day < time.Sunday || day > time.Saturday {
			return Refusal{"a lift slot is on a day from Sunday to Saturday", "correct the calendar's weekdays"}
		}
	}
	for _, p := range c.Holidays {
		from, to := p.days()
		if p.From.IsZero() || to.Before(from) {
			return Refusal{"a holiday begins on a day and does not end before it", "correct the calendar's holidays"}
		}
	}
	return nil
}

// Allowed says why an instant is not a lift slot. Nothing said means that it is one.
func (c Calendar) Allowed(t time.Time) (problem string) {
	t = t.UTC()
	var problems []string
	if !c.onWeekday(t.Weekday()) {
		problems = append(problems, "it is a "+t.Weekday().String()+", and lifts are on "+c.weekdayNames())
	}
	if _, off := c.holiday(dayOf(t)); off {
		problems = append(problems, t.Format(time.DateOnly)+" is a declared holiday")
	}
	if !t.Equal(c.slotOn(dayOf(t))) {
		problems = append(problems, "lifts are at "+c.slotOn(dayOf(t)).Format("15:04")+" UTC")
	}
	return strings.Join(problems, "; ")
}

func (c Calendar) weekdayNames() string {
	var names []string
	for day := time.Sunday; day <= time.Saturday; day++ {
		if slices.Contains(c.Weekdays, day) {
			names = append(names, day.String())
		}
	}
	switch n := len(names); n {
	case 0:
		return "no day of the week at all" // only weekdays that don't exist; Check refuses them
	case 1:
		return names[0]
	default:
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
}

// shortInstant and longInstant are the two forms of an instant that people write and read: both name their offset.
const (
	shortInstant = "2006-01-02T15:04Z07:00"
	longInstant  = "2006-01-02T15:04:05Z07:00"
)

// FormatInstant writes an instant in UTC as [ParseInstant] reads it, without seconds where they are zero.
func FormatInstant(t time.Time) string {
	t = t.UTC()
	if t.Second() == 0 {
		return t.Format(shortInstant)
	}
	return t.Format(longInstant)
}

// ParseInstant reads an instant as RFC 3339 writes it, seconds optional: 2026-12-01T14:00Z or 2026-12-01T15:00:00+01:00.
// The offset is required: parties that must act at one moment live in different zones, and a local time can exist twice
// or not at all. The error is a [Refusal] that does not repeat what was written, since people write secrets in the wrong place.
func ParseInstant(s string) (time.Time, error) {
	s = strings.ToUpper(strings.TrimSpace(s))
	if refusal, ok := malformed(s); !ok {
		return time.Time{}, refusal
	}
	layout := longInstant
	if strings.Count(s[:min(len(s), 17)], ":") == 1 {
		layout = shortInstant
	}
	t, err := time.Parse(layout, s)
	if err != nil { // its text repeats the input
		return time.Time{}, Refusal{"an instant has a day that exists and a time from 00:00 to 23:59", adviceInstant}
	}
	if _, offset := t.Zone(); offset < -14*3600 || offset > 14*3600 {
		return time.Time{}, Refusal{"an instant's offset lies within 14 hours of UTC", adviceInstant}
	}
	t = t.UTC()
	if t.Year() < 2000 || t.Year() > 2199 {
		return time.Time{}, Refusal{"an instant lies in the years 2000 to 2199", "check the year"}
	}
	return t, nil
}

const adviceInstant = "write it like 2026-12-01T14:00Z or 2026-12-01T15:00+01:00"

// malformed finds the mistakes of form that have a better answer than "can't be read". It is strict about widths, which
// time.Parse is not.
func malformed(s string) (Refusal, bool) {
	var shape strings.Builder
	for _, r := range s {
		if r >= '0' && r <= '9' {
			r = '0'
		}
		shape.WriteRune(r)
	}
	form := shape.String()
	rest, minutes := strings.CutPrefix(form, "0000-00-00T00:00")
	if minutes {
		rest = strings.TrimPrefix(rest, ":00")
	}
	switch {
	case minutes && (rest == "Z" || rest == "+00:00" || rest == "-00:00"):
		return Refusal{}, true
	case minutes && rest == "":
		return Refusal{"an instant names its offset from UTC", "add Z for UTC, or an offset like +01:00"}, false
	case minutes && strings.HasPrefix(rest, "."):
		return Refusal{"an instant has whole seconds", adviceInstant}, false
	case form == "0000-00-00":
		return Refusal{"an embargo ends at an instant, not on a day", adviceInstant}, false
	case strings.HasPrefix(form, "P") || strings.HasPrefix(form, "+"):
		return Refusal{"an embargo ends at an instant, not after a duration", adviceInstant}, false
	default:
		return Refusal{"an instant is a date, a time and an offset as RFC 3339 writes them", adviceInstant}, false
	}
}
