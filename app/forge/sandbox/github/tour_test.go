package github_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-github/v62/github"

	hub "github.com/liftgate/liftgate/app/forge/sandbox/github"
)

// TestTour calls every route at least once with success, so that every body is held to GitHub's description.
func TestTour(t *testing.T) {
	h := open(t)
	dir := h.work("acme/core")
	main := h.mustGit(dir, "rev-parse", "main")
	h.mustGit(dir, "checkout", "-q", "-b", "topic/one")
	h.commit(dir, "new file.c", "int x;\n", "Add a file")
	head := h.commit(dir, "main.c", "int main(void) { return 2; }\n", "Change a file\n\nWith a body.")
	h.mustGit(dir, "tag", "v1")
	h.mustGit(dir, "push", "-q", "origin", "topic/one", "v1")
	bot, ada, root, rita := h.token0(), h.users["ada"].Token, h.users["root"].Token, h.users["rita"].Token
	const r = "repos/acme/core"
	t.Run("app", func(t *testing.T) { tourApp(h, bot) })
	t.Run("repository", func(t *testing.T) { tourRepo(h, bot, root, main, head) })
	t.Run("rules", func(t *testing.T) { tourRules(h, bot, root) })
	issue := h.want(201, ada, "POST", r+"/issues", m{"title": "A bug", "body": "text", "labels": []string{"bug"}}).number()
	t.Run("issues", func(t *testing.T) { tourIssues(h, bot, ada, issue) })
	t.Run("pulls", func(t *testing.T) { tourPulls(h, bot, ada, root, head) })
	t.Run("advisories", func(t *testing.T) { tourAdvisories(h, bot, root, rita) })
	h.want(204, bot, "DELETE", "installation/token", nil)
	h.want(401, bot, "GET", r, nil)
	h.idle()
	seen := h.seen.Seen()
	for _, name := range h.s.Routes() {
		if seen[name] == 0 {
			t.Errorf("route %s was never called", name)
		}
	}
	for _, event := range []string{"ping", "installation-created", "push", "create", "delete", "status", "issues-opened", "issues-labeled",
		"issue-comment-created", "pull-request-opened", "pull-request-closed", "pull-request-review-submitted",
		"check-run-created", "check-run-completed", "check-run-requested-action", "repository-advisory-reported",
		"repository-advisory-published", "repository-privatized", "repository-publicized"} {
		if seen["hook "+event] == 0 {
			t.Errorf("webhook %s was never sent", event)
		}
	}
}

func tourApp(h *town, bot string) {
	req := func(method, path string, body any, out any) {
		h.t.Helper()
		c := h.jwt()
		q, err := c.NewRequest(method, path, body)
		h.must(err)
		if _, err = c.Do(h.t.Context(), q, out); err != nil {
			// A 202 is an error to go-github and none to us.
			if out != nil {
				h.t.Fatal(err)
			}
		}
	}
	h.idle()
	var app struct{ Slug string }
	req("GET", "app", nil, &app)
	if app.Slug != "liftgate" {
		h.t.Errorf("GET /app gives slug %q", app.Slug)
	}
	req("GET", "app/installations", nil, &[]any{})
	req("GET", "app/installations/"+itoa(h.install), nil, &struct{}{})
	req("GET", "repos/acme/core/installation", nil, &struct{}{})
	req("GET", "app/hook/config", nil, &struct{}{})
	var log []struct{ ID int64 }
	req("GET", "app/hook/deliveries?per_page=2", nil, &log)
	req("GET", "app/hook/deliveries/"+itoa(log[0].ID), nil, &struct{}{})
	req("POST", "app/hook/deliveries/"+itoa(log[0].ID)+"/attempts", nil, nil)
	h.want(200, bot, "GET", "installation/repositories", nil)
	h.want(200, bot, "GET", "rate_limit", nil)
	h.want(200, h.users["ada"].Token, "GET", "user", nil)
	h.want(200, bot, "GET", "users/ada", nil)
	h.want(200, bot, "GET", "users/liftgate[bot]", nil)
}

