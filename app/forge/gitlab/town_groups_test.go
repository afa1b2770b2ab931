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

// TestWebhooksOfTheMirrorsGroups: those of every group above are named, and where they are hidden, who can look.
func TestWebhooksOfTheMirrorsGroups(t *testing.T) {
	w := newTown(t)
	risks := func() []string {
		w.Pass(11 * time.Minute)
		return w.Observe(policy.Look{}).Mirror.Risks
	}
	if got := risks(); len(got) != 0 {
		t.Errorf("a GitLab without such webhooks: %q", got)
	}
	w.Must(w.s.SetTier("premium"))
	w.Must(w.s.AddGroupHook("acme-security", "https://chat.example/"+canary))
	w.Must(w.s.AddGroupHook("acme-security", "https://other.example/"))
	got := risks()
	if len(got) != 1 || !strings.Contains(got[0], "can't be seen") || !strings.HasSuffix(got[0], ": acme-security, acme-security/team") {
		t.Errorf("hidden: %q", got)
	}
	w.Must(w.s.SetMember("acme-security/team", "liftgate", lab.Owner))
	if got := risks(); len(got) != 1 || !strings.HasSuffix(got[0], "in its settings: acme-security") {
		t.Errorf("Owner of one: %q", got)
	}
	w.Must(w.s.SetMember("acme-security", "liftgate", lab.Owner))
	if got := risks(); len(got) != 1 || !strings.HasSuffix(got[0], "what happens there: acme-security (2)") {
		t.Errorf("Owner of both: %q", got)
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
	s.status("GET groups/acme-security%2Fteam/hooks", http.StatusBadGateway)
	if _, err := s.forge.groupHookRisks(t.Context()); err == nil {
		t.Error("a failure of GitLab's passed for an answer")
	}
	if got := place("a/b/c/d").ancestors(); !slices.Equal(got, []place{"a/b/c", "a/b", "a"}) {
		t.Errorf("%q", got)
	}
}
