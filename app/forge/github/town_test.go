package github

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox/contract"
	hub "github.com/liftgate/liftgate/app/forge/sandbox/github"
	"github.com/liftgate/liftgate/policy"
)

const advisoryID = "LSN-2026-0007"

// town is a sandbox with people, a public repository, its mirror with real commits, and a Forge that works there. Every
// exchange is checked against GitHub's own description.
type town struct {
	*testing.T
	s       *hub.Server
	f       *Forge
	app     hub.App
	install int64
	users   map[string]hub.User
	work    string // a clone that a developer works in
	mu      sync.Mutex
	clock   time.Time
}

var townGrant = map[string]string{
	"metadata": "read", "contents": "write", "issues": "write", "pull_requests": "write", "checks": "write", "statuses": "write",
	"repository_advisories": "write", "administration": "read", "workflows": "write",
}

// townKey spares every test but the first the making of a key.
var townKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func newTown(t *testing.T) *town {
	t.Helper()
	seen := contract.GitHub(t)
	w := &town{T: t, users: map[string]hub.User{}, work: t.TempDir(), clock: time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC)}
	var err error
	w.s, err = hub.Start(t.Context(), hub.Options{Dir: t.TempDir(), Now: w.now, Middleware: seen.Middleware, OnHook: seen.Hook})
	w.must(err)
	t.Cleanup(func() { _ = w.s.Close() })
	w.must(w.s.CreateOrg("acme", "team"))
	w.must(w.s.SetBasePermission("acme", hub.RoleNone))
	for _, repo := range []hub.RepoSpec{{Owner: "acme", Name: "public", Reporting: true}, {Owner: "acme", Name: "mirror", Private: true}} {
		_, err = w.s.CreateRepo(repo)
		w.must(err)
	}
	for login, role := range map[string]hub.Role{
		"ada": hub.RoleAdmin, "dev": hub.RoleWrite, "rel": hub.RoleMaintain, "guest": hub.RoleRead, "eve": hub.RoleNone,
	} {
		w.users[login], err = w.s.CreateUser(login)
		w.must(err)
		if role != hub.RoleNone {
			w.must(w.s.SetPermission("acme/mirror", login, role))
		}
	}
	w.app, err = w.s.CreateApp(hub.AppSpec{Slug: "liftgate", Owner: "acme", Permissions: townGrant, Events: []string{"issues"}, Key: townKey()})
	w.must(err)
	w.install, err = w.s.Install(w.app.ID, "acme", []string{"acme/public", "acme/mirror"}, nil)
	w.must(err)
	w.f, err = New(Options{
		AppID: w.app.ID, Key: w.app.PEM, API: w.s.API(), Git: w.s.URL(), Project: project, Now: w.now,
	})
	w.must(err)
	w.history()
	return w
}

// history gives both repositories the same two branches.
func (w *town) history() {
	w.Helper()
	w.git("init", "--quiet", "-b", "main")
	w.commit("a.c", "int a;\n", "first")
	w.git("branch", "stable-1")
	w.git("branch", "release/1.0")
	w.commit("b.c", "int b;\n", "second")
	for _, repo := range []string{"acme/public", "acme/mirror"} {
		w.must(w.s.ImportGit(repo, w.work, "refs/heads/*:refs/heads/*"))
	}
}

func (w *town) now() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return w.clock }

func (w *town) pass(d time.Duration) { w.mu.Lock(); defer w.mu.Unlock(); w.clock = w.clock.Add(d) }

