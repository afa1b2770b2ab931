package ranges

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/liftgate/liftgate/backport"
)

// Bounds of one question. Hostile messages can name any number of commits.
const (
	maxReverts    = 8    // how often a change may be taken back and brought back
	maxSteps      = 4096 // copies and reverts that are followed
	maxCandidates = 4096 // commits that could be a copy, by their shape or their subject
)

// change is one change wherever it is, and what took it back.
type change struct {
	of   backport.SHA
	here []instance
	undo []undo
}

// instance is a commit that makes the change.
type instance struct {
	at  int32
	how backport.How
}

// undo is a revert of a change. The revert of a merge takes back what came in with it and nothing else.
type undo struct {
	by   *change
	came []int32 // the instances that came with the merge; nil for all before the revert
}

// trail collects the changes of one question.
type trail struct {
	h     *History
	known map[backport.SHA]*change
	steps int
}

// asked follows a commit that people named, by all the signs there are. A suspect needs fewer.
func (t *trail) asked(ctx context.Context, sha backport.SHA, suspect bool) (*change, error) {
	c, err := t.follow(sha)
	if err != nil {
		return nil, err
	}
	if at, ok := t.h.at[sha]; ok { // or else only its copies are here
		if err := t.unsaid(ctx, c, at, suspect); err != nil {
			return nil, err
		}
	}
	if len(c.here) == 0 {
		return nil, &Wrong{Commit: sha, Problem: NoCommit}
	}
	return c, t.reverts(c, maxReverts)
}

// follow finds a commit and its copies by their own word.
func (t *trail) follow(sha backport.SHA) (*change, error) {
	if c := t.known[sha]; c != nil {
		return c, nil
	}
	c := &change{of: sha}
	t.known[sha] = c
	if at, ok := t.h.at[sha]; ok {
		c.here = append(c.here, instance{at, backport.HowAncestor})
	}
	return c, t.spread(c, sha)
}

// spread adds the copies of a commit, by their own word, and the copies of those.
func (t *trail) spread(c *change, from backport.SHA) error {
	for queue := []backport.SHA{from}; len(queue) > 0; queue = queue[1:] {
		for _, at := range t.h.copies[queue[0]] {
			if c.add(at, backport.HowTrailer) {
				queue = append(queue, t.h.shas[at])
			}
		}
		if err := t.step(); err != nil {
			return err
		}
	}
	return nil
}

// has reports whether a commit makes the change.
func (c *change) has(at int32) bool {
	return slices.ContainsFunc(c.here, func(i instance) bool { return i.at == at })
}

// add reports whether the commit is new to the change.
func (c *change) add(at int32, how backport.How) bool {
	if c.has(at) {
		return false
	}
	c.here = append(c.here, instance{at, how})
	return true
}

func (t *trail) step() error {
	if t.steps++; t.steps > maxSteps {
		return fmt.Errorf("follow copies and reverts: %w", backport.ErrTooLarge)
	}
	return nil
}

// unsaid finds the copies that don't say so: by the same patch, or the same words. What a commit builds on is no copy of it.
func (t *trail) unsaid(ctx context.Context, c *change, own int32, suspect bool) error {
	behind := t.h.behindOf(own)
	could := func(list []int32) []int32 {
		var places []int32
		for _, at := range list {
			if !behind[at] && !t.h.merge(at) && !c.has(at) && len(places) < maxCandidates {
				places = append(places, at)
			}
		}
		return places
	}
	same, err := t.h.samePatch(ctx, own, could)
	if err != nil {
		return err
	}
	alike, err := t.h.alike(ctx, own, could)
	if err != nil {
		return err
	}
	for _, i := range slices.Concat(same, alike) {
		if (suspect || i.how != backport.HowName) && c.add(i.at, i.how) && i.how != backport.HowName {
			if err := t.spread(c, t.h.shas[i.at]); err != nil {
				return err
			}
		}
	}
	return nil
}

// reverts finds what takes a change back, and what takes that back.
func (t *trail) reverts(c *change, depth int) error {
	names := []backport.SHA{c.of}
	for _, i := range c.here {
		names = append(names, t.h.shas[i.at])
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		for _, at := range t.h.reverts[name] {
			if err := t.undoneBy(c, at, nil, depth); err != nil {
				return err
			}
		}
	}
	return nil
}

// first is the revert that another one was picked from, and so on: who brings back the change that it took away names any of them.
func (h *History) first(at int32) backport.SHA {
	for range maxReverts {
		i := slices.IndexFunc(h.origins[at], func(sha backport.SHA) bool { place, here := h.at[sha]; return here && place != at })
		if i < 0 {
			break
		}
		at = h.at[h.origins[at][i]]
	}
	return h.shas[at]
}

func (t *trail) undoneBy(c *change, at int32, came []int32, depth int) error {
	if err := t.step(); err != nil || depth == 0 {
		return err
	}
	by, err := t.follow(t.h.first(at))
	if err != nil {
		return err
	}
	if came == nil && slices.ContainsFunc(c.undo, func(u undo) bool { return u.by == by && u.came == nil }) {
		return nil
	}
	c.undo = append(c.undo, undo{by, came})
	return t.reverts(by, depth-1)
}

// merged finds the reverts of merges that changes came with, until there are no new ones: what came may be a revert itself.
func (t *trail) merged() error {
	if len(t.h.unmerged) == 0 {
		return nil
	}
	seen := map[*change]bool{}
	for len(seen) < len(t.known) {
		var fresh []*change
		var places []int32
		for _, sha := range slices.Sorted(maps.Keys(t.known)) {
			if c := t.known[sha]; !seen[c] {
				seen[c] = true
				fresh = append(fresh, c)
				for _, i := range c.here {
					places = append(places, i.at)
				}
			}
		}
		reach := t.h.reach(places)
		for _, m := range t.h.unmerged {
			for _, c := range fresh {
				if err := t.unmerge(c, m, reach); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// unmerge adds the reverts of one merge to what undoes a change.
func (t *trail) unmerge(c *change, merge int32, reach reach) error {
	var came []int32
	for _, i := range c.here {
		if i.at != merge && reach.has(merge, i.at) && !reach.has(t.h.below(merge)[0], i.at) {
			came = append(came, i.at)
		}
	}
	if len(came) == 0 {
		return nil
	}
	for _, at := range t.h.reverts[t.h.shas[merge]] {
		if err := t.undoneBy(c, at, came, maxReverts); err != nil {
			return err
		}
	}
	return nil
}
