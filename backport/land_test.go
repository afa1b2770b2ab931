package backport

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/liftgate/liftgate/policy"
)

// lifting is a public repository behind HTTP, and an advisory with a candidate for each of two branches.
type lifting struct {
	*forge
	public string
	store  *Embargoed
	refs   []RefUpdate
	work   *work
}

func newLifting(t *testing.T) *lifting {
	t.Helper()
	root := t.TempDir()
	public := filepath.Join(root, "tool.git")
	if err := os.Mkdir(public, 0o755); err != nil {
		t.Fatal(err)
	}
	bareAt(t, public)
	w := twoBranches(t)
	w.git("push", "--quiet", public, "main", "stable")
	f := newForge(t, root)
	s := testStores(t)
	p, err := s.Public(t.Context(), "acme/tool")
	if err == nil {
		err = p.Fetch(t.Context(), f.remote("tool.git"))
	}
	if err != nil {
		t.Fatal(err)
	}
	e, err := s.Embargoed(t.Context(), "acme/tool", "LSN-2026-0001")
	if err != nil {
		t.Fatal(err)
	}
	main, stable := w.sha("main"), w.sha("stable")
	w.write("a.c", lines(40, "2", "main changed 2", "20", "fixed"))
	fix := w.commit("Fix")
	if _, err := e.FetchFix(t.Context(), w.remote(), "refs/heads/main"); err != nil {
		t.Fatal(err)
	}
	r, err := e.Pick(t.Context(), Pick{Commits: []SHA{fix}, Onto: stable, Message: Message{Record: true}, Committer: bot()})
	if err != nil || r.Picked == nil {
		t.Fatalf("%+v, %v", r, err)
	}
	return &lifting{forge: f, public: public, store: e, work: w, refs: []RefUpdate{
		{"refs/heads/main", main, fix}, {"refs/heads/stable", stable, r.Picked.Head}}}
}

func (l *lifting) land(t *testing.T) (Landing, error) {
	return l.store.Land(t.Context(), cleared("LSN-2026-0001"), l.remote("tool.git"), l.refs)
}

// moved counts the public branches that are at their new SHA.
func (l *lifting) moved(t *testing.T) int {
	t.Helper()
	n := 0
	for _, r := range l.refs {
		w := &work{t: t, dir: l.public}
		if w.sha(r.Ref) == r.New {
			n++
		}
	}
	return n
}

func (l *lifting) pushes() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, r := range l.requests {
		if strings.HasPrefix(r, "POST") && strings.HasSuffix(r, "git-receive-pack") {
			n++
		}
	}
	return n
}

func TestLand(t *testing.T) {
	l := newLifting(t)
	for range 2 {
		got, err := l.land(t)
		if err != nil || !got.Landed || l.moved(t) != 2 {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	// git asks with an empty POST first when a credential is in play; the second Land must not add anything at all.
	n := l.pushes()
	if _, err := l.land(t); err != nil || l.pushes() != n {
		t.Errorf("landing again pushed: %d after %d, %v", l.pushes(), n, err)
	}
}

func TestLandNeedsClearance(t *testing.T) {
	l := newLifting(t)
	for _, c := range []policy.Clearance{{}, cleared("LSN-2026-0002")} {
		if _, err := l.store.Land(t.Context(), c, l.remote("tool.git"), l.refs); !errors.Is(err, ErrNoClearance) {
			t.Error(err)
		}
	}
	if l.pushes() != 0 {
		t.Error("something was pushed")
	}
}

func TestLandRefusesOtherThanFastForwards(t *testing.T) {
	l := newLifting(t)
	main := l.refs[0]
	for name, refs := range map[string][]RefUpdate{
		"nothing":     nil,
		"tag":         {{"refs/tags/v1", main.Old, main.New}},
		"side ref":    {{"refs/liftgate/x", main.Old, main.New}},
		"new branch":  {{"refs/heads/new", "", main.New}},
		"deletion":    {{"refs/heads/main", main.Old, ""}},
		"option":      {{"refs/heads/--force", main.Old, main.New}},
		"glob":        {{"refs/heads/*", main.Old, main.New}},
		"plus":        {{"+refs/heads/main", main.Old, main.New}},
		"short":       {{"main", main.Old, main.New}},
		"backwards":   {{"refs/heads/main", main.New, main.Old}},
		"named twice": {main, main},
	} {
		got, err := l.store.Land(t.Context(), cleared("LSN-2026-0001"), l.remote("tool.git"), refs)
		if !errors.Is(err, ErrInvalid) || got.Landed {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if l.pushes() != 0 {
		t.Error("something was pushed")
	}
}

func TestLandAllOrNothing(t *testing.T) {
	hook := "#!/bin/sh\necho 'remote: error: GH013: Repository rule violations found SECRET' >&2\n"
	for name, c := range map[string]struct {
		arrange func(*testing.T, *lifting)
		reason  Reason
	}{
		"a branch moved": {func(t *testing.T, l *lifting) {
			l.work.git("switch", "--quiet", "stable")
			l.work.write("c.c", "other\n")
			l.work.commit("other work")
			l.work.git("push", "--quiet", l.public, "stable")
		}, ReasonNotFastForward},
		"a branch moves during the push": {func(t *testing.T, l *lifting) {
			l.work.git("switch", "--quiet", "stable")
			l.work.write("c.c", "other\n")
			l.work.commit("other work")
			l.set(func(_ http.ResponseWriter, r *http.Request) bool {
				if r.URL.Query().Get("service") == "git-receive-pack" {
					l.set(nil, nil)
					l.work.git("push", "--quiet", l.public, "stable")
				}
				return false
			}, nil)
		}, ReasonNotFastForward},
		"update hook refuses one": {func(t *testing.T, l *lifting) {
			script(t, l.public, "update", hook+"test $1 != refs/heads/stable\n")
		}, ReasonProtected},
		"pre-receive hook refuses": {func(t *testing.T, l *lifting) {
			script(t, l.public, "pre-receive", hook+"exit 1\n")
		}, ReasonProtected},
		"credential may read only": {func(t *testing.T, l *lifting) {
			l.set(func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Query().Get("service") != "git-receive-pack" {
					return false
				}
				w.WriteHeader(http.StatusForbidden)
				return true
			}, nil)
		}, ReasonAuth},
		"server fails": {func(t *testing.T, l *lifting) {
			l.set(func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "receive-pack") {
					return false
				}
				w.WriteHeader(http.StatusBadGateway)
				return true
			}, nil)
		}, ReasonNetwork},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLifting(t)
			c.arrange(t, l)
			got, err := l.land(t)
			if err != nil || got.Landed || got.Reason != c.reason || l.moved(t) != 0 {
				t.Errorf("%+v, %v; moved %d", got, err, l.moved(t))
			}
		})
	}
}

