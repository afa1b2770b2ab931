package github_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	"github.com/google/go-github/v62/github"

	"github.com/liftgate/liftgate/app/forge/sandbox"
	"github.com/liftgate/liftgate/app/forge/sandbox/contract"
	hub "github.com/liftgate/liftgate/app/forge/sandbox/github"
)

// town is a sandbox with one organisation, a public and a private repository, people and an App.
type town struct {
	t       testing.TB
	s       *hub.Server
	dir     string
	clock   *clock
	app     hub.App
	install int64
	users   map[string]hub.User
	hooks   *receiver
	seen    *contract.Contract
	public  *leaks
	secret  string
}

type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.t }

func (c *clock) Add(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.t = c.t.Add(d) }

type leaks struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *leaks) write(_ sandbox.Request, b []byte) { l.mu.Lock(); defer l.mu.Unlock(); l.all.Write(b) }

func (l *leaks) has(s string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.all.String(), s)
}

// receiver is the App's webhook address.
type receiver struct {
	mu     sync.Mutex
	events []received
	status int
	url    string
}

type received struct {
	event, guid, signature string
	body                   []byte
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	var b bytes.Buffer
	_, _ = b.ReadFrom(q.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, received{q.Header.Get("X-GitHub-Event"), q.Header.Get("X-GitHub-Delivery"), q.Header.Get("X-Hub-Signature-256"), b.Bytes()})
	w.WriteHeader(r.status)
}

func (r *receiver) answer(status int) { r.mu.Lock(); defer r.mu.Unlock(); r.status = status }

func (r *receiver) names() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []string
	for _, e := range r.events {
		out = append(out, e.event)
	}
	return out
}

func (r *receiver) all() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]received(nil), r.events...)
}

var appPermissions = map[string]string{
	"metadata": "read", "contents": "write", "issues": "write", "pull_requests": "write", "checks": "write",
	"statuses": "write", "repository_advisories": "write", "administration": "read",
}

var appEvents = []string{"repository_advisory", "issues", "issue_comment", "pull_request", "pull_request_review", "push",
	"create", "delete", "check_run", "status", "repository"}

// sharedKey spares every test but the first the making of a key.
var sharedKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func open(t *testing.T) *town { t.Helper(); return openB(t) }

func openB(t testing.TB) *town {
	t.Helper()
	h := &town{t: t, dir: t.TempDir(), clock: &clock{t: time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC)}, users: map[string]hub.User{},
		hooks: &receiver{status: http.StatusAccepted}, public: &leaks{}, secret: "hook-secret", seen: contract.GitHub(t)}
	srv := httptest.NewServer(h.hooks)
	t.Cleanup(srv.Close)
	h.hooks.url = srv.URL
	s, err := hub.Start(t.Context(), hub.Options{Dir: h.dir, Now: h.clock.Now, Wall: time.Now,
		OnPublicWrite: h.public.write, Middleware: h.seen.Middleware, OnHook: h.seen.Hook})
	h.must(err)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	h.s = s
	h.must(s.CreateOrg("acme", "team"))
	h.must(s.SetBasePermission("acme", hub.RoleNone))
	for _, name := range []string{"root", "ada", "rita", "mallory"} {
		h.users[name], err = s.CreateUser(name)
		h.must(err)
	}
	h.must(s.AddMember("acme", "root", "admin"))
	for _, spec := range []hub.RepoSpec{{Owner: "acme", Name: "core", Reporting: true}, {Owner: "acme", Name: "core-private", Private: true}} {
		_, err = s.CreateRepo(spec)
		h.must(err)
		h.must(s.SetPermission(spec.Owner+"/"+spec.Name, "ada", hub.RoleWrite))
	}
	h.app, err = s.CreateApp(hub.AppSpec{Slug: "liftgate", Owner: "acme", HookSecret: h.secret, Permissions: appPermissions, Events: appEvents, Key: sharedKey()})
	h.must(err)
	h.must(s.SetHook(h.app.ID, h.hooks.url, h.secret))
	h.install, err = s.Install(h.app.ID, "acme", []string{"acme/core", "acme/core-private"}, nil)
	h.must(err)
	return h
}

