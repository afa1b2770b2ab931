package backport

import (
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// sees reports whether a repository on disk can read an object, asked of git directly.
func sees(dir string, sha SHA) bool {
	return exec.Command("git", "--git-dir", dir, "cat-file", "-e", string(sha)).Run() == nil
}

func TestAdvisoriesAreIsolated(t *testing.T) {
	w := twoBranches(t)
	s := testStores(t)
	p, err := s.Public(t.Context(), "acme/tool")
	if err == nil {
		err = p.Fetch(t.Context(), w.remote())
	}
	if err != nil {
		t.Fatal(err)
	}
	main, stable := w.sha("main"), w.sha("stable")
	w.git("switch", "--quiet", "-c", "fix-1")
	w.write("a.c", lines(40, "2", "main changed 2", "20", "CANARY"))
	fix := w.commit("CANARY")
	one, err := s.Embargoed(t.Context(), "acme/tool", "LSN-2026-0001")
	if err != nil {
		t.Fatal(err)
	}
	two, err := s.Embargoed(t.Context(), "acme/tool", "LSN-2026-0002")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := one.FetchFix(t.Context(), w.remote(), string(fix)); err != nil {
		t.Fatal(err)
	}
	r, err := one.Pick(t.Context(), Pick{Commits: []SHA{fix}, Onto: stable, Committer: bot()})
	if err != nil || r.Picked == nil {
		t.Fatal(err)
	}
	for _, sha := range []SHA{fix, r.Picked.Head, r.Picked.Tree} {
		if !sees(one.dir, sha) || sees(two.dir, sha) || sees(p.dir, sha) {
			t.Errorf("%s is seen where it must not be, or not where it must", sha)
		}
	}
	for _, sha := range []SHA{main, stable} {
		if !sees(one.dir, sha) || !sees(two.dir, sha) || !sees(p.dir, sha) {
			t.Errorf("public %s is not seen everywhere", sha)
		}
	}
	// Borrowed, not copied: the embargoed store holds nothing of its own of what is public.
	if _, err := os.Stat(filepath.Join(one.dir, "objects", string(main[:2]), string(main[2:]))); err == nil {
		t.Error("a public object was copied")
	}
	if err := s.Destroy(t.Context(), "acme/tool", "LSN-2026-0001"); err != nil {
		t.Fatal(err)
	}
	if sees(one.dir, fix) || !sees(two.dir, main) {
		t.Error("Destroy left the fix, or took too much")
	}
	if err := s.Destroy(t.Context(), "acme/tool", "LSN-2026-0001"); err != nil {
		t.Error("twice:", err)
	}
	if _, err := one.Commit(t.Context(), main); KindOf(err) != ErrNoObject {
		t.Error("a destroyed store still reads:", err)
	}
}

func TestNamesStayInside(t *testing.T) {
	s := testStores(t)
	for _, name := range []string{"", ".", "..", "../x", "a//b", "/a", "a/", "-a", "a.git", "A.GIT/b", "a~", "a b", "a\nb", "a/../../b", strings.Repeat("a", 300)} {
		if _, err := s.Public(t.Context(), name); !errors.Is(err, ErrInvalid) {
			t.Errorf("project %q: %v", name, err)
		}
		if _, err := s.Embargoed(t.Context(), "acme/tool", name); !errors.Is(err, ErrInvalid) && !strings.Contains(name, "/") {
			t.Errorf("advisory %q: %v", name, err)
		}
	}
}

func TestLeftoversOfACrash(t *testing.T) {
	w := twoBranches(t)
	s := testStores(t)
	p, err := s.Public(t.Context(), "acme/tool")
	if err == nil {
		err = p.Fetch(t.Context(), w.remote())
	}
	if err != nil {
		t.Fatal(err)
	}
	w.write("new.c", "x\n")
	w.commit("new")
	left := []string{"packed-refs.lock", "refs/heads/main.lock", "HEAD.lock", "config.lock", "shallow.lock", "objects/pack/tmp_pack_x", "objects/pack/tmp_idx_x",
		"objects/info/commit-graphs/commit-graph-chain.lock"}
	for _, name := range left {
		path := filepath.Join(p.dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	half := filepath.Join(s.dir, "embargoed", "acme", "tool", "LSN-2026-0009.git~", "objects")
	if err := os.MkdirAll(half, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err = Open(t.Context(), s.dir); err != nil {
		t.Fatal(err)
	}
	if err := p.Fetch(t.Context(), w.remote()); err != nil {
		t.Fatal(err)
	}
	if got, err := p.Branches(t.Context()); err != nil || got["main"] != w.sha("main") {
		t.Error(got, err)
	}
	for _, name := range left {
		if _, err := os.Stat(filepath.Join(p.dir, name)); err == nil {
			t.Error("left:", name)
		}
	}
	if _, err := os.Stat(half); err == nil {
		t.Error("left: half a store")
	}
}

// TestKilledFetch kills a process in the middle of a fetch. Its git lives on for a while; the next fetch waits for it
// instead of taking its locks for stale.
func TestKilledFetch(t *testing.T) {
	root := t.TempDir()
	public := filepath.Join(root, "tool.git")
	if err := os.Mkdir(public, 0o755); err != nil {
		t.Fatal(err)
	}
	bareAt(t, public)
	w := twoBranches(t)
	w.git("push", "--quiet", public, "main", "stable")
	f := newForge(t, root)
	began, resume := make(chan struct{}), make(chan struct{})
	var once sync.Once
	f.set(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost {
			once.Do(func() { close(began); <-resume })
		}
		return false
	}, nil)
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fetchURL+"="+f.remote("tool.git").URL, fetchDir+"="+dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-began
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed, and says so
	s, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.Public(t.Context(), "acme/tool")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- p.Fetch(t.Context(), f.remote("tool.git")) }()
	select {
	case <-done:
		t.Error("the fetch did not wait for the one that is still running")
	default:
	}
	close(resume)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got, err := p.Branches(t.Context()); err != nil || got["main"] != w.sha("main") {
		t.Error(got, err)
	}
}

// What makes this program the other process of TestKilledFetch.
const fetchURL, fetchDir = "BACKPORT_FETCH_URL", "BACKPORT_FETCH_DIR"

func fetchUntilKilled(url, dir string) {
	ctx := context.Background()
	s, err := Open(ctx, dir)
	if err != nil {
		panic(err)
	}
	p, err := s.Public(ctx, "acme/tool")
	if err != nil {
		panic(err)
	}
	panic(p.Fetch(ctx, new(forge).remoteAt(url))) // nobody lets it come to an end
}

func TestTwoProcessesShareAFolder(t *testing.T) {
	w := twoBranches(t)
	w.write("a.c", lines(40, "2", "main changed 2", "20", "fixed"))
	fix := w.commit("Fix")
	dir := t.TempDir()
	heads := make([]SHA, 6)
	var all sync.WaitGroup
	for i := range heads {
		all.Go(func() {
			s, err := Open(t.Context(), dir)
			if err != nil {
				t.Error(err)
				return
			}
			e, err := s.Embargoed(t.Context(), "acme/tool", "LSN-2026-0001")
			if err != nil {
				t.Error(err)
				return
			}
			for _, ref := range []string{"refs/heads/stable", "refs/heads/main"} {
				if _, err := e.FetchFix(t.Context(), w.remote(), ref); err != nil {
					t.Error(err)
				}
			}
			r, err := e.Pick(t.Context(), Pick{Commits: []SHA{fix}, Onto: w0(w, "stable"), Committer: bot()})
			if err != nil || r.Picked == nil {
				t.Error(r, err)
				return
			}
			heads[i] = r.Picked.Head
		})
	}
	all.Wait()
	for _, h := range heads {
		if h != heads[0] || h == "" {
			t.Error("results differ:", heads)
		}
	}
}

// w0 reads a ref without touching the work's clock, for use by several goroutines.
func w0(w *work, rev string) SHA {
	out, err := exec.Command("git", "-C", w.dir, "rev-parse", rev).Output()
	if err != nil {
		w.t.Error(err)
	}
	return SHA(strings.TrimSpace(string(out)))
}

func TestVersion(t *testing.T) {
	for words, ok := range map[string]bool{"git version 2.39.5": true, "git version 2.38.0\n": true, "git version 3.0.0": true, "git version 2.46.0.windows.1": true,
		"git version 2.39.3 (Apple Git-146)": true, "git version 2.37.9": false, "git version 1.99.1": false, "git version x": false, "": false} {
		if _, _, err := version(words); (err == nil) != ok {
			t.Errorf("%q: %v", words, err)
		}
	}
	if _, _, err := version("git version 2.37.9"); !errors.Is(err, ErrOldGit) || !strings.Contains(err.Error(), "2.37") || !strings.Contains(err.Error(), "2.38") {
		t.Errorf("neither what is there nor what is needed: %v", err)
	}
}
