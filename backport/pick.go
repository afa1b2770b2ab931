package backport

import (
	"context"
	"fmt"
	"io"

	"github.com/liftgate/liftgate/policy"
)

// Pick asks for some commits to be applied onto another one, as git cherry-pick would, without a checkout.
type Pick struct {
	Commits   []SHA // oldest first
	Onto      SHA
	OntoName  string // of the target branch, for people who resolve a conflict
	Mainline  int    // for merge commits: which parent is the base, counted from 1; 0 means 1
	Message   Message
	Committer Identity // with a fixed date: the same Pick gives the same SHAs
	// Unseen skips the search for earlier picks on the target; an empty result is still found. For callers that searched.
	Unseen bool

	inherit bool      // record an origin only where a commit names none
	resolve resolving // how far to go where git sees a conflict
}

// Result is what became of a pick. Exactly one field is set.
type Result struct {
	Picked   *Picked
	Applied  *Applied  // nothing to do
	Conflict *Conflict // needs a person
}

// Format prints which result it is, for every verb. Package fmt, given a verb that doesn't suit a pointer inside a value,
// prints what the pointer leads to without asking its methods: embargoed text would show.
func (r Result) Format(f fmt.State, _ rune) {
	word := "no result"
	switch {
	case r.Picked != nil:
		word = "picked " + string(r.Picked.Head)
	case r.Applied != nil:
		word = "applied already (" + string(r.Applied.How) + ")"
	case r.Conflict != nil:
		word = fmt.Sprintf("conflict in %d paths", len(r.Conflict.Files))
	}
	_, _ = io.WriteString(f, word) // fmt has no way to report it
}

// Picked is a clean pick. The commits are in the store, no ref names them.
type Picked struct {
	Head     SHA
	Tree     SHA
	Steps    []Step
	Squashed bool // all in one commit, see [Candidate.Head]
	Settled  bool // git alone would have seen a conflict; [Embargoed.Plan] does it where two ways of settling agree
}

// Step is what became of one commit.
type Step struct {
	From    SHA
	To      SHA      // "" if it was skipped
	Skipped *Applied // why it was skipped
}

// Format prints the step for every verb, for the reason given at [Result.Format].
func (s Step) Format(f fmt.State, _ rune) {
	word := string(s.From) + " to " + string(s.To)
	if s.Skipped != nil {
		word = string(s.From) + " skipped (" + string(s.Skipped.How) + ")"
	}
	_, _ = io.WriteString(f, word) // as above
}

// Applied says that a change is on the target already.
type Applied struct {
	By    []SHA // commits on the target that brought it; empty when only the trees show it
	How   How
	Words policy.Text // the subject of the first of them
}

// How says by what evidence a change was recognised.
type How string

// The evidence, strongest first.
const (
	HowAncestor How = "ancestor" // the very commit is in the target's history
	HowEmpty    How = "empty"    // applying it changes nothing
	HowPatch    How = "patch"    // a commit with the same patch is on the target
	HowTrailer  How = "trailer"  // a commit on the target says that it was picked from this one
	HowAuthor   How = "author"   // a commit there has the same subject, author and author's date
	HowAdvisory How = "advisory" // a commit there has the same subject and names the same advisory
	HowName     How = "name"     // a commit there has the same subject and author: enough to suspect a bug, not to trust a fix
)

// Pick applies commits onto a target. Nothing but objects is written, and only in this store.
func (e *Embargoed) Pick(ctx context.Context, p Pick) (Result, error) {
	s, err := e.session(ctx, p)
	if err != nil {
		return Result{}, fmt.Errorf("pick: %w", err)
	}
	defer s.rd.Close()
	if !p.Unseen {
		s.search = true
		if s.applied, err = s.byWord(ctx); err != nil {
			return Result{}, fmt.Errorf("pick: %w", err)
		}
	}
	r, err := s.all(ctx)
	return r, wrap("pick", err)
}

// session is one run of a pick.
type session struct {
	*Embargoed
	Pick
	rd        *reader
	attr      *attributes
	committer string
	applied   map[SHA]Applied
	search    bool // look for the same patch on the target
	quiet     bool // tell of a conflict that there is one, no more: an earlier pick has told the rest
	keep      bool // a commit that already sits where it belongs is kept: candidates
}

