package policy

import (
	"slices"
	"time"
)

// LastSlot returns the last slot after from and not after latest, and whether there is one. Moving an end to it is
// cutting back: whoever set the limit owns it, and a calendar has no right to pass it.
func (c Calendar) LastSlot(from, latest time.Time) (time.Time, bool) {
	if !c.clockValid() || !c.hasWeekday() {
		return time.Time{}, false
	}
	// Each round goes back by a day, or across a whole holiday, so that rounds are few however far from lies.
	for day := dayOf(latest); ; day = day.AddDate(0, 0, -1) {
		slot := c.slotOn(day)
		if !slot.After(from) {
			return time.Time{}, false
		}
		if first, off := c.holiday(day); off {
			day = first
			continue
		}
		if !slot.After(latest) && c.onWeekday(day.Weekday()) {
			return slot, true
		}
	}
}

// slotOn is the instant of the slot on a day, if that day has one.
func (c Calendar) slotOn(day time.Time) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), c.Hour, c.Minute, 0, 0, time.UTC)
}

func (c Calendar) clockValid() bool {
	return c.Hour >= 0 && c.Hour <= 23 && c.Minute >= 0 && c.Minute <= 59
}

// hasWeekday is false for a list that names only weekdays that don't exist; a search for those would not end.
func (c Calendar) hasWeekday() bool {
	for day := time.Sunday; day <= time.Saturday; day++ {
		if c.onWeekday(day) {
			return true
		}
	}
	return false
}

func (c Calendar) onWeekday(day time.Weekday) bool {
	return len(c.Weekdays) == 0 || slices.Contains(c.Weekdays, day)
}

// holiday returns the first day of the holiday that a day belongs to, and whether there is one.
func (c Calendar) holiday(day time.Time) (first time.Time, off bool) {
	for _, p := range c.Holidays {
		from, to := p.days()
		if !day.Before(from) && !day.After(to) {
			return from, true
		}
	}
	return time.Time{}, false
}

// days are the first and the last day of a period.
func (p Period) days() (from, to time.Time) {
	if p.To.IsZero() {
		return dayOf(p.From), dayOf(p.From)
	}
	return dayOf(p.From), dayOf(p.To)
}

// dayOf is midnight UTC of the day that an instant belongs to in UTC.
func dayOf(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// within is the default end of a period of secrecy: the last slot in it, or its very end and a note that says so.
func (c Calendar) within(now time.Time, period time.Duration) (end time.Time, note string) {
	if slot, ok := c.LastSlot(now, now.Add(period)); ok {
		return slot, ""
	}
	end = now.Add(period).Truncate(time.Second)
	return end, " The calendar has no lift slot in these " + FormatLength(period) + ", so the end is not on one."
}

// warning says that a chosen end is not on a slot, and names the last slot before it.
func (c Calendar) warning(now, end time.Time) string {
	problem := c.Allowed(end)
	if problem == "" {
		return ""
	}
	text := " Warning: this is not a lift slot: " + problem + "."
	if slot, ok := c.LastSlot(now, end); ok {
		text += " The last slot before it is " + FormatInstant(slot) + "."
	}
	return text
}
