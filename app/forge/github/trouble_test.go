package github

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/forge/forgetest"
	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/policy"
)

func answer(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, body)
	}
}

const said = `{"message": "secret ` + canary + `", "errors": [{"message": "` + canary + `"}]}`

func TestRefusalsAreSorted(t *testing.T) {
	for _, test := range []struct {
		name        string
		h           http.HandlerFunc
		read, write policy.TroubleKind
		hint        string
	}{
		{"forbidden", answer(403, said), policy.TroubleRefused, policy.TroubleRefused, "the permission issues"},
		{"named permission", answer(403, said, "X-Accepted-GitHub-Permissions", "issues=write"), policy.TroubleRefused, policy.TroubleRefused, "issues=write"},
		{"a header that is not a permission", answer(403, said, "X-Accepted-GitHub-Permissions", canary), policy.TroubleRefused, policy.TroubleRefused, "the permission issues"},
		{"not found", answer(404, said), policy.TroubleRefused, policy.TroubleRefused, "issue or comment in the mirror"},
		{"token revoked", answer(401, said), policy.TroubleAway, policy.TroubleAway, "token"},
		{"conflict", answer(409, said), policy.TroubleConflict, policy.TroubleConflict, "changed"},
		{"invalid", answer(422, said), policy.TroubleInvalid, policy.TroubleInvalid, "content"},
		{"failure", answer(502, "<html>"+canary), policy.TroubleAway, policy.TroubleUnknown, "failure of its own"},
		{"nonsense", answer(200, `{"number": "`+canary+`"}`), policy.TroubleAway, policy.TroubleUnknown, "sensible"},
		{"dropped", func(w http.ResponseWriter, _ *http.Request) {
			conn, _, _ := w.(http.Hijacker).Hijack()
			_ = conn.Close()
		}, policy.TroubleAway, policy.TroubleUnknown, ""},
		{"cut short", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = fmt.Fprint(w, `{"number":`)
		}, policy.TroubleAway, policy.TroubleUnknown, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newStub(t)
			s.On("GET /repos/acme/mirror/issues/5", test.h)
			s.On("PATCH /repos/acme/mirror/issues/5", test.h)
			var i issue
			forgetest.Trouble(t, wire.Told("read the desk", s.forge.get(t.Context(), asDesk, "repos/acme/mirror/issues/5", &i)), test.read, test.hint)
			_, err := s.forge.call(t.Context(), asDesk, "PATCH", "repos/acme/mirror/issues/5", map[string]string{}, &i)
			forgetest.Trouble(t, wire.Told("close the desk", err), test.write, test.hint)
			if n := s.Count("PATCH"); n != 1 {
				t.Errorf("the write was sent %d times", n)
			}
		})
	}
}

func TestReasonsInOurOwnWords(t *testing.T) {
	for body, want := range map[string]string{
		`{"message": "Repository was archived so is read-only. ` + canary + `"}`:                                  "archived",
		`{"message": "Validation Failed", "errors": [{"message": "No commits between main and ` + canary + `"}]}`: "nothing that its base lacks",
		`{"message": "Invalid state transition from ` + canary + `"}`:                                             "can't go",
	} {
		s := newStub(t)
		s.On("POST /repos/acme/mirror/pulls", answer(422, body))
		forgetest.Trouble(t, s.forge.post(t.Context(), "repos/acme/mirror/pulls", nil, nil), policy.TroubleInvalid, want)
	}
}

// FuzzRefusals: whatever GitHub answers, an error says nothing of it.
func FuzzRefusals(f *testing.F) {
	f.Add(403, "You have exceeded a secondary rate limit "+canary, "60", "0", "contents=write")
	f.Add(422, `{"message":"already exists `+canary+`"}`, "", "", canary)
	f.Add(500, canary, "-1", "x", "a=b")
	forge, err := New(Options{AppID: 7, Key: testKey(), Project: project, Now: time.Now})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, status int, body, retry, left, permission string) {
		status = 400 + status&0xff%200
		h := http.Header{"Retry-After": {retry}, "X-Ratelimit-Remaining": {left}, "X-Accepted-Github-Permissions": {permission}}
		req, err := http.NewRequestWithContext(t.Context(), "PATCH", "https://api.github.com/repos/acme/mirror/issues/1", nil)
		if err != nil {
			t.Fatal(err)
		}
		err = forge.refusal(asDesk, req, &http.Response{StatusCode: status, Header: h}, []byte(body))
		got := policy.AsTrouble(err)
		if got.Kind == policy.TroubleNone || got.Hint == "" || strings.Contains(err.Error(), canary) {
			t.Errorf("%q", err)
		}
		if limited := got.Kind == policy.TroubleLimited; limited != got.Until.After(time.Now()) {
			t.Errorf("limited %v until %v", limited, got.Until)
		}
	})
}

