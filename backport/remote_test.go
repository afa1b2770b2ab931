package backport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestTips(t *testing.T) {
	w := twoBranches(t)
	w.git("tag", "light", "stable")
	w.git("tag", "-a", "-m", "x", "v1", "main")
	w.git("update-ref", "refs/heads/a/refs/heads/main", "stable") // ends like another ref
	w.git("update-ref", "refs/heads/--upload-pack=touch-me", "stable")
	s := testStores(t)
	got, err := s.Tips(t.Context(), w.remote())
	if err != nil {
		t.Fatal(err)
	}
	if got.Branches["main"] != w.sha("main") || got.Tags["v1"] != w.sha("main") || got.Tags["light"] != w.sha("stable") || len(got.Branches) != 4 {
		t.Errorf("%+v", got)
	}
	if got, err = s.Tips(t.Context(), w.remote(), "refs/heads/main"); err != nil || len(got.Branches) != 1 || len(got.Tags) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	for _, bad := range []string{"main", "--upload-pack=x", "refs/heads/*/x", "refs/heads/a..b", "refs/heads/\nx", "refs/heads/.x", "refs/heads/x.lock", "refs//x"} {
		if _, err := s.Tips(t.Context(), w.remote(), bad); !errors.Is(err, ErrInvalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestRemoteURLs(t *testing.T) {
	s := testStores(t)
	for _, url := range []string{"", "ext::sh -c touch% x", "--upload-pack=x", "ssh://h/r", "git://h/r", "h:r", "/etc", "https://user:CANARY@h/r", "http:///r", "https://h/r?x=CANARY", "file:x"} {
		_, err := s.Tips(t.Context(), Remote{URL: url})
		if !errors.Is(err, ErrInvalid) || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%q: %v", url, err)
		}
	}
}

// Errors have a kind and none of the words, names or secrets of what went wrong.
func TestErrorKinds(t *testing.T) {
	root := t.TempDir()
	f := newForge(t, root)
	e := testStore(t, nil)
	wrong := Remote{URL: f.remote("tool.git").URL, Auth: func(context.Context) (string, string, error) { return forgeUser, "CANARY", nil }}
	status := func(code int) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Location", "http://elsewhere.example/CANARY")
			w.WriteHeader(code)
			fmt.Fprint(w, "CANARY")
			return true
		}
	}
	for name, c := range map[string]struct {
		remote Remote
		fault  func(http.ResponseWriter, *http.Request) bool
		want   Kind
	}{
		"no such repository": {f.remote("CANARY.git"), nil, ErrNotFound},
		"wrong secret":       {wrong, nil, ErrAuth},
		"no secret":          {Remote{URL: wrong.URL}, nil, ErrAuth},
		"forbidden":          {f.remote("CANARY.git"), status(403), ErrAuth},
		"gone":               {f.remote("CANARY.git"), status(404), ErrNotFound},
		"moved":              {f.remote("CANARY.git"), status(301), ErrNotFound},
		"too many":           {f.remote("CANARY.git"), status(429), ErrNetwork},
		"server error":       {f.remote("CANARY.git"), status(500), ErrNetwork},
		"nobody there":       {Remote{URL: "http://127.0.0.1:1/CANARY"}, nil, ErrNetwork},
		"no such folder":     {Remote{URL: "file:///nonexistent/CANARY"}, nil, ErrNotFound},
	} {
		f.set(c.fault, nil)
		_, err := e.FetchFix(t.Context(), c.remote, "refs/heads/CANARY")
		if !errors.Is(err, c.want) || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	boom := errors.New("boom")
	_, err := e.FetchFix(t.Context(), Remote{URL: wrong.URL, Auth: func(context.Context) (string, string, error) { return "", "", boom }}, "refs/heads/x")
	if !errors.Is(err, boom) {
		t.Error(err)
	}
}

func TestFetchFix(t *testing.T) {
	root := t.TempDir()
	mirror := filepath.Join(root, "tool.git")
	if err := os.Mkdir(mirror, 0o755); err != nil {
		t.Fatal(err)
	}
	bareAt(t, mirror)
	w := twoBranches(t)
	w.git("tag", "v1", "main")
	w.git("push", "--quiet", mirror, "main:refs/pull/1/head", "main", "stable:refs/heads/other-advisory", "v1")
	f := newForge(t, root)
	e := testStore(t, nil)
	for range 2 {
		got, err := e.FetchFix(t.Context(), f.remote("tool.git"), "refs/pull/1/head")
		if err != nil || got != w.sha("main") {
			t.Fatal(got, err)
		}
	}
	if sees(e.dir, w.sha("stable")) {
		t.Error("another branch came along")
	}
	n := f.served()
	if _, err := e.FetchFix(t.Context(), f.remote("tool.git"), string(w.sha("main"))); err != nil || f.served() != n {
		t.Error("a known commit was fetched again", err)
	}
	if _, err := e.FetchFix(t.Context(), f.remote("tool.git"), string(w.sha("stable"))); err != nil {
		t.Error("by SHA:", err)
	}
	if _, err := e.FetchFix(t.Context(), f.remote("tool.git"), strings.Repeat("1", 40)); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if _, err := e.FetchFix(t.Context(), f.remote("tool.git"), "main"); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
}

func TestFollow(t *testing.T) {
	w := twoBranches(t)
	mirror := bare(t)
	s := testStores(t)
	p, err := s.Public(t.Context(), "acme/tool")
	if err != nil {
		t.Fatal(err)
	}
	m := Remote{URL: "file://" + mirror}
	follow := func(branches ...string) map[string]Followed {
		t.Helper()
		list, err := p.Follow(t.Context(), w.remote(), m, branches)
		if err != nil {
			t.Fatal(err)
		}
		byName := map[string]Followed{}
		for _, f := range list {
			byName[f.Branch] = f
		}
		return byName
	}
	check := func(got map[string]Followed, want map[string]FollowState) {
		t.Helper()
		for b, state := range want {
			if got[b].State != state {
				t.Errorf("%s: %+v, want %s", b, got[b], state)
			}
		}
	}
	check(follow("main", "stable", "gone"), map[string]FollowState{"main": FollowCreated, "stable": FollowCreated, "gone": FollowMissing})
	check(follow("main", "stable"), map[string]FollowState{"main": FollowUpToDate, "stable": FollowUpToDate})
	w.write("n.c", "n\n")
	w.commit("new on main")
	// Someone merged early in the mirror: ahead of public. Public may move on; the mirror is left as it is.
	o := newWork(t)
	o.git("pull", "--quiet", mirror, "stable")
	o.write("secret.c", "CANARY\n")
	secret := o.commit("CANARY")
	o.git("push", "--quiet", mirror, "HEAD:refs/heads/stable")
	check(follow("main", "stable"), map[string]FollowState{"main": FollowMoved, "stable": FollowAhead})
	if sees(p.dir, secret) {
		t.Error("an embargoed commit got into the public store")
	}
	w.git("reset", "--quiet", "--hard", "HEAD~1")
	w.git("branch", "--force", "x/y", "main")
	check(follow("main"), map[string]FollowState{"main": FollowDiverged})
	w.git("branch", "-D", "x/y")
	w.git("branch", "x", "main") // a file where a folder was: pruned first
	script(t, mirror, "update", "#!/bin/sh\nexit 1\n")
	got := follow("x")
	check(got, map[string]FollowState{"x": FollowRefused})
	if got["x"].Reason != ReasonProtected {
		t.Errorf("%+v", got["x"])
	}
}

func TestPushMirror(t *testing.T) {
	w := twoBranches(t)
	mirror := bare(t)
	m := Remote{URL: "file://" + mirror}
	e := testStore(t, w)
	main, stable := w.sha("main"), w.sha("stable")
	const own, plain = "refs/heads/liftgate/LSN-2026-0001/candidate/main", "refs/heads/main"
	for i, c := range []struct {
		refs []RefUpdate
		want []PushedState
		why  Reason
	}{
		{[]RefUpdate{{own, "", main}, {plain, "", main}}, []PushedState{PushMoved, PushMoved}, ReasonNone},
		{[]RefUpdate{{own, "", main}, {plain, "", main}}, []PushedState{PushNothing, PushNothing}, ReasonNone},
		{[]RefUpdate{{own, main, stable}, {plain, main, stable}}, []PushedState{PushMoved, PushRefused}, ReasonNotFastForward},
		{[]RefUpdate{{own, main, main}}, []PushedState{PushRefused}, ReasonStale},
		{[]RefUpdate{{own, stable, ""}}, []PushedState{PushMoved}, ReasonNone},
		{[]RefUpdate{{own, stable, ""}}, []PushedState{PushNothing}, ReasonNone},
		{nil, nil, ReasonNone},
	} {
		got, err := e.PushMirror(t.Context(), m, c.refs)
		if err != nil {
			t.Fatal(i, err)
		}
		for j := range got {
			if got[j].State != c.want[j] || got[j].State == PushRefused && got[j].Reason != c.why {
				t.Errorf("%d.%d: %+v, want %s %s", i, j, got[j], c.want[j], c.why)
			}
		}
	}
	for _, refs := range [][]RefUpdate{{{plain, main, ""}}, {{own, "x", main}}, {{"refs/tags/x", "", main}}, {{own, "", main}, {own, "", main}}, {{"refs/heads/-x", "", main}}} {
		if _, err := e.PushMirror(t.Context(), m, refs); !errors.Is(err, ErrInvalid) {
			t.Error(refs, err)
		}
	}
}

// A person pushes between our look and our push: theirs stays.
func TestPushMirrorRace(t *testing.T) {
	root := t.TempDir()
	mirror := filepath.Join(root, "tool.git")
	if err := os.Mkdir(mirror, 0o755); err != nil {
		t.Fatal(err)
	}
	bareAt(t, mirror)
	w := twoBranches(t)
	e := testStore(t, w)
	main, stable := w.sha("main"), w.sha("stable")
	const own = "refs/heads/liftgate/LSN-2026-0001/fix/stable"
	w.git("push", "--quiet", mirror, "main:"+own)
	f := newForge(t, root)
	f.set(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Get("service") == "git-receive-pack" {
			w.git("push", "--quiet", "--force", mirror, "main~1:"+own)
		}
		return false
	}, nil)
	got, err := e.PushMirror(t.Context(), f.remote("tool.git"), []RefUpdate{{own, main, stable}})
	if err != nil || got[0].State != PushRefused || got[0].Reason != ReasonStale {
		t.Errorf("%+v, %v", got, err)
	}
}

// The secret is in no process's arguments, which anybody on the machine may read.
func TestSecretIsNotAnArgument(t *testing.T) {
	s := testStores(t)
	f := forge{}
	config, err := f.remoteAt("https://forge.example/a/b").config(t.Context())
	if err != nil || len(config) != 1 || config[0].key != "http.https://forge.example/.extraHeader" {
		t.Fatal(config, err)
	}
	cmd := s.git.command(t.Context(), call{args: []string{"version"}, config: config})
	if slices.ContainsFunc(cmd.Args, func(a string) bool { return strings.Contains(a, "Basic") }) {
		t.Error(cmd.Args)
	}
	if !bytes.Contains([]byte(strings.Join(cmd.Env, "\n")), []byte("Authorization: Basic ")) {
		t.Error("no credential at all")
	}
}
