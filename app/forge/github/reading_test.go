package github

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/forge/forgetest"
	"github.com/liftgate/liftgate/app/forge/reading"
	"github.com/liftgate/liftgate/policy"
)

func TestReportsFollowTheCursor(t *testing.T) {
	s := newStub(t)
	s.On("GET /repos/acme/public/security-advisories", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if q.Get("state") != "triage" {
			_, _ = fmt.Fprint(w, `[]`)
			return
		}
		if q.Get("after") == "" { // there is no page number here, and NextPage stays zero
			w.Header().Set("Link", `<http://x/?per_page=100&after=Y3Vy>; rel="next"`)
			_, _ = fmt.Fprint(w, `[{"ghsa_id": "GHSA-1", "state": "triage", "submission": {"accepted": false}, "author": {"login": "eve"}}]`)
			return
		}
		_, _ = fmt.Fprint(w, `[{"ghsa_id": "GHSA-2", "state": "draft", "author": {"login": "ada"},
			"credits": [{"login": "x", "type": "finder"}, {"login": "eve", "type": "reporter"}]}, {"ghsa_id": "GHSA-3", "author": {"login": "ada"}}]`)
	})
	got, err := s.forge.Reports(t.Context())
	if err != nil || len(got) != 3 {
		t.Fatalf("got %v, %v", got, err)
	}
	if got[0].Reporter != "eve" || got[1].Reporter != "eve" || got[2].Reporter != "ada" || got[2].State != "" {
		t.Errorf("got %+v", got)
	}
	if n := s.Count("GET /repos/acme/public/security-advisories"); n != 3 {
		t.Errorf("%d pages", n)
	}
}

func TestEndlessListsEnd(t *testing.T) {
	s := newStub(t)
	s.On("GET /repos/acme/public/branches", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", `<http://x/?page=2>; rel="next"`)
		_, _ = fmt.Fprint(w, `[]`)
	})
	_, err := s.forge.branches(t.Context(), asLook, s.forge.public)
	forgetest.Trouble(t, err, policy.TroubleRefused, "20,000")
}

func TestChecks(t *testing.T) {
	at := func(minute int) *time.Time {
		t := time.Date(2026, 11, 3, 9, minute, 0, 0, time.UTC)
		return &t
	}
	actions, other := &viaApp{ID: 1}, &viaApp{ID: 2}
	runs := []checkRun{
		{ID: 1, Name: "build", Status: "completed", Conclusion: "failure", Started: at(1), App: actions},
		{ID: 2, Name: "build", Status: "completed", Conclusion: "success", Started: at(2), App: actions},
		{ID: 3, Name: "test", Status: "in_progress", App: actions},
		{ID: 4, Name: "docs", Status: "completed", Conclusion: "skipped", App: actions},
		{ID: 5, Name: "lint", Status: "completed", Conclusion: "success", App: actions},
		{ID: 6, Name: "scan", Status: "completed", Conclusion: "failure", App: actions},
		{ID: 7, Name: "scan", Status: "completed", Conclusion: "success", App: other},
		{ID: 8, Name: "stale", Status: "completed", Conclusion: "stale"},
		{ID: 9, Name: holdName, Status: "completed", Conclusion: "action_required", App: actions},
	}
	statuses := []commitStatus{
		{ID: 1, Context: "lint", State: "error"}, {ID: 2, Context: "old", State: "failure"}, {ID: 3, Context: "old", State: "success"},
		{ID: 4, Context: "Liftgate/Hold", State: "failure"},
	}
	want := []policy.Check{
		{Name: "build", State: policy.CheckPassed}, {Name: "docs", State: policy.CheckPassed}, {Name: "lint", State: policy.CheckFailed},
		{Name: "old", State: policy.CheckPassed}, {Name: "scan", State: policy.CheckFailed}, {Name: "stale", State: policy.CheckFailed},
		{Name: "test", State: policy.CheckPending},
	}
	if got := checks(runs, statuses); !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestOpinions(t *testing.T) {
	at := time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC)
	var reviews []review
	add := func(login, kind, state, head string) {
		at = at.Add(time.Minute)
		reviews = append(reviews, review{State: state, Commit: head, User: &person{login, kind}, Submitted: at})
	}
	add("ada", "User", "APPROVED", "1")
	add("bob", "User", "CHANGES_REQUESTED", "1")
	add("cy", "User", "APPROVED", "1")
	add("ci[bot]", "Bot", "APPROVED", "1")
	add("Ada", "User", "APPROVED", "2")
	add("ada", "User", "COMMENTED", "2")
	add("cy", "User", "DISMISSED", "1")
	add("dee", "User", "PENDING", "2")
	reviews = append(reviews, review{State: "APPROVED", Commit: "2", Submitted: at}) // an account that was deleted
	slices.Reverse(reviews)                                                          // the order they come in must not matter
	approvals, objectors := opinions(reviews)
	if !slices.Equal(approvals, []policy.Approval{{By: "Ada", Head: "2"}}) || !slices.Equal(objectors, []string{"bob"}) {
		t.Errorf("got %v, %v", approvals, objectors)
	}
}

