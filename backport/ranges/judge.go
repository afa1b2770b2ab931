package ranges

import (
	"encoding/binary"
	"slices"

	"github.com/liftgate/liftgate/backport"
)

// finding is what is true of one commit.
type finding struct {
	state   State
	brought []int32 // the introducing commits in its history, whether or not they still count
	ended   []int32 // what ended the bug: part after part of the fix, then reverts
	missing []backport.SHA
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
		f = in.see(place).judge()
		in.memo[string(key)] = f
	}
	return f
}

// view is a question as one commit sees it. What was found is kept: a revert can be taken back by many others, each of them by
// those after it, and without that every one more would double the work.
type view struct {
	*inquest
	has  set
	mine map[*change][]instance
	gone map[deed]int32 // what took it back, or -1
}

// deed is a commit that makes a change.
type deed struct {
	of *change
	at int32
}

func (in *inquest) see(place int32) *view {
	return &view{in, in.reach.of(place), map[*change][]instance{}, map[deed]int32{}}
}

func (v *view) judge() *finding {
	f := &finding{state: NotAffected}
	if len(v.brought) == 0 {
		f.state = Unknown
	}
	bad := false
	for i, c := range v.brought {
		for _, inst := range v.in(c) {
			f.brought = append(f.brought, inst.at)
			if by, gone := v.undone(c, inst); gone {
				f.ended = append(f.ended, by)
				continue
			}
			by, lacks, healed := v.healed(v.needed[i], inst)
			if healed {
				f.ended = append(f.ended, by...)
				continue
			}
			bad = true
			f.missing = append(f.missing, lacks...)
		}
	}
	if by, _, healed := v.healed(v.parts, instance{at: -1}); healed && !bad {
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
func (v *view) in(c *change) []instance {
	if known, ok := v.mine[c]; ok {
		return known
	}
	var sure, suspects []instance
	for _, i := range c.here {
		switch {
		case !v.has.has(v.reach.bit[i.at]):
		case i.how == backport.HowName:
			suspects = append(suspects, i)
		default:
			sure = append(sure, i)
		}
	}
	if len(sure) == 0 {
		sure = suspects
	}
	v.mine[c] = sure
	return sure
}

// undone finds what took a commit of a change back, and was not taken back itself. A revert undoes every copy before it, for
// one that was picked to a branch names the commit of another.
func (v *view) undone(c *change, i instance) (by int32, gone bool) {
	own := deed{c, i.at}
	by, known := v.gone[own]
	if !known {
		by = v.undoneBy(c, i)
		v.gone[own] = by
	}
	return by, by >= 0
}

func (v *view) undoneBy(c *change, i instance) int32 {
	for _, u := range c.undo {
		if u.came != nil && !slices.Contains(u.came, i.at) {
			continue
		}
		for _, r := range u.by.here {
			if !v.has.has(v.reach.bit[r.at]) || r.at == i.at || !v.reach.has(r.at, i.at) {
				continue
			}
			if _, back := v.undone(u.by, r); !back {
				return r.at
			}
		}
	}
	return -1
}

// healed finds the fix of what a commit brought: all the parts, or all of another form of it. A fix that was there before the
// bug came, or came again, is none. Otherwise it gives the parts that are lacking where others are there.
func (v *view) healed(parts []*change, after instance) (by []int32, lacks []backport.SHA, healed bool) {
	for _, form := range slices.Concat([][]*change{parts}, v.forms) {
		by, missing := v.whole(form, after)
		if len(missing) == 0 && len(form) > 0 {
			return by, nil, true
		}
		if lacks == nil && len(missing) < len(form) {
			lacks = missing
		}
	}
	return nil, lacks, false
}

func (v *view) whole(parts []*change, after instance) (by []int32, lacks []backport.SHA) {
	for _, part := range parts {
		found := false
		for _, i := range v.in(part) {
			if i.how == backport.HowName || after.at >= 0 && v.reach.has(after.at, i.at) {
				continue
			}
			if _, gone := v.undone(part, i); !gone {
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
	seen := make(map[T]bool, len(list))
	return slices.DeleteFunc(slices.Clone(list), func(v T) bool {
		was := seen[v]
		seen[v] = true
		return was
	})
}
