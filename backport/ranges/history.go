package ranges

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/liftgate/liftgate/backport"
)

// maxCommits bounds a history. The largest that anybody keeps in git has a few million.
const maxCommits = 8 << 20

// History is all commits of a repository's branches and tags, without their text. It is loaded once and answers any number of
// questions, also at the same time.
type History struct {
	repo  *backport.Repo
	tips  []backport.SHA
	refs  []ref
	stray []string // refs that lead to no commit

	// Commits are known by their place: roots first, none before what it builds on.
	shas    []backport.SHA
	at      map[backport.SHA]int32
	behind  []int32 // where the parents of each place begin in parents; one longer than shas
	parents []int32

	copies   map[backport.SHA][]int32 // by the commit that they say they were picked from
	reverts  map[backport.SHA][]int32 // by the commit that they say they take back
	origins  map[int32][]backport.SHA // of those reverts, where they are copies themselves
	unmerged []int32                  // the merges that some commit takes back
	name     []uint64                 // of the subject
	named    map[uint64][]int32       // by it

	mu      sync.Mutex
	shape   []uint64           // of what a commit changes, 0 of nothing; nil until a question needs it
	shaped  map[uint64][]int32 // by it
	trouble error              // why there are none
	ids     map[backport.SHA]backport.PatchID
}

// ref is a branch or a tag and its place.
type ref struct {
	name string // whole
	at   int32
}

// Load reads the history of all branches and tags: those of the store itself, or with clone those of that git folder, from which
// the store borrows, see [backport.Repo.Refs]. A shallow history is refused with [ErrShallow].
func Load(ctx context.Context, repo *backport.Repo, clone string) (*History, error) {
	h, err := load(ctx, repo, clone)
	if err != nil {
		return nil, fmt.Errorf("load history: %w", err)
	}
	return h, nil
}

func load(ctx context.Context, repo *backport.Repo, clone string) (*History, error) {
	shallow, err := repo.Shallow(ctx)
	if err != nil {
		return nil, err
	}
	if shallow {
		return nil, ErrShallow
	}
	refs, err := repo.Refs(ctx, clone)
	if err != nil {
		return nil, err
	}
	h := &History{repo: repo, at: map[backport.SHA]int32{}, copies: map[backport.SHA][]int32{}, reverts: map[backport.SHA][]int32{},
		origins: map[int32][]backport.SHA{}, named: map[uint64][]int32{}, ids: map[backport.SHA]backport.PatchID{}}
	for _, r := range refs {
		if r.SHA != "" {
			h.tips = append(h.tips, r.SHA)
		}
	}
	if err := h.walk(ctx); err != nil {
		return nil, err
	}
	for _, r := range refs {
		if at, ok := h.at[r.SHA]; ok {
			h.refs = append(h.refs, ref{r.Name, at})
		} else {
			h.stray = append(h.stray, r.Name)
		}
	}
	return h, nil
}

// walk fills in the commits. Git tells the newest first; they are turned round once their number is known.
func (h *History) walk(ctx context.Context) error {
	var told []backport.Told
	err := h.repo.Walk(ctx, h.tips, func(t backport.Told) {
		if len(told) <= maxCommits {
			told = append(told, t)
		}
	})
	if err != nil {
		return err
	}
	if len(told) > maxCommits {
		return backport.ErrTooLarge
	}
	slices.Reverse(told)
	h.shas, h.behind = make([]backport.SHA, len(told)), make([]int32, len(told)+1)
	for i, t := range told {
		at := int32(i)
		h.shas[i], h.at[t.SHA] = t.SHA, at
		for _, p := range t.Parents {
			place, ok := h.at[p]
			if !ok {
				return backport.ErrCorrupt // git would have told it before
			}
			h.parents = append(h.parents, place)
		}
		h.behind[i+1] = int32(len(h.parents))
		for _, origin := range t.Origins {
			h.copies[origin] = append(h.copies[origin], at)
		}
		if len(t.Reverts) > 0 && len(t.Origins) > 0 {
			h.origins[at] = t.Origins
		}
		for _, gone := range t.Reverts {
			h.reverts[gone] = append(h.reverts[gone], at)
		}
		h.name = append(h.name, t.Name)
		h.named[t.Name] = append(h.named[t.Name], at)
	}
	for gone := range h.reverts {
		if at, ok := h.at[gone]; ok && h.merge(at) {
			h.unmerged = append(h.unmerged, at)
		}
	}
	slices.Sort(h.unmerged)
	return nil
}

// below are the parents of a place.
func (h *History) below(at int32) []int32 { return h.parents[h.behind[at]:h.behind[at+1]] }

func (h *History) merge(at int32) bool { return len(h.below(at)) > 1 }

// tag finds the commit of a tag.
func (h *History) tag(name string) (int32, bool) {
	i, ok := slices.BinarySearchFunc(h.refs, "refs/tags/"+name, func(r ref, want string) int { return strings.Compare(r.name, want) })
	if !ok {
		return 0, false
	}
	return h.refs[i].at, true
}

// branch finds the commit of a branch: by its own name, or by the name that it has at any remote. Where several have it, the one
// that contains the others is taken; where none does, people have to say which they mean.
func (h *History) branch(name string) (int32, error) {
	var found []int32
	for _, r := range h.refs {
		short, local := strings.CutPrefix(r.name, "refs/heads/")
		tracked, remote := strings.CutPrefix(r.name, "refs/remotes/")
		switch {
		case local && short == name, remote && strings.HasSuffix(tracked, "/"+name):
			found = append(found, r.at)
		case r.name == name, remote && tracked == name:
			return r.at, nil
		}
	}
	if len(found) == 0 {
		return 0, &Wrong{Branch: name, Problem: NoBranch}
	}
	newest := slices.Max(found)
	if newest == slices.Min(found) {
		return newest, nil
	}
	behind := h.reach(found)
	if !slices.ContainsFunc(found, func(at int32) bool { return !behind.has(newest, at) }) {
		return newest, nil
	}
	return 0, &Wrong{Branch: name, Problem: Ambiguous}
}

// Branches are the names of all branches: the main one first, if it has one of the usual names, then by name. Where branches of one
// name differ, each has the remote's name before it, or all of its own.
func (h *History) Branches() []string {
	called := map[string][]string{}
	for _, r := range h.refs {
		if short, ok := strings.CutPrefix(r.name, "refs/heads/"); ok {
			called[short] = append(called[short], r.name)
		} else if tracked, ok := strings.CutPrefix(r.name, "refs/remotes/"); ok {
			_, short, _ := strings.Cut(tracked, "/")
			called[short] = append(called[short], tracked)
		}
	}
	usual := map[string]int{"main": -3, "master": -2, "trunk": -1}
	rank := map[string]int{}
	for short, whole := range called {
		if _, err := h.branch(short); err == nil {
			whole = []string{short}
		}
		for _, name := range whole {
			rank[name] = usual[short]
		}
	}
	return slices.SortedFunc(maps.Keys(rank), func(a, b string) int { return cmp.Or(rank[a]-rank[b], natural(a, b)) })
}

// Has reports whether a branch or a tag has a commit.
func (h *History) Has(sha backport.SHA) bool { _, ok := h.at[sha]; return ok }

// HasTag reports whether there is a tag of a name, and it leads to a commit.
func (h *History) HasTag(name string) bool { _, ok := h.tag(name); return ok }

// Stray are the branches and tags that nothing can be said of: what they name is no commit, or is missing.
func (h *History) Stray() []string { return slices.Clone(h.stray) }
