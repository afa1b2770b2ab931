package gitlab

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/forge/forgetest"
	lab "github.com/liftgate/liftgate/app/forge/sandbox/gitlab"
	"github.com/liftgate/liftgate/policy"
)

// TestStartChecks: of one push, only the first four branches get pipelines.
func TestStartChecks(t *testing.T) {
	w := newTown(t)
	w.Commit(defaultCI, "unit:\n  script: make test\n", "CI")
	w.Must(w.s.ImportGit(project.Public, w.Dir, "HEAD:refs/heads/main"))
	w.Commit("fix.c", "int fix;\n", "fix")
	push := []string{"push", "--quiet", w.Remote(w.s.URL()+"/"+project.Mirror+".git", "dev", w.users["dev"].Token, nil)}
	var start policy.StartChecks
	for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
		ref := "liftgate/" + advisoryID + "/candidate/" + name
		push = append(push, "HEAD:refs/heads/"+ref)
		start.Branches = append(start.Branches, policy.Branch{Name: ref, Tip: w.Git("rev-parse", "HEAD")})
	}
	w.Git(push...)
	w.Do("c", start)
	w.Again("c", start, true)
	if n := w.requests("POST", "/pipeline"); n != 2 {
		t.Errorf("%d pipelines were started, want the two that were missing", n)
	}
	start.Branches = []policy.Branch{{Name: "main", Tip: w.s.Tip(project.Public, "main")}}
	start.Public = true
	e := policy.Effect{Key: "p", Advisory: advisoryID, Do: start}
	_, err := w.f.Apply(t.Context(), e, false)
	forgetest.Trouble(t, err, policy.TroubleRefused, "in private")
	_, err = w.f.ApplyPublic(t.Context(), policy.Clearance{}, e, false)
	forgetest.Trouble(t, err, policy.TroubleRefused, "no clearance")
	_, err = w.f.ApplyPublic(t.Context(), w.Cleared(), e, false)
	w.Must(err)
	if n := w.requests("POST", "/pipeline"); n != 3 {
		t.Errorf("%d pipelines, want one in public", n)
	}
	// Whoever may push to a protected branch may start CI there: the lift's user.
	w.Must(w.s.SetMember(project.Public, "liftgate", lab.Reporter))
	lifter, err := w.s.CreateToken(lab.TokenSpec{Name: "lift", Project: project.Public, Level: lab.Maintainer, Scopes: []string{"api"}})
	w.Must(err)
	w.f = w.forge(w.bot.Token, func() ([]byte, error) { return []byte(lifter.Secret), nil })
	w.Commit("more.c", "int more;\n", "more")
	w.Must(w.s.ImportGit(project.Public, w.Dir, "HEAD:refs/heads/main"))
	start.Branches[0].Tip = w.s.Tip(project.Public, "main")
	e = policy.Effect{Key: "q", Advisory: advisoryID, Do: start}
	_, err = w.f.ApplyPublic(t.Context(), w.Cleared(), e, false)
	w.Must(err)
	w.Must(w.s.SetMember(project.Public, lifter.Username, lab.Reporter))
	w.Commit("most.c", "int most;\n", "most")
	w.Must(w.s.ImportGit(project.Public, w.Dir, "HEAD:refs/heads/main"))
	start.Branches[0].Tip = w.s.Tip(project.Public, "main")
	_, err = w.f.ApplyPublic(t.Context(), w.Cleared(), e, false)
	forgetest.Trouble(t, err, policy.TroubleRefused, "")
}

// TestLatePipelines: GitLab makes the pipelines of a push some time after it; ours would be second ones.
func TestLatePipelines(t *testing.T) {
	w := newTown(t)
	w.Commit(defaultCI, "unit:\n  script: make test\n", "CI")
	start := policy.StartChecks{Since: w.Now(), Branches: []policy.Branch{{Name: fixRef, Tip: w.Git("rev-parse", "HEAD")}}}
	w.Must(w.s.DelayPipelines(project.Mirror, true))
	w.push(fixRef)
	apply := func() error {
		_, err := w.f.Apply(t.Context(), policy.Effect{Key: "c", Advisory: advisoryID, Do: start}, false)
		return err
	}
	if wait := forgetest.Trouble(t, apply(), policy.TroubleLimited, "by itself"); !wait.Until.Equal(start.Since.Add(2 * time.Minute)) {
		t.Errorf("until %v", wait.Until)
	}
	w.Pass(time.Minute)
	w.Must(w.s.DelayPipelines(project.Mirror, false))
	w.Must(apply())
	if n := w.requests("POST", "/pipeline"); n != 0 {
		t.Errorf("%d second pipelines", n)
	}
	// One that GitLab never makes is made when it should have been there.
	w.Must(w.s.DelayPipelines(project.Mirror, true))
	start.Since = w.Now()
	start.Branches[0].Tip = w.Commit("fix.c", "int fix;\n", "fix")
	w.push(fixRef)
	forgetest.Trouble(t, apply(), policy.TroubleLimited, "")
	w.Pass(2 * time.Minute)
	w.Must(apply())
	if n := w.requests("POST", "/pipeline"); n != 1 {
		t.Errorf("%d pipelines, want one", n)
	}
	// A branch that has moved on since gets none.
	start.Branches[0].Tip = w.Git("rev-parse", "HEAD~1")
	w.Commit("more.c", "int more;\n", "more")
	w.push(fixRef)
	w.Must(apply())
	if n := w.requests("POST", "/pipeline"); n != 1 {
		t.Errorf("%d pipelines, one of them for a commit that nobody asked about", n)
	}
}

// TestWhatGitLabSaysOfAPipeline: its words tell a branch that it does not know yet from one that runs nothing.
func TestWhatGitLabSaysOfAPipeline(t *testing.T) {
	const sha = "0123456789012345678901234567890123456789"
	for words, want := range map[string]policy.TroubleKind{
		"Reference not found":                           policy.TroubleAway,
		"No stages / jobs for this pipeline.":           policy.TroubleNone,
		"Pipeline filtered out by workflow rules.":      policy.TroubleNone,
		"Missing CI config file":                        policy.TroubleNone,
		"The resulting pipeline would have been empty.": policy.TroubleNone,
		"Credit card required " + canary:                policy.TroubleInvalid,
		"You do not have sufficient permission":         policy.TroubleRefused,
	} {
		s := newStub(t)
		s.JSON("GET "+mirror, `{"visibility": "private", "auto_devops_enabled": true}`)
		s.JSON("GET "+mirror+"/pipelines", `[]`)
		s.JSON("GET "+mirror+"/repository/branches/x", `{"name": "x", "commit": {"id": "`+sha+`"}}`)
		s.On("POST "+mirror+"/pipeline", func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, `{"message": {"base": ["`+words+`"]}}`, http.StatusBadRequest)
		})
		err := s.forge.startChecks(t.Context(), policy.StartChecks{Branches: []policy.Branch{{Name: "x", Tip: sha}}})
		if want == policy.TroubleNone && err != nil || want != policy.TroubleNone && policy.AsTrouble(err) == nil {
			t.Errorf("%s: %v", words, err)
		} else if err != nil {
			forgetest.Trouble(t, err, want, "")
		}
	}
}

// TestNothingToRun: a branch without a CI configuration has no pipeline, and that is no trouble.
func TestNothingToRun(t *testing.T) {
	w := newTown(t)
	w.Do("c", policy.StartChecks{Branches: []policy.Branch{{Name: "main", Tip: w.s.Tip(project.Mirror, "main")}, {Name: "gone", Tip: strings.Repeat("1", 40)}}})
}
