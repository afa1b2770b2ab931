package config

import (
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// Instant is a moment in UTC, written as a day (00:00 UTC is meant) or in RFC 3339 with an offset.
type Instant struct{ time.Time }

func (i *Instant) parse(text string) error {
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04Z07:00", time.RFC3339} {
		if t, err := time.Parse(layout, text); err == nil && t.Year() >= 2000 && t.Year() < 2200 {
			i.Time = t.UTC()
			return nil
		}
	}
	return fmt.Errorf("%.40q is no day and no instant; write 2027-03-01 or 2027-03-01T14:00Z", text)
}

// Clock is a time of day in UTC.
type Clock struct{ Hour, Minute int }

func (c *Clock) parse(text string) error {
	t, err := time.Parse("15:04", text)
	if err != nil || len(text) != len("15:04") {
		return fmt.Errorf("%.40q is no time of day; write it like \"14:00\", in UTC", text)
	}
	c.Hour, c.Minute = t.Hour(), t.Minute()
	return nil
}

// Weekday is a day of the week, written in three letters.
type Weekday time.Weekday

func (w *Weekday) parse(text string) error {
	for day := time.Sunday; day <= time.Saturday; day++ {
		if strings.ToLower(day.String()[:3]) == text {
			*w = Weekday(day)
			return nil
		}
	}
	return fmt.Errorf("%.40q is no weekday; write mon, tue, wed, thu, fri, sat or sun", text)
}

// Pattern is the name of a branch or a glob over such names: * and ? match no slash, [..] is a set.
type Pattern string

func (p *Pattern) parse(text string) error {
	if _, err := path.Match(text, ""); err != nil {
		return fmt.Errorf("%.80q is no pattern: it has a bracket or a backslash without its end", text)
	}
	if !branchLike(text) {
		return fmt.Errorf("%.80q can't be the name of a branch, or a pattern of such names", text)
	}
	*p = Pattern(text)
	return nil
}

// Each of these is one of a few words.
type (
	LiftBy     string // clock or button
	Drift      string // rebuild or hold
	MissingCVE string // block or warn
	LogFormat  string // text or json
	LogLevel   string // debug, info, warn or error
)

func (c *LiftBy) parse(text string) error     { return choose(c, text, "clock", "button") }
func (c *Drift) parse(text string) error      { return choose(c, text, "rebuild", "hold") }
func (c *MissingCVE) parse(text string) error { return choose(c, text, "block", "warn") }
func (c *LogFormat) parse(text string) error  { return choose(c, text, "text", "json") }
func (c *LogLevel) parse(text string) error   { return choose(c, text, "debug", "info", "warn", "error") }

func choose[T ~string](into *T, text string, words ...string) error {
	for _, word := range words {
		if text == word {
			*into = T(word)
			return nil
		}
	}
	return fmt.Errorf("%.40q is none of %s", text, strings.Join(words, ", "))
}

// Holiday is a day, or a run of days from the first to the last, on which nothing is lifted. To is zero for a single day.
type Holiday struct {
	From Day `yaml:"from" jsonschema:"required" jsonschema_description:"first day"`
	To   Day `yaml:"to" jsonschema:"required" jsonschema_description:"last day"`
}

// Day is a calendar day, as midnight UTC.
type Day struct{ time.Time }

func (y *Day) parse(text string) error {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil || t.Year() < 2000 || t.Year() >= 2200 {
		return fmt.Errorf("%.40q is no day; write it like 2026-12-25", text)
	}
	y.Time = t
	return nil
}

func (h *Holiday) decode(d *document, path string, n ast.Node) error {
	if text, ok := plainText(n); ok {
		if err := h.From.parse(text); err != nil {
			return d.refuse(place(n), err.Error())
		}
		return nil
	}
	type period Holiday // without this method
	var p period
	if _, ok := n.(ast.MapNode); !ok {
		return d.wrongType(n, "a day, or from and to")
	}
	if err := d.decodeInto(path, n, &p); err != nil {
		return err
	}
	if err := Holiday(p).check(); err != nil {
		return d.refuse(place(n), err.Error())
	}
	*h = Holiday(p)
	return nil
}

func (h Holiday) check() error {
	switch {
	case h.From.IsZero() || h.To.IsZero():
		return errors.New("a run of holidays has both from and to")
	case h.To.Before(h.From.Time):
		return errors.New("these holidays end before they begin")
	case h.To.Sub(h.From.Time) > 366*24*time.Hour:
		return errors.New("these holidays last more than a year")
	}
	return nil
}
