package github

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/liftgate/liftgate/app/forge/forgetest"
	"github.com/liftgate/liftgate/app/forge/sandbox/contract"
	hub "github.com/liftgate/liftgate/app/forge/sandbox/github"
)

const (
	advisoryID = forgetest.Advisory
	canary     = forgetest.Canary
)

// town is a sandbox with people, a public repository, its mirror with real commits, and a Forge that works there. Every
// exchange is checked against GitHub's own description.
type town struct {
	forgetest.Town
	s       *hub.Server
	f       *Forge
	app     hub.App
	install int64
	users   map[string]hub.User
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
	w := &town{users: map[string]hub.User{}}
	w.Town = forgetest.NewTown(t)
	w.People, w.Server, w.Adapter = w, func() forgetest.Server { return w.s }, func() forgetest.Adapter { return w.f }
	var err error
	w.s, err = hub.Start(t.Context(), hub.Options{Dir: t.TempDir(), Now: w.Now, Middleware: seen.Middleware, OnHook: seen.Hook})
	w.Must(err)
	t.Cleanup(func() { _ = w.s.Close() })
	w.Must(w.s.CreateOrg("acme", "team"))
	w.Must(w.s.SetBasePermission("acme", hub.RoleNone))
	for _, repo := range []hub.RepoSpec{{Owner: "acme", Name: "public", Reporting: true}, {Owner: "acme", Name: "mirror", Private: true}} {
		_, err = w.s.CreateRepo(repo)
		w.Must(err)
	}
	for login, role := range map[string]hub.Role{
		"ada": hub.RoleAdmin, "dev": hub.RoleWrite, "rel": hub.RoleMaintain, "guest": hub.RoleRead, "eve": hub.RoleNone,
	} {
		w.users[login], err = w.s.CreateUser(login)
		w.Must(err)
		if role != hub.RoleNone {
			w.Must(w.s.SetPermission("acme/mirror", login, role))
		}
	}
	w.app, err = w.s.CreateApp(hub.AppSpec{Slug: "liftgate", Owner: "acme", Permissions: townGrant, Events: []string{"issues"}, Key: townKey()})
	w.Must(err)
	w.install, err = w.s.Install(w.app.ID, "acme", []string{"acme/public", "acme/mirror"}, nil)
	w.Must(err)
	w.f, err = New(Options{
		AppID: w.app.ID, Key: w.app.PEM, API: w.s.API(), Git: w.s.URL(), Project: project, Now: w.Now,
	})
	w.Must(err)
	w.history()
	return w
}

// history gives both repositories the same two branches.
func (w *town) history() {
	w.Helper()
	w.History()
	for _, repo := range []string{"acme/public", "acme/mirror"} {
		w.Must(w.s.ImportGit(repo, w.Dir, "refs/heads/*:refs/heads/*"))
	}
}

// push sends the clone's HEAD to a branch of the mirror, as the developer.
func (w *town) push(ref string) {
	w.Helper()
	w.PushTo(w.Remote(w.s.URL()+"/acme/mirror.git", "dev", w.users["dev"].Token, nil), ref)
}

// as does something through REST as a person, and gives what came back.
func (w *town) as(login, method, path string, body any) map[string]any {
	w.Helper()
	header := http.Header{"Authorization": {"Bearer " + w.users[login].Token}}
	status, got := w.Ask(method, w.s.API()+strings.TrimPrefix(path, "/"), header, body)
	if status >= 300 {
		w.Fatalf("%s %s as %s: %d %v", method, path, login, status, got)
	}
	return got
}

// Report files a private report.
func (w *town) Report() string {
	w.Helper()
	got := w.as("eve", "POST", "repos/acme/public/security-advisories/reports", map[string]any{
		"summary": "Overflow " + canary, "description": "Long story " + canary, "severity": "high",
		"vulnerabilities": []any{map[string]any{"package": map[string]any{"ecosystem": "other", "name": "public"}}},
	})
	return got["ghsa_id"].(string)
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

func (w *town) Rules(content string) {
	w.Must(w.s.SetPermission("acme/public", "ada", hub.RoleAdmin))
	w.as("ada", "PUT", "repos/acme/public/contents/.github/liftgate.yml", map[string]any{
		"message": "rules", "content": base64.StdEncoding.EncodeToString([]byte(content)),
	})
}

func (w *town) issue(login, method, tail string, body any) map[string]any {
	w.Helper()
	return w.as(login, method, "repos/acme/mirror/issues"+tail, body)
}

func (w *town) Issue(login, title, body string) {
	w.issue(login, "POST", "", map[string]any{"title": title, "body": body})
}

func (w *town) Label(login string, desk int, names ...string) {
	w.issue(login, "POST", path("/%d/labels", desk), map[string]any{"labels": names})
}

func (w *town) Unlabel(login string, desk int, name string) {
	w.issue(login, "DELETE", path("/%d/labels/%s", desk, name), nil)
}

func (w *town) Comment(login string, desk int, body string) int64 {
	return int64(w.issue(login, "POST", path("/%d/comments", desk), map[string]any{"body": body})["id"].(float64))
}

func (w *town) Edit(login string, _ int, comment int64, body string) {
	w.issue(login, "PATCH", path("/comments/%d", comment), map[string]any{"body": body})
}

func (w *town) Delete(login string, _ int, comment int64) {
	w.issue(login, "DELETE", path("/comments/%d", comment), nil)
}
