package ranges

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/liftgate/liftgate/backport"
)

// inquest is one question with everything that an answer needs: which commits matter, and who has which of them.
type inquest struct {
	h       *History
	brought []*change
	parts   []*change   // of the fix, in the order of history
	forms   [][]*change // other whole fixes: as they landed on a branch, or the commits of a merge
	needed  [][]*change // the parts that end each of brought
	reach   reach
	memo    map[string]*finding
}

func (h *History) inquest(ctx context.Context, q Query) (*inquest, error) {
	t := &trail{h: h, known: map[backport.SHA]*change{}}
	in := &inquest{h: h, memo: map[string]*finding{}}
	var err error
	if in.brought, err = t.all(ctx, q.Introduced, true); err != nil {
		return nil, err
	}
	if in.parts, err = t.all(ctx, q.Fix, false); err != nil {
		return nil, err
	}
	slices.SortStableFunc(in.parts, func(a, b *change) int { return cmp.Compare(h.place(a.of), h.place(b.of)) })
	if in.forms, err = t.forms(ctx, in.parts, q.Landed); err != nil {
		return nil, err
	}
	if err := t.merged(); err != nil {
		return nil, err
	}
	var places []int32
	for _, c := range t.known {
		for _, i := range c.here {
			places = append(places, i.at)
		}
	}
	in.reach = h.reach(places)
	for _, c := range in.brought {
		in.needed = append(in.needed, in.need(c))
	}
	return in, nil
}

func (t *trail) all(ctx context.Context, commits []backport.SHA, suspect bool) ([]*change, error) {
	var list []*change
	for _, sha := range commits {
		c, err := t.asked(ctx, sha, suspect)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(list, c) {
			list = append(list, c)
		}
	}
	return list, nil
}

// forms are the other ways in which the whole fix can be on a branch.
func (t *trail) forms(ctx context.Context, parts []*change, landed map[string][]backport.SHA) ([][]*change, error) {
	var forms [][]*change
	apart, err := t.apart(ctx, parts)
	if err != nil {
		return nil, err
	}
	if apart != nil {
		forms = append(forms, apart)
	}
	parts = slices.Concat(parts, apart)
	isPart := func(sha backport.SHA) bool {
		return slices.ContainsFunc(parts, func(c *change) bool { return t.h.is(c, sha) })
	}
	for _, branch := range slices.Sorted(maps.Keys(landed)) {
		// Copies of parts of the fix are no fix of their own: who landed half of it has half of it.
		if slices.ContainsFunc(landed[branch], func(sha backport.SHA) bool { return !isPart(sha) }) {
			form, err := t.all(ctx, landed[branch], false)
			if err != nil {
				return nil, err
			}
			forms = append(forms, form)
		}
	}
	return forms, nil
}

// maxApart bounds the merges that are taken apart: nobody picks more commits one by one.
const maxApart = 64

// apart gives the fix with its merges taken apart into the commits that came with them, which is how they are picked to branches;
// nil if it has none.
func (t *trail) apart(ctx context.Context, parts []*change) ([]*change, error) {
	var list []*change
	merged := false
	for _, c := range parts {
		came := t.h.came(c.of)
		if len(came) == 0 || len(came) > maxApart {
			list = append(list, c)
			continue
		}
		merged = true
		commits, err := t.all(ctx, t.h.names(came), false)
		if err != nil {
			return nil, err
		}
		list = append(list, commits...)
	}
	if !merged {
		return nil, nil
	}
	return list, nil
}

// came are the commits that came with a merge, oldest first.
func (h *History) came(merge backport.SHA) []int32 {
	at, here := h.at[merge]
	if !here || !h.merge(at) {
		return nil
	}
	before, with := h.behindOf(h.below(at)[0]), h.behindOf(at)
	var list []int32
	for place := range at {
		if with[place] && !before[place] && !h.merge(place) {
			list = append(list, place)
		}
	}
	return list
}

// place is where a commit stands in history; one that is not there comes last.
func (h *History) place(sha backport.SHA) int32 {
	if at, ok := h.at[sha]; ok {
		return at
	}
	return int32(len(h.shas))
}

// is reports whether a commit makes the change.
func (h *History) is(c *change, sha backport.SHA) bool {
	at, ok := h.at[sha]
	return c.of == sha || ok && c.has(at)
}

// need tells which parts of the fix end what a change brought. Not those before it. And where part of the fix came, and then
// another change brought the bug again, what comes after that is for the other one.
func (in *inquest) need(c *change) []*change {
	before := func(a, b *change) bool {
		x, here := in.h.at[a.of]
		y, there := in.h.at[b.of]
		return here && there && a != b && in.reach.has(y, x)
	}
	var list []*change
	for _, part := range in.parts {
		again := slices.ContainsFunc(in.brought, func(other *change) bool {
			return before(other, part) && slices.ContainsFunc(in.parts, func(first *change) bool { return before(c, first) && before(first, other) })
		})
		if part != c && !before(part, c) && !again {
			list = append(list, part)
		}
	}
	return list
}