func (e *Embargoed) session(ctx context.Context, p Pick) (*session, error) {
	if err := validSHAs(append([]SHA{p.Onto}, p.Commits...)...); err != nil {
		return nil, err
	}
	if len(p.Commits) == 0 {
		return nil, invalid("nothing to pick")
	}
	committer, err := p.Committer.line()
	if err != nil {
		return nil, err
	}
	rd := e.reader(ctx)
	attr := newAttributes(rd)
	if e.kept != nil {
		attr = e.kept.attr
	}
	return &session{Embargoed: e, Pick: p, rd: rd, committer: committer, attr: attr}, nil
}

func (s *session) all(ctx context.Context) (Result, error) {
	tip, err := s.rd.commit(s.Onto)
	if err != nil {
		return Result{}, err
	}
	onto, settled := tip.sha, false
	var steps []Step
	for _, sha := range s.Commits {
		st, err := s.step(ctx, sha, tip)
		if err != nil {
			return Result{}, err
		}
		if st.conflict != nil {
			st.conflict.Done = steps
			return Result{Conflict: st.conflict}, nil
		}
		steps = append(steps, Step{From: sha, To: st.next.sha, Skipped: st.skipped})
		if st.skipped == nil {
			tip, settled = st.next, settled || st.settled
		}
	}
	if tip.sha == onto {
		return Result{Applied: summary(steps)}, nil
	}
	return Result{Picked: &Picked{Head: tip.sha, Tree: tip.tree, Steps: steps, Settled: settled}}, nil
}

// taken is what became of one commit: the next tip, or why it was skipped, or its conflict.
type taken struct {
	next     raw
	settled  bool
	skipped  *Applied
	conflict *Conflict
}

// step takes one commit. What conflicts is looked for on the target before it may be settled: a fix that is there in other
// words would be applied twice.
func (s *session) step(ctx context.Context, sha SHA, tip raw) (taken, error) {
	if a, ok := s.applied[sha]; ok {
		return taken{skipped: &a}, nil
	}
	next, conflict, err := s.one(ctx, sha, tip, resolveNone)
	if err != nil || conflict == nil && next.sha != tip.sha {
		return taken{next: next}, err
	}
	a, err := s.seen(ctx, sha, conflict == nil)
	if err != nil || a != nil {
		return taken{skipped: a}, err
	}
	if s.resolve == resolveNone {
		return taken{conflict: conflict}, nil
	}
	next, still, err := s.one(ctx, sha, tip, s.resolve)
	switch {
	case err != nil || still != nil:
		return taken{conflict: conflict}, err
	case next.sha == tip.sha:
		return taken{skipped: &Applied{How: HowEmpty}}, nil
	}
	return taken{next: next, settled: true}, nil
}

// seen looks for the same patch on the target, once a commit turned out to change nothing or to conflict. Where it would
// apply cleanly and change something, the patch may be there in name, but what it does was undone since.
func (s *session) seen(ctx context.Context, sha SHA, empty bool) (*Applied, error) {
	var found *Applied
	if s.search {
		same, err := s.appliedByPatch(ctx, []SHA{sha}, s.Onto)
		if err != nil {
			return nil, err
		}
		if a, ok := same[sha]; ok {
			found = &a
		} else if !empty {
			if found, err = s.appliedByName(ctx, sha, s.Onto, false); err != nil {
				return nil, err
			}
		}
	}
	if empty && found == nil {
		return &Applied{How: HowEmpty}, nil
	}
	if found == nil {
		return nil, nil
	}
	if empty {
		found.How = HowEmpty // the stronger evidence; who brought it is kept
		return found, nil
	}
	if found.How != HowPatch {
		if whole, err := s.intact(ctx, found.By); err != nil || !whole {
			return nil, err
		}
	}
	return found, nil
}

// byWord finds the commits that the target has, or has by its own word. A word counts while what it speaks of is there.
func (s *session) byWord(ctx context.Context) (map[SHA]Applied, error) {
	found, err := s.appliedByWord(ctx, s.Commits, s.Onto)
	if err != nil {
		return nil, err
	}
	// Within a series later commits rework what earlier ones bring: where all of it is there, the last one speaks for all.
	last := s.Commits[len(s.Commits)-1]
	series := len(found) == len(s.Commits)
	for sha, a := range found {
		if a.How == HowAncestor || series && sha != last {
			continue
		}
		whole, err := s.intact(ctx, a.By)
		if err != nil {
			return nil, err
		}
		if !whole && series {
			return nil, nil
		}
		if !whole {
			delete(found, sha)
		}
	}
	return found, nil
}

