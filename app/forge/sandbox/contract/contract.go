package contract

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3filter"
)

// Contract collects what broke GitHub's description.
type Contract struct {
	spec *spec
	mu   sync.Mutex
	bad  []string
	seen map[string]int // operations and webhooks checked
}

// Open gives a contract whose violations fail the test when it ends. Without the description the test is skipped.
func Open(t testing.TB) *Contract {
	t.Helper()
	s, err := load()
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("GitHub's OpenAPI description is not beside the repository: ../shared/oracles/github-openapi.json")
	}
	if err != nil {
		t.Fatal(err)
	}
	c := &Contract{spec: s, seen: map[string]int{}}
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
	if err == nil || forgiven(what, err) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	text, _, _ := strings.Cut(err.Error(), "\nSchema:") // the schema is pages long
	c.bad = append(c.bad, what+": "+text)
}

func (c *Contract) count(what string) {
	c.mu.Lock()
	c.seen[what]++
	c.mu.Unlock()
}

// Middleware checks each request before, and each response after, the handler saw it. Paths start with /api.
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
		if tee.code != 0 { // 0: a fault plan hung up
			c.Exchange(r, body, tee.code, w.Header(), tee.body.Bytes())
		}
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

// Exchange checks one request and its answer. A request that GitHub would refuse may be wrong, so only requests
// that were answered with success are held to the description; answers always are.
func (c *Contract) Exchange(r *http.Request, body []byte, status int, header http.Header, answer []byte) {
	probe := httptest.NewRequest(r.Method, strings.TrimPrefix(r.URL.RequestURI(), "/api"), bytes.NewReader(body))
	probe.Header = r.Header.Clone()
	if len(body) > 0 && probe.Header.Get("Content-Type") == "" {
		probe.Header.Set("Content-Type", "application/json")
	}
	if len(bytes.TrimSpace(body)) == 0 || string(bytes.TrimSpace(body)) == "null" {
		probe.Body, probe.ContentLength = http.NoBody, 0 // ghinstallation sends null where nothing is meant
	}
	route, params, err := c.spec.find(probe)
	if err != nil {
		if status < 400 {
			c.note(r.Method+" "+r.URL.Path, fmt.Errorf("not in GitHub's description: %w", err))
		}
		return
	}
	name := route.Method + " " + route.Path
	c.count(name)
	opt := &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}
	in := &openapi3filter.RequestValidationInput{Request: probe, PathParams: params, Route: route, Options: opt}
	if status < 300 {
		c.note(name+" request", openapi3filter.ValidateRequest(context.Background(), in))
	}
	if status >= 500 {
		return // injected trouble is not GitHub's
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: status, Header: header, Options: opt}
	out.SetBodyBytes(answer)
	c.note(fmt.Sprintf("%s response %d", name, status), openapi3filter.ValidateResponse(context.Background(), out))
}

// Hook checks a webhook body. Which schema applies follows from the event and the body's action.
func (c *Contract) Hook(event string, body []byte) {
	var in struct{ Action string }
	var value any
	if err := errors.Join(json.Unmarshal(body, &in), json.Unmarshal(body, &value)); err != nil {
		c.note("hook "+event, err)
		return
	}
	name := strings.ReplaceAll(event, "_", "-")
	if in.Action != "" {
		name += "-" + strings.ReplaceAll(in.Action, "_", "-")
	}
	schema, err := c.spec.hook(name)
	if err != nil || schema == nil {
		c.note("hook "+name, cmp.Or(err, errors.New("not in GitHub's description")))
		return
	}
	c.count("hook " + name)
	c.note("hook "+name, schema.VisitJSON(value))
}
