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
			if i.how == backport.HowName || after.at >= 0 && in.reach.has(after.at, i.at) {
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
