package github

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/liftgate/liftgate/policy"
)

// canary stands in bodies that GitHub answers with; no error may repeat it.
const canary = "CANARY-7f3a"

// stub is a bare HTTP server that answers what a test wants, for answers that a faithful stand-in would not give.
type stub struct {
	t      *testing.T
	forge  *Forge
	mu     sync.Mutex
	clock  time.Time
	routes map[string]http.HandlerFunc // "GET /repos/acme/public/branches"
	asked  []string                    // every request but those for tokens
	mints  []mintRequest
	has    map[string]string // the installation's permissions
}

type mintRequest struct {
	Repositories []string          `json:"repositories"`
	Permissions  map[string]string `json:"permissions"`
}

var testKey = sync.OnceValue(func() []byte {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
})

var project = policy.Project{Name: "demo", Prefix: "LSN", Forge: "github", Public: "acme/public", Mirror: "acme/mirror"}

func newStub(t *testing.T) *stub {
	t.Helper()
	s := &stub{
		t: t, clock: time.Date(2026, 11, 3, 14, 0, 0, 0, time.UTC), routes: map[string]http.HandlerFunc{},
		has: map[string]string{
			"metadata": "read", "contents": "write", "issues": "write", "pull_requests": "write", "checks": "write", "statuses": "write",
			"workflows": "write", "repository_advisories": "write",
		},
	}
	server := httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(server.Close)
	f, err := New(Options{AppID: 7, Key: testKey(), API: server.URL, Git: server.URL, Project: project, Now: s.now})
	if err != nil {
		t.Fatal(err)
	}
	s.forge = f
	return s
}

func (s *stub) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clock
}

func (s *stub) pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clock = s.clock.Add(d)
}

func (s *stub) on(route string, h http.HandlerFunc) { s.routes[route] = h }

// json answers a route with a document.
func (s *stub) json(route, body string) {
	s.on(route, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
}

func (s *stub) serve(w http.ResponseWriter, r *http.Request) {
	switch path := r.URL.Path; {
	case strings.HasSuffix(path, "/installation"):
		b, _ := json.Marshal(s.has)
		fmt.Fprintf(w, `{"id": 42, "permissions": %s, "suspended_at": null}`, b)
	case strings.HasSuffix(path, "/access_tokens"):
		var m mintRequest
		_ = json.NewDecoder(r.Body).Decode(&m)
		s.mu.Lock()
		s.mints = append(s.mints, m)
		n := len(s.mints)
		s.mu.Unlock()
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, `{"token": "ghs_%d.secret_%d", "expires_at": %q}`, n, n, time.Now().UTC().Add(time.Hour).Format(time.RFC3339))
	case path == "/app":
		_, _ = io.WriteString(w, `{"id": 7, "slug": "liftgate-acme"}`)
	default:
		s.mu.Lock()
		s.asked = append(s.asked, r.Method+" "+r.URL.RequestURI())
		h := s.routes[r.Method+" "+path]
		s.mu.Unlock()
		if h == nil {
			http.Error(w, `{"message": "Not Found `+canary+`"}`, http.StatusNotFound)
			return
		}
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
	for _, leak := range []string{canary, "http", "acme", "ghs_", "LSN-"} {
		if strings.Contains(err.Error(), leak) {
			t.Errorf("the error shows %q: %v", leak, err)
		}
	}
	return got
}
