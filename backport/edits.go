package backport

import (
	"slices"
	"strings"
)

// edit replaces the base's lines from lo up to hi, counted from 0, by others. With lo == hi it inserts.
type edit struct {
	lo, hi int
	text   []string
}

func (a edit) same(b edit) bool { return a.lo == b.lo && a.hi == b.hi && slices.Equal(a.text, b.text) }

// overlaps reports whether two edits want the same lines, or insert at the same place. Edits that only touch do not.
func (a edit) overlaps(b edit) bool {
	if a.lo == a.hi && b.lo == b.hi {
		return a.lo == b.lo
	}
	return a.lo < b.hi && b.lo < a.hi
}

// splitLines keeps the line ends.
func splitLines(s string) []string { return slices.Collect(strings.Lines(s)) }

// mergeEdits is a three-way merge that takes edits as conflicting only where they overlap. Git also refuses those that
// touch, and is right to: what two neighbouring lines do together nobody has looked at. Hence only for drafts.
func mergeEdits(base []string, ours, theirs []edit) (string, bool) {
	all := slices.Clone(ours)
	for _, t := range theirs {
		if slices.ContainsFunc(ours, t.same) {
			continue
		}
		if slices.ContainsFunc(ours, t.overlaps) {
			return "", false
		}
		all = append(all, t)
	}
	return applyEdits(base, all), true
}

// applyEdits applies edits that don't overlap. An insertion before a changed line comes first.
func applyEdits(base []string, edits []edit) string {
	slices.SortStableFunc(edits, func(a, b edit) int {
		if a.lo != b.lo {
			return a.lo - b.lo
		}
		return a.hi - b.hi
	})
	var b strings.Builder
	at := 0
	for _, e := range edits {
		for ; at < e.lo; at++ {
			b.WriteString(base[at])
		}
		for _, line := range e.text {
			b.WriteString(line)
		}
		at = max(at, e.hi)
	}
	for ; at < len(base); at++ {
		b.WriteString(base[at])
	}
	return b.String()
}

// placeEdits applies their edits to our file by what stands around them, as patch does: the lines that go must all be
// there, with at least one line of context on each side, at one place only.
func placeEdits(base, ours []string, mine, theirs []edit) (string, bool) {
	var placed []edit
	for _, t := range theirs {
		if slices.ContainsFunc(mine, t.same) {
			continue
		}
		at, ok := place(base, ours, t)
		if !ok {
			return "", false
		}
		next := edit{at, at + t.hi - t.lo, t.text}
		if slices.ContainsFunc(placed, next.overlaps) {
			return "", false
		}
		placed = append(placed, next)
	}
	return applyEdits(ours, placed), true
}

// place finds where the lines that an edit removes stand in our file. The more context agrees the better; two places that
// agree equally are no place.
func place(base, ours []string, t edit) (int, bool) {
	for context := 3; context >= 1; context-- {
		before, after := base[max(0, t.lo-context):t.lo], base[t.hi:min(len(base), t.hi+context)]
		want := slices.Concat(before, base[t.lo:t.hi], after)
		found := -1
		for i := 0; i+len(want) <= len(ours); i++ {
			if !slices.Equal(ours[i:i+len(want)], want) {
				continue
			}
			if found >= 0 {
				return 0, false
			}
			found = i + len(before)
		}
		if found >= 0 {
			return found, true
		}
	}
	return 0, false
}
