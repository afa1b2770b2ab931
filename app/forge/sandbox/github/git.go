package github

import (
	"fmt"
	"net/http"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// admitGit answers who calls and whether they may.
func (s *Server) admitGit(r *http.Request, full string, push bool) sandbox.Visitor {
	cred, repo, status, message := s.gitAccess(r, full, push)
	v := sandbox.Visitor{Scope: cred.scope(), Status: status, Message: message}
	if status == 0 {
		v.Bare, v.Judge = repo.git, &pusher{Server: s, repo: repo, cred: cred}
	}
	return v
}

// gitAccess answers who calls and whether they may; a status other than 0 refuses.
func (s *Server) gitAccess(r *http.Request, full string, push bool) (*credential, *repository, int, string) {
	nobody := &credential{kind: "none", key: "ip"}
	header := r.Header.Get("Authorization")
	cred := nobody
	if header != "" {
		if _, _, isBasic := r.BasicAuth(); !isBasic { // git over HTTPS takes no bearer tokens
			return nobody, nil, http.StatusUnauthorized, "invalid credentials"
		}
		c, denied := s.authenticate(r)
		if denied != nil || c.kind == "app" {
			return nobody, nil, http.StatusUnauthorized, "Invalid username or token. Password authentication is not supported for Git operations."
		}
		cred = c
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	repo := s.world.repo(full)
	switch {
	case cred.kind == "none" && (push || repo == nil || repo.private):
		return cred, nil, http.StatusUnauthorized, "Authentication required"
	case repo == nil || !s.readable(cred, repo):
		return cred, nil, http.StatusNotFound, "Repository not found."
	case cred.kind == "installation" && repo.private && !cred.holds("contents:read"):
		return cred, nil, http.StatusForbidden, "Write access to repository not granted."
	case !push:
	case cred.kind == "installation" && (!cred.covers(repo) || !cred.holds("contents:write")):
		return cred, nil, http.StatusForbidden, "Write access to repository not granted."
	case cred.kind == "user" && repo.role(cred.user) < RoleWrite:
		return cred, nil, http.StatusForbidden, fmt.Sprintf("Permission to %s.git denied to %s.", repo.full(), cred.user.login)
	case repo.archived:
		return cred, nil, http.StatusForbidden, "This repository was archived so it is read-only."
	}
	return cred, repo, 0, ""
}
