package backport

import (
	"context"
	"fmt"
	"strings"
)

// Candidate asks for the exact commits that one public branch will point to after lift: an approved fix, made for that
// branch, on its current tip.
type Candidate struct {
	Commits  []SHA // of the fix, oldest first, see [Repo.Commits]
	Onto     SHA   // the branch's public tip
	OntoName string
	// Head is the fix's head. Set it when people merged the branch into the fix ([Range.Updates]): what those merges settled
	// is in none of the commits. If the commits alone don't give what merging Head gives, the candidate is one commit with
	// that result.
	Head SHA
	// Whole makes it one commit with that result in any case: for commits that must not be seen one by one.
	Whole bool
	// Message.Record adds a "(cherry picked from commit ...)" line where a commit has none; Message.Names puts public SHAs
	// in the place of the mirror's.
	Message   Message
	Committer Identity
}

// Candidate builds a candidate. Commits that sit on the tip already and keep their message are taken as they are, so that
// an approved fix on the current tip is its own candidate, signature and all. The head is a descendant of the tip.
func (e *Embargoed) Candidate(ctx context.Context, c Candidate) (Result, error) {
	s, err := e.session(ctx, Pick{Commits: c.Commits, Onto: c.Onto, OntoName: c.OntoName, Message: c.Message, Committer: c.Committer})
	if err != nil {
		return Result{}, fmt.Errorf("build candidate: %w", err)
	}
	defer s.rd.Close()
	s.keep = true
	r, err := s.all(ctx)
	if err == nil && c.Head != "" {
		r, err = s.settle(ctx, r, c)
	}
	return r, wrap("build candidate", err)
}

// settle compares what the commits gave with a merge of the fix's head, which is what people looked at. A conflict of
// that merge changes nothing: the commits' own result stands.
func (s *session) settle(ctx context.Context, r Result, c Candidate) (Result, error) {
	if err := validSHAs(c.Head); err != nil {
		return Result{}, err
	}
	tip, err := s.rd.commit(s.Onto)
	if err != nil {
		return Result{}, err
	}
	files, err := s.attr.find(tip.tree, 0)
	if err != nil {
		return Result{}, err
	}
	workTree, err := s.workTree(s.attr, files)
	if err != nil {
		return Result{}, err
	}
	m, err := s.merge(ctx, s.Onto, c.Head, workTree)
	if err != nil {
		return Result{}, err
	}
	if !m.clean || !c.Whole && r.Picked != nil && r.Picked.Tree == m.tree {
		return r, nil
	}
	if m.tree == tip.tree {
		return Result{Applied: &Applied{How: HowEmpty}}, nil
	}
	return s.squash(tip, m.tree)
}

// squash makes one commit of all: the first one's author and message, and the others' subjects.
func (s *session) squash(tip raw, tree SHA) (Result, error) {
	var next raw
	var also strings.Builder
	for i, sha := range s.Commits {
		c, err := s.rd.commit(sha)
		if err != nil {
			return Result{}, err
		}
		if i == 0 {
			next = c
			continue
		}
		first, _, _ := strings.Cut(c.message, "\n")
		also.WriteString("* " + first + "\n")
	}
	message := next.message
	if also.Len() > 0 {
		first, rest, _ := strings.Cut(message, "\n")
		message = first + "\n\nTogether with:\n" + also.String() + "\n" + strings.TrimLeft(rest, "\n")
	}
	message, err := s.Committer.signedOff(s.Message.apply(cleanSpace(message), s.Commits[0], s.keep))
	if err != nil {
		return Result{}, err
	}
	next.message, next.tree, next.parents, next.committer = message, tree, []SHA{tip.sha}, s.committer
	head, err := s.finish(next, s.Committer)
	if err != nil {
		return Result{}, err
	}
	steps := make([]Step, len(s.Commits))
	for i, sha := range s.Commits {
		steps[i] = Step{From: sha, To: head}
	}
	return Result{Picked: &Picked{Head: head, Tree: tree, Steps: steps, Squashed: true}}, nil
}
