package backport

import (
	"context"
	"fmt"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/liftgate/liftgate/policy"
)

// work is a real repository with a work tree, driven by the real git, in which tests make history.
type work struct {
	t    testing.TB
	dir  string
	tick int
}

func newWork(t testing.TB) *work {
	t.Helper()
	w := &work{t: t, dir: t.TempDir()}
	w.git("init", "--quiet", "--template=", "--initial-branch=main")
	return w
}

func (w *work) env() []string {
	w.tick++
	date := fmt.Sprintf("%d +0200", 1_700_000_000+w.tick*60)
	return append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "LC_ALL=C", "GIT_EDITOR=true",
		"GIT_AUTHOR_NAME=Ann Author", "GIT_AUTHOR_EMAIL=ann@example.org", "GIT_COMMITTER_NAME=Carl Committer", "GIT_COMMITTER_EMAIL=carl@example.org",
		"GIT_AUTHOR_DATE="+date, "GIT_COMMITTER_DATE="+date)
}

func (w *work) try(args ...string) (string, error) {
	cmd := exec.Command("git", append([]string{"-C", w.dir}, args...)...)
	cmd.Env = w.env()
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

func (w *work) git(args ...string) string {
	w.t.Helper()
	out, err := w.try(args...)
	if err != nil {
		w.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return out
}

func (w *work) write(path, text string) {
	w.t.Helper()
	full := filepath.Join(w.dir, path)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

func (w *work) commit(message string) SHA {
	w.t.Helper()
	w.git("add", "--all")
	w.git("commit", "--quiet", "--allow-empty", "--allow-empty-message", "--cleanup=verbatim", "-m", message)
	return w.sha("HEAD")
}

func (w *work) sha(rev string) SHA { w.t.Helper(); return SHA(w.git("rev-parse", "--verify", rev)) }
func (w *work) remote() Remote     { return Remote{URL: "file://" + w.dir} }

// lines gives n numbered lines; edits replaces some of them.
func lines(n int, edits ...string) string {
	var b strings.Builder
	for i := 1; i <= n; i++ {
		line := fmt.Sprintf("line %d", i)
		for j := 0; j+1 < len(edits); j += 2 {
			if edits[j] == fmt.Sprint(i) {
				line = edits[j+1]
			}
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

// bare makes an empty bare repository that accepts pushes and fetches of any commit, as forges do.
func bare(t testing.TB) string { return bareAt(t, t.TempDir()) }

func bareAt(t testing.TB, dir string) string {
	t.Helper()
	w := &work{t: t, dir: dir}
	w.git("init", "--quiet", "--template=", "--bare", "--initial-branch=main")
	w.git("config", "http.receivepack", "true")
	w.git("config", "receive.denyNonFastForwards", "false")
	return dir
}

func testStores(t testing.TB) *Stores {
	t.Helper()
	s, err := Open(context.Background(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func testStore(t testing.TB, from *work) *Embargoed {
	t.Helper()
	s := testStores(t)
	e, err := s.Embargoed(context.Background(), "acme/tool", "LSN-2026-0001")
	if err != nil {
		t.Fatal(err)
	}
	if from != nil {
		p, err := s.Public(context.Background(), "acme/tool")
		if err == nil {
			err = p.Fetch(context.Background(), from.remote())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return e
}

func bot() Identity {
	return Identity{Name: "Liftgate", Email: "bot@example.org", When: time.Unix(1_800_000_000, 0).UTC()}
}

// cleared forges a clearance, which outside tests only policy can make.
func cleared(advisory string) policy.Clearance {
	var c policy.Clearance
	f := reflect.ValueOf(&c).Elem().FieldByName("advisory")
	reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem().SetString(advisory)
	return c
}

// forge serves bare repositories over HTTP with git's own http-backend, Basic authentication and faults on demand.
type forge struct {
	*httptest.Server
	mu       sync.Mutex
	requests []string
	// fault may answer a request itself and return true.
	fault func(w http.ResponseWriter, r *http.Request) bool
	// after runs when a request was served.
	after func(r *http.Request)
}

const (
	forgeUser   = "x-access-token"
	forgeSecret = "ghs_very.secret_token"
)

func newForge(t testing.TB, root string) *forge {
	t.Helper()
	path, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		t.Fatal(err)
	}
	backend := filepath.Join(strings.TrimSpace(string(path)), "git-http-backend")
	if _, err := os.Stat(backend); err != nil {
		t.Skipf("%s is missing: install all of git, some systems have it in a package of its own", backend)
	}
	f := &forge{}
	h := &cgi.Handler{Path: backend, Env: []string{"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1", "REMOTE_USER=" + forgeUser,
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null"}, InheritEnv: []string{"PATH"}, Stderr: nopWriter{}}
	f.Server = httptest.NewServer(cutter(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		f.requests = append(f.requests, r.Method+" "+r.URL.String())
		fault, after := f.fault, f.after
		f.mu.Unlock()
		if user, secret, _ := r.BasicAuth(); user != forgeUser || secret != forgeSecret {
			w.Header().Set("WWW-Authenticate", `Basic realm="forge"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if fault != nil && fault(w, r) {
			return
		}
		h.ServeHTTP(w, r)
		if after != nil {
			after(r)
		}
	})))
	t.Cleanup(f.Close)
	return f
}

type nopWriter struct{}

func (nopWriter) Write(p []byte) (int, error) { return len(p), nil }

func (f *forge) remote(name string) Remote { return f.remoteAt(f.URL + "/" + name) }

func (f *forge) remoteAt(url string) Remote {
	return Remote{URL: url, Auth: func(context.Context) (string, string, error) { return forgeUser, forgeSecret, nil }}
}

func (f *forge) set(fault func(http.ResponseWriter, *http.Request) bool, after func(*http.Request)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault, f.after = fault, after
}

func (f *forge) served() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.requests)
}
