package backport

import (
	"context"
	"fmt"
)

// Candidate asks for the exact commits that one public branch will point to after lift: an approved fix, made for that
// branch, on its current tip.
type Candidate struct {
	Commits  []SHA // of the fix, oldest first, see [Repo.Commits]
	Onto     SHA   // the branch's public tip
	OntoName string
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
	return r, wrap("build candidate", err)
}
