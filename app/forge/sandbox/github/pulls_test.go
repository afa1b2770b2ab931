package github_test

import (
	"strings"
	"testing"

	"github.com/google/go-github/v62/github"

	hub "github.com/liftgate/liftgate/app/forge/sandbox/github"
)

// topic pushes a branch with one commit to the private repository and opens a pull request.
func (h *town) topic(dir, branch, base string) (number, sha string) {
	h.t.Helper()
	h.mustGit(dir, "checkout", "-q", "-b", branch, base)
	sha = h.commit(dir, branch+".c", "int x;\n", "Fix by "+branch)
	h.mustGit(dir, "push", "-q", "origin", branch)
	return h.want(201, h.users["ada"].Token, "POST", "repos/acme/core-private/pulls", m{"title": "Fix", "head": branch, "base": strings.TrimPrefix(base, "origin/")}).number(), sha
}

// TestEarlyMerge is the hold: a required check that is not satisfied keeps the button dead.
func TestEarlyMerge(t *testing.T) {
	const r = "repos/acme/core-private"
	run := func(h *town, sha, conclusion string) {
		h.want(201, h.token0(), "POST", r+"/check-runs", m{"name": "hold", "head_sha": sha, "conclusion": conclusion,
			"output": m{"title": "x", "summary": "y"}})
	}
	tests := []struct {
		name   string
		pinned bool
		report func(h *town, sha string)
		says   string // empty: it merges
	}{
		{"never reported", true, func(*town, string) {}, `Required status check \"hold\" is expected.`},
		{"held", true, func(h *town, sha string) { run(h, sha, "action_required") }, `Required status check \"hold\" is failing.`},
		{"running", true, func(h *town, sha string) {
			h.want(201, h.token0(), "POST", r+"/check-runs", m{"name": "hold", "head_sha": sha, "status": "in_progress"})
		}, `Required status check \"hold\" is in progress.`},
		{"neutral satisfies", true, func(h *town, sha string) { run(h, sha, "neutral") }, ""},
		{"success satisfies", true, func(h *town, sha string) { run(h, sha, "failure"); run(h, sha, "success") }, ""},
		{"a status by anybody does not satisfy a pinned check", true, func(h *town, sha string) {
			h.want(201, h.users["ada"].Token, "POST", r+"/statuses/"+sha, m{"state": "success", "context": "hold"})
		}, "is expected."},
		{"a status by anybody satisfies a free one", false, func(h *town, sha string) {
			h.want(201, h.users["ada"].Token, "POST", r+"/statuses/"+sha, m{"state": "success", "context": "hold"})
		}, ""},
		{"a check and a status of one name are both required", false, func(h *town, sha string) {
			run(h, sha, "success")
			h.want(201, h.users["ada"].Token, "POST", r+"/statuses/"+sha, m{"state": "failure", "context": "hold"})
		}, "is failing."},
	}
	for _, kind := range []string{"ruleset", "classic"} {
		t.Run(kind, func(t *testing.T) {
			h := open(t)
			dir := h.work("acme/core-private")
			for _, tt := range tests {
				checks := map[string]int64{"hold": 0}
				if tt.pinned {
					checks["hold"] = h.app.ID
				}
				lift := h.hold(kind, checks)
				h.mustGit(dir, "fetch", "-q", "origin")
				n, sha := h.topic(dir, strings.ReplaceAll(tt.name, " ", "-"), "origin/main")
				tt.report(h, sha)
				status := 200
				if tt.says != "" {
					status = 405
					if got := h.want(200, h.token0(), "GET", r+"/pulls/"+n, nil).str("mergeable_state"); got != "blocked" {
						t.Errorf("%s: mergeable_state %q", tt.name, got)
					}
					h.want(status, h.users["root"].Token, "PUT", r+"/pulls/"+n+"/merge", nil).says(t, tt.says) // an administrator is held too
				}
				h.want(status, h.users["ada"].Token, "PUT", r+"/pulls/"+n+"/merge", nil).says(t, tt.says)
				lift()
			}
		})
	}
}

// hold requires checks on main, by a ruleset or by classic protection, and gives the way to take them off.
func (h *town) hold(kind string, checks map[string]int64) func() {
	h.t.Helper()
	const repo = "acme/core-private"
	if kind == "classic" {
		h.must(h.s.Protect(repo, "main", &hub.Protection{Checks: checks, EnforceAdmins: true}))
		return func() { h.must(h.s.Protect(repo, "main", nil)) }
	}
	id, err := h.s.AddRuleset(repo, hub.Ruleset{Name: "hold", Include: []string{"refs/heads/main"}, Rules: []hub.Rule{hub.RequiredChecks(checks)}})
	h.must(err)
	return func() { h.must(h.s.RemoveRuleset(repo, id)) }
}