func tourRepo(h *town, bot, root, main, head string) {
	const r = "repos/acme/core"
	for _, path := range []string{
		"", "/branches", "/branches/main", "/branches/topic/one", "/git/ref/heads/main", "/git/ref/tags/v1", "/git/matching-refs/heads/stable",
		"/compare/main...topic/one", "/compare/topic%2Fone...main", "/contents/main.c", "/contents/main.c?ref=topic/one", "/commits", "/commits/main",
		"/commits/" + head, "/tags", "/commits/topic/one/status", "/commits/" + head + "/statuses", "/commits/" + head + "/check-runs",
		"/collaborators", "/collaborators/ada/permission", "/private-vulnerability-reporting",
	} {
		h.want(200, bot, "GET", r+path, nil)
	}
	h.want(204, root, "GET", r+"/collaborators/ada", nil)
	h.want(201, bot, "POST", r+"/git/refs", m{"ref": "refs/heads/extra", "sha": main})
	h.want(200, bot, "PATCH", r+"/git/refs/heads/extra", m{"sha": head})
	h.want(204, bot, "DELETE", r+"/git/refs/heads/extra", nil)
	content := base64.StdEncoding.EncodeToString([]byte("hello\n"))
	h.want(201, bot, "PUT", r+"/contents/notes/a.txt", m{"message": "Add a note", "content": content, "branch": "stable-2"})
	h.want(200, bot, "GET", r+"/contents/notes/a.txt?ref=stable-2", nil)
	h.want(204, root, "DELETE", r+"/private-vulnerability-reporting", nil)
	h.want(204, root, "PUT", r+"/private-vulnerability-reporting", nil)
	h.must(h.s.SetPrivate("acme/core", true, "root"))
	h.must(h.s.SetPrivate("acme/core", false, "root"))
}

func tourRules(h *town, bot, root string) {
	const r = "repos/acme/core"
	h.must(h.s.Protect("acme/core", "stable-1", &hub.Protection{Checks: map[string]int64{"ci": 0, "hold": h.app.ID}, RequirePull: true}))
	h.want(200, bot, "GET", r+"/branches/stable-1/protection", nil)
	h.want(200, bot, "GET", r+"/branches/stable-1", nil)
	h.must(h.s.Protect("acme/core", "stable-1", nil))
	set := m{"name": "lines", "target": "branch", "enforcement": "active",
		"conditions":    m{"ref_name": m{"include": []string{"refs/heads/stable-*"}, "exclude": []string{}}},
		"bypass_actors": []m{{"actor_id": h.app.ID, "actor_type": "Integration", "bypass_mode": "always"}},
		"rules": []m{{"type": "update"}, {"type": "deletion"}, {"type": "non_fast_forward"},
			{"type": "required_status_checks", "parameters": m{"strict_required_status_checks_policy": false,
				"required_status_checks": []m{{"context": "hold", "integration_id": h.app.ID}}}}}}
	id := h.want(201, root, "POST", r+"/rulesets", set).id()
	if got := len(h.want(200, bot, "GET", r+"/rules/branches/stable-1", nil).list()); got != 4 {
		h.t.Errorf("stable-1 has %d rules, want 4", got)
	}
	if got := h.want(200, bot, "GET", r+"/rulesets/"+id, nil).str("current_user_can_bypass"); got != "always" {
		h.t.Errorf("the App can bypass %q", got)
	}
	if got := h.want(200, h.users["ada"].Token, "GET", r+"/rulesets/"+id, nil).str("current_user_can_bypass"); got != "never" {
		h.t.Errorf("ada can bypass %q", got)
	}
	h.want(200, bot, "GET", r+"/rulesets", nil)
	h.want(200, root, "PUT", r+"/rulesets/"+id, m{"enforcement": "disabled"})
	h.want(204, root, "DELETE", r+"/rulesets/"+id, nil)
}

