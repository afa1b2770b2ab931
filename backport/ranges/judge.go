package ranges

import (
	"cmp"
	"context"
	"encoding/binary"
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

// finding is what is true of one commit.
type finding struct {
	state   State
	brought []int32 // the introducing commits in its history, whether or not they still count
	ended   []int32 // what ended the bug: part after part of the fix, then reverts
	missing []backport.SHA
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
	if form, err := t.apart(ctx, in.parts); err != nil {
		return nil, err
	} else if form != nil {
		in.forms = append(in.forms, form)
	}
	for _, branch := range slices.Sorted(maps.Keys(q.Landed)) {
		// Copies of parts of the fix are no fix of their own: who landed half of it has half of it.
		if commits := q.Landed[branch]; slices.ContainsFunc(commits, func(sha backport.SHA) bool { return !in.isPart(sha) }) {
			form, err := t.all(ctx, commits, false)
			if err != nil {
				return nil, err
			}
			in.forms = append(in.forms, form)
		}
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
func (in *inquest) is(c *change, sha backport.SHA) bool {
	at, ok := in.h.at[sha]
	return c.of == sha || ok && c.has(at)
}

func (in *inquest) isPart(sha backport.SHA) bool {
	return slices.ContainsFunc(in.parts, func(c *change) bool { return in.is(c, sha) })
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

// at judges a commit. Most commits have the same few that matter, so most of them are judged already.
func (in *inquest) at(place int32) *finding {
	has := in.reach.of(place)
	var key []byte
	for _, word := range has {
		key = binary.LittleEndian.AppendUint64(key, word)
	}
	f := in.memo[string(key)]
	if f == nil {
		f = in.judge(has)
		in.memo[string(key)] = f
	}
	return f
}

func (in *inquest) judge(has set) *finding {
	f := &finding{state: NotAffected}
	if len(in.brought) == 0 {
		f.state = Unknown
	}
	bad := false
	for i, c := range in.brought {
		for _, inst := range in.in(c, has) {
			f.brought = append(f.brought, inst.at)
			if by, gone := in.undone(c, inst, has); gone {
				f.ended = append(f.ended, by)
				continue
			}
			by, lacks, healed := in.healed(in.needed[i], inst, has)
			if healed {
				f.ended = append(f.ended, by...)
				continue
			}
			bad = true
			f.missing = append(f.missing, lacks...)
		}
	}
	if by, _, healed := in.healed(in.parts, instance{at: -1}, has); healed && !bad {
		f.state, f.ended = Fixed, append(by, f.ended...)
	}
	switch {
	case bad:
		f.state, f.ended = Vulnerable, nil
	case len(f.brought) > 0:
		f.state = Fixed
	}
	f.brought, f.missing = unique(f.brought), unique(f.missing)
	slices.Sort(f.brought)
	f.ended = unique(f.ended)
	return f
}

// in are the commits of a change that one has: those that surely are the change, or else those under suspicion.
func (in *inquest) in(c *change, has set) []instance {
	var sure, suspects []instance
	for _, i := range c.here {
		switch {
		case !has.has(in.reach.bit[i.at]):
		case i.how == backport.HowName:
			suspects = append(suspects, i)
		default:
			sure = append(sure, i)
		}
	}
	if len(sure) > 0 {
		return sure
	}
	return suspects
}

// undone finds what took a commit of a change back, and was not taken back itself. A revert undoes every copy before it, for
// one that was picked to a branch names the commit of another.
func (in *inquest) undone(c *change, i instance, has set) (by int32, gone bool) {
	for _, u := range c.undo {
		if u.came != nil && !slices.Contains(u.came, i.at) {
			continue
		}
		for _, r := range u.by.here {
			if !has.has(in.reach.bit[r.at]) || r.at == i.at || !in.reach.has(r.at, i.at) {
				continue
			}
			if _, back := in.undone(u.by, r, has); !back {
				return r.at, true
			}
		}
	}
	return 0, false
}

// healed finds the fix of what a commit brought: all the parts, or all of another form of it. A fix that was there before the
// bug came, or came again, is none. Otherwise it gives the parts that are lacking where others are there.
func (in *inquest) healed(parts []*change, after instance, has set) (by []int32, lacks []backport.SHA, healed bool) {
	for _, form := range slices.Concat([][]*change{parts}, in.forms) {
		by, missing := in.whole(form, after, has)
		if len(missing) == 0 && len(form) > 0 {
			return by, nil, true
		}
		if lacks == nil && len(missing) < len(form) {
			lacks = missing
		}
	}
	return nil, lacks, false
}

func (in *inquest) whole(parts []*change, after instance, has set) (by []int32, lacks []backport.SHA) {
	for _, part := range parts {
		found := false
		for _, i := range in.in(part, has) {
			if after.at >= 0 && in.reach.has(after.at, i.at) {
				continue
			}
			if _, gone := in.undone(part, i, has); !gone {
				by, found = append(by, i.at), true
			}
		}
		if !found {
			lacks = append(lacks, part.of)
		}
	}
	return by, lacks
}

// unique drops what is there twice, and keeps the order.
func unique[T comparable](list []T) []T {
	var kept []T
	for _, v := range list {
		if !slices.Contains(kept, v) {
			kept = append(kept, v)
		}
	}
	return kept
}
