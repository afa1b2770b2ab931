package gitlab

import (
	"regexp"
	"strings"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// judge decides about one push, as GitLab's pre-receive hook does: the first ref that may not move ends it all.
type judge struct {
	*Server
	project *project
	cred    *credential
	spoke   bool
}

func (j *judge) Lock()   { j.mu.Lock() }
func (j *judge) Unlock() { j.mu.Unlock() }

// Curious: whether a push is forced can be told only from its objects.
func (j *judge) Curious() bool { return len(j.project.protected) > 0 }

// Refuse answers for one ref, in GitLab's words. Only the first refusal is heard.
func (j *judge) Refuse(ch sandbox.RefChange, now string, env []string) (status, words string) {
	why := j.objection(ch, now, env)
	if why == "" {
		return "", ""
	}
	if !j.spoke {
		words = "GitLab: " + why + "\n"
	}
	j.spoke = true
	return "pre-receive hook declined", words
}

var looksLikeHash = regexp.MustCompile(`^[0-9a-fA-F]{40}(-/|/|$)`)

// objection is GitLab's branch check, in its order.
func (j *judge) objection(ch sandbox.RefChange, now string, env []string) string {
	p, u := j.project, j.cred.user
	branch, isBranch := strings.CutPrefix(ch.Ref, "refs/heads/")
	if !isBranch {
		return ""
	}
	deletes, creates := ch.New == sandbox.Zero, ch.Old == sandbox.Zero
	guarded := len(p.protections(branch)) > 0
	switch {
	case deletes && branch == p.defaultBranch:
		return "The default branch of a project cannot be deleted."
	case !deletes && looksLikeHash.MatchString(branch):
		return "You cannot create a branch with a 40-character hexadecimal branch name."
	case !guarded:
		return ""
	case deletes && p.level(u) < Maintainer:
		return "You are not allowed to delete protected branches from this project. Only a project maintainer or owner can delete a protected branch."
	case deletes:
		return "You can only delete protected branches using the web interface."
	case !creates && now == ch.Old && !p.mayForce(branch) && !p.repo.IsAncestor(env, ch.Old, ch.New):
		return "You are not allowed to force push code to a protected branch on this project."
	case p.mayPush(u, branch):
		return ""
	case creates && !p.empty() && p.mayMerge(u, branch):
		return "You can only create protected branches using the web interface and API."
	case creates && !p.empty():
		return "You are not allowed to create protected branches on this project."
	}
	return "You are not allowed to push code to protected branches on this project."
}

// Landed lets everything follow that follows a push.
func (j *judge) Landed(changes []sandbox.RefChange) bool {
	c := &call{Server: j.Server, project: j.project, cred: j.cred}
	c.landed(changes)
	return j.project.open()
}