func script(t *testing.T, repo, name, text string) {
	t.Helper()
	path := filepath.Join(repo, "hooks", name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

// The push arrives, its answer doesn't.
func TestLandUnknownOutcome(t *testing.T) {
	l := newLifting(t)
	var cut atomic.Bool
	l.set(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "receive-pack") && r.ContentLength != 4 {
			w.Header().Set("X-Cut", "1")
			cut.Store(true)
		}
		return false
	}, nil)
	got, err := l.land(t)
	if err != nil || !got.Landed || l.moved(t) != 2 || !cut.Load() {
		t.Errorf("%+v, %v", got, err)
	}
}

// cutter lets the handler do its work, then breaks the connection instead of answering, where the header X-Cut is set.
func cutter(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(&cutWriter{w}, r)
		if w.Header().Get("X-Cut") != "" {
			panic(http.ErrAbortHandler)
		}
	})
}

type cutWriter struct{ http.ResponseWriter }

func (c *cutWriter) WriteHeader(code int) {
	if c.Header().Get("X-Cut") == "" {
		c.ResponseWriter.WriteHeader(code)
	}
}

func (c *cutWriter) Write(p []byte) (int, error) {
	if c.Header().Get("X-Cut") != "" {
		return len(p), nil
	}
	return c.ResponseWriter.Write(p)
}

// The server is gone after the push: nobody can tell, and that is said.
func TestLandUnreadable(t *testing.T) {
	l := newLifting(t)
	l.set(nil, func(r *http.Request) {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "receive-pack") && r.ContentLength != 4 {
			l.set(func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(503); return true }, nil)
		}
	})
	got, err := l.land(t)
	if !errors.Is(err, ErrUnknown) || got.Landed {
		t.Errorf("%+v, %v", got, err)
	}
	l.set(nil, nil)
	if got, err := l.land(t); err != nil || !got.Landed {
		t.Errorf("afterwards: %+v, %v", got, err)
	}
}

// Somebody builds on what landed before it could be read back.
func TestLandedAndBuiltUpon(t *testing.T) {
	l := newLifting(t)
	l.work.git("push", "--quiet", l.public, string(l.refs[0].New)+":refs/heads/main")
	l.work.write("d.c", "more\n")
	l.work.commit("more")
	l.work.git("push", "--quiet", l.public, "main")
	got, err := l.land(t) // main is there, stable is completed
	if err != nil || !got.Landed {
		t.Errorf("%+v, %v", got, err)
	}
}

// A mixture can only come about when something outside breaks atomicity. It is never passed over in silence.
func TestHalfLanded(t *testing.T) {
	l := newLifting(t)
	l.work.git("push", "--quiet", l.public, string(l.refs[0].New)+":refs/heads/main")
	script(t, l.public, "update", "#!/bin/sh\nexit 1\n")
	got, err := l.land(t)
	if !errors.Is(err, ErrHalfLanded) || got.Landed {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestLandTimeout(t *testing.T) {
	l := newLifting(t)
	ctx, cancel := context.WithCancel(t.Context())
	l.set(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Get("service") == "git-receive-pack" {
			cancel()
			<-r.Context().Done()
			return true
		}
		return false
	}, nil)
	start := time.Now()
	got, err := l.store.Land(ctx, cleared("LSN-2026-0001"), l.remote("tool.git"), l.refs)
	if err != nil || got.Landed || got.Reason != ReasonTimeout || l.moved(t) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	if time.Since(start) > 20*time.Second {
		t.Error("git was not stopped")
	}
}
