package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/liftgate/liftgate/policy"
)

// print writes data.
func (c *console) print(format string, args ...any) error {
	if _, err := fmt.Fprintf(c.out, format, args...); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// json writes data for programs.
func (c *console) json(v any) error {
	encoder := json.NewEncoder(c.out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// table writes rows in columns that line up. The first row is the head.
func (c *console) table(rows [][]string) error {
	w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		for i, cell := range row {
			row[i] = oneLine(cell)
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(strings.Join(row, "\t"), "\t ")); err != nil {
			return fmt.Errorf("print: %w", err)
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// oneLine takes line breaks and whatever a terminal would obey out of words that others wrote.
func oneLine(words string) string {
	return strings.Map(harmless, strings.NewReplacer("\n", " ", "\t", " ").Replace(words))
}

// codeLine does the same to a line of a file, whose indentation is meant.
func codeLine(line string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return harmless(r)
	}, line)
}

// harmless drops what a terminal would obey, and what would show text in another order than it has.
func harmless(r rune) rune {
	if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
		return -1
	}
	return r
}

// revealed gives embargoed words to the person who asked for them by name with --reveal, and nothing to all others.
func revealed(words policy.Text, reveal bool) string {
	if !reveal {
		return ""
	}
	return words.Reveal()
}

// instant is a time for programs; nil where there is none.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func or(words, otherwise string) string {
	if words == "" {
		return otherwise
	}
	return words
}

func short(sha string) string { return sha[:min(len(sha), 12)] }
