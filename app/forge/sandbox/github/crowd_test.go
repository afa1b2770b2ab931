package github_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-github/v62/github"

	hub "github.com/liftgate/liftgate/app/forge/sandbox/github"
)

// TestCrowd lets many clients push, write and read at once; nothing is lost, and of rival pushes one wins.
func TestCrowd(t *testing.T) {
	h := open(t)
	dir := h.work("acme/core")
	const n = 6
	clones := make([]string, n)
	for i := range clones {
		clones[i] = filepath.Join(t.TempDir(), fmt.Sprint(i))
		h.mustGit(dir, "clone", "-q", h.remote(h.users["ada"].Token, "acme/core"), clones[i])
		h.commit(clones[i], "rival.c", fmt.Sprint(i), fmt.Sprint("Rival ", i))
	}
	won := make([]bool, n)
	var all sync.WaitGroup
	for i := range clones {
		all.Go(func() {
			_, err := h.git(clones[i], "push", "-q", "--atomic", "origin", "HEAD:main", fmt.Sprint("HEAD:refs/heads/side-", i))
			won[i] = err == nil
		})
		all.Go(func() {
			if _, _, err := h.as("ada").Issues.Create(t.Context(), "acme", "core", &github.IssueRequest{Title: github.String(fmt.Sprint(i))}); err != nil {
				t.Error(err)
			}
		})
		all.Go(func() { h.rest(h.users["ada"].Token, "GET", "repos/acme/core/branches", nil) })
	}
	all.Wait()
	winners := 0
	for _, w := range won {
		if w {
			winners++
		}
	}
	sides := 0
	for b := range h.tips("acme/core") {
		if strings.HasPrefix(b, "side-") {
			sides++
		}
	}
	if winners != 1 || sides != 1 {
		t.Errorf("%d rivals won and %d side branches exist, want one of each", winners, sides)
	}
	numbers := map[any]bool{}
	for _, i := range h.want(200, h.users["ada"].Token, "GET", "repos/acme/core/issues?per_page=100", nil).list() {
		numbers[i.(m)["number"]] = true
	}
	if len(numbers) != n {
		t.Errorf("%d issues, want %d", len(numbers), n)
	}
	h.idle()
}

// TestRulesByGoGitHub reads rules as a client does.
func TestRulesByGoGitHub(t *testing.T) {
	h := open(t)
	_, err := h.s.AddRuleset("acme/core", hub.Ruleset{Name: "lines", Include: []string{"refs/heads/stable-*"}, Exclude: []string{"refs/heads/stable-9"},
		Rules:  []hub.Rule{{Type: "update"}, hub.RequiredChecks(map[string]int64{"hold": h.app.ID}), hub.PullRequestRequired()},
		Bypass: []hub.Bypass{{ActorID: 5, ActorType: "RepositoryRole", Mode: "pull_request"}}})
	h.must(err)
	for branch, want := range map[string]int{"stable-1": 3, "stable-9": 0, "main": 0} {
		rules, _, err := h.bot().Repositories.GetRulesForBranch(t.Context(), "acme", "core", branch)
		h.must(err)
		if len(rules) != want {
			t.Errorf("%s has %d rules, want %d", branch, len(rules), want)
		}
	}
	sets, _, err := h.bot().Repositories.GetAllRulesets(t.Context(), "acme", "core", false)
	h.must(err)
	at := "repos/acme/core/rulesets/" + itoa(sets[0].GetID())
	if a := h.want(200, h.token0(), "GET", at, nil); a.obj()["bypass_actors"] != nil {
		t.Error("an App that only reads administration sees who may bypass")
	}
	if got := h.want(200, h.users["root"].Token, "GET", at, nil).str("current_user_can_bypass"); got != "pull_requests_only" {
		t.Errorf("root can bypass %q", got)
	}
	// A rewritten list of rules has nothing of the old one in it.
	a := h.want(200, h.users["root"].Token, "PUT", at, m{"rules": []m{{"type": "deletion"}}})
	if got := fmt.Sprint(a.obj()["rules"]); got != "[map[type:deletion]]" {
		t.Errorf("rules %s", got)
	}
}

// TestHeadMergeAndRefsAreLogged: refs that REST moves are in the log like pushed ones.
func TestHeadMergeAndRefsAreLogged(t *testing.T) {
	h := open(t)
	dir := h.work("acme/core-private")
	n, sha := h.topic(dir, "topic", "main")
	const r = "repos/acme/core-private"
	h.want(200, h.users["ada"].Token, "PUT", r+"/pulls/"+n+"/merge", nil)
	h.want(201, h.users["ada"].Token, "POST", r+"/git/refs", m{"ref": "refs/heads/again", "sha": sha})
	for _, bad := range []m{{"ref": "heads/x", "sha": sha}, {"ref": "refs/heads/again", "sha": sha}, {"ref": "refs/heads/y", "sha": strings.Repeat("a", 40)}, {"ref": "refs/heads/a..b", "sha": sha}} {
		h.want(422, h.users["ada"].Token, "POST", r+"/git/refs", bad)
	}
	h.want(422, h.users["ada"].Token, "PATCH", r+"/git/refs/heads/main", m{"sha": sha}).says(t, "not a fast forward")
	h.want(200, h.users["ada"].Token, "PATCH", r+"/git/refs/heads/main", m{"sha": sha, "force": true})
	h.want(422, h.users["ada"].Token, "DELETE", r+"/git/refs/heads/main", nil)
	h.want(404, h.users["ada"].Token, "GET", r+"/git/ref/heads/aga", nil)
	got := 0
	for _, q := range h.s.Requests() {
		if q.Route != "git-receive-pack" && len(q.Refs) == 1 && q.Refs[0].Old != q.Refs[0].New && !q.Public {
			got++
		}
	}
	if got != 3 {
		t.Errorf("%d REST changes of refs are logged, want 3", got)
	}
}

func BenchmarkAtomicPush20(b *testing.B) {
	h := openB(b)
	dir := h.work("acme/core")
	for i := range 20 {
		h.mustGit(dir, "push", "-q", "origin", fmt.Sprint("main:refs/heads/line-", i))
	}
	for b.Loop() {
		b.StopTimer()
		args := []string{"push", "-q", "--atomic", "origin"}
		sha := h.commit(dir, "main.c", fmt.Sprint("int x", b.N, len(h.s.Requests()), ";\n"), "Fix")
		for i := range 20 {
			args = append(args, fmt.Sprint(sha, ":refs/heads/line-", i))
		}
		b.StartTimer()
		h.mustGit(dir, args...)
	}
}
