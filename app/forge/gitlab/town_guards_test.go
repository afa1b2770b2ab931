package gitlab

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	lab "github.com/liftgate/liftgate/app/forge/sandbox/gitlab"
	"github.com/liftgate/liftgate/policy"
)

// risk gives the risk that begins so, or nothing.
func risk(risks []string, begins string) string {
	if i := slices.IndexFunc(risks, func(r string) bool { return strings.HasPrefix(r, begins) }); i >= 0 {
		return risks[i]
	}
	return ""
}

// TestGuardsOfMaintainedBranches: every branch that the project maintains is looked at, in both projects, wildcards included.
func TestGuardsOfMaintainedBranches(t *testing.T) {
	w := newTown(t)
	if risks := w.Observe(policy.Look{}).Mirror.Risks; len(risks) != 0 {
		t.Fatalf("nothing is wrong: %q", risks)
	}
	// A branch that turns out to be maintained is looked at right away.
	look := policy.Look{Branches: []string{"main", "stable-1", "release/1.0", "gone"}}
	risks := w.Observe(look).Mirror.Risks
	for begins, ends := range map[string]string{
		"public branches that are not protected": ": release/1.0, stable-1", "branches of the mirror that are not protected": ": release/1.0, stable-1",
	} {
		if r := risk(risks, begins); !strings.HasSuffix(r, ends) {
			t.Errorf("%q in %q", r, risks)
		}
	}
	for _, at := range []string{project.Public, project.Mirror} {
		for _, name := range []string{"stable-*", "*/1.0"} {
			w.Must(w.s.Protect(at, lab.Protection{Name: name, Push: lab.Maintainer, Merge: lab.Maintainer, Force: at == project.Mirror}))
		}
	}
	w.Pass(11 * time.Minute)
	if risks := w.Observe(look).Mirror.Risks; len(risks) != 0 {
		t.Errorf("wildcards protect: %q", risks)
	}

	w.Must(w.s.SetMember(project.Public, "rel", lab.Maintainer))
	w.Must(w.s.SetMember(project.Public, "dev", lab.Developer))
	w.Must(w.s.Protect(project.Public, lab.Protection{Name: "stable-1", Push: lab.Developer, Merge: lab.Developer, Force: true}))
	w.Must(w.s.Protect(project.Mirror, lab.Protection{Name: "stable-1", Push: lab.Developer, Merge: lab.Developer, Force: true}))
	w.Must(w.s.SetTier("premium"))
	w.as("ada", "PATCH", inPublic("protected_branches/main"), map[string]any{"allowed_to_push": []map[string]any{{"user_id": w.users["dev"].ID}}})
	w.as("ada", "PATCH", inMirror("protected_branches/main"), map[string]any{"allowed_to_push": []map[string]any{{"user_id": w.bot.ID}}})
	w.as("ada", "PUT", strings.TrimSuffix(inMirror(""), "/"), map[string]any{"only_allow_merge_if_pipeline_succeeds": false})
	w.Pass(11 * time.Minute)
	risks = w.Observe(look).Mirror.Risks
	for begins, ends := range map[string]string{
		"public branches that Developers can push to":                                  ": stable-1",
		"public branches that people, groups or deploy keys":                           ": main",
		"public branches that can be rewritten":                                        ": stable-1",
		"public branches that Maintainers beside Liftgate can push to (rel)":           ": main, release/1.0, stable-1",
		"branches of the mirror that Developers can push to":                           ": stable-1",
		"branches of the mirror that Developers can merge into whatever the hold says": ": stable-1",
	} {
		if r := risk(risks, begins); !strings.HasSuffix(r, ends) {
			t.Errorf("%s: %q in %q", begins, r, risks)
		}
	}
	if r := risk(risks, "branches of the mirror that people"); r != "" {
		t.Errorf("Liftgate's own user is nobody else: %q", r)
	}
}

