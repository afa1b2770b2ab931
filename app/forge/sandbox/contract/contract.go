package contract

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Contract collects what broke a forge's description of its API.
type Contract struct {
	terms terms
	mu    sync.Mutex
	bad   []string
	seen  map[string]int // operations and webhooks checked
}

// terms are what one forge publishes.
type terms interface {
	exchange(c *Contract, x exchange)
	webhook(c *Contract, event string, body []byte)
	faults() []fault
}

// exchange is one request and its answer.
type exchange struct {
	*http.Request
	body   []byte
	status int // zero if no answer was sent
	header http.Header
	answer []byte
}

// meant reports whether a request has to be as the forge describes it: every one of Liftgate's own, which says by its agent
// whose it is, whatever became of it, and of others those that were answered with success. People and strangers send wrong
// requests on purpose, which the forge refuses.
func (x exchange) meant() bool {
	return x.UserAgent() == "liftgate" || x.status >= http.StatusOK && x.status < http.StatusMultipleChoices
}

// fault is a place where a forge's description contradicts the forge itself.
type fault struct {
	name  string
	where string // prefix of the operation or webhook
	text  string // part of what the check says about it
	why   string
}

// GitHub gives a contract whose violations fail the test when it ends. Without GitHub's description the test is skipped.
func GitHub(t testing.TB) *Contract {
	t.Helper()
	terms, err := loadGitHub()
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("GitHub's OpenAPI description is not beside the repository: ../shared/oracles/github-openapi.json")
	}
	return sign(t, terms, err)
}

// GitLab gives a contract whose violations fail the test when it ends. Without GitLab's descriptions the test is skipped.
func GitLab(t testing.TB) *Contract {
	t.Helper()
	terms, err := loadGitLab()
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("GitLab's descriptions are not beside the repository: ../shared/oracles/gitlab")
	}
	return sign(t, terms, err)
}

// CVE gives a contract of CVE Services whose violations fail the test when it ends. Without their description the test is
// skipped.
func CVE(t testing.TB) *Contract {
	t.Helper()
	terms, err := loadCVE()
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("the description of CVE Services is not beside the repository: ../shared/oracles/cve-services")
	}
	return sign(t, terms, err)
}

// HasGitLab tells whether GitLab's descriptions are there, for tests that are worth running without them too.
func HasGitLab() bool {
	_, err := loadGitLab()
	return !errors.Is(err, os.ErrNotExist)
}

func sign(t testing.TB, terms terms, err error) *Contract {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	c := &Contract{terms: terms, seen: map[string]int{}}
	t.Cleanup(func() {
		for _, v := range c.Violations() {
			t.Error(v)
		}
	})
	return c
}

// Violations gives what was found so far.
func (c *Contract) Violations() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.bad...)
}

// Seen gives how often each operation ("GET /app") and webhook ("hook push") was checked.
func (c *Contract) Seen() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := map[string]int{}
	for k, v := range c.seen {
		out[k] = v
	}
	return out
}

func (c *Contract) note(what string, err error) {
	if err == nil || c.forgives(what, err) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	text, _, _ := strings.Cut(err.Error(), "\nSchema:") // the schema is pages long
	c.bad = append(c.bad, what+": "+text)
}

// forgives tells whether a violation is a known fault of the description.
func (c *Contract) forgives(what string, err error) bool {
	return slices.ContainsFunc(c.terms.faults(), func(f fault) bool {
		return strings.HasPrefix(what, f.where) && strings.Contains(err.Error(), f.text)
	})
}

func (c *Contract) count(what string) {
	c.mu.Lock()
	c.seen[what]++
	c.mu.Unlock()
}

// Middleware checks each request before, and each response after, the handler saw it.
func (c *Contract) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, "unreadable body", http.StatusBadRequest)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		tee := &recorder{ResponseWriter: w}
		next.ServeHTTP(tee, r)
		c.Exchange(r, body, tee.code, w.Header(), tee.body.Bytes()) // 0: a fault plan hung up
	})
}

// recorder keeps a copy of the answer; Unwrap lets the sandbox still hang up.
type recorder struct {
	http.ResponseWriter
	code int
	body bytes.Buffer
}

func (r *recorder) WriteHeader(code int) { r.code = code; r.ResponseWriter.WriteHeader(code) }

func (r *recorder) Write(b []byte) (int, error) {
	if r.code == 0 {
		r.code = http.StatusOK
	}
	r.body.Write(b)
	return r.ResponseWriter.Write(b)
}

func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// RoundTripper checks what a client sends and gets; next is http.DefaultTransport when nil.
func (c *Contract) RoundTripper(next http.RoundTripper) http.RoundTripper {
	if next == nil {
		next = http.DefaultTransport
	}
	return tripper(func(r *http.Request) (*http.Response, error) {
		var body []byte
		if r.Body != nil {
			var err error
			if body, err = io.ReadAll(r.Body); err != nil {
				return nil, fmt.Errorf("check request: %w", err)
			}
			r = r.Clone(r.Context())
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
		resp, err := next.RoundTrip(r)
		if err != nil {
			c.Exchange(r, body, 0, nil, nil)
			return nil, err
		}
		answer, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close() // read to its end
		resp.Body = io.NopCloser(bytes.NewReader(answer))
		if err != nil {
			return resp, nil // a cut answer is the client's to notice
		}
		c.Exchange(r, body, resp.StatusCode, resp.Header, answer)
		return resp, nil
	})
}

type tripper func(*http.Request) (*http.Response, error)

func (t tripper) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

// Exchange checks one request and its answer, whose status is zero if there is none.
func (c *Contract) Exchange(r *http.Request, body []byte, status int, header http.Header, answer []byte) {
	c.terms.exchange(c, exchange{r, body, status, header, answer})
}

// Hook checks a webhook body that came with an event.
func (c *Contract) Hook(event string, body []byte) { c.terms.webhook(c, event, body) }
