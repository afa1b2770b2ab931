package gitlab

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox/contract"
	lab "github.com/liftgate/liftgate/app/forge/sandbox/gitlab"
	"github.com/liftgate/liftgate/policy"
)

const advisoryID = "LSN-2026-0007"

// town is a sandbox with people, a public project, its mirror with real commits, and a Forge that works there. Every
// exchange is checked against GitLab's own description.
type town struct {
	*testing.T
	s     *lab.Server
	f     *Forge
	users map[string]lab.User
	bot   lab.User
	work  string // a clone that a developer works in
	mu    sync.Mutex
	clock time.Time
}

func newTown(t *testing.T) *town {
	t.Helper()
	seen := contract.GitLab(t)
	w := &town{T: t, users: map[string]lab.User{}, work: t.TempDir(), clock: time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC)}
	var err error
	w.s, err = lab.Start(t.Context(), lab.Options{
		Dir: t.TempDir(), Now: w.now, Wall: w.now, Middleware: seen.Middleware, OnHook: seen.Hook,
	})
	w.must(err)
	t.Cleanup(func() { _ = w.s.Close() })
	w.must(w.s.CreateGroup("acme", "public"))
	w.must(w.s.CreateGroup("acme-security", "private"))
	w.must(w.s.CreateGroup("acme-security/team", "private"))
	for _, p := range []lab.ProjectSpec{
		{Path: string(project.Public), Visibility: "public"}, {Path: project.Mirror, NeedsPipeline: true},
	} {
		_, err = w.s.CreateProject(p)
		w.must(err)
	}
	for login, level := range map[string]lab.Level{
		"ada": lab.Owner, "dev": lab.Developer, "rel": lab.Maintainer, "guest": lab.Reporter, "eve": lab.NoAccess, "liftgate": lab.Maintainer,
	} {
		w.users[login], err = w.s.CreateUser(login)
		w.must(err)
		if level != lab.NoAccess {
			w.must(w.s.SetMember(project.Mirror, login, level))
		}
	}
	w.bot = w.users["liftgate"]
	w.must(w.s.SetMember(project.Public, "liftgate", lab.Maintainer))
	w.must(w.s.SetMember(project.Public, "ada", lab.Owner))
	lift, err := w.s.CreateToken(lab.TokenSpec{Name: "lift", User: "liftgate", Scopes: []string{"api"}})
	w.must(err)
	w.f = w.forge(w.bot.Token, func() ([]byte, error) { return []byte(lift.Secret), nil })
	w.history()
	return w
}

// forge makes a Forge with the tokens given.
func (w *town) forge(token string, lift func() ([]byte, error)) *Forge {
	w.Helper()
	f, err := New(Options{
		Token: func() ([]byte, error) { return []byte(token), nil }, LiftToken: lift,
		API: w.s.API(), Git: w.s.URL(), Project: project, Now: w.now,
	})
	w.must(err)
	w.Cleanup(f.Close)
	return f
}

// history gives both projects the same branches.
func (w *town) history() {
	w.Helper()
	w.git("init", "--quiet", "-b", "main")
	w.commit("a.c", "int a;\n", "first")
	w.git("branch", "stable-1")
	w.git("branch", "release/1.0")
	w.commit("b.c", "int b;\n", "second")
	for _, at := range []string{project.Public, project.Mirror} {
		w.must(w.s.ImportGit(at, w.work, "refs/heads/*:refs/heads/*"))
	}
	w.must(w.s.Protect(project.Mirror, lab.Protection{Name: "main", Push: lab.Maintainer, Merge: lab.Maintainer, Force: true}))
	w.must(w.s.Protect(project.Public, lab.Protection{Name: "main", Push: lab.Maintainer, Merge: lab.Maintainer}))
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
	w.git("push", "--quiet", w.remote(project.Mirror, "dev", w.users["dev"].Token), "+HEAD:refs/heads/"+ref)
}

func (w *town) remote(at, user, secret string) string {
	return strings.Replace(w.s.URL(), "://", "://"+user+":"+secret+"@", 1) + "/" + at + ".git"
}

// as does something through REST as a person, and gives what came back.
func (w *town) as(login, method, path string, body any) map[string]any {
	w.Helper()
	code, got := w.ask(login, method, path, body)
	if code >= 300 {
		w.Fatalf("%s %s as %s: %d %v", method, path, login, code, got)
	}
	return got
}

func (w *town) ask(login, method, path string, body any) (code int, answer map[string]any) {
	w.Helper()
	var b []byte
	if body != nil {
		var err error
		b, err = json.Marshal(body)
		w.must(err)
	}
	req, err := http.NewRequestWithContext(w.Context(), method, w.s.API()+path, bytes.NewReader(b))
	w.must(err)
	req.Header.Set("PRIVATE-TOKEN", w.users[login].Token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	w.must(err)
	defer func() { _ = resp.Body.Close() }()
	var got any
	_ = json.NewDecoder(resp.Body).Decode(&got) // some answers are lists or nothing
	m, _ := got.(map[string]any)
	return resp.StatusCode, m
}

// inPublic and inMirror are paths below the two projects.
func inPublic(format string, args ...any) string { return below(project.Public, format, args...) }
func inMirror(format string, args ...any) string { return below(project.Mirror, format, args...) }

func below(at, format string, args ...any) string {
	return "projects/" + url.PathEscape(at) + "/" + fmt.Sprintf(format, args...)
}

func iid(got map[string]any) int { return int(got["iid"].(float64)) }

// report files a confidential issue as somebody who is no member.
func (w *town) report() string {
	w.Helper()
	return fmt.Sprint(iid(w.as("eve", "POST", inPublic("issues"), map[string]any{
		"title": "Overflow " + canary, "description": "Long story " + canary + "\n\n/usr/bin/x crashes", "confidential": true,
	})))
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

// openMerge opens a merge request as the developer.
func (w *town) openMerge(head, base string) int {
	w.Helper()
	return iid(w.as("dev", "POST", inMirror("merge_requests"), map[string]any{
		"title": "Fix", "source_branch": head, "target_branch": base, "description": "x",
	}))
}

// requests counts what the sandbox served to Liftgate by method and the end of the path.
func (w *town) requests(method, tail string) int {
	n := 0
	for _, r := range w.s.Requests() {
		if r.Method == method && strings.HasSuffix(r.Path, tail) && r.Token.Actor == "liftgate" {
			n++
		}
	}
	return n
}