// TestGuardsThatOnlyTheLifterSees: where Liftgate's user is no Maintainer of the public project, the rehearsal looks.
func TestGuardsThatOnlyTheLifterSees(t *testing.T) {
	w := newTown(t)
	lifter, err := w.s.CreateUser("lifter")
	w.Must(err)
	w.Must(w.s.SetMember(project.Public, "lifter", lab.Maintainer))
	w.Must(w.s.SetMember(project.Public, "liftgate", lab.Reporter))
	w.f = w.forge(w.bot.Token, func() ([]byte, error) { return []byte(lifter.Token), nil })
	look := policy.Look{Branches: []string{"main", "stable-1"}}
	const hidden = "who can push to the public branches is not shown"
	if risks := w.Observe(look).Mirror.Risks; risk(risks, hidden) == "" {
		t.Errorf("nothing is said: %q", risks)
	}
	probe := policy.Probe{Moves: []policy.Move{{Branch: "main"}, {Branch: "stable-1"}}}
	seen := w.Do("p", probe).Probe
	if risk(seen.Risks, "public branches that are not protected") == "" || risk(seen.Checked, "public branches that") != "" || len(seen.Problems) != 0 {
		t.Errorf("rehearsed: %+v", seen)
	}
	w.Pass(11 * time.Minute)
	risks := w.Observe(look).Mirror.Risks
	if risk(risks, hidden) != "" || !strings.HasSuffix(risk(risks, "public branches that are not protected"), ": stable-1") {
		t.Errorf("after the rehearsal: %q", risks)
	}
	if r := risk(risks, "public branches that Maintainers"); r != "" {
		t.Errorf("the lift's user is nobody else: %q", r)
	}
}

// TestGuardsOfManyRules: the rules are read to the end.
func TestGuardsOfManyRules(t *testing.T) {
	s := newStub(t)
	for _, at := range []string{public, mirror} {
		s.On("GET "+at+"/protected_branches", func(w http.ResponseWriter, r *http.Request) {
			page := r.URL.Query().Get("page")
			if page == "" {
				page = "1"
			}
			w.Header().Set("X-Page", page)
			if page != "3" {
				w.Header().Set("X-Next-Page", map[string]string{"1": "2", "2": "3"}[page])
			}
			_, _ = fmt.Fprintf(w, `[{"name": "other-%s"}, {"name": %q, "push_access_levels": [{"access_level": 40, "deploy_key_id": 5}, {"access_level": 60}]}]`,
				page, map[string]string{"1": "x", "2": "y", "3": "stable-*"}[page])
		})
	}
	s.JSON("GET personal_access_tokens/self", `{"active": true, "user_id": 8}`)
	s.JSON("GET "+public+"/members/all", `[{"id": 8, "username": "lifter", "access_level": 40}, {"id": 7, "username": "liftgate", "access_level": 40}]`)
	risks, err := s.forge.guardRisks(t.Context(), projectState{}, []string{"stable-9"}, []string{"stable-9"})
	if err != nil || len(risks) != 2 || risk(risks, "public branches that people, groups or deploy keys") == "" {
		t.Errorf("%q, %v", risks, err)
	}
}

// TestPublishingIsLookedForOnEveryMaintainedBranch, however many branches there are.
func TestPublishingIsLookedForOnEveryMaintainedBranch(t *testing.T) {
	var all []branch
	for i := range 3 * mostScanned {
		all = append(all, branch{Name: fmt.Sprintf("topic-%03d", i), Guarded: i%2 == 0})
	}
	maintained := []string{"topic-149", "topic-147", "topic-001"}
	all[10].Default = true
	got := scanned(all, maintained)
	if len(got) != mostScanned {
		t.Errorf("%d", len(got))
	}
	for _, name := range append(maintained, "topic-010", "topic-000") {
		if !slices.ContainsFunc(got, func(b branch) bool { return b.Name == name }) {
			t.Errorf("%s is left out", name)
		}
	}
}

// TestPublishingOnStableBranches: the job is found where only a stable branch has it.
func TestPublishingOnStableBranches(t *testing.T) {
	w := newTown(t)
	w.Git("switch", "--quiet", "stable-1")
	w.Commit(defaultCI, "include: other.yml\nship:\n  stage: deploy\n  script: make\n", "ci")
	w.Must(w.s.ImportGit(project.Mirror, w.Dir, "HEAD:refs/heads/stable-1"))
	risks := w.Observe(policy.Look{}).Mirror.Risks
	for _, begins := range []string{"the mirror's CI has jobs that publish", "the mirror's CI includes other files"} {
		if r := risk(risks, begins); !strings.HasSuffix(r, ": stable-1") {
			t.Errorf("%s: %q", begins, r)
		}
	}
}
