package gitlab

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/forge/forgetest"
	"github.com/liftgate/liftgate/app/forge/reading"
	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/policy"
)

// surroundings answers everything that a survey asks.
func (s *stub) surroundings() {
	s.JSON("GET "+mirror, `{"visibility": "private", "only_allow_merge_if_pipeline_succeeds": true}`)
	s.JSON("GET "+public+"/repository/branches", `[]`)
	s.JSON("GET "+mirror+"/repository/branches", `[{"name": "main", "default": true, "protected": true, "commit": {"id": "abc"}}]`)
	for _, list := range []string{"members", "members/all", "integrations", "hooks"} {
		s.JSON("GET "+mirror+"/"+list, `[]`)
	}
	for _, at := range []string{public, mirror} {
		s.JSON("GET "+at+"/protected_branches", `[{"name": "main", "push_access_levels": [{"access_level": 40}]}]`)
	}
	s.JSON("GET "+mirror+"/hooks", working)
	s.JSON("GET "+public+"/hooks", `[{"url": "https://liftgate.example/webhooks/gitlab", "alert_status": "disabled"}]`)
	s.JSON("GET personal_access_tokens/self", `{"active": true, "expires_at": "2026-11-09"}`)
	for _, at := range []string{public, mirror} {
		s.JSON("GET "+at+"/members/all/7", `{"id": 7, "access_level": 40, "state": "active"}`)
	}
}