// intact reports whether commits of the target would change nothing if they were picked there once more. Where they
// would, or conflict, their change was undone or reworked since, and a fix that they brought may be gone with it.
func (s *session) intact(ctx context.Context, by []SHA) (bool, error) {
	tip, err := s.rd.commit(s.Onto)
	if err != nil {
		return false, err
	}
	probe := *s
	probe.quiet, probe.keep, probe.Mainline = true, false, 0
	probe.Committer.Signer = nil // what it makes is thrown away
	for _, sha := range by {
		next, conflict, err := probe.one(ctx, sha, tip, resolveNone)
		if err != nil || conflict != nil || next.sha != tip.sha {
			return false, err
		}
	}
	return true, nil
}

// summary joins the reasons for which every commit was skipped. The weakest evidence names them all.
func summary(steps []Step) *Applied {
	rank := map[How]int{HowAncestor: 0, HowEmpty: 1, HowPatch: 2, HowTrailer: 3, HowAuthor: 4, HowAdvisory: 5}
	all := &Applied{How: HowAncestor}
	for _, st := range steps {
		if all.Words.Empty() {
			all.Words = st.Skipped.Words
		}
		all.By = append(all.By, st.Skipped.By...)
		if rank[st.Skipped.How] > rank[all.How] {
			all.How = st.Skipped.How
		}
	}
	return all
}

// one applies one commit onto tip. It gives tip itself if that changes nothing.
func (s *session) one(ctx context.Context, sha SHA, tip raw, how resolving) (raw, *Conflict, error) {
	c, err := s.rd.commit(sha)
	if err != nil {
		return raw{}, nil, err
	}
	message := s.Message.apply(c.message, c.sha, s.keep || s.inherit)
	if s.keep && len(c.parents) == 1 && c.parents[0] == tip.sha && message == c.message {
		return c, nil, nil
	}
	m, of, err := s.apply(ctx, c, tip.tree)
	if err != nil {
		return raw{}, nil, err
	}
	ours, theirs, workTree := of.ours, of.theirs, of.workTree
	if !m.clean && how != resolveNone {
		if m.tree, err = s.resolved(ctx, m, ours, theirs, how); err != nil {
			return raw{}, nil, err
		}
		m.clean = m.tree != ""
	}
	if !m.clean && (s.quiet || how != resolveNone) {
		return raw{}, &Conflict{Commit: sha, Onto: tip.sha}, nil
	}
	if !m.clean {
		files, shown, err := s.conflict(ctx, s.rd, m, ours, theirs, workTree)
		if err != nil {
			return raw{}, nil, err
		}
		conflict := &Conflict{Commit: sha, Onto: tip.sha, Files: files}
		return raw{}, conflict, s.mark(conflict, c, tip, shown)
	}
	if m.tree == tip.tree {
		return tip, nil, nil
	}
	if message, err = s.Committer.signedOff(message); err != nil {
		return raw{}, nil, err
	}
	next := raw{tree: m.tree, parents: []SHA{tip.sha}, author: c.author, committer: s.committer, encoding: c.encoding, message: message}
	next.sha, err = s.finish(next, s.Committer)
	return next, nil, err
}

// apply applies c onto a tree, by a merge where it takes one.
func (s *session) apply(ctx context.Context, c raw, onto SHA) (m merged, of merging, err error) {
	tree, of, err := s.prepare(c, onto)
	if err != nil || tree != "" {
		return merged{tree: tree, clean: true}, of, err
	}
	m, err = s.merge(ctx, of.ours, of.theirs, of.workTree)
	return m, of, err
}

// prepare gives what applying c onto a tree comes to where that is plain to see, else the merge that tells.
func (s *session) prepare(c raw, onto SHA) (tree SHA, of merging, err error) {
	base, theirs, err := s.base(c)
	if err != nil {
		return "", of, err
	}
	list, plain, err := s.rd.plainChanges(base.tree, c.tree, onto, 0)
	if err != nil {
		return "", of, err
	}
	if plain {
		if tree, err = s.takeOver(onto, list); err != nil || tree != "" {
			return tree, of, err
		}
	}
	of.theirs = theirs
	if of.ours, err = s.synthetic(base, onto, c); err != nil {
		return "", of, err
	}
	files, err := s.attr.of(onto, list, plain)
	if err != nil {
		return "", of, err
	}
	of.workTree, err = s.workTree(s.attr, files)
	return "", of, err
}
