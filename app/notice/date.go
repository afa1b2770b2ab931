package notice

import (
	"strings"
	"time"
)

// Date is a day. The zero Date is none.
type Date struct {
	time.Time
	wrong bool // what was read is no day: Check can name the field, and reading can't
}

const compact = "20060102" // as libvirt writes it

// Day is the day of an instant, in UTC. The zero instant has none.
func Day(at time.Time) Date {
	if at.IsZero() {
		return Date{}
	}
	year, month, day := at.UTC().Date()
	return Date{Time: time.Date(year, month, day, 0, 0, 0, 0, time.UTC)}
}

// String is the day as ISO 8601 has it.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.Format(time.DateOnly)
}

// instant is when a day begins, or "".
func (d Date) instant() string {
	if d.IsZero() {
		return ""
	}
	return d.Format(time.RFC3339)
}

// compact is the day in libvirt's notices.
func (d Date) compact() string {
	if d.IsZero() {
		return ""
	}
	return d.Format(compact)
}

// MarshalText writes 2026-11-22.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads 2026-11-22 and 20261122. There is no notice from before 1990, and after 2999 no format has one.
func (d *Date) UnmarshalText(text []byte) error {
	word := strings.TrimSpace(string(text))
	t, err := time.Parse(time.DateOnly, word)
	if err != nil {
		t, err = time.Parse(compact, word)
	}
	*d = Date{Time: t, wrong: err != nil || t.Year() < 1990 || t.Year() > 2999}
	return nil
}