func TestMergeMethods(t *testing.T) {
	for _, method := range []string{"merge", "squash", "rebase"} {
		t.Run(method, func(t *testing.T) {
			h := open(t)
			dir := h.work("acme/core-private")
			n, sha := h.topic(dir, "topic", "main")
			h.mustGit(dir, "checkout", "-q", "main")
			h.commit(dir, "other.c", "int y;\n", "Meanwhile")
			h.mustGit(dir, "push", "-q", "origin", "main")
			const r = "repos/acme/core-private"
			h.want(409, h.users["ada"].Token, "PUT", r+"/pulls/"+n+"/merge", m{"sha": strings.Repeat("b", 40)}).says(t, "Head branch was modified")
			h.want(422, h.users["ada"].Token, "PUT", r+"/pulls/"+n+"/merge", m{"merge_method": "octopus"})
			merged := h.want(200, h.users["ada"].Token, "PUT", r+"/pulls/"+n+"/merge", m{"sha": sha, "merge_method": method}).str("sha")
			h.mustGit(dir, "pull", "-q", "origin", "main")
			if got := h.mustGit(dir, "rev-parse", "HEAD"); got != merged {
				t.Errorf("main is at %s, want %s", got, merged)
			}
			if got := h.mustGit(dir, "ls-files"); got != "main.c\nother.c\ntopic.c" {
				t.Errorf("main has %q", got)
			}
			parents := map[string]int{"merge": 2, "squash": 1, "rebase": 1}[method]
			if got := len(strings.Fields(h.mustGit(dir, "log", "-1", "--format=%P"))); got != parents {
				t.Errorf("%d parents, want %d", got, parents)
			}
			h.want(405, h.users["ada"].Token, "PUT", r+"/pulls/"+n+"/merge", nil).says(t, "not mergeable")
			h.want(422, h.users["ada"].Token, "PATCH", r+"/pulls/"+n, m{"state": "open"})
		})
	}
}

func TestMergeConflict(t *testing.T) {
	h := open(t)
	dir := h.work("acme/core-private")
	h.mustGit(dir, "checkout", "-q", "-b", "topic")
	h.commit(dir, "main.c", "int main(void) { return 3; }\n", "One way")
	h.mustGit(dir, "checkout", "-q", "main")
	h.commit(dir, "main.c", "int main(void) { return 4; }\n", "Another way")
	h.mustGit(dir, "push", "-q", "origin", "main", "topic")
	ctx, ada := t.Context(), h.as("ada")
	pr, _, err := ada.PullRequests.Create(ctx, "acme", "core-private", &github.NewPullRequest{Title: github.String("x"), Head: github.String("topic"), Base: github.String("main")})
	h.must(err)
	if pr.GetMergeable() || pr.GetMergeableState() != "dirty" {
		t.Errorf("mergeable %v, state %s", pr.GetMergeable(), pr.GetMergeableState())
	}
	for _, method := range []string{"merge", "rebase"} {
		h.want(405, h.users["ada"].Token, "PUT", "repos/acme/core-private/pulls/1/merge", m{"merge_method": method}).says(t, "not mergeable")
	}
}

func TestPullFollowsItsBranch(t *testing.T) {
	h := open(t)
	const r = "repos/acme/core-private"
	dir := h.work("acme/core-private")
	bot := h.token0()
	onMain, mainSHA := h.topic(dir, "topic-main", "main")
	onStable, stableSHA := h.topic(dir, "topic-stable", "stable-1")
	h.mustGit(dir, "checkout", "-q", "topic-main")
	head := h.commit(dir, "more.c", "", "More")
	h.mustGit(dir, "push", "-q", "origin", "topic-main")
	pr := h.want(200, bot, "GET", r+"/pulls/"+onMain, nil)
	if got := pr.obj()["head"].(m)["sha"]; got != head || got == mainSHA {
		t.Errorf("the pull request's head is %v, want %s", got, head)
	}
	if n := len(h.want(200, bot, "GET", r+"/pulls/"+onMain+"/commits", nil).list()); n != 2 {
		t.Errorf("%d commits, want 2", n)
	}
	if got := h.mustGit(dir, "ls-remote", "origin", "refs/pull/"+onMain+"/head"); !strings.HasPrefix(got, head) {
		t.Errorf("refs/pull/%s/head: %q", onMain, got)
	}
	// A direct push marks merged on the default branch only.
	h.mustGit(dir, "push", "-q", "origin", "topic-main:main", stableSHA+":refs/heads/stable-1")
	if pr := h.want(200, bot, "GET", r+"/pulls/"+onMain, nil); pr.obj()["merged"] != true || pr.str("state") != "closed" {
		t.Errorf("on main: merged %v, %s", pr.obj()["merged"], pr.str("state"))
	}
	if pr := h.want(200, bot, "GET", r+"/pulls/"+onStable, nil); pr.obj()["merged"] != false || pr.str("state") != "open" {
		t.Errorf("on stable-1: merged %v, %s", pr.obj()["merged"], pr.str("state"))
	}
	h.mustGit(dir, "push", "-q", "origin", ":topic-stable")
	if pr := h.want(200, bot, "GET", r+"/pulls/"+onStable, nil); pr.str("state") != "closed" {
		t.Error("a pull request without its branch is open")
	}
	h.want(422, bot, "PATCH", r+"/pulls/"+onStable, m{"state": "open"})
	h.idle()
	all := strings.Join(actions(h, "pull_request"), " ")
	if all != "opened opened synchronize closed closed" {
		t.Errorf("pull_request events: %s", all)
	}
}

