package github_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-github/v62/github"

	"github.com/liftgate/liftgate/app/forge/sandbox"
	hub "github.com/liftgate/liftgate/app/forge/sandbox/github"
)

// once applies a fault to the first call of a route.
func (h *town) once(route string, f sandbox.Fault) {
	var mu sync.Mutex
	done := false
	h.s.Fail(func(c sandbox.Call) sandbox.Fault {
		mu.Lock()
		defer mu.Unlock()
		if c.Route != route || done || c.Git && !c.Write {
			return sandbox.Fault{}
		}
		if c.Git && len(c.Refs) == 0 {
			return sandbox.Fault{}
		}
		done = true
		return f
	})
}

func TestRESTFaults(t *testing.T) {
	const route = "POST /repos/{owner}/{repo}/issues"
	reset := time.Now().Add(time.Hour).Truncate(time.Second)
	var primary *github.RateLimitError
	var secondary *github.AbuseRateLimitError
	tests := []struct {
		name  string
		fault sandbox.Fault
		made  int
		check func(err error) bool
	}{
		{"refused", sandbox.Refused(502), 0, func(err error) bool { return strings.Contains(err.Error(), "502") }},
		{"applied then error", sandbox.AppliedThen(500), 1, func(err error) bool { return strings.Contains(err.Error(), "500") }},
		{"applied then dropped", sandbox.AppliedThenDropped(), 1, func(err error) bool { return strings.Contains(err.Error(), "EOF") }},
		{"secondary limit", hub.SecondaryLimit(7 * time.Second), 0, func(err error) bool {
			return errors.As(err, &secondary) && secondary.GetRetryAfter() == 7*time.Second
		}},
		{"primary limit", hub.PrimaryLimit(reset), 0, func(err error) bool {
			return errors.As(err, &primary) && primary.Rate.Reset.Equal(github.Timestamp{Time: reset})
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := open(t)
			h.once(route, tt.fault)
			_, _, err := h.as("ada").Issues.Create(t.Context(), "acme", "core", &github.IssueRequest{Title: github.String("x")})
			if err == nil || !tt.check(err) {
				t.Errorf("error %v", err)
			}
			if n := len(h.want(200, h.users["ada"].Token, "GET", "repos/acme/core/issues", nil).list()); n != tt.made {
				t.Errorf("%d issues, want %d", n, tt.made)
			}
			for _, r := range h.s.Requests() {
				if r.Route == route && r.Public != (tt.made == 1) {
					t.Errorf("log says public %v for %+v", r.Public, r)
				}
			}
		})
	}
}

func TestFaultHooks(t *testing.T) {
	h := open(t)
	var order []string
	h.once("POST /repos/{owner}/{repo}/issues", sandbox.Fault{Delay: 20 * time.Millisecond,
		Before: func() { order = append(order, "before "+itoa(int64(len(h.s.Requests())))) },
		After: func() {
			order = append(order, "after")
			h.want(200, h.users["ada"].Token, "GET", "repos/acme/core/issues/1", nil) // the change is made and the sandbox answers
		}})
	h.want(201, h.users["ada"].Token, "POST", "repos/acme/core/issues", m{"title": "x"})
	if len(order) != 2 || order[1] != "after" {
		t.Errorf("order %v", order)
	}
}

func TestGitFaults(t *testing.T) {
	tests := []struct {
		name  string
		fault sandbox.Fault
		moved bool
	}{
		{"refused", sandbox.Refused(503), false},
		{"applied then error", sandbox.AppliedThen(502), true},
		{"applied then dropped", sandbox.AppliedThenDropped(), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := open(t)
			dir := h.work("acme/core")
			want := h.three(dir)
			h.once("git-receive-pack", tt.fault)
			args := []string{"push", "--atomic", "origin", "main", "stable-1", "stable-2"}
			if out, err := h.git(dir, args...); err == nil {
				t.Errorf("git did not notice: %s", out)
			}
			for b, sha := range h.tips("acme/core") {
				if (sha == want[b]) != tt.moved {
					t.Errorf("%s moved %v, want %v", b, sha == want[b], tt.moved)
				}
			}
			for _, r := range h.s.Requests() {
				if len(r.Refs) == 3 && r.Token.Actor == "ada" && r.Refs[0].New == want["main"] && r.Public != tt.moved {
					t.Errorf("log: %+v", r)
				}
			}
			h.mustGit(dir, args...) // the same push again is harmless
		})
	}
}

func TestFetchFaults(t *testing.T) {
	h := open(t)
	dir := h.work("acme/core")
	h.s.Fail(func(c sandbox.Call) sandbox.Fault {
		if c.Git && !c.Write {
			return sandbox.AppliedThenDropped()
		}
		return sandbox.Fault{}
	})
	if out, err := h.git(dir, "fetch", "origin"); err == nil {
		t.Errorf("git did not notice: %s", out)
	}
	h.s.Fail(nil)
	h.mustGit(dir, "fetch", "-q", "origin")
}

// syncBuffer is a log that tests read while the server writes.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func TestRequestLog(t *testing.T) {
	h := open(t)
	log := &syncBuffer{}
	s, err := hub.Start(t.Context(), hub.Options{Dir: t.TempDir(), RequestLog: log})
	h.must(err)
	h.s = s
	h.users["ada"], err = s.CreateUser("ada")
	h.must(err)
	_, err = s.CreateRepo(hub.RepoSpec{Owner: "ada", Name: "toy"})
	h.must(err)
	h.work("ada/toy")
	h.want(201, h.users["ada"].Token, "POST", "repos/ada/toy/issues", m{"title": "Secret words"})
	h.must(s.LogErr())
	h.must(s.Close())
	h.must(s.Close())
	text := log.b.String()
	if strings.Contains(text, "Secret words") || strings.Contains(text, h.users["ada"].Token) {
		t.Error("the log has a body or a token")
	}
	n := 0
	for line := range strings.Lines(text) {
		var r sandbox.Request
		h.must(json.Unmarshal([]byte(line), &r))
		if n++; r.Seq != n || r.Time.IsZero() || r.Method == "" {
			t.Errorf("line %d: %s", n, line)
		}
	}
	if n != len(s.Requests()) {
		t.Errorf("%d lines for %d requests", n, len(s.Requests()))
	}
}

func TestDumpObjects(t *testing.T) {
	h := open(t)
	dir := h.work("acme/core")
	h.commit(dir, "c.txt", "canary-7f3a\n", "Side branch")
	h.mustGit(dir, "push", "-q", "origin", "main:refs/heads/side")
	h.mustGit(dir, "push", "-q", "origin", ":refs/heads/side")
	var b bytes.Buffer
	h.must(h.s.DumpObjects("acme/core", &b))
	if !strings.Contains(b.String(), "canary-7f3a") {
		t.Error("an unreachable object is not in the dump")
	}
	if err := h.s.DumpObjects("acme/absent", &b); err == nil {
		t.Error("an absent repository was dumped")
	}
}