// TestForkedHeads: a branch of the right name in somebody's fork of the mirror is no fix.
func TestForkedHeads(t *testing.T) {
	s := newStub(t)
	s.JSON("GET /repos/acme/mirror/pulls", `[{"number": 3, "state": "open", "head": {"ref": "liftgate/LSN-2026-0007/fix", "repo": {"full_name": "eve/mirror"}}},
		{"number": 4, "state": "open", "head": {"ref": "liftgate/LSN-2026-0007/fix", "repo": null}}]`)
	got, err := s.forge.fixes(t.Context(), policy.Look{Advisory: "LSN-2026-0007"})
	if err != nil || len(got) != 0 {
		t.Errorf("got %+v, %v", got, err)
	}
}

// TestForgedCheck: only the App's own check run holds or releases.
func TestForgedCheck(t *testing.T) {
	s := newStub(t)
	run := `{"id": 9, "name": "liftgate/hold", "status": "completed", "conclusion": "success", "app": {"id": %d}}`
	s.JSON("GET /repos/acme/mirror/commits/abc/status", `{"statuses": [{"context": "liftgate/hold", "state": "success", "id": 1}]}`)
	for app, want := range map[int]bool{7: true, 8: false} {
		s.JSON("GET /repos/acme/mirror/commits/abc/check-runs", fmt.Sprintf(`{"check_runs": [`+run+`]}`, app))
		if _, released, err := s.forge.holdOn(t.Context(), "abc"); err != nil || released != want {
			t.Errorf("the check of App %d: %v, %v", app, released, err)
		}
	}
}

// TestUnknownRules: go-github fails on a kind of rule it does not know, and drops current_user_can_bypass.
func TestUnknownRules(t *testing.T) {
	s := newStub(t)
	s.has["administration"] = "read"
	s.JSON("GET /repos/acme/public", `{"full_name": "acme/public"}`)
	s.JSON("GET /repos/acme/public/branches/release/1.0", `{"name": "release/1.0", "protected": true, "protection": {"enabled": false}}`)
	s.JSON("GET /repos/acme/public/rules/branches/release/1.0", `[{"type": "copilot_code_review", "ruleset_id": 1, "parameters": {"x": 1}},
		{"type": "a_rule_of_the_future", "ruleset_id": 2, "parameters": [1]}, {"type": "deletion", "ruleset_id": 3}, {"type": "update", "ruleset_id": 4},
		{"type": "merge_queue", "ruleset_id": 5}, {"type": "update", "ruleset_id": 6}]`)
	s.JSON("GET /repos/acme/public/rulesets/2", `{"id": 2, "current_user_can_bypass": "never", "rules": [{"type": "unheard_of"}]}`)
	s.JSON("GET /repos/acme/public/rulesets/4", `{"id": 4, "current_user_can_bypass": "exempt"}`)
	s.JSON("GET /repos/acme/public/rulesets/5", `{"id": 5, "current_user_can_bypass": "pull_requests_only"}`)
	got, err := s.forge.probe(t.Context(), policy.Probe{Moves: []policy.Move{{Branch: "release/1.0"}}})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"ruleset 2 (a_rule_of_the_future)", "ruleset 5 (merge_queue) lets the App bypass it in pull requests only", "ruleset 6 (update) does not show"}
	if len(got.Problems) != len(want) {
		t.Fatalf("got %q", got.Problems)
	}
	for i, words := range want {
		if !strings.Contains(got.Problems[i], words) {
			t.Errorf("got %q, want %q", got.Problems[i], words)
		}
	}
}

