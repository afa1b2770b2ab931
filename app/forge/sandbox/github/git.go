package github

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/cgi"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// gitCall is one git request on its way.
type gitCall struct {
	r       *http.Request
	service string // git-upload-pack or git-receive-pack
	full    string
	repo    *repository
	cred    *credential
	push    *pushRequest // for the request that carries commands
	status  int          // refuses when not 0
	message string
}

// serveGit is the smart HTTP side: git http-backend does the work; reading the command list, the right to push,
// rules and the log are ours.
func (s *Server) serveGit(w http.ResponseWriter, r *http.Request) {
	began := s.now()
	g := &gitCall{r: r, service: r.URL.Query().Get("service")}
	var tail string
	if g.full, tail = splitRemote(r.URL.Path); g.full == "" {
		http.NotFound(w, r)
		return
	}
	if r.Method == http.MethodPost {
		g.service = tail
	}
	s.gitOpen(g)
	entry := sandbox.Request{Time: began.UTC(), Method: r.Method, Path: r.URL.RequestURI(), Repo: g.full, Route: g.service, Token: g.cred.scope(), Status: g.status}
	if g.push != nil {
		entry.Refs = g.push.commands
	}
	fault := s.faults.Consult(sandbox.Call{Method: r.Method, Path: r.URL.Path, Route: g.service, Repo: g.full, Actor: entry.Token.Actor,
		Scope: entry.Token, Git: true, Write: g.service == "git-receive-pack" && r.Method == http.MethodPost, Refs: entry.Refs})
	sandbox.Pause(r.Context(), fault.Delay)
	if fault.Before != nil {
		fault.Before()
	}
	if fault.Refuse == nil && fault.AfterApply == nil && g.status == 0 && (g.push == nil || len(g.push.commands) == 0) {
		s.backend(w, g, fault, &entry)
		s.recorder.Record(entry, nil)
		return
	}
	out := &memory{header: http.Header{}, status: http.StatusOK}
	pack := s.gitApply(out, g, fault, &entry)
	if fault.After != nil {
		fault.After()
	}
	s.gitAnswer(w, out, fault, &entry, pack)
}

// gitOpen decides about access and, for a push, reads it.
func (s *Server) gitOpen(g *gitCall) {
	push := g.service == "git-receive-pack"
	g.cred, g.repo, g.status, g.message = s.gitAccess(g.r, g.full, push)
	if g.status == 0 && push && g.r.Method == http.MethodPost {
		var err error
		if g.push, err = readPush(g.r); err != nil {
			g.status, g.message = http.StatusBadRequest, "malformed push"
		}
	}
}

// gitApply does what is asked, into memory, and gives the pack that a push brought.
func (s *Server) gitApply(out *memory, g *gitCall, fault sandbox.Fault, entry *sandbox.Request) []byte {
	switch {
	case fault.Refuse != nil:
		entry.Refs = nil
		rep := refused(*fault.Refuse)
		for k, v := range rep.header {
			out.header[k] = v
		}
		http.Error(out, fault.Refuse.Body, rep.status)
	case g.status != 0:
		if g.status == http.StatusUnauthorized {
			out.header.Set("WWW-Authenticate", `Basic realm="GitHub"`)
		}
		http.Error(out, g.message, g.status)
	case g.push == nil || len(g.push.commands) == 0:
		s.cgi(g.repo).ServeHTTP(out, g.cgiRequest())
	default:
		entry.Refs = s.receive(out, g)
		for _, ch := range entry.Refs {
			if ch.Error == "" && ch.Old != ch.New {
				entry.Public = !g.repo.private
			}
		}
		return g.push.pack
	}
	return nil
}

// gitAnswer logs and sends a finished answer, unless the fault plan replaces it.
func (s *Server) gitAnswer(w http.ResponseWriter, out *memory, fault sandbox.Fault, entry *sandbox.Request, pack []byte) {
	entry.Status = out.status
	if after := fault.AfterApply; after != nil {
		if after.Status != 0 {
			*out = memory{header: http.Header{}, status: after.Status}
			entry.Status = after.Status
		}
		if after.Drop {
			entry.Status = 0
		}
	}
	s.recorder.Record(*entry, pack)
	if entry.Status == 0 {
		sandbox.HangUp(w)
		return
	}
	out.copyTo(w)
}

// memory is an answer that is not sent yet.
type memory struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (m *memory) Header() http.Header { return m.header }

func (m *memory) WriteHeader(status int) { m.status = status }

func (m *memory) Write(b []byte) (int, error) { return m.body.Write(b) }

func (m *memory) copyTo(w http.ResponseWriter) {
	for k, v := range m.header {
		w.Header()[k] = v
	}
	w.WriteHeader(m.status)
	_, _ = w.Write(m.body.Bytes()) // the client hung up; there is nobody left to tell
}

// backend streams a request through git http-backend: fetches, advertisements, and the empty push by which git
// tries its password.
func (s *Server) backend(w http.ResponseWriter, g *gitCall, fault sandbox.Fault, entry *sandbox.Request) {
	sniff := &statusWriter{ResponseWriter: w, status: http.StatusOK}
	s.cgi(g.repo).ServeHTTP(sniff, g.cgiRequest())
	entry.Status = sniff.status
	if fault.After != nil {
		fault.After()
	}
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(code int) {
	w.status = code
	w.ResponseWriter.WriteHeader(code)
}

func (s *Server) cgi(repo *repository) http.Handler {
	git, err := exec.LookPath("git")
	if err != nil {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "git is not installed", http.StatusInternalServerError)
		})
	}
	return &cgi.Handler{
		Path: git, Args: []string{"http-backend"}, Dir: repo.dir, Root: "/", Stderr: io.Discard,
		Env: append(s.gitEnv(), "GIT_PROJECT_ROOT="+filepath.Join(s.opt.Dir, "repos"), "GIT_HTTP_EXPORT_ALL=1"),
	}
}

// cgiRequest is the request for the backend; a push was read already.
func (g *gitCall) cgiRequest() *http.Request {
	if g.push != nil {
		return cgiRequest(g.r, g.repo, g.push.raw)
	}
	return cgiRequest(g.r, g.repo, nil)
}

// cgiRequest is a request with the canonical path and, if given, a body already read and unpacked.
func cgiRequest(r *http.Request, repo *repository, body []byte) *http.Request {
	c := r.Clone(r.Context())
	_, tail := splitRemote(r.URL.Path)
	c.URL.Path = "/" + repo.full() + ".git/" + tail
	c.Header.Del("Authorization")
	c.Header.Del("Proxy")
	c.TransferEncoding = nil // the CGI library refuses chunks although the backend reads to the end
	if body != nil {
		c.Header.Del("Content-Encoding")
		c.Body, c.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}
	return c
}

// splitRemote cuts /OWNER/NAME.git/info/refs into owner/name and the rest.
func splitRemote(path string) (full, tail string) {
	parts := strings.SplitN(strings.TrimPrefix(path, "/"), "/", 3)
	if len(parts) < 3 || parts[0] == "" || parts[1] == "" {
		return "", ""
	}
	if parts[2] != "info/refs" && parts[2] != "git-upload-pack" && parts[2] != "git-receive-pack" {
		return "", ""
	}
	return parts[0] + "/" + strings.TrimSuffix(parts[1], ".git"), parts[2]
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
