package sandbox

import (
	"bytes"
	"io"
	"net/http"
	"net/http/cgi"
	"os/exec"
	"slices"
	"strings"
)

// SplitRemote cuts /OWNER/NAME.git/info/refs into OWNER/NAME and info/refs; what is not for git gives nothing.
func SplitRemote(path string) (full, tail string) {
	for _, tail := range []string{"info/refs", "git-upload-pack", "git-receive-pack"} {
		rest, ok := strings.CutSuffix(path, "/"+tail)
		full := strings.TrimSuffix(strings.TrimPrefix(rest, "/"), ".git")
		if ok && strings.Contains(full, "/") && !slices.Contains(strings.Split(full, "/"), "") {
			return full, tail
		}
	}
	return "", ""
}

// Backend serves a repository by git's own http-backend, to everybody and with every push. Of the request's path only
// the end counts.
func Backend(b *Bare) http.Handler {
	git, err := exec.LookPath("git")
	if err != nil {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "git is not installed", http.StatusInternalServerError)
		})
	}
	backend := &cgi.Handler{
		Path: git, Args: []string{"http-backend"}, Dir: b.Dir, Root: "/", Stderr: io.Discard,
		Env: append(b.depot.env(), "GIT_PROJECT_ROOT="+b.Dir, "GIT_HTTP_EXPORT_ALL=1"),
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, tail := SplitRemote(r.URL.Path)
		r = r.Clone(r.Context())
		r.URL.Path = "/" + tail
		r.Header.Del("Authorization")
		r.Header.Del("Proxy")
		r.TransferEncoding = nil // the CGI library refuses chunks although the backend reads to the end
		backend.ServeHTTP(w, r)
	})
}

// unpacked is a request with a body that was already read and unpacked.
func unpacked(r *http.Request, body []byte) *http.Request {
	r = r.Clone(r.Context())
	r.Header.Del("Content-Encoding")
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return r
}

// memory is an answer that is not sent yet.
type memory struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func newMemory() *memory { return &memory{header: http.Header{}, status: http.StatusOK} }

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

// statusWriter lets an answer through and keeps its status.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(code int) {
	w.status = code
	w.ResponseWriter.WriteHeader(code)
}
