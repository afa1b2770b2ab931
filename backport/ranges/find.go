package ranges

import (
	"context"
	"fmt"
	"slices"

	"github.com/liftgate/liftgate/backport"
)

// Query asks where a bug is and where it is fixed.
type Query struct {
	Introduced []backport.SHA // each brought the bug, or brought it again; with none, those that the fix names in "Fixes:" lines
	Fix        []backport.SHA // as main has it: all of them are the fix
	// Landed is the fix as it landed on a branch, where people know. Copies that say where they come from, or that are the same
	// patch, are found without; what was written anew for a branch is not.
	Landed   map[string][]backport.SHA
	Branches []string // main first; with none, all of them, see [History.Branches]
	Tags     Tags
}

// State is how a branch or a tag stands.
type State string

// The states.
const (
	Vulnerable  State = "vulnerable"
	Fixed       State = "fixed"        // the bug was there; the fix is, or what brought the bug was taken back
	NotAffected State = "not affected" // the bug never came
	Unknown     State = "unknown"      // nobody knows what brought the bug, and the fix is not there
)

// Answer is what the repository says.
type Answer struct {
	Introduced []backport.SHA                       // what was taken to have brought the bug
	Branches   []Branch                             // in the order of the question
	Others     struct{ Vulnerable, Fixed []string } // the tags on none of the branches
	Stray      []string                             // see [History.Stray]
	Unsearched bool                                 // what commits change could not be read, so the same patch was not looked for
}

// Branch is a branch and the releases that belong to it.
type Branch struct {
	Name       string
	Tip        backport.SHA
	State      State
	Vulnerable Marks
	Fixed      Marks
	Introduced []Sign
	Fix        []Sign
	Missing    []backport.SHA // the parts of the fix that it lacks while it has others: half a fix is none
	Inherited  bool           // it was cut when the fix was there
	Unsure     bool           // the fix is there, and nothing that brought the bug was found: its older tags want a person's look
}

// Marks are releases, oldest first, and the commits that made them what they are. The fixed ones are the first with the fix: those
// after them have it too, or are vulnerable and named there.
type Marks struct {
	Tags    []string
	Changes []backport.SHA
}

// Sign is a commit that makes a change on a branch, and how it was recognised.
type Sign struct {
	Of, By backport.SHA
	How    backport.How
	Undone bool // and was taken back
}

// Find answers a question.
func (h *History) Find(ctx context.Context, q Query) (*Answer, error) {
	a, err := h.find(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("find ranges: %w", err)
	}
	return a, nil
}

func (h *History) find(ctx context.Context, q Query) (*Answer, error) {
	if len(q.Fix) == 0 && len(q.Landed) == 0 {
		return nil, fmt.Errorf("no fix: %w", backport.ErrInvalid)
	}
	if len(q.Branches) == 0 {
		q.Branches = h.Branches()
	}
	var err error
	if len(q.Introduced) == 0 {
		if q.Introduced, err = h.blamed(ctx, q.Fix); err != nil {
			return nil, err
		}
	}
	in, err := h.inquest(ctx, q)
	if err != nil {
		return nil, err
	}
	releases, err := h.releases(q.Tags)
	if err != nil {
		return nil, err
	}
	tips := make([]int32, len(q.Branches))
	for i, name := range q.Branches {
		if tips[i], err = h.branch(name); err != nil {
			return nil, err
		}
	}
	l := &lines{in: in, owner: h.owners(tips)}
	l.firsts(releases)
	a := &Answer{Introduced: q.Introduced, Stray: h.Stray(), Unsearched: h.blind()}
	for i, name := range q.Branches {
		a.Branches = append(a.Branches, l.branch(name, int32(i), tips[i], releases))
	}
	a.Others.Vulnerable, a.Others.Fixed, _ = l.tags(-1, releases)
	slices.SortFunc(a.Others.Vulnerable, natural)
	slices.SortFunc(a.Others.Fixed, natural)
	return a, nil
}

// blamed are the commits of this history that the fix names as those that brought the bug.
func (h *History) blamed(ctx context.Context, fix []backport.SHA) ([]backport.SHA, error) {
	away := func(sha backport.SHA) bool { return !h.Has(sha) }
	named, err := h.repo.Blamed(ctx, slices.DeleteFunc(slices.Clone(fix), away))
	return slices.DeleteFunc(named, away), err
}
