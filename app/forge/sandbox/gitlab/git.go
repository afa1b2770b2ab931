package gitlab

import (
	"net/http"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

const (
	deniedBasic = "HTTP Basic: Access denied. If a password was provided for Git authentication, the password was incorrect or you're required to use a token instead of a password. If a token was provided, it was either incorrect, expired, or improperly scoped."
	noProject   = "The project you were looking for could not be found or you don't have permission to view it."
)

// admitGit answers who calls and whether they may: any user name with a token as the password, and no bearer.
func (s *Server) admitGit(r *http.Request, path string, push bool) sandbox.Visitor {
	s.mu.Lock()
	defer s.mu.Unlock()
	cred := &credential{}
	if r.Header.Get("Authorization") != "" {
		_, secret, isBasic := r.BasicAuth()
		if !isBasic {
			return sandbox.Visitor{Scope: cred.scope(), Status: http.StatusUnauthorized, Message: deniedBasic}
		}
		var denied *reply
		if cred, denied = s.bySecret(secret); denied != nil {
			return sandbox.Visitor{Scope: cred.scope(), Status: http.StatusUnauthorized, Message: deniedBasic}
		}
	}
	v := sandbox.Visitor{Scope: cred.scope()}
	p := s.projectAt(path)
	if v.Status, v.Message = s.gitRefusal(p, cred, push); v.Status == 0 {
		v.Bare, v.Judge = p.repo, &judge{Server: s, project: p, cred: cred}
		v.Declined = "pre-receive hook declined"
	}
	return v
}

// gitRefusal says why somebody may not fetch or push at all; a status other than 0 refuses.
func (s *Server) gitRefusal(p *project, cred *credential, push bool) (int, string) {
	if cred.token == nil {
		if push || p == nil || p.visibility != "public" {
			return http.StatusUnauthorized, deniedBasic
		}
		return 0, ""
	}
	switch {
	case p == nil || !p.sees(cred.user):
		return http.StatusNotFound, noProject
	case push && !cred.token.has("api", "write_repository"):
		return http.StatusForbidden, "You are not allowed to upload code."
	case !cred.token.has("api", "write_repository", "read_repository"):
		return http.StatusForbidden, "You are not allowed to download code."
	case push && (p.level(cred.user) < Developer || p.archived):
		return http.StatusForbidden, "You are not allowed to push code to this project."
	case !p.readsCode(cred.user):
		return http.StatusForbidden, "You are not allowed to download code from this project."
	}
	return 0, ""
}

// readsCode tells whether somebody may read a project's repository and what belongs to it: a private one is for
// reporters upward.
func (p *project) readsCode(u *user) bool {
	return p.sees(u) && (p.open() || p.level(u) >= Reporter)
}