func (w *town) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// git runs in the developer's clone.
func (w *town) git(args ...string) string {
	w.Helper()
	cmd := exec.CommandContext(w.Context(), "git", args...)
	cmd.Dir = w.work
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=Dev", "GIT_AUTHOR_EMAIL=dev@example.org", "GIT_COMMITTER_NAME=Dev", "GIT_COMMITTER_EMAIL=dev@example.org")
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func (w *town) commit(file, content, message string) string {
	w.Helper()
	path := filepath.Join(w.work, file)
	w.must(os.MkdirAll(filepath.Dir(path), 0o755))
	w.must(os.WriteFile(path, []byte(content), 0o644))
	w.git("add", "-A")
	w.git("commit", "--quiet", "-m", message)
	return w.git("rev-parse", "HEAD")
}

// push sends the clone's HEAD to a branch of the mirror, as the developer.
func (w *town) push(ref string) {
	w.Helper()
	url := strings.Replace(w.s.URL(), "://", "://dev:"+w.users["dev"].Token+"@", 1) + "/acme/mirror.git"
	w.git("push", "--quiet", url, "+HEAD:refs/heads/"+ref)
}

// as does something through REST as a person, and gives what came back.
func (w *town) as(login, method, path string, body any) map[string]any {
	w.Helper()
	b, err := json.Marshal(body)
	w.must(err)
	req, err := http.NewRequestWithContext(w.Context(), method, w.s.API()+strings.TrimPrefix(path, "/"), bytes.NewReader(b))
	w.must(err)
	req.Header.Set("Authorization", "Bearer "+w.users[login].Token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	w.must(err)
	defer func() { _ = resp.Body.Close() }()
	var got any
	_ = json.NewDecoder(resp.Body).Decode(&got) // some answers are lists or nothing
	if resp.StatusCode >= 300 {
		w.Fatalf("%s %s as %s: %s %v", method, path, login, resp.Status, got)
	}
	m, _ := got.(map[string]any)
	return m
}

func (w *town) report() string {
	w.Helper()
	got := w.as("eve", "POST", "repos/acme/public/security-advisories/reports", map[string]any{
		"summary": "Overflow " + canary, "description": "Long story " + canary, "severity": "high",
		"vulnerabilities": []any{map[string]any{"package": map[string]any{"ecosystem": "other", "name": "public"}}},
	})
	return got["ghsa_id"].(string)
}

// do performs an effect that must succeed.
func (w *town) do(key string, action policy.Action) policy.Outcome {
	w.Helper()
	return w.again(key, action, false)
}

func (w *town) again(key string, action policy.Action, again bool) policy.Outcome {
	w.Helper()
	out, err := w.f.Apply(w.Context(), policy.Effect{Key: key, Advisory: advisoryID, Do: action}, again)
	if err != nil || out.Trouble != nil || !out.At.Equal(w.now()) || out.Effect.Key != key {
		w.Fatalf("%s: %v, %+v", key, err, out.Trouble)
	}
	return out
}

func (w *town) observe(look policy.Look) policy.Snapshot {
	w.Helper()
	look.Advisory = advisoryID
	s, err := w.f.Observe(w.Context(), look)
	w.must(err)
	return s
}

// cleared gives a clearance as policy does: only when the embargo has ended and the lift was committed.
func (w *town) cleared() policy.Clearance {
	w.Helper()
	a := policy.Advisory{ID: advisoryID, Phase: policy.Lifting, Lift: policy.Lift{Gate: policy.GateLifting}}
	a.Embargo.Start, a.Embargo.End = w.now().Add(-2*time.Hour), w.now().Add(-time.Hour)
	a.Embargo.ExitedAt = w.now()
	c, err := a.Clear(w.now())
	w.must(err)
	return c
}

// openPull opens a pull request as the developer.
func (w *town) openPull(head, base string) int {
	w.Helper()
	got := w.as("dev", "POST", "repos/acme/mirror/pulls", map[string]any{"title": "Fix", "head": head, "base": base, "body": "x"})
	return int(got["number"].(float64))
}

// requests counts what the sandbox served, by method and the end of the route.
func (w *town) requests(route string) int {
	n := 0
	for _, r := range w.s.Requests() {
		if r.Route == route && r.Token.Kind != "user" {
			n++
		}
	}
	return n
}

func path(format string, args ...any) string { return fmt.Sprintf(format, args...) }
