package backport

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// NewestFirst sorts branches by where they left main, the latest first, and gives their places in the list. Names say less:
// a branch can be cut late under an old name. Branches that left at one commit keep their order; one that shares nothing
// with main comes last.
func (r *Repo) NewestFirst(ctx context.Context, main SHA, tips []SHA) ([]int, error) {
	away := make([]int, len(tips)) // commits on main since
	order := make([]int, len(tips))
	for i, tip := range tips {
		order[i] = i
		fork, err := r.MergeBase(ctx, main, tip)
		if err != nil {
			return nil, fmt.Errorf("sort branches: %w", err)
		}
		if fork == "" {
			away[i] = int(^uint(0) >> 1)
			continue
		}
		if away[i], err = r.count(ctx, fork, main); err != nil {
			return nil, fmt.Errorf("sort branches: %w", err)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(away[a], away[b]) })
	return order, nil
}

// count is how many commits head has that base does not have.
func (r *Repo) count(ctx context.Context, base, head SHA) (int, error) {
	out, _, err := r.git.run(ctx, call{args: []string{"rev-list", "--count", "--end-of-options", string(head), "^" + string(base)}, dir: r.dir})
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		return 0, fmt.Errorf("count commits: %w", ErrGit)
	}
	return n, nil
}