func TestClassicProtection(t *testing.T) {
	for body, want := range map[string][]string{
		`{"required_status_checks": {"contexts": [], "checks": []}}`:                                                                          nil,
		`{"required_status_checks": {"contexts": ["ci"]}}`:                                                                                    {"status checks"},
		`{"required_pull_request_reviews": {}, "restrictions": {"apps": []}, "lock_branch": {"enabled": true}}`:                               {"pull requests", "push", "locked"},
		`{"required_pull_request_reviews": {"bypass_pull_request_allowances": {"apps": [{"id": 7}]}}, "restrictions": {"apps": [{"id": 7}]}}`: nil,
		`{"required_signatures": {"enabled": true}, "enforce_admins": {"enabled": true}}`:                                                     {"signed"},
	} {
		s := newStub(t)
		s.JSON("GET /x/protection", body)
		var r reading.Findings
		if err := s.forge.probeClassic(t.Context(), "main", "x/protection", &r); err != nil || len(r.Problems) != len(want) {
			t.Errorf("%s: %v, %q", body, err, r.Problems)
			continue
		}
		for i := range want {
			if !strings.Contains(r.Problems[i], want[i]) {
				t.Errorf("%s: %q", body, r.Problems)
			}
		}
	}
	s := newStub(t)
	s.On("GET /x/protection", answer(403, said))
	var r reading.Findings
	if err := s.forge.probeClassic(t.Context(), "main", "x/protection", &r); err != nil || len(r.Problems) != 1 {
		t.Errorf("a protection that can't be read: %v, %q", err, r.Problems)
	}
}

func TestMissedDeliveries(t *testing.T) {
	s := newStub(t)
	at := func(minutes int) string {
		return s.Now().Add(time.Duration(-minutes) * time.Minute).Format(time.RFC3339)
	}
	row := func(id int, guid string, minutes, code int, again bool) string {
		return fmt.Sprintf(`{"id": %d, "guid": %q, "delivered_at": %q, "redelivery": %v, "status_code": %d}`, id, guid, at(minutes), again, code)
	}
	s.On("GET /app/hook/deliveries", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("cursor") == "" {
			w.Header().Set("Link", `<http://x/?cursor=v1_5>; rel="next"`)
			_, _ = fmt.Fprintf(w, "[%s,%s,%s,%s]", row(9, "a", 1, 200, true), row(8, "b", 2, 502, true), row(7, "c", 3, 0, false), row(6, "d", 4, 202, false))
			return
		}
		_, _ = fmt.Fprintf(w, "[%s,%s,%s,%s,%s]", row(5, "a", 5, 500, false), row(4, "b", 6, 500, false), row(3, "e", 7, 404, false),
			row(2, "f", 8, 500, false), row(1, "old", 100, 500, false))
	})
	s.On("POST /app/hook/deliveries/7/attempts", answer(202, `{}`)) // go-github reports this as an error
	s.On("POST /app/hook/deliveries/3/attempts", answer(202, ``))
	n, err := s.forge.MissedDeliveries(t.Context(), s.Now().Add(-time.Hour)) // f is too old for GitHub: 404
	if err != nil || n != 2 || s.Count("POST") != 3 {
		t.Errorf("asked for %d again (%d requests), %v", n, s.Count("POST"), err)
	}
}

func TestHintsNameObjects(t *testing.T) {
	s := newStub(t)
	for path, want := range map[string]string{
		"/repos/acme/public/security-advisories/GHSA-1":   "private report in the public repository",
		"/repos/acme/mirror/issues/4/comments":            "issue or comment in the mirror",
		"/repos/acme/mirror/commits/secret-branch/status": "commit status in the mirror",
		"/repos/acme/mirror/commits/x/check-runs":         "check in the mirror",
		"/repos/acme/mirror/pulls/3/reviews":              "pull request in the mirror",
		"/repos/acme/public/branches/v1/protection":       "branch protection in the public repository",
		"/repos/acme/public/branches/v1":                  "branch or commit in the public repository",
		"/repos/acme/mirror-two/pulls":                    "App",
		"/repos/acme/mirror":                              "mirror",
		"/app":                                            "App",
	} {
		if got := s.forge.objectOf(path).Name; got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

// TestAForkOfTheReportIsARisk: no App is shown what is in there, so it can only be said.
func TestAForkOfTheReportIsARisk(t *testing.T) {
	s := newStub(t)
	s.JSON("GET /repos/acme/public/security-advisories/GHSA-1", `{"ghsa_id": "GHSA-1", "state": "draft", "private_fork": {}}`)
	var r reading.Findings
	err := s.forge.probeReport(t.Context(), "GHSA-1", &r)
	if err != nil || len(r.Checked) != 1 || len(r.Risks) != 1 || len(r.Problems) != 0 {
		t.Errorf("%+v, %v", r, err)
	}
}
