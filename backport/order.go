package backport

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
)

// NewestFirst sorts branches by where they left main, the latest first, and gives their places in the list. Names say less:
// a branch can be cut late under an old name. Branches that left at one commit keep their order; one that can't be read comes
// last, after those that share nothing with main.
func (r *Repo) NewestFirst(ctx context.Context, main SHA, tips []SHA) ([]int, error) {
	if err := validSHAs(main); err != nil {
		return nil, fmt.Errorf("sort branches: %w", err)
	}
	order := make([]int, len(tips))
	for i := range tips {
		order[i] = i
	}
	if len(tips) < 2 {
		return order, nil
	}
	var away []int
	for part := range slices.Chunk(tips, maxAway) {
		found, err := r.away(ctx, main, part)
		if err != nil { // by one of them: each by itself
			found, err = r.awayAlone(ctx, main, part)
		}
		if err != nil {
			return nil, fmt.Errorf("sort branches: %w", err)
		}
		away = append(away, found...)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(away[a], away[b]) })
	return order, nil
}

func (r *Repo) awayAlone(ctx context.Context, main SHA, tips []SHA) ([]int, error) {
	var away []int
	for _, tip := range tips {
		one, err := r.away(ctx, main, []SHA{tip})
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			one = []int{math.MaxInt} // whoever works on this branch is told what is wrong
		}
		away = append(away, one...)
	}
	return away, nil
}

// maxAway is how many branches one walk can tell apart.
const maxAway = 63

// away counts for each tip the commits of main that it does not have, in one walk: a commit is had by whoever has a child
// of it, and children come first.
func (r *Repo) away(ctx context.Context, main SHA, tips []SHA) ([]int, error) {
	if err := validSHAs(tips...); err != nil {
		return nil, err
	}
	all := []string{"--end-of-options", string(main)}
	had := map[SHA]uint64{main: 1 << maxAway}
	for i, tip := range tips {
		all = append(all, string(tip))
		had[tip] |= 1 << i
	}
	out, _, err := r.git.run(ctx, call{args: append([]string{"merge-base", "--octopus"}, all...), dir: r.dir, accept: 1})
	if err != nil {
		return nil, err
	}
	if common := strings.TrimSpace(string(out)); common != "" { // all have what is before
		all = append(all, "^"+common)
	}
	away := make([]int, len(tips))
	count := func(record []byte) {
		f := strings.Fields(string(record))
		by := had[SHA(f[0])]
		delete(had, SHA(f[0]))
		for _, parent := range f[1:] {
			had[SHA(parent)] |= by
		}
		for i := range tips {
			if by>>maxAway&1 == 1 && by>>i&1 == 0 {
				away[i]++
			}
		}
	}
	_, _, err = r.git.run(ctx, call{args: append([]string{"rev-list", "--topo-order", "--parents"}, all...), dir: r.dir, each: count, ends: '\n'})
	return away, err
}
