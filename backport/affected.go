package backport

import (
	"context"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/liftgate/liftgate/policy"
)

// Inquiry asks whether a branch has a bug.
type Inquiry struct {
	Fix []SHA // as main has it, oldest first
	// Introduced are the commits that brought the bug. With none, those that the fix names in "Fixes:" lines are taken.
	Introduced []SHA
	Branch     SHA
}

// Standing is where a branch stands with a bug.
type Standing string

// The standings. NotAffected is a proposal with evidence; a person confirms it before anything is left out.
const (
	AlreadyFixed Standing = "already-fixed"
	NotAffected  Standing = "not-affected"
	IsAffected   Standing = "affected"
	NotKnown     Standing = "unknown"
)

// Verdict is a standing with its evidence.
type Verdict struct {
	Standing   Standing
	Fixed      *Applied      // by which commits; set for AlreadyFixed
	Introduced []Introduced  // one for each introducing commit
	Missing    []policy.Text // paths that the fix changes and the branch does not have
	Paths      int           // how many it changes
}

// Format prints the standing for every verb, for the reason given at [Result.Format].
func (v Verdict) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, string(v.Standing)) }

// Introduced says what is known of one introducing commit on the branch.
type Introduced struct {
	Commit SHA
	Here   *Applied // how it is there; nil if it is not
	Undone bool     // it was there, and was reverted
}

// Format prints the commit for every verb, as above.
func (i Introduced) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, string(i.Commit)) }

// Affected judges whether a branch has the bug that a fix mends.
func (r *Repo) Affected(ctx context.Context, q Inquiry) (Verdict, error) {
	v, err := r.affected(ctx, q)
	return v, wrap("judge branch", err)
}

func (r *Repo) affected(ctx context.Context, q Inquiry) (Verdict, error) {
	if err := validSHAs(slices.Concat(q.Fix, q.Introduced, []SHA{q.Branch})...); err != nil {
		return Verdict{}, err
	}
	if len(q.Fix) == 0 {
		return Verdict{}, invalid("no fix")
	}
	v := Verdict{Standing: NotKnown}
	applied, err := r.Applied(ctx, q.Fix, q.Branch)
	if err != nil {
		return Verdict{}, err
	}
	if len(applied) == len(q.Fix) {
		steps := make([]Step, len(q.Fix))
		for i, sha := range q.Fix {
			a := applied[sha]
			steps[i] = Step{From: sha, Skipped: &a}
		}
		v.Standing, v.Fixed = AlreadyFixed, summary(steps)
	}
	named := q.Introduced
	if len(named) == 0 {
		if named, err = r.Blamed(ctx, q.Fix); err != nil {
			return Verdict{}, err
		}
	}
	if err := r.judge(ctx, &v, named, q.Branch); err != nil {
		return Verdict{}, err
	}
	return v, r.touched(ctx, &v, q)
}

// judge looks for the introducing commits. One that is there is enough; all must be missing for the opposite.
func (r *Repo) judge(ctx context.Context, v *Verdict, introduced []SHA, branch SHA) error {
	found, err := r.Applied(ctx, introduced, branch)
	if err != nil {
		return err
	}
	for _, sha := range introduced {
		in := Introduced{Commit: sha}
		if a, ok := found[sha]; ok {
			in.Here = &a
		} else if in.Undone, err = r.Ancestor(ctx, sha, branch); err != nil {
			return err
		} else if !in.Undone {
			if in.Here, err = r.appliedByName(ctx, sha, branch, true); err != nil {
				return err
			}
		}
		v.Introduced = append(v.Introduced, in)
	}
	if v.Standing == AlreadyFixed || len(introduced) == 0 {
		return nil
	}
	v.Standing = NotAffected
	if slices.ContainsFunc(v.Introduced, func(i Introduced) bool { return i.Here != nil }) {
		v.Standing = IsAffected
	}
	return nil
}

// maxBlamed bounds how many commits a fix may name as the ones that brought the bug.
const maxBlamed = 32

// touched looks whether the branch has the files that the fix changes. Where it has none, not even elsewhere under the same
// name, and no introducing commit says otherwise, the code is not there.
func (r *Repo) touched(ctx context.Context, v *Verdict, q Inquiry) error {
	paths := map[string]bool{}
	// What the fix itself adds can't be missed.
	args := []string{"diff-tree", "--stdin", "-r", "-z", "--root", "-m", "--first-parent", "--no-commit-id", "--name-only", "--no-renames", "--diff-filter=a"}
	if err := r.stream(ctx, args, onLines(q.Fix), 0, func(path []byte) { paths[string(path)] = true }); err != nil {
		return err
	}
	out, _, err := r.git.run(ctx, call{args: []string{"ls-tree", "-r", "-z", "--name-only", "--full-tree", "--end-of-options", string(q.Branch)}, dir: r.dir})
	if KindOf(err) == ErrTooLarge {
		return nil // too many files to compare: no evidence
	}
	if err != nil {
		return err
	}
	have, elsewhere := map[string]bool{}, map[string]bool{}
	for p := range strings.SplitSeq(string(out), "\x00") {
		have[p], elsewhere[path.Base(p)] = true, true
	}
	v.Paths = len(paths)
	moved := false
	for p := range paths {
		if !have[p] {
			v.Missing = append(v.Missing, policy.Embargoed(p))
			moved = moved || elsewhere[path.Base(p)]
		}
	}
	slices.SortFunc(v.Missing, func(a, b policy.Text) int { return strings.Compare(a.Reveal(), b.Reveal()) })
	if v.Standing == NotKnown && v.Paths > 0 && len(v.Missing) == v.Paths && !moved {
		v.Standing = NotAffected
	}
	return nil
}
