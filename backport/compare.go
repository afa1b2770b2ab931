package backport

import (
	"context"
	"fmt"
	"slices"

	"github.com/liftgate/liftgate/policy"
)

// Difference is how a backport differs from the fix it was made from.
type Difference struct {
	Same  bool             // commit by commit the same change, wherever it stands; trees decide, not messages
	Files []FileDifference // in which the fix as a whole does not change the same lines to the same, by path
	// Text is git's range-diff: which commits pair up, and the lines that only one of a pair adds or removes. Empty where
	// it is too large.
	Text policy.Text
}

// FileDifference counts the hunks of one file, without the lines around them.
type FileDifference struct {
	Path    policy.Text
	Same    int // that both have
	Changed int // that both have here, and not the same
	Dropped int // that only main's fix has
	Added   int // that only the branch's fix has
	Moved   int // that main's fix has in another file
}

// Diff is what turns the tree of one commit into another's, empty where it is too large to read.
func (r *Repo) Diff(ctx context.Context, a, b SHA) (policy.Text, error) {
	if err := validSHAs(a, b); err != nil {
		return policy.Text{}, fmt.Errorf("compare commits: %w", err)
	}
	out, err := r.diff(ctx, a, b)
	if KindOf(err) == ErrTooLarge {
		return policy.Text{}, nil
	}
	return policy.Embargoed(string(out)), wrap("compare commits", err)
}

// Compare shows how the fix of a branch differs from main's: each is what its head has that its base does not have.
func (r *Repo) Compare(ctx context.Context, mainBase, mainHead, base, head SHA) (Difference, error) {
	d, err := r.compare(ctx, mainBase, mainHead, base, head)
	if tooMuch(ctx, err) {
		return Difference{}, nil // nothing hangs on it but what people read
	}
	return d, wrap("compare with main's fix", err)
}

func (r *Repo) compare(ctx context.Context, mainBase, mainHead, base, head SHA) (Difference, error) {
	var d Difference
	var ids [2][]PatchID
	for i, ends := range [][2]SHA{{mainBase, mainHead}, {base, head}} {
		found, err := r.Commits(ctx, ends[0], ends[1])
		if err != nil {
			return d, err
		}
		list := make([]SHA, len(found.Commits))
		for j, c := range found.Commits {
			list[j] = c.SHA
		}
		known, err := r.PatchIDs(ctx, list)
		if err != nil {
			return d, err
		}
		for _, sha := range list {
			id, ok := known[sha]
			if !ok {
				return d, ErrTooLarge
			}
			ids[i] = append(ids[i], id)
		}
	}
	d.Same = slices.Equal(ids[0], ids[1])
	if !d.Same {
		files, err := r.compareHunks(ctx, [2]SHA{mainBase, mainHead}, [2]SHA{base, head})
		if err != nil {
			return d, err
		}
		d.Files = files
	}
	args := []string{"range-diff", "--no-color", "--no-notes", "--no-ext-diff", "--no-textconv", "--creation-factor=90",
		fmt.Sprintf("%s..%s", mainBase, mainHead), fmt.Sprintf("%s..%s", base, head)}
	out, _, err := r.git.run(ctx, call{args: args, dir: r.dir})
	d.Text = policy.Embargoed(string(out))
	return d, err
}

// tooMuch reports whether git came to one of the bounds of a call, while the caller still has time.
func tooMuch(ctx context.Context, err error) bool {
	kind := KindOf(err)
	return ctx.Err() == nil && (kind == ErrTooLarge || kind == ErrTimeout)
}