func TestASurveyHoldsForAWhile(t *testing.T) {
	s := newStub(t)
	s.surroundings()
	look := func() policy.Snapshot {
		t.Helper()
		got, err := s.forge.Observe(t.Context(), policy.Look{})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	got := look()
	if len(got.Mirror.Risks) != 1 || !strings.HasPrefix(got.Mirror.Risks[0], "one token") || len(got.Warnings) != 2 || !strings.Contains(got.Warnings[0], "within a week") ||
		!strings.Contains(got.Warnings[1], "Liftgate's webhook of the public project") {
		t.Errorf("%q, %q", got.Mirror.Risks, got.Warnings)
	}
	s.status("GET "+mirror+"/integrations", http.StatusBadGateway)
	s.Pass(9 * time.Minute)
	look()
	if n := s.Count("GET " + mirror + "/integrations"); n != 1 {
		t.Errorf("asked %d times", n)
	}
	// One that fails stops nothing, and is tried again before long.
	s.Pass(2 * time.Minute)
	if later := look(); !slices.Equal(later.Warnings, got.Warnings) {
		t.Errorf("forgotten: %q", later.Warnings)
	}
	look()
	s.Pass(2 * time.Minute)
	s.JSON("GET "+mirror+"/integrations", `[{"slug": "slack", "active": true, "inherited": true}, {"slug": "jira", "active": true},
		{"slug": "own", "active": true, "inherited": false}, {"slug": "off", "active": false}, {"slug": "<b>", "active": true}]`)
	if risks := look().Mirror.Risks; len(risks) != 3 || !strings.HasSuffix(risks[0], ": jira, slack") || !strings.HasSuffix(risks[1], "what happens there: own") {
		t.Errorf("%q", risks)
	}
	if n := s.Count("GET " + mirror + "/integrations"); n != 3 {
		t.Errorf("asked %d times", n)
	}
}

func TestAMirrorThatCanNotBeReadStopsALook(t *testing.T) {
	s := newStub(t)
	s.surroundings()
	s.status("GET "+mirror, http.StatusNotFound)
	_, err := s.forge.Observe(t.Context(), policy.Look{Advisory: "LSN-2026-0007", Desk: 3})
	forgetest.Trouble(t, err, policy.TroubleRefused, "")
}

func TestPushRules(t *testing.T) {
	s := newStub(t)
	for body, want := range map[string]struct{ checked, risks, problems int }{
		`null`: {1, 0, 0},
		`{"reject_unsigned_commits": null, "commit_message_regex": null, "max_file_size": 0}`: {1, 0, 0},
		`{"reject_unsigned_commits": true, "commit_committer_check": true}`:                   {1, 0, 2},
		`{"commit_message_regex": "` + canary + `", "member_check": true}`:                    {1, 1, 1},
	} {
		s.JSON("GET "+public+"/push_rule", body)
		var r reading.Findings
		if err := s.forge.probePushRules(t.Context(), asBot, &r); err != nil || len(r.Checked) != want.checked ||
			len(r.Risks) != want.risks || len(r.Problems) != want.problems {
			t.Errorf("%s: %+v, %v", body, r, err)
		}
	}
	for _, code := range []int{http.StatusNotFound, http.StatusForbidden} {
		s.status("GET "+public+"/push_rule", code)
		var r reading.Findings
		if err := s.forge.probePushRules(t.Context(), asBot, &r); err != nil || len(r.Problems) != 0 {
			t.Errorf("%d: %q, %v", code, r.Problems, err)
		}
	}
	s.status("GET "+public+"/push_rule", http.StatusBadGateway)
	forgetest.Trouble(t, wire.Told("probe", s.forge.probePushRules(t.Context(), asBot, &reading.Findings{})), policy.TroubleAway, "")
}

func TestMergesThatDoNotSeeTheHold(t *testing.T) {
	s := newStub(t)
	for body, want := range map[string]int{`{}`: 0, `{"merge_pipelines_enabled": true}`: 1, `{"merge_trains_enabled": true, "merge_pipelines_enabled": true}`: 1} {
		var p projectState
		if err := json.Unmarshal([]byte(body), &p); err != nil {
			t.Fatal(err)
		}
		if risks, err := s.forge.mergeRisks(t.Context(), p, nil); err != nil || len(risks) != want {
			t.Errorf("%s: %q, %v", body, risks, err)
		}
	}
}

func TestExternalStatusChecks(t *testing.T) {
	s := newStub(t)
	const other = `{"id": 1, "name": "` + canary + `", "external_url": "https://judge.example"}`
	const own = `{"id": 2, "name": "liftgate-hold", "external_url": "https://liftgate.example"}`
	for body, want := range map[string]struct{ checked, told, risks int }{
		`[]`: {0, 1, 1}, `[` + other + `]`: {0, 2, 2}, `[` + own + `]`: {1, 0, 0}, `[` + other + `,` + own + `]`: {1, 1, 1},
		`[{"id": 2, "name": "liftgate-hold", "protected_branches": [{"name": "main"}]}]`: {1, 0, 1},
	} {
		s.JSON("GET "+mirror+"/external_status_checks", body)
		s.Pass(outsidersEvery)
		var r reading.Findings
		s.forge.probeOutsiders(t.Context(), &r)
		risks := s.forge.outsideRisks(t.Context(), projectState{})
		if len(r.Checked) != want.checked || len(r.Risks) != want.told || len(risks) != want.risks ||
			strings.Contains(strings.Join(slices.Concat(risks, r.Risks, r.Checked), ""), canary) {
			t.Errorf("%s: %+v, %q", body, r, risks)
		}
	}
}

// working is a project's webhook that tells Liftgate.
const working = `[{"url": "https://liftgate.example/webhooks/gitlab"}]`

// TestWebhooksThatARehearsalSaw: where they are hidden from the survey, what the lift's token saw is remembered.
func TestWebhooksThatARehearsalSaw(t *testing.T) {
	s := newStub(t)
	s.JSON("GET "+mirror+"/hooks", working)
	s.JSON("GET "+public+"/hooks", `[{"url": "https://chat.example/", "alert_status": "executable"},
		{"url": "https://liftgate.example/webhooks/gitlab", "alert_status": "temporarily_disabled"}]`)
	if err := s.forge.probeHooks(t.Context(), asLifter); err != nil {
		t.Fatal(err)
	}
	s.status("GET "+public+"/hooks", http.StatusForbidden)
	risks, warnings, err := s.forge.hookNews(t.Context())
	if err != nil || len(risks) != 0 || len(warnings) != 1 || !strings.Contains(warnings[0], "Liftgate's webhook of the public project") {
		t.Errorf("%q, %q, %v", risks, warnings, err)
	}
	s.status("GET "+mirror+"/hooks", http.StatusBadGateway)
	if _, _, err := s.forge.hookNews(t.Context()); err == nil {
		t.Error("a failure of GitLab's passed for an answer")
	}
}