// TestLimits: go-github sees a limit in 403 only, and asks the wall clock about it.
func TestLimits(t *testing.T) {
	reset := strconv.FormatInt(time.Now().Add(10*time.Minute).Unix(), 10)
	const secondary = `{"message": "You have exceeded a secondary rate limit ` + canary + `"}`
	for _, test := range []struct {
		name string
		h    http.HandlerFunc
		wait time.Duration
	}{
		{"primary", answer(403, said, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", reset), 10 * time.Minute},
		{"primary as 429", answer(429, said, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", reset), 10 * time.Minute},
		{"secondary", answer(403, secondary, "Retry-After", "90", "X-RateLimit-Remaining", "4000", "X-RateLimit-Reset", reset), 90 * time.Second},
		{"secondary as 429", answer(429, secondary, "Retry-After", "90"), 90 * time.Second},
		{"secondary without a time", answer(403, secondary, "X-RateLimit-Remaining", "4000", "X-RateLimit-Reset", reset), time.Minute},
		{"429 without anything", answer(429, ""), time.Minute},
		{"already over", answer(403, said, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "1"), time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newStub(t)
			s.On("GET /repos/acme/mirror/issues/5", test.h)
			err := s.forge.get(t.Context(), asDesk, "repos/acme/mirror/issues/5", nil)
			got := forgetest.Trouble(t, err, policy.TroubleLimited, "rate")
			if late := got.Until.Sub(s.Now().Add(test.wait)); late.Abs() > 2*time.Second {
				t.Errorf("until %v, which is %v off", got.Until, late)
			}
			err = s.forge.get(t.Context(), asDesk, "repos/acme/mirror/issues/5", nil)
			forgetest.Trouble(t, err, policy.TroubleLimited, "still in force")
			if n := s.Count("GET"); n != 1 {
				t.Errorf("asked %d times, want silence during the limit", n)
			}
			s.Pass(test.wait + 2*time.Second)
			s.JSON("GET /repos/acme/mirror/issues/5", `{}`)
			if err := s.forge.get(t.Context(), asDesk, "repos/acme/mirror/issues/5", nil); err != nil {
				t.Errorf("after the limit: %v", err)
			}
		})
	}
}

// TestSpentOnSuccess: a success that spends the last of the limit is a success, and go-github must not refuse the next
// request by the wall clock while ours says that the hour is over.
func TestSpentOnSuccess(t *testing.T) {
	s := newStub(t)
	s.On("GET /repos/acme/mirror/issues/5", answer(200, `{}`, "X-RateLimit-Remaining", "0",
		"X-RateLimit-Reset", strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10)))
	for range 2 {
		if err := s.forge.get(t.Context(), asDesk, "repos/acme/mirror/issues/5", nil); err != nil {
			t.Fatal(err)
		}
	}
}

func TestNobodyListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + l.Addr().String()
	_ = l.Close()
	f, err := New(Options{AppID: 7, Key: testKey(), API: address, Project: project, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	f.tokens[asDesk].token = token{secret: "x", expires: time.Now().Add(time.Hour)}
	_, err = f.call(t.Context(), asDesk, "POST", "repos/acme/mirror/issues", map[string]string{}, nil)
	forgetest.Trouble(t, err, policy.TroubleAway, "could not be reached")
}

func TestSlowAnswers(t *testing.T) {
	s := newStub(t)
	s.forge.wire.Timeout = 50 * time.Millisecond
	slow := func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // the server notices that the client has gone once the body is read
		<-r.Context().Done()
	}
	s.On("GET /repos/acme/mirror/issues/5", slow)
	s.On("POST /repos/acme/mirror/issues", slow)
	forgetest.Trouble(t, s.forge.get(t.Context(), asDesk, "repos/acme/mirror/issues/5", nil), policy.TroubleAway, "in time")
	_, err := s.forge.call(t.Context(), asDesk, "POST", "repos/acme/mirror/issues", map[string]string{}, nil)
	forgetest.Trouble(t, err, policy.TroubleUnknown, "in time")
}

func TestCancelled(t *testing.T) {
	s := newStub(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.forge.Observe(ctx, policy.Look{Advisory: "LSN-2026-0001"})
	forgetest.Trouble(t, err, policy.TroubleAway, "")
}
