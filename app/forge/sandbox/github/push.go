package github

import (
	"bytes"
	"net/http"
	"strings"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// receive judges a push ref by ref, lets git apply what may pass, and follows up. It gives the refs as they came
// out. The lock is held throughout: rules and refs cannot change between the judgement and the move.
func (s *Server) receive(w *memory, g *gitCall) []sandbox.RefChange {
	repo, cred, req := g.repo, g.cred, g.push
	s.mu.Lock()
	defer s.mu.Unlock()
	var env []string
	if repo.ruled() || cred.kind == "installation" && !cred.holds("workflows:write") {
		var drop func()
		var err error
		if env, drop, err = s.quarantine(g.r.Context(), repo, req.pack); err != nil {
			refused := refuseAll(req.commands, "unpacker error")
			report(w, req, "error: the pack is broken\n", refused)
			return refused
		}
		defer drop()
	}
	changes := append([]sandbox.RefChange(nil), req.commands...)
	remote, refused, now := "", 0, s.snapshot(repo)
	for i := range changes {
		status, words := s.refusal(repo, cred, changes[i], now[changes[i].Ref], env)
		if status != "" {
			changes[i].Error = status
			remote += words
			refused++
		}
	}
	if refused > 0 && req.capable("atomic") {
		for i := range changes {
			if changes[i].Error == "" {
				changes[i].Error = "atomic push failure"
			}
		}
		refused = len(changes)
	}
	if refused == len(changes) {
		report(w, req, remote, changes)
		return changes
	}
	out := &memory{header: http.Header{}, status: http.StatusOK}
	s.cgi(repo).ServeHTTP(out, cgiRequest(g.r, repo, req.without(changes)))
	s.readBack(repo, changes)
	if refused > 0 {
		report(w, req, remote, changes)
	} else {
		out.copyTo(w)
	}
	s.landed(repo, cred, changes)
	return changes
}

// ruled tells whether any rule could refuse a push, so that its objects must be looked at first.
func (r *repository) ruled() bool { return r.featured() && len(r.rulesets)+len(r.protections) > 0 }

func refuseAll(cmds []sandbox.RefChange, why string) []sandbox.RefChange {
	out := append([]sandbox.RefChange(nil), cmds...)
	for i := range out {
		out[i].Error = why
	}
	return out
}

// refusal says why one command may not be, as git's status and as words for the terminal.
func (s *Server) refusal(repo *repository, cred *credential, ch sandbox.RefChange, now string, env []string) (status, words string) {
	if strings.HasPrefix(ch.Ref, "refs/pull/") {
		return "deny updating a hidden ref", ""
	}
	if ch.New == zero && ch.Ref == "refs/heads/"+repo.defaultBranch {
		return "refusing to delete the current branch: " + ch.Ref, ""
	}
	if now != strings.TrimPrefix(ch.Old, zero) {
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

// touchesWorkflows tells whether a change brings workflow files that no branch of the repository has at that path.
func (s *Server) touchesWorkflows(r *repository, env []string, ch sandbox.RefChange) bool {
	const dir = ".github/workflows/"
	if ch.New == zero || !strings.HasPrefix(ch.Ref, "refs/heads/") {
		return false
	}
	files, err := s.gitWith(r.dir, env, nil, "ls-tree", "-r", ch.New, "--", dir)
	if err != nil || files == "" {
		return false
	}
	if ch.Old != zero {
		if had, err := s.git(r.dir, "ls-tree", "-r", ch.Old, "--", dir); err == nil && had == files {
			return false // the usual case, without a look at every branch
		}
	}
	known := map[string]bool{}
	for _, b := range s.refs(r, "refs/heads/") {
		have, _ := s.git(r.dir, "ls-tree", "-r", b.sha, "--", dir) // a branch without the folder gives nothing
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

// without rebuilds the request with only the commands that may pass.
func (p *pushRequest) without(changes []sandbox.RefChange) []byte {
	var b bytes.Buffer
	first := true
	for _, ch := range changes {
		if ch.Error != "" {
			continue
		}
		line := ch.Old + " " + ch.New + " " + ch.Ref
		if first {
			line += "\x00" + p.caps
			first = false
		}
		b.WriteString(pkt(line))
	}
	b.WriteString("0000")
	b.Write(p.options)
	b.Write(p.pack)
	return b.Bytes()
}

// readBack marks what git itself refused, by looking where the refs are now.
func (s *Server) readBack(repo *repository, changes []sandbox.RefChange) {
	now := s.snapshot(repo)
	for i, ch := range changes {
		if ch.Error == "" && orZero(now[ch.Ref]) != ch.New {
			changes[i].Error = "failed to update ref"
		}
	}
}

// report writes git's report-status for a push that git did not see, or saw only in part.
func report(w *memory, req *pushRequest, remote string, changes []sandbox.RefChange) {
	var inner strings.Builder
	inner.WriteString(pkt("unpack ok\n"))
	for _, ch := range changes {
		if ch.Error == "" {
			inner.WriteString(pkt("ok " + ch.Ref + "\n"))
		} else {
			inner.WriteString(pkt("ng " + ch.Ref + " " + ch.Error + "\n"))
		}
	}
	inner.WriteString("0000")
	var out bytes.Buffer
	reports := req.capable("report-status") || req.capable("report-status-v2")
	switch {
	case !reports:
	case req.capable("side-band-64k"):
		if remote != "" {
			out.WriteString(pkt("\x02" + remote))
		}
		out.WriteString(pkt("\x01" + inner.String()))
		out.WriteString("0000")
	default:
		out.WriteString(inner.String())
	}
	w.Header().Set("Content-Type", "application/x-git-receive-pack-result")
	w.Header().Set("Cache-Control", "no-cache")
	w.WriteHeader(http.StatusOK)
	w.body.Write(out.Bytes())
}
