package gitlab

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/liftgate/liftgate/app/forge/forgetest"
	"github.com/liftgate/liftgate/app/forge/sandbox/contract"
	lab "github.com/liftgate/liftgate/app/forge/sandbox/gitlab"
)

const (
	advisoryID = forgetest.Advisory
	canary     = forgetest.Canary
)

// town is a sandbox with people, a public project, its mirror with real commits, and a Forge that works there. Every
// exchange is checked against GitLab's own description.
type town struct {
	forgetest.Town
	s     *lab.Server
	f     *Forge
	users map[string]lab.User
	bot   lab.User
}

func newTown(t *testing.T) *town {
	t.Helper()
	seen := contract.GitLab(t)
	w := &town{users: map[string]lab.User{}}
	w.Town = forgetest.NewTown(t)
	w.People, w.Server, w.Adapter = w, func() forgetest.Server { return w.s }, func() forgetest.Adapter { return w.f }
	var err error
	w.s, err = lab.Start(t.Context(), lab.Options{
		Dir: t.TempDir(), Now: w.Now, Wall: w.Now, Middleware: seen.Middleware, OnHook: seen.Hook,
	})
	w.Must(err)
	t.Cleanup(func() { _ = w.s.Close() })
	w.Must(w.s.CreateGroup("acme", "public"))
	w.Must(w.s.CreateGroup("acme-security", "private"))
	w.Must(w.s.CreateGroup("acme-security/team", "private"))
	for _, p := range []lab.ProjectSpec{
		{Path: string(project.Public), Visibility: "public"}, {Path: project.Mirror, NeedsPipeline: true},
	} {
		_, err = w.s.CreateProject(p)
		w.Must(err)
	}
	for login, level := range map[string]lab.Level{
		"ada": lab.Owner, "dev": lab.Developer, "rel": lab.Maintainer, "guest": lab.Reporter, "eve": lab.NoAccess, "liftgate": lab.Maintainer,
	} {
		w.users[login], err = w.s.CreateUser(login)
		w.Must(err)
		if level != lab.NoAccess {
			w.Must(w.s.SetMember(project.Mirror, login, level))
		}
	}
	w.bot = w.users["liftgate"]
	w.Must(w.s.SetMember(project.Public, "liftgate", lab.Maintainer))
	w.Must(w.s.SetMember(project.Public, "ada", lab.Owner))
	lift, err := w.s.CreateToken(lab.TokenSpec{Name: "lift", User: "liftgate", Scopes: []string{"api"}})
	w.Must(err)
	w.f = w.forge(w.bot.Token, func() ([]byte, error) { return []byte(lift.Secret), nil })
	w.history()
	w.hooks()
	return w
}

// forge makes a Forge with the tokens given.
func (w *town) forge(token string, lift func() ([]byte, error)) *Forge {
	w.Helper()
	f, err := New(Options{
		Token: func() ([]byte, error) { return []byte(token), nil }, LiftToken: lift,
		API: w.s.API(), Git: w.s.URL(), Project: project, Now: w.Now,
	})
	w.Must(err)
	w.Cleanup(f.Close)
	return f
}

// hooks has both projects tell somebody who listens where Liftgate would.
func (w *town) hooks() {
	w.Helper()
	ear := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	w.Cleanup(ear.Close)
	for _, at := range []string{project.Public, project.Mirror} {
		_, err := w.s.AddHook(at, lab.HookSpec{URL: ear.URL + webhookPath})
		w.Must(err)
	}
}

// history gives both projects the same branches.
func (w *town) history() {
	w.Helper()
	w.History()
	for _, at := range []string{project.Public, project.Mirror} {
		w.Must(w.s.ImportGit(at, w.Dir, "refs/heads/*:refs/heads/*"))
	}
	w.Must(w.s.Protect(project.Mirror, lab.Protection{Name: "main", Push: lab.Maintainer, Merge: lab.Maintainer, Force: true}))
	w.Must(w.s.Protect(project.Public, lab.Protection{Name: "main", Push: lab.Maintainer, Merge: lab.Maintainer}))
}

// push sends the clone's HEAD to a branch of the mirror, as the developer.
func (w *town) push(ref string) {
	w.Helper()
	w.PushTo(w.Remote(w.s.URL()+"/"+project.Mirror+".git", "dev", w.users["dev"].Token, nil), ref)
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
	return w.Ask(method, w.s.API()+path, http.Header{"Private-Token": {w.users[login].Token}}, body)
}

// inPublic and inMirror are paths below the two projects.
func inPublic(format string, args ...any) string { return below(project.Public, format, args...) }
func inMirror(format string, args ...any) string { return below(project.Mirror, format, args...) }

func below(at, format string, args ...any) string {
	return "projects/" + url.PathEscape(at) + "/" + fmt.Sprintf(format, args...)
}

func iid(got map[string]any) int { return int(got["iid"].(float64)) }

// Report files a confidential issue as somebody who is no member.
func (w *town) Report() string {
	w.Helper()
	return fmt.Sprint(iid(w.as("eve", "POST", inPublic("issues"), map[string]any{
		"title": "Overflow " + canary, "description": "Long story " + canary + "\n\n/usr/bin/x crashes", "confidential": true,
	})))
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

func (w *town) Rules(content string) {
	w.Commit(projectFile, content, "rules")
	w.Must(w.s.ImportGit(project.Public, w.Dir, "refs/heads/main:refs/heads/main"))
}

func (w *town) issue(login, method, tail string, body any) map[string]any {
	w.Helper()
	return w.as(login, method, inMirror("issues%s", tail), body)
}

func (w *town) Issue(login, title, body string) {
	w.issue(login, "POST", "", map[string]any{"title": title, "description": body})
}

func (w *town) Label(login string, desk int, names ...string) {
	w.issue(login, "PUT", fmt.Sprintf("/%d", desk), map[string]any{"add_labels": strings.Join(names, ",")})
}

func (w *town) Unlabel(login string, desk int, name string) {
	w.issue(login, "PUT", fmt.Sprintf("/%d", desk), map[string]any{"remove_labels": name})
}

func (w *town) Comment(login string, desk int, body string) int64 {
	return int64(w.issue(login, "POST", fmt.Sprintf("/%d/notes", desk), map[string]any{"body": body})["id"].(float64))
}

func (w *town) Edit(login string, desk int, comment int64, body string) {
	w.issue(login, "PUT", fmt.Sprintf("/%d/notes/%d", desk, comment), map[string]any{"body": body})
}

func (w *town) Delete(login string, desk int, comment int64) {
	w.issue(login, "DELETE", fmt.Sprintf("/%d/notes/%d", desk, comment), nil)
}