func tourIssues(h *town, bot, ada, n string) {
	const r = "repos/acme/core"
	one := r + "/issues/" + n
	comment := h.want(201, bot, "POST", one+"/comments", m{"body": "status"}).id()
	h.want(200, bot, "PATCH", r+"/issues/comments/"+comment, m{"body": "status 2"})
	h.want(200, bot, "GET", r+"/issues/comments/"+comment, nil)
	h.want(200, bot, "GET", one+"/comments", nil)
	h.want(204, bot, "DELETE", r+"/issues/comments/"+comment, nil)
	h.want(201, ada, "POST", one+"/comments", m{"body": "/accept"})
	h.want(200, ada, "POST", one+"/labels", m{"labels": []string{"accepted", "severity/high"}})
	h.want(200, ada, "GET", one+"/labels", nil)
	h.want(200, ada, "DELETE", one+"/labels/severity%2Fhigh", nil)
	h.want(200, ada, "PUT", one+"/labels", m{"labels": []string{"accepted", "affects/stable-1"}})
	h.want(201, ada, "POST", one+"/assignees", m{"assignees": []string{"ada"}})
	h.want(200, ada, "DELETE", one+"/assignees", m{"assignees": []string{"ada"}})
	h.want(200, bot, "PATCH", one, m{"title": "A better title", "body": "new", "state": "closed", "state_reason": "completed"})
	h.want(200, bot, "PATCH", one, m{"state": "open"})
	for _, path := range []string{"/issues?state=all&labels=accepted", "/issues/" + n, "/issues/" + n + "/events", "/issues/" + n + "/timeline", "/labels"} {
		h.want(200, bot, "GET", r+path, nil)
	}
	h.want(204, ada, "DELETE", one+"/labels", nil)
	h.want(201, ada, "POST", r+"/labels", m{"name": "fresh", "color": "ff0000", "description": "new"})
	h.want(200, ada, "GET", r+"/labels/fresh", nil)
	h.want(200, ada, "PATCH", r+"/labels/fresh", m{"new_name": "stale"})
	h.want(204, ada, "DELETE", r+"/labels/stale", nil)
}

func tourPulls(h *town, bot, ada, root, head string) {
	const r = "repos/acme/core"
	pr := h.want(201, bot, "POST", r+"/pulls", m{"title": "One", "head": "topic/one", "base": "main", "body": "text"}).number()
	one := r + "/pulls/" + pr
	h.want(200, bot, "PATCH", one, m{"title": "Two", "body": "more", "base": "stable-1"})
	h.want(200, bot, "PATCH", one, m{"base": "main", "state": "closed"})
	h.want(200, bot, "PATCH", one, m{"state": "open"})
	h.want(201, ada, "POST", one+"/requested_reviewers", m{"reviewers": []string{"root"}})
	h.want(200, ada, "GET", one+"/requested_reviewers", nil)
	h.want(200, ada, "DELETE", one+"/requested_reviewers", m{"reviewers": []string{"root"}})
	review := h.want(200, ada, "POST", one+"/reviews", m{"event": "APPROVE", "body": "good"}).id()
	h.want(200, bot, "GET", one+"/reviews/"+review, nil)
	h.want(200, bot, "GET", one+"/reviews", nil)
	h.want(200, root, "PUT", one+"/reviews/"+review+"/dismissals", m{"message": "no"})
	run := h.want(201, bot, "POST", r+"/check-runs", m{"name": "hold", "head_sha": head, "status": "in_progress",
		"output":  m{"title": "Held", "summary": "Until lift."},
		"actions": []m{{"label": "Lift now", "description": "Move the branches", "identifier": "lift"}}}).id()
	h.want(200, bot, "PATCH", r+"/check-runs/"+run, m{"status": "completed", "conclusion": "action_required"})
	h.want(200, bot, "GET", r+"/check-runs/"+run, nil)
	suites := h.want(200, bot, "GET", r+"/commits/"+head+"/check-suites", nil).obj()["check_suites"].([]any)
	h.want(200, bot, "GET", r+"/check-suites/"+itoa(int64(suites[0].(m)["id"].(float64))), nil)
	h.want(200, bot, "GET", r+"/commits/topic/one/check-runs?check_name=hold", nil)
	h.must(h.s.PressButton("acme/core", atoi(run), "lift", "ada"))
	h.want(201, bot, "POST", r+"/statuses/"+head, m{"state": "failure", "context": "hold", "description": "held"})
	h.want(200, bot, "GET", r+"/commits/"+head+"/status", nil)
	h.want(200, bot, "GET", r+"/commits/"+head+"/statuses", nil)
	for _, path := range []string{"/pulls?state=all&head=acme:topic/one&base=main", "/pulls/" + pr, "/pulls/" + pr + "/commits", "/pulls/" + pr + "/files", "/commits/" + head + "/pulls"} {
		if a := h.want(200, bot, "GET", r+path, nil); a.list() != nil && len(a.list()) == 0 {
			h.t.Errorf("%s is empty", path)
		}
	}
	h.want(404, bot, "GET", one+"/merge", nil)
	h.want(200, ada, "PUT", one+"/merge", m{"sha": head, "merge_method": "merge"})
	h.want(204, bot, "GET", one+"/merge", nil)
	h.want(200, bot, "GET", one, nil)
	h.want(200, bot, "GET", r+"/issues/"+pr+"/timeline", nil)
}

