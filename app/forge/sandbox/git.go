package sandbox

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
)

// serveGit is the smart HTTP side: git http-backend does the work; reading the command list, the right to push,
// rules and the log are ours.
func (s *Server) serveGit(w http.ResponseWriter, r *http.Request) {
	began := s.opt.Wall()
	full, tail := splitRemote(r.URL.Path)
	if full == "" {
		http.NotFound(w, r)
		return
	}
	service := r.URL.Query().Get("service")
	if r.Method == http.MethodPost {
		service = tail
	}
	push := service == "git-receive-pack"
	cred, repo, status, message := s.gitAccess(r, full, push)
	entry := Request{Time: began.UTC(), Method: r.Method, Path: r.URL.RequestURI(), Repo: full, Route: service, Token: cred.scope(), Status: status}
	var req *pushRequest
	if status == 0 && push && r.Method == http.MethodPost {
		var err error
		if req, err = readPush(r); err != nil {
			status, message = http.StatusBadRequest, "malformed push"
		} else {
			entry.Refs = req.commands
		}
	}
	fault := s.faults.consult(Call{Method: r.Method, Path: r.URL.Path, Route: service, Repo: full, Actor: cred.scope().Actor,
		Scope: cred.scope(), Git: true, Write: push && r.Method == http.MethodPost, Refs: entry.Refs})
	s.pause(r.Context(), fault.Delay)
	if fault.Before != nil {
		fault.Before()
	}
	out := httptest.NewRecorder()
	pack := []byte(nil)
	switch {
	case fault.Refuse != nil:
		rep := fault.Refuse.reply()
		entry.Refs = nil
		for k, v := range rep.header {
			out.Header()[k] = v
		}
		http.Error(out, fault.Refuse.Body, rep.status)
	case status != 0:
		if status == http.StatusUnauthorized {
			out.Header().Set("WWW-Authenticate", `Basic realm="GitHub"`)
		}
		http.Error(out, message, status)
	case req != nil && len(req.commands) > 0:
		entry.Refs = s.receive(out, r, repo, cred, req)
		for _, ch := range entry.Refs {
			if ch.Error == "" && ch.Old != ch.New {
				entry.Public = !repo.private
			}
		}
		pack = req.pack
	default:
		var body []byte
		if req != nil {
			body = req.raw // the empty push by which git tries its password
		}
		if fault.AfterApply == nil {
			s.backend(w, r, repo, body, fault, &entry)
			s.record(entry, nil)
			return
		}
		s.cgi(repo).ServeHTTP(out, cgiRequest(r, repo, body))
	}
	s.answer(w, out, fault, &entry)
	s.record(entry, pack)
	if entry.Status == 0 {
		hangUp(w)
	}
}

// answer copies a finished response unless the fault plan changes it.
func (s *Server) answer(w http.ResponseWriter, out *httptest.ResponseRecorder, fault Fault, entry *Request) {
	if fault.After != nil {
		fault.After()
	}
	entry.Status = out.Code
	if after := fault.AfterApply; after != nil {
		entry.Status = after.Status
		if after.Drop {
			entry.Status = 0
			return
		}
		http.Error(w, http.StatusText(after.Status), after.Status)
		return
	}
	for k, v := range out.Header() {
		w.Header()[k] = v
	}
	w.WriteHeader(out.Code)
	_, _ = w.Write(out.Body.Bytes()) // the client hung up; there is nobody left to tell
}

// backend streams a request through git http-backend.
func (s *Server) backend(w http.ResponseWriter, r *http.Request, repo *repository, body []byte, fault Fault, entry *Request) {
	sniff := &statusWriter{ResponseWriter: w, status: http.StatusOK}
	s.cgi(repo).ServeHTTP(sniff, cgiRequest(r, repo, body))
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

// cgiRequest is the request with the canonical path and, if given, a body already read and unpacked.
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

// pushRequest is a receive-pack request taken apart.
type pushRequest struct {
	commands []RefChange
	caps     string
	options  []byte // push options section, flush included
	pack     []byte
	raw      []byte
}

var errMalformed = errors.New("malformed push")

func readPush(r *http.Request) (*pushRequest, error) {
	var body io.Reader = r.Body
	if r.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, errMalformed
		}
		body = z
	}
	raw, err := io.ReadAll(body)
	if err != nil {
		return nil, errMalformed
	}
	req := &pushRequest{raw: raw}
	in := bufio.NewReader(bytes.NewReader(raw))
	used := 0
	for {
		line, n, err := readPkt(in)
		if err != nil {
			return nil, errMalformed
		}
		used += n
		if line == nil {
			break
		}
		text, caps, has := strings.Cut(strings.TrimSuffix(string(line), "\n"), "\x00")
		if has {
			req.caps = caps
		}
		f := strings.Fields(text)
		if len(f) != 3 || len(f[0]) != 40 || len(f[1]) != 40 {
			return nil, errMalformed // shallow and certificate lines are not for this server
		}
		req.commands = append(req.commands, RefChange{Ref: f[2], Old: f[0], New: f[1]})
	}
	if req.capable("push-options") {
		start := used
		for {
			line, n, err := readPkt(in)
			if err != nil {
				return nil, errMalformed
			}
			used += n
			if line == nil {
				break
			}
		}
		req.options = raw[start:used]
	}
	req.pack = raw[used:]
	return req, nil
}

func (p *pushRequest) capable(name string) bool {
	for c := range strings.FieldsSeq(p.caps) {
		if c == name {
			return true
		}
	}
	return false
}

// readPkt reads one pkt-line; nil is a flush.
func readPkt(in *bufio.Reader) ([]byte, int, error) {
	var head [4]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return nil, 0, err
	}
	var n int
	if _, err := fmt.Sscanf(string(head[:]), "%04x", &n); err != nil || n != 0 && n < 4 {
		return nil, 0, errMalformed
	}
	if n == 0 {
		return nil, 4, nil
	}
	line := make([]byte, n-4)
	if _, err := io.ReadFull(in, line); err != nil {
		return nil, 0, err
	}
	return line, n, nil
}

func pkt(s string) string { return fmt.Sprintf("%04x%s", len(s)+4, s) }
