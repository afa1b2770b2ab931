package github

import (
	"strings"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// pusher judges one push by the rules of its repository.
type pusher struct {
	*Server
	repo *repository
	cred *credential
}

func (p *pusher) Lock()   { p.mu.Lock() }
func (p *pusher) Unlock() { p.mu.Unlock() }

// Curious tells whether any rule could refuse a push, so that its objects must be looked at first.
func (p *pusher) Curious() bool {
	return p.repo.featured() && len(p.repo.rulesets)+len(p.repo.protections) > 0 ||
		p.cred.kind == "installation" && !p.cred.holds("workflows:write")
}

// Refuse says why one command may not be, as git's status and as words for the terminal.
func (p *pusher) Refuse(ch sandbox.RefChange, now string, env []string) (status, words string) {
	s, repo, cred := p.Server, p.repo, p.cred
	if strings.HasPrefix(ch.Ref, "refs/pull/") {
		return "deny updating a hidden ref", ""
	}
	if ch.New == sandbox.Zero && ch.Ref == "refs/heads/"+repo.defaultBranch {
		return "refusing to delete the current branch: " + ch.Ref, ""
	}
	if now != strings.TrimPrefix(ch.Old, sandbox.Zero) {
		return "", "" // somebody was faster; git itself refuses it with its own words
	}
	if cred.kind == "installation" && s.touchesWorkflows(repo, env, ch) && !cred.holds("workflows:write") {
		return "refusing to allow a GitHub App to create or update workflow without `workflows` permission", ""
	}
	if v := s.judge(repo, cred, ch, env); v != nil {
		return v.status(), v.remote(s, repo)
	}
	return "", ""
}

// Landed follows the refs that moved.
func (p *pusher) Landed(changes []sandbox.RefChange) (public bool) {
	p.landed(p.repo, p.cred, changes)
	return !p.repo.private
}

// touchesWorkflows tells whether a change brings workflow files that no branch of the repository has at that path.
func (s *Server) touchesWorkflows(r *repository, env []string, ch sandbox.RefChange) bool {
	const dir = ".github/workflows/"
	if ch.New == sandbox.Zero || !strings.HasPrefix(ch.Ref, "refs/heads/") {
		return false
	}
	files, err := r.git.RunWith(env, nil, "ls-tree", "-r", ch.New, "--", dir)
	if err != nil || files == "" {
		return false
	}
	if ch.Old != sandbox.Zero {
		if had, err := r.git.Run("ls-tree", "-r", ch.Old, "--", dir); err == nil && had == files {
			return false // the usual case, without a look at every branch
		}
	}
	known := map[string]bool{}
	for _, b := range r.git.Refs("refs/heads/") {
		have, _ := r.git.Run("ls-tree", "-r", b.SHA, "--", dir) // a branch without the folder gives nothing
		for line := range strings.SplitSeq(have, "\n") {
			known[line] = true
		}
	}
	for line := range strings.SplitSeq(files, "\n") {
		if !known[line] {
			return true
		}
	}
	return false
}
