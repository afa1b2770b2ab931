package gitlab

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/liftgate/liftgate/policy"
)

// canary stands in bodies that GitLab answers with; no error may repeat it.
const canary = "CANARY-7f3a"

// stub is a bare HTTP server that answers what a test wants, for answers that a faithful stand-in would not give.
type stub struct {
	t      *testing.T
	forge  *Forge
	mu     sync.Mutex
	clock  time.Time
	token  string
	routes map[string]http.HandlerFunc // "GET projects/acme%2Fpublic/issues", the path as it was sent
	asked  []string
}

var project = policy.Project{Name: "demo", Prefix: "LSN", Forge: "gitlab", Public: "acme/public", Mirror: "acme-security/team/mirror"}

func newStub(t *testing.T) *stub {
	t.Helper()
	s := &stub{
		t: t, clock: time.Date(2026, 11, 3, 14, 0, 0, 0, time.UTC), token: "glpat-secret", routes: map[string]http.HandlerFunc{},
	}
	server := httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(server.Close)
	f, err := New(Options{
		Token: func() ([]byte, error) { s.mu.Lock(); defer s.mu.Unlock(); return []byte(s.token + "\n"), nil },
		API:   server.URL + "/api/v4/", Git: server.URL, Project: project, Now: s.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.forge = f
	s.json("GET user", `{"id": 7, "username": "liftgate", "state": "active"}`)
	return s
}

func (s *stub) now() time.Time { s.mu.Lock(); defer s.mu.Unlock(); return s.clock }

func (s *stub) pass(d time.Duration) { s.mu.Lock(); defer s.mu.Unlock(); s.clock = s.clock.Add(d) }

func (s *stub) on(route string, h http.HandlerFunc) { s.routes[route] = h }

// json answers a route with a document.
func (s *stub) json(route, body string) {
	s.on(route, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
}

// status answers a route with a status and a body that nobody may repeat.
func (s *stub) status(route string, code int) {
	s.on(route, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, `{"message": "no `+canary+`"}`, code) })
}

func (s *stub) serve(w http.ResponseWriter, r *http.Request) {
	route := r.Method + " " + strings.TrimPrefix(r.URL.EscapedPath(), "/api/v4/")
	s.mu.Lock()
	s.asked = append(s.asked, route)
	h, token := s.routes[route], s.token
	s.mu.Unlock()
	switch {
	case r.Header.Get("PRIVATE-TOKEN") != token:
		http.Error(w, `{"message": "401 Unauthorized `+canary+`"}`, http.StatusUnauthorized)
	case h == nil:
		http.Error(w, `{"message": "404 Not Found `+canary+`"}`, http.StatusNotFound)
	default:
		h(w, r)
	}
}

func (s *stub) count(prefix string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, a := range s.asked {
		if strings.HasPrefix(a, prefix) {
			n++
		}
	}
	return n
}

// trouble checks an error's kind, and that it says nothing but our own words.
func trouble(t *testing.T, err error, kind policy.TroubleKind, hint string) *policy.Trouble {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %s", kind)
	}
	got := policy.AsTrouble(err)
	if got.Kind != kind || !strings.Contains(got.Hint, hint) {
		t.Errorf("got %q, want kind %s with %q", err, kind, hint)
	}
	for _, leak := range []string{canary, "http", "acme", "glpat", "LSN-", "%2F"} {
		if strings.Contains(err.Error(), leak) {
			t.Errorf("the error shows %q: %v", leak, err)
		}
	}
	return got
}

const (
	public = "projects/acme%2Fpublic"
	mirror = "projects/acme-security%2Fteam%2Fmirror"
)
