package gitlab

import (
	"fmt"
	"io"
	"strings"
)

// initRepo makes a project's bare repository.
func (s *Server) initRepo(p *project) error {
	repo, err := s.depot.Create(s.Context(), p.full, p.defaultBranch)
	if err != nil {
		return err
	}
	p.repo = repo
	return nil
}

// ImportGit copies refs from a local repository into one of ours without webhooks or pipelines, as a migration would.
// Refspecs are git's, such as "refs/heads/*:refs/heads/*" or "SHA:refs/heads/stable". As GitLab does with a project's first
// branch, it protects the default branch: maintainers push and merge. [Server.Unprotect] takes that away.
func (s *Server) ImportGit(path, from string, refspecs ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.find(path)
	if err != nil {
		return err
	}
	empty := p.empty()
	if err := p.repo.Import(from, refspecs...); err != nil {
		return fmt.Errorf("import into %s: %w", path, err)
	}
	if empty && p.repo.Ref("refs/heads/"+p.defaultBranch) != "" {
		s.protectDefault(p)
	}
	p.active = s.now()
	return nil
}

// empty tells whether a project has no branch yet.
func (p *project) empty() bool { return len(p.repo.Refs("refs/heads/")) == 0 }

// protectDefault is what GitLab does when the first branch arrives: maintainers only, no force.
func (s *Server) protectDefault(p *project) {
	if p.protection(p.defaultBranch) != nil {
		return
	}
	p.protected = append(p.protected, &protectedBranch{id: s.id(), name: p.defaultBranch,
		push: []grant{{id: s.id(), level: Maintainer}}, merge: []grant{{id: s.id(), level: Maintainer}}})
}

// DumpObjects writes every object of a repository, reachable or not, unpacked: what a stranger who guesses hashes
// could read of a public one. A canary is looked for here.
func (s *Server) DumpObjects(path string, w io.Writer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.find(path)
	if err != nil {
		return err
	}
	if err := p.repo.DumpObjects(w); err != nil {
		return fmt.Errorf("dump objects: %w", err)
	}
	return nil
}

// Tip is the commit that a branch of a project points to, or "".
func (s *Server) Tip(path, branch string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.find(path)
	if err != nil {
		return ""
	}
	return p.repo.Ref("refs/heads/" + strings.TrimPrefix(branch, "refs/heads/"))
}
