package forgetest

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/liftgate/liftgate/policy"
)

// Canary stands in what a forge answers with; no error may repeat it.
const Canary = "CANARY-7f3a"

// Stub is a bare forge that answers what a test wants, for answers that a faithful stand-in would not give. Who embeds it
// serves the requests, and may guard what it adds with the lock.
type Stub struct {
	sync.Mutex
	*Clock
	routes map[string]http.HandlerFunc
	asked  []string
}

// NewStub gives one that answers nothing, at the hour of a lift.
func NewStub() Stub { return Stub{Clock: ClockAt(14), routes: map[string]http.HandlerFunc{}} }

// On has a handler answer a route: a method and a path, as the one who embeds the stub names them.
func (s *Stub) On(route string, h http.HandlerFunc) {
	s.Lock()
	defer s.Unlock()
	s.routes[route] = h
}

// JSON answers a route with a document.
func (s *Stub) JSON(route, body string) {
	s.On(route, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
}

// Find writes down what was asked for, and gives who answers it; nil for nobody.
func (s *Stub) Find(route, asked string) http.HandlerFunc {
	s.Lock()
	defer s.Unlock()
	s.asked = append(s.asked, asked)
	return s.routes[route]
}

// Count is how many requests began with these words.
func (s *Stub) Count(prefix string) int {
	s.Lock()
	defer s.Unlock()
	n := 0
	for _, a := range s.asked {
		if strings.HasPrefix(a, prefix) {
			n++
		}
	}
	return n
}

// Trouble checks an error's kind, and that it says nothing but our own words: no answer, address, name, number or token.
func Trouble(t *testing.T, err error, kind policy.TroubleKind, hint string) *policy.Trouble {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %s", kind)
	}
	got := policy.AsTrouble(err)
	if got.Kind != kind || !strings.Contains(got.Hint, hint) {
		t.Errorf("got %q, want kind %s with %q", err, kind, hint)
	}
	for _, leak := range []string{Canary, "http", "acme", "ghs_", "glpat", "LSN-", "%2F"} {
		if strings.Contains(err.Error(), leak) {
			t.Errorf("the error shows %q: %v", leak, err)
		}
	}
	return got
}
