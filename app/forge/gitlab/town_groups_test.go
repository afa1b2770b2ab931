package gitlab

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	lab "github.com/liftgate/liftgate/app/forge/sandbox/gitlab"
	"github.com/liftgate/liftgate/policy"
)

// unseenHooks begins the risk that whoever is no Owner of the mirror's groups can't know.
const unseenHooks = "if GitLab has webhooks of groups"

// Observe leaves out that risk, which the town's bot always has.
func (w *town) Observe(look policy.Look) policy.Snapshot {
	w.Helper()
	s := w.Town.Observe(look)
	s.Mirror.Risks = slices.DeleteFunc(s.Mirror.Risks, func(r string) bool { return strings.HasPrefix(r, unseenHooks) })
	return s
}

// TestWebhooksOfTheMirrorsGroups: those of every group above are named, and where they are hidden, who can look. To whoever is
// no Owner GitLab does not say whether it has such webhooks at all.
func TestWebhooksOfTheMirrorsGroups(t *testing.T) {
	w := newTown(t)
	risks := func() []string {
		w.Pass(11 * time.Minute)
		return w.Town.Observe(policy.Look{}).Mirror.Risks
	}
	unseen := func(groups string) {
		t.Helper()
		if got := risks(); len(got) != 1 || !strings.HasPrefix(got[0], unseenHooks) || !strings.HasSuffix(got[0], ": "+groups) {
			t.Errorf("hidden: %q", got)
		}
	}
	unseen("acme-security, acme-security/team")
	w.Must(w.s.SetTier("premium"))
	w.Must(w.s.AddGroupHook("acme-security", "https://chat.example/"+canary))
	w.Must(w.s.AddGroupHook("acme-security", "https://other.example/"))
	w.Must(w.s.AddGroupHook("acme-security", "https://liftgate.example"+webhookPath))
	unseen("acme-security, acme-security/team")
	w.Must(w.s.SetMember("acme-security/team", "liftgate", lab.Owner))
	unseen("acme-security")
	w.Must(w.s.SetMember("acme-security", "liftgate", lab.Owner))
	if got := risks(); len(got) != 1 || !strings.HasSuffix(got[0], "what happens there: acme-security (2)") {
		t.Errorf("Owner of both: %q", got)
	}
	w.Must(w.s.SetTier("free"))
	if got := risks(); len(got) != 0 {
		t.Errorf("a GitLab without such webhooks: %q", got)
	}
}

// TestWebhooksOfTheMirror: whom else they tell is a risk, and that Liftgate is not told is a warning.
func TestWebhooksOfTheMirror(t *testing.T) {
	s := newStub(t)
	s.JSON("GET "+public+"/hooks", working)
	for body, want := range map[string]struct{ risks, warnings int }{
		`[]`: {0, 1},
		`[{"url": "https://x.example/webhooks/gitlab", "push_events": true, "confidential_note_events": false}]`:                                   {0, 1},
		`[{"url": "https://x.example/webhooks/gitlab", "push_events_branch_filter": "main"}]`:                                                      {0, 1},
		`[{"url": "https://x.example/webhooks/gitlab", "push_events_branch_filter": "x", "branch_filter_strategy": "all_branches"}]`:               {0, 0},
		`[{"url": "https://x.example/webhooks/gitlab", "push_events": false}, {"url": "https://x.example/webhooks/gitlab", "note_events": false}]`: {0, 0},
		`[{"url": "https://x.example/webhooks/gitlab"}]`:                                                                                           {0, 0},
		`[{"url": "https://x.example/webhooks/gitlab", "alert_status": "disabled"}]`:                                                               {0, 1},
		`[{"url": "https://x.example/webhooks/gitlab"}, {"url": "https://y.example/webhooks/gitlab"}]`:                                             {1, 0},
		`[{"url": "https://x.example/webhooks/gitlab"}, {"url": "https://x.example/webhooks/gitlab"}]`:                                             {0, 0},
		`[{"url": "https://chat.example/` + canary + `", "alert_status": "temporarily_disabled"}]`:                                                 {1, 1},
		`[{"url": "https://x.example/webhooks/gitlab?a"}, {"url": "https://chat.example/?to=/webhooks/gitlab"}]`:                                   {1, 0},
	} {
		s.JSON("GET "+mirror+"/hooks", body)
		risks, warnings, err := s.forge.hookNews(t.Context())
		if err != nil || len(risks) != want.risks || len(warnings) != want.warnings || strings.Contains(strings.Join(risks, ""), canary) {
			t.Errorf("%s: %q, %q, %v", body, risks, warnings, err)
		}
	}
}

// TestWebhooksOfGroupsThatAreLiftgates: one hears of every project below the group, if it works.
func TestWebhooksOfGroupsThatAreLiftgates(t *testing.T) {
	for name, test := range map[string]struct{ team, public, says string }{
		"one of each":       {working, working, ""},
		"one that is off":   {strings.Replace(working, "}", `, "alert_status": "disabled"}`, 1), working, "Liftgate's webhook of the group acme-security/team off"},
		"one is told less":  {working, strings.Replace(working, "}", `, "confidential_issues_events": false, "pipeline_events": false}`, 1), "on: confidential issues"},
		"none for one":      {working, `[]`, "the public project has no webhook of Liftgate's"},
		"one may be hidden": {working, "", "only Owners of the groups above it see"},
	} {
		s := newStub(t)
		s.JSON("GET "+mirror+"/hooks", `[]`)
		s.JSON("GET "+public+"/hooks", `[]`)
		s.JSON("GET groups/acme-security%2Fteam/hooks", test.team)
		s.JSON("GET groups/acme/hooks", test.public)
		if test.public == "" {
			s.status("GET groups/acme/hooks", http.StatusForbidden)
		}
		_, warnings, err := s.forge.hookNews(t.Context())
		if said := strings.Join(warnings, "\n"); err != nil || len(warnings) > 1 || (said == "") != (test.says == "") || !strings.Contains(said, test.says) || strings.HasSuffix(said, "pipelines") {
			t.Errorf("%s: %q, %v", name, warnings, err)
		}
	}
}

// TestWhatTheMirrorInheritsFromAfar: members and integrations of the topmost group count as those of the nearest do.
func TestWhatTheMirrorInheritsFromAfar(t *testing.T) {
	w := newTown(t)
	w.Must(w.s.SetMember("acme-security", "eve", lab.Owner))
	w.Must(w.s.SetIntegration("acme-security", "jira", true))
	risks := w.Observe(policy.Look{}).Mirror.Risks
	if !strings.HasSuffix(risk(risks, "members of the mirror's group"), ": eve") || !strings.HasSuffix(risk(risks, "integrations that the mirror inherits"), ": jira") {
		t.Errorf("%q", risks)
	}
}

func TestGroupHooksThatCanNotBeRead(t *testing.T) {
	s := newStub(t)
	for _, at := range []string{public, mirror} {
		s.JSON("GET "+at+"/hooks", working)
	}
	s.status("GET groups/acme-security%2Fteam/hooks", http.StatusBadGateway)
	if _, _, err := s.forge.hookNews(t.Context()); err == nil {
		t.Error("a failure of GitLab's passed for an answer")
	}
	if got := place("a/b/c/d").ancestors(); !slices.Equal(got, []place{"a/b/c", "a/b", "a"}) {
		t.Errorf("%q", got)
	}
}