func tourAdvisories(h *town, bot, root, rita string) {
	const all = "repos/acme/core/security-advisories"
	ghsa := h.want(201, rita, "POST", all+"/reports", m{"summary": "Overflow", "description": "It overflows."}).str("ghsa_id")
	h.want(200, bot, "PATCH", all+"/"+ghsa, m{"state": "draft"})
	h.want(200, bot, "PATCH", all+"/"+ghsa, m{"cvss_vector_string": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
		"cwe_ids": []string{"CWE-120"}, "credits": []m{{"login": "rita", "type": "reporter"}}, "collaborating_users": []string{"ada"},
		"vulnerabilities": []m{{"package": m{"ecosystem": "other", "name": "core"}, "vulnerable_version_range": "< 2", "patched_versions": "2", "vulnerable_functions": []string{}}}})
	h.want(202, bot, "POST", all+"/"+ghsa+"/cve", nil)
	h.must(h.s.AssignCVE("acme/core", ghsa, "CVE-2026-12345"))
	h.want(200, bot, "GET", all+"/"+ghsa, nil)
	h.want(201, root, "POST", all, m{"summary": "Another", "description": "Text.", "severity": "low", "vulnerabilities": []m{{"package": m{"ecosystem": "other", "name": "x"}}}})
	h.want(200, bot, "GET", all+"?state=draft&per_page=1", nil)
	h.want(200, bot, "PATCH", all+"/"+ghsa, m{"state": "published"})
	if got := h.want(200, "", "GET", all+"/"+ghsa, nil).str("cve_id"); got != "CVE-2026-12345" {
		h.t.Errorf("published with CVE %q", got)
	}
	if !slices.Contains(h.s.Routes(), "PATCH /repos/{owner}/{repo}/security-advisories/{ghsa_id}") {
		h.t.Error("routes are not named as GitHub names them")
	}
}

// TestPushPayload: what a push event says of its commits.
func TestPushPayload(t *testing.T) {
	h := open(t)
	dir := h.work("acme/core")
	h.mustGit(dir, "push", "-q", "origin", "main:refs/heads/same")
	h.commit(dir, "a.c", "", "One")
	head := h.commit(dir, "b.c", "", "Two")
	h.mustGit(dir, "push", "-q", "origin", "main", "main:refs/heads/fresh")
	h.mustGit(dir, "tag", "-a", "-m", "Release", "v1")
	h.mustGit(dir, "push", "-q", "origin", "v1")
	h.idle()
	got := map[string]string{}
	for _, e := range h.hooks.all() {
		var in github.PushEvent
		if e.event != "push" {
			continue
		}
		h.must(json.Unmarshal(e.body, &in))
		got[in.GetRef()] = fmt.Sprint(len(in.Commits), " ", in.GetHeadCommit().GetID() == head, " ", in.GetCreated(), " ", in.GetForced())
	}
	for ref, want := range map[string]string{
		"refs/heads/same": "0 false true false", "refs/heads/main": "2 true false false",
		"refs/heads/fresh": "0 true true false", "refs/tags/v1": "0 true true false",
	} {
		if got[ref] != want {
			t.Errorf("%s: commits, head, created, forced are %q, want %q", ref, got[ref], want)
		}
	}
}

func atoi(s string) int64 {
	var n int64
	for _, c := range s {
		n = n*10 + int64(c-'0')
	}
	return n
}
