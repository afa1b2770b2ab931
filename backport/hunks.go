package backport

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/liftgate/liftgate/policy"
)

// conflicted is a merged file with markers, taken apart: its hunks, and the file as it would be with every hunk resolved
// to one side. Line numbers of the hunks count in those.
type conflicted struct {
	hunks              []Hunk
	ours, base, theirs bytes.Buffer
}

// parseHunks reads a merged file with long zdiff3 markers.
func parseHunks(body []byte) *conflicted {
	const outside, ours, base, theirs = 0, 1, 2, 3
	c := &conflicted{}
	sides := [4]*bytes.Buffer{ours: &c.ours, base: &c.base, theirs: &c.theirs}
	at := [4]int{ours: 1, base: 1, theirs: 1} // next line of each side
	var text [4]bytes.Buffer
	var h Hunk
	side := outside
	for line := range bytes.Lines(body) {
		switch {
		case side == outside && isMarker(line, '<'):
			side = ours
			h = Hunk{Ours: Lines{First: at[ours]}, Base: Lines{First: at[base]}, Theirs: Lines{First: at[theirs]}}
			for i := range text {
				text[i].Reset()
			}
		case side == ours && isMarker(line, '|'):
			side = base
		case (side == ours || side == base) && isMarker(line, '='):
			side = theirs
		case side == theirs && isMarker(line, '>'):
			h.Ours.Count, h.Base.Count, h.Theirs.Count = at[ours]-h.Ours.First, at[base]-h.Base.First, at[theirs]-h.Theirs.First
			h.OursText, h.BaseText, h.TheirsText = policy.Embargoed(text[ours].String()), policy.Embargoed(text[base].String()), policy.Embargoed(text[theirs].String())
			c.hunks = append(c.hunks, h)
			side = outside
		case side == outside:
			for i := ours; i <= theirs; i++ {
				sides[i].Write(line)
				at[i]++
			}
		default:
			sides[side].Write(line)
			text[side].Write(line)
			at[side]++
		}
	}
	return c
}

// isMarker reports whether a line is a marker of at least our length: nested ones, of a merge of merge bases, are longer.
func isMarker(line []byte, c byte) bool {
	line = bytes.TrimRight(line, "\r\n")
	n := 0
	for n < len(line) && line[n] == c {
		n++
	}
	return n == hunkMarker && (n == len(line) || line[n] == ' ')
}

// locate turns the line numbers of hunks into those of each side's own file: outside the hunks the merged file holds
// what only one side changed, so the numbers drift.
func (e *Embargoed) locate(ctx context.Context, f *ConflictFile, c *conflicted) ([]Hunk, error) {
	for _, side := range []struct {
		stage    Stage
		resolved []byte
		lines    func(*Hunk) *Lines
	}{
		{f.Ours, c.ours.Bytes(), func(h *Hunk) *Lines { return &h.Ours }},
		{f.Base, c.base.Bytes(), func(h *Hunk) *Lines { return &h.Base }},
		{f.Theirs, c.theirs.Bytes(), func(h *Hunk) *Lines { return &h.Theirs }},
	} {
		if side.stage.OID == "" {
			continue
		}
		shifts, err := e.shifts(ctx, side.stage.OID, side.resolved)
		if err != nil {
			return nil, err
		}
		moved := 0
		for i := range c.hunks { // both are in order
			l := side.lines(&c.hunks[i])
			for ; len(shifts) > 0 && shifts[0].before <= l.First; shifts = shifts[1:] {
				moved += shifts[0].by
			}
			l.First += moved
		}
	}
	return c.hunks, nil
}

// shift says that lines of the merged file from before on are by lines further down in a side's own file.
type shift struct{ before, by int }

func (e *Embargoed) shifts(ctx context.Context, own SHA, resolved []byte) ([]shift, error) {
	blob, err := e.write("blob", resolved)
	if err != nil || blob == own {
		return nil, err
	}
	spans, err := e.spans(ctx, own, blob)
	var list []shift
	for _, s := range spans {
		list = append(list, shift{before: s.new.First + s.new.Count, by: s.old.Count - s.new.Count})
	}
	return list, err
}

// spans are the lines in which two blobs differ. Where one has none, First is the line before which they'd be.
type spans struct{ old, new Lines }

func (e *Embargoed) spans(ctx context.Context, a, b SHA, more ...string) ([]spans, error) {
	args := append([]string{"diff", "-U0", "--text", "--no-color", "--no-ext-diff", "--no-textconv"}, more...)
	args = append(args, "--end-of-options", string(a), string(b))
	out, _, err := e.git.run(ctx, call{args: args, dir: e.dir})
	if err != nil {
		return nil, fmt.Errorf("compare sides: %w", err)
	}
	half := func(s string) Lines {
		first, count := span(s)
		if count == 0 {
			first++ // "after line n"
		}
		return Lines{first, count}
	}
	var list []spans
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, "@@ ") {
			f := strings.Fields(line)
			list = append(list, spans{half(f[1]), half(f[2])})
		}
	}
	return list, nil
}

// span reads one half of a hunk header: "-3,2", "+7".
func span(s string) (first, count int) {
	a, b, more := strings.Cut(s[1:], ",")
	first, _ = strconv.Atoi(a) // git wrote the number
	count = 1
	if more {
		count, _ = strconv.Atoi(b) // as above
	}
	return first, count
}