func (h *town) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *town) idle() {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), 20*time.Second)
	defer cancel()
	h.must(h.s.Idle(ctx))
}

func (h *town) client(rt http.RoundTripper) *github.Client {
	h.t.Helper()
	c, err := github.NewClient(&http.Client{Transport: rt}).WithEnterpriseURLs(h.s.API(), h.s.API())
	h.must(err)
	c.BaseURL.Path = "/api/"
	return c
}

// as speaks for a person.
func (h *town) as(name string) *github.Client {
	h.t.Helper()
	return h.client(bearer(h.users[name].Token))
}

type bearer string

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	if b != "" {
		r.Header.Set("Authorization", "Bearer "+string(b))
	}
	return http.DefaultTransport.RoundTrip(r)
}

// jwt speaks for the App itself.
func (h *town) jwt() *github.Client {
	h.t.Helper()
	tr, err := ghinstallation.NewAppsTransport(http.DefaultTransport, h.app.ID, h.app.PEM)
	h.must(err)
	tr.BaseURL = strings.TrimSuffix(h.s.API(), "/")
	return h.client(tr)
}

// bot speaks for the installation with everything it has.
func (h *town) bot() *github.Client {
	h.t.Helper()
	tr, err := ghinstallation.New(http.DefaultTransport, h.app.ID, h.install, h.app.PEM)
	h.must(err)
	tr.BaseURL = strings.TrimSuffix(h.s.API(), "/")
	return h.client(tr)
}

// token mints an installation token with raw permissions, which go-github cannot express.
func (h *town) token(repos []string, permissions map[string]string) string {
	h.t.Helper()
	c := h.jwt()
	body := map[string]any{"repositories": repos}
	if permissions != nil {
		body["permissions"] = permissions
	}
	req, err := c.NewRequest("POST", "app/installations/"+itoa(h.install)+"/access_tokens", body)
	h.must(err)
	var out struct{ Token string }
	_, err = c.Do(h.t.Context(), req, &out)
	h.must(err)
	return out.Token
}

// git runs real git in a folder.
func (h *town) git(dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(h.t.Context(), "git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.org", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.org")
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

func (h *town) mustGit(dir string, args ...string) string {
	h.t.Helper()
	out, err := h.git(dir, args...)
	if err != nil {
		h.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func (h *town) remote(token, repo string) string {
	return strings.Replace(h.s.URL(), "http://", "http://x-access-token:"+token+"@", 1) + "/" + repo + ".git"
}

// work makes a clone with main and two stable branches and pushes them as ada.
func (h *town) work(repo string) string {
	h.t.Helper()
	dir := filepath.Join(h.t.TempDir(), "work")
	h.must(os.MkdirAll(dir, 0o755))
	h.mustGit(dir, "init", "-q", "-b", "main")
	h.mustGit(dir, "remote", "add", "origin", h.remote(h.users["ada"].Token, repo))
	h.commit(dir, "main.c", "int main(void) { return 0; }\n", "Start")
	h.mustGit(dir, "branch", "stable-1")
	h.mustGit(dir, "branch", "stable-2")
	h.mustGit(dir, "push", "-q", "origin", "main", "stable-1", "stable-2")
	return dir
}

func (h *town) commit(dir, file, text, message string) string {
	h.t.Helper()
	path := filepath.Join(dir, file)
	h.must(os.MkdirAll(filepath.Dir(path), 0o755))
	h.must(os.WriteFile(path, []byte(text), 0o644))
	h.mustGit(dir, "add", "-A")
	h.mustGit(dir, "commit", "-q", "-m", message)
	return h.mustGit(dir, "rev-parse", "HEAD")
}
