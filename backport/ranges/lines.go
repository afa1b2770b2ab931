package ranges

import (
	"slices"

	"github.com/liftgate/liftgate/backport"
)

// lines lays what was found out along the branches.
type lines struct {
	in    *inquest
	owner []int32 // see [History.owners]
	first []bool  // see [lines.firsts]
}

// firsts marks the releases that are the first of their line with the fix. Along first parents, and within what belongs to one
// branch, every commit hands on whether the last release was fixed.
func (l *lines) firsts(releases []release) {
	h := l.in.h
	l.first = make([]bool, len(releases))
	since := make([]bool, len(h.shas))
	next := 0
	for at := range int32(len(h.shas)) {
		for i, p := range h.below(at) {
			if since[p] && (i == 0 || l.owner[p] == l.owner[at]) {
				since[at] = true
			}
		}
		for before := since[at]; next < len(releases) && releases[next].at == at; next++ {
			since[at] = l.in.at(at).state == Fixed
			l.first[next] = since[at] && !before
		}
	}
}

// tags sorts the releases of a branch, and gives what was found of them.
func (l *lines) tags(owner int32, releases []release) (vulnerable, fixed []string, seen []*finding) {
	for i, r := range releases {
		if l.owner[r.at] != owner {
			continue
		}
		switch f := l.in.at(r.at); {
		case f.state == Vulnerable:
			vulnerable, seen = append(vulnerable, r.name), append(seen, f)
		case l.first[i]:
			fixed, seen = append(fixed, r.name), append(seen, f)
		}
	}
	return vulnerable, fixed, seen
}

func (l *lines) branch(name string, index, tip int32, releases []release) Branch {
	h, at := l.in.h, l.in.at(tip)
	b := Branch{Name: name, Tip: h.shas[tip], State: at.state, Missing: at.missing}
	var seen []*finding
	b.Vulnerable.Tags, b.Fixed.Tags, seen = l.tags(index, releases)
	own := slices.ContainsFunc(at.ended, func(place int32) bool { return l.owner[place] == index })
	b.Inherited = at.state == Fixed && len(b.Vulnerable.Tags) == 0 && !own
	b.Unsure = at.state == Fixed && !b.Inherited && len(l.in.brought) > 0 && len(at.brought) == 0
	b.Introduced, b.Fix = l.signs(l.in.brought, tip), l.signs(slices.Concat(l.in.parts, slices.Concat(l.in.forms...)), tip)
	if b.Inherited {
		return b
	}
	var brought, ended []int32
	for _, f := range append(seen, at) {
		brought, ended = append(brought, f.brought...), append(ended, f.ended...)
	}
	slices.Sort(brought)
	b.Vulnerable.Changes, b.Fixed.Changes = h.names(unique(brought)), h.names(unique(ended))
	return b
}

// signs are the commits of some changes that a commit has.
func (l *lines) signs(changes []*change, tip int32) []Sign {
	var list []Sign
	v := l.in.see(tip)
	for _, c := range unique(changes) {
		for _, i := range v.in(c) {
			_, gone := v.undone(c, i)
			list = append(list, Sign{c.of, l.in.h.shas[i.at], i.how, gone})
		}
	}
	return list
}

func (h *History) names(places []int32) []backport.SHA {
	var list []backport.SHA
	for _, at := range places {
		list = append(list, h.shas[at])
	}
	return list
}