func TestPullRefusals(t *testing.T) {
	h := open(t)
	const r = "repos/acme/core-private"
	dir := h.work("acme/core-private")
	h.topic(dir, "topic", "main")
	ada := h.users["ada"].Token
	for _, tt := range []struct{ head, base, says string }{
		{"topic", "main", "A pull request already exists"},
		{"main", "stable-1", "No commits between"},
		{"absent", "main", `"head"`},
		{"topic", "absent", `"base"`},
		{"other:topic", "stable-1", `"head"`},
	} {
		h.want(422, ada, "POST", r+"/pulls", m{"title": "x", "head": tt.head, "base": tt.base}).says(t, tt.says)
	}
	h.want(201, ada, "POST", r+"/pulls", m{"title": "x", "head": "acme:topic", "base": "stable-1", "draft": true})
	h.want(405, ada, "PUT", r+"/pulls/2/merge", nil).says(t, "draft")
	h.want(422, ada, "POST", r+"/pulls/1/reviews", m{"event": "APPROVE"}).says(t, "your own pull request")
	h.want(422, ada, "POST", r+"/pulls/1/requested_reviewers", m{"reviewers": []string{"mallory"}}).says(t, "collaborators")
	h.want(404, ada, "GET", r+"/pulls/99", nil)
}

func TestReviewRule(t *testing.T) {
	h := open(t)
	const r = "repos/acme/core-private"
	dir := h.work("acme/core-private")
	rule := hub.PullRequestRequired()
	rule.Parameters["required_approving_review_count"] = 1
	_, err := h.s.AddRuleset("acme/core-private", hub.Ruleset{Name: "r", Include: []string{"~DEFAULT_BRANCH"}, Rules: []hub.Rule{rule}})
	h.must(err)
	n, _ := h.topic(dir, "topic", "main")
	h.want(405, h.users["ada"].Token, "PUT", r+"/pulls/"+n+"/merge", nil).says(t, "At least 1 approving review is required")
	h.want(200, h.users["root"].Token, "POST", r+"/pulls/"+n+"/reviews", m{"event": "APPROVE"})
	h.want(200, h.users["ada"].Token, "PUT", r+"/pulls/"+n+"/merge", nil)
}

func TestLazyMergeable(t *testing.T) {
	h := open(t)
	s, err := hub.Start(t.Context(), hub.Options{Dir: t.TempDir()})
	h.must(err)
	s.LazyMergeable()
	defer s.Close()
	h.s = s
	h.users["ada"], err = s.CreateUser("ada")
	h.must(err)
	_, err = s.CreateRepo(hub.RepoSpec{Owner: "ada", Name: "toy"})
	h.must(err)
	dir := h.work("ada/toy")
	h.mustGit(dir, "checkout", "-q", "-b", "topic")
	h.commit(dir, "a.c", "", "More")
	h.mustGit(dir, "push", "-q", "origin", "topic")
	ada := h.users["ada"].Token
	if a := h.want(201, ada, "POST", "repos/ada/toy/pulls", m{"title": "x", "head": "topic", "base": "main"}); a.obj()["mergeable"] != nil {
		t.Error("mergeable is known at once")
	}
	if a := h.want(200, ada, "GET", "repos/ada/toy/pulls/1", nil); a.obj()["mergeable"] != nil {
		t.Error("mergeable is known at the first look")
	}
	if a := h.want(200, ada, "GET", "repos/ada/toy/pulls/1", nil); a.obj()["mergeable"] != true {
		t.Error("mergeable is not known at the second look")
	}
}
