package gitlab

import (
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/forge/forgetest"
	"github.com/liftgate/liftgate/app/forge/sandbox"
	lab "github.com/liftgate/liftgate/app/forge/sandbox/gitlab"
	"github.com/liftgate/liftgate/policy"
)

func TestPublication(t *testing.T) {
	w := newTown(t)
	ref := w.Report()
	w.Do("k1", policy.UpdateReport{Ref: ref, State: policy.ReportDraft, Severity: "low"})
	w.editPointer(ref, advisoryID, "LSN-2026-9999")
	publish := policy.Effect{Key: "k2", Advisory: advisoryID, Do: policy.PublishReport{Ref: ref, Severity: "high"}}
	for _, again := range []bool{false, true} {
		_, err := w.f.ApplyPublic(t.Context(), w.Cleared(), publish, again)
		w.Must(err)
	}
	if n := w.requests("POST", "/issues"); n != 1 {
		t.Errorf("%d public issues", n)
	}
	if r := w.Observe(policy.Look{Report: ref}).Report; r.State != policy.ReportPublished || r.CVE != "" {
		t.Errorf("got %+v", r)
	}
	work, public := w.as("ada", "GET", inPublic("issues/%s", ref), nil), w.as("eve", "GET", inPublic("issues/2"), nil)
	if work["confidential"] != true || work["state"] != "closed" {
		t.Errorf("the working issue: %v", work)
	}
	text := public["description"].(string)
	if public["confidential"] != false || public["state"] != "opened" || public["title"] != advisoryID+": Overflow "+canary ||
		!strings.Contains(text, "Long story") || strings.Contains(text, "9999") || !strings.Contains(text, "| severity | high |") {
		t.Errorf("the public issue: %v", public)
	}
	// A number that comes later is added.
	publish.Key, publish.Do = "k3", policy.PublishReport{Ref: ref, CVE: "CVE-2026-12345"}
	_, err := w.f.ApplyPublic(t.Context(), w.Cleared(), publish, false)
	w.Must(err)
	if r := w.Observe(policy.Look{Report: ref}).Report; r.State != policy.ReportPublished || r.CVE != "CVE-2026-12345" {
		t.Errorf("got %+v", r)
	}
	if text := w.as("eve", "GET", inPublic("issues/2"), nil)["description"].(string); strings.Count(text, "CVE-2026-12345") != 1 {
		t.Errorf("the public issue: %s", text)
	}
}

// TestPublicationUnknown: each write of a publication happens and its answer is lost; looking again finds it done.
func TestPublicationUnknown(t *testing.T) {
	w := newTown(t)
	ref := w.Report()
	publish := policy.Effect{Key: "k", Advisory: advisoryID, Do: policy.PublishReport{Ref: ref}}
	w.s.Fail(func(c sandbox.Call) sandbox.Fault {
		if c.Method != "GET" {
			return sandbox.AppliedThen(502)
		}
		return sandbox.Fault{}
	})
	for range 3 { // the public issue, the pointer, the end of the working issue
		_, err := w.f.ApplyPublic(t.Context(), w.Cleared(), publish, true)
		forgetest.Trouble(t, err, policy.TroubleUnknown, "")
	}
	_, err := w.f.ApplyPublic(t.Context(), w.Cleared(), publish, true)
	w.Must(err)
	if n, m := w.requests("POST", "/issues"), w.requests("POST", "/notes"); n != 1 || m != 1 {
		t.Errorf("%d public issues, %d pointers", n, m)
	}
}

func TestGit(t *testing.T) {
	w := newTown(t)
	lifter, err := w.s.CreateToken(lab.TokenSpec{Name: "lift", Project: project.Public, Level: lab.Maintainer, Scopes: []string{"write_repository"}})
	w.Must(err)
	var reads atomic.Int64 // an observation reads in several goroutines
	w.f = w.forge(w.bot.Token, func() ([]byte, error) { reads.Add(1); return []byte(lifter.Secret), nil })
	mirror, public := w.Remote(w.f.MirrorGit(t.Context())), w.Remote(w.f.PublicGit(t.Context()))
	w.Commit("fix.c", "int fix;\n", "fix")
	w.Git("push", "--quiet", mirror, "HEAD:refs/heads/liftgate/x")
	w.Git("ls-remote", public)
	if n := reads.Load(); n != 0 {
		t.Errorf("the lift's token was read %d times before anybody looked", n)
	}
	w.Observe(policy.Look{}) // asks when it ends
	for _, r := range w.s.Requests() {
		if r.Token.Actor == lifter.Username && !strings.HasSuffix(r.Path, "/personal_access_tokens/self") {
			t.Errorf("with the lift's token, before the lift: %s %s", r.Method, r.Path)
		}
	}
	before := reads.Load()
	if _, _, _, err := w.f.LiftGit(t.Context(), policy.Clearance{}); err == nil || reads.Load() != before {
		t.Error("the lift's token without a clearance")
	}
	w.Git("push", "--quiet", "--atomic", w.Remote(w.f.LiftGit(t.Context(), w.Cleared())), "HEAD:refs/heads/main", "HEAD:refs/heads/stable-1")
	if reads.Load() != before+1 || w.s.Tip(project.Public, "stable-1") != w.Git("rev-parse", "HEAD") {
		t.Errorf("read %d times, the push did not arrive", reads.Load()-before)
	}
}

func TestProbe(t *testing.T) {
	w := newTown(t)
	ref := w.Report()
	probe := policy.Probe{Report: ref, Moves: []policy.Move{{Branch: "main"}, {Branch: "stable-1"}, {Branch: "release/1.0"}}}
	expect := func(name string, words ...string) { t.Helper(); w.Rehearses(name, probe, words...) }
	expect("nothing is in the way")
	w.Must(w.s.Protect(project.Public, lab.Protection{Name: "release/*", Push: lab.NoAccess, Merge: lab.Maintainer}))
	expect("a wildcard", "release/1.0: its protection does not let")
	w.Must(w.s.Unprotect(project.Public, "release/*"))
	w.Must(w.s.SetMember(project.Public, "liftgate", lab.Developer))
	expect("a Developer", "main: GitLab does not let the lift's user push")
	w.Must(w.s.SetMember(project.Public, "liftgate", lab.Maintainer))
	w.Must(w.s.SetArchived(project.Public, true))
	expect("archived", "archived")
	w.Must(w.s.SetArchived(project.Public, false))
	probe.Moves = append(probe.Moves, policy.Move{Branch: "stable-0"})
	expect("a branch that is gone", "stable-0: the public branch does not exist")
	probe.Moves = probe.Moves[:3]
	probe.Report = "77"
	expect("a report that is gone", "the confidential issue: ")
	probe.Report = ref

	token := func(spec lab.TokenSpec) func() ([]byte, error) {
		made, err := w.s.CreateToken(spec)
		w.Must(err)
		return func() ([]byte, error) { return []byte(made.Secret), nil }
	}
	bot := lab.TokenSpec{Name: "lift", Project: project.Public, Level: lab.Maintainer, Scopes: []string{"write_repository"}}
	w.f = w.forge(w.bot.Token, token(bot))
	expect("a lift's token that can only push")
	w.Must(w.s.SetMember(project.Public, "liftgate", lab.Reporter))
	expect("rules that nobody can read", "main: protected in a way that can't be read: give the lift's token the scope api")
	w.Must(w.s.SetMember(project.Public, "liftgate", lab.Maintainer))
	bot.Expires = w.Now().AddDate(0, 0, 1)
	w.f = w.forge(w.bot.Token, token(bot))
	expect("one that ends tomorrow", "ends on 2026-11-04")
	if warnings := w.Observe(policy.Look{}).Warnings; len(warnings) != 1 || !strings.Contains(warnings[0], "token for lift ends on 2026-11-04") {
		t.Errorf("warnings: %q", warnings)
	}
	bot.Scopes, bot.Expires, bot.Level = []string{"read_repository"}, time.Time{}, lab.Reporter
	w.f = w.forge(w.bot.Token, token(bot))
	expect("one that can't push", "lacks the scope write_repository", "stable-1: the lift's user may not push")
	w.f = w.forge(w.bot.Token, func() ([]byte, error) { return []byte("glpat-wrong"), nil })
	expect("a wrong one", "does not accept the token for lift")
	narrow := token(lab.TokenSpec{Name: "narrow", User: "liftgate", Scopes: []string{"read_api"}})
	secret, err := narrow()
	w.Must(err)
	w.f = w.forge(string(secret), token(bot))
	expect("a token that can't write", "everything is written with lacks the scope api")
}

// TestAGroupToken: one bot of a group above both projects does everything.
func TestAGroupToken(t *testing.T) {
	w := newTown(t)
	bot, err := w.s.CreateToken(lab.TokenSpec{Name: "liftgate", Group: "acme-security", Level: lab.Maintainer, Scopes: []string{"api"}})
	w.Must(err)
	w.Must(w.s.SetMember(project.Public, bot.Username, lab.Maintainer))
	w.Must(w.s.SetMember(project.Public, "liftgate", lab.NoAccess))
	w.f = w.forge(bot.Secret, nil)
	desk := w.OpenDesk("hello")
	w.Do("say", policy.Say{Desk: desk, Body: policy.Embargoed("x")})
	s := w.Observe(policy.Look{Desk: desk})
	if len(s.Desk.Commands) != 0 || len(s.Mirror.Risks) != 1 || !strings.Contains(s.Mirror.Risks[0], "one token") {
		t.Errorf("%+v, %v", s.Desk, s.Mirror.Risks)
	}
}

func TestMissingRightsAreNamed(t *testing.T) {
	w := newTown(t)
	w.Must(w.s.SetMember(project.Mirror, "liftgate", lab.NoAccess))
	_, err := w.f.Observe(t.Context(), policy.Look{Advisory: advisoryID, Desk: 1})
	forgetest.Trouble(t, err, policy.TroubleRefused, "mirror")
	w.Must(w.s.SetMember(project.Mirror, "liftgate", lab.Reporter))
	w.Must(w.s.SetMember(project.Public, "liftgate", lab.NoAccess))
	s := w.Observe(policy.Look{})
	said := strings.Join(slices.Concat(s.Mirror.Risks, s.Warnings), "\n")
	for _, word := range []string{"does not show the mirror's integrations", "whether the public project's webhooks work", "no confidential issue of the public project", "not a Maintainer of the mirror"} {
		if !strings.Contains(said, word) {
			t.Errorf("nothing about %q in\n%s", word, said)
		}
	}
}

// TestWebhooksOfThePublicProject: whoever is no Maintainer there does not see them, so the rehearsal looks.
func TestWebhooksOfThePublicProject(t *testing.T) {
	w := newTown(t)
	w.Must(w.s.SetMember(project.Public, "liftgate", lab.Reporter))
	lifter, err := w.s.CreateToken(lab.TokenSpec{Name: "lift", Project: project.Public, Level: lab.Maintainer, Scopes: []string{"api"}})
	w.Must(err)
	w.f = w.forge(w.bot.Token, func() ([]byte, error) { return []byte(lifter.Secret), nil })
	said := func() string {
		s := w.Observe(policy.Look{})
		return strings.Join(slices.Concat(s.Mirror.Risks, s.Warnings), "\n")
	}
	if words := said(); !strings.Contains(words, "whether the public project's webhooks work") {
		t.Errorf("said %q", words)
	}
	if r := w.Do("probe", policy.Probe{}).Probe; len(r.Problems) != 0 {
		t.Errorf("problems: %q", r.Problems)
	}
	w.Pass(11 * time.Minute)
	if words := said(); words != "" {
		t.Errorf("after a rehearsal that saw them: %q", words)
	}
}

func TestTokensThatLackScopes(t *testing.T) {
	for _, c := range []struct {
		as     purpose
		scopes []string
		want   string
	}{
		{asBot, nil, ""}, {asBot, []string{"api"}, ""}, {asBot, []string{"read_api", "write_repository"}, "api"},
		{asLifter, []string{"write_repository"}, ""}, {asLifter, []string{"api"}, ""}, {asLifter, []string{"read_api"}, "write_repository"},
	} {
		if got := (credential{Scopes: c.scopes}).lacks(c.as); got != c.want {
			t.Errorf("%s with %v: %q", c.as, c.scopes, got)
		}
	}
	w := newTown(t)
	narrow, err := w.s.CreateToken(lab.TokenSpec{Name: "narrow", User: "liftgate", Scopes: []string{"read_api"}})
	w.Must(err)
	w.f = w.forge(w.bot.Token, func() ([]byte, error) { return []byte(narrow.Secret), nil })
	if got := w.Observe(policy.Look{}).Warnings; len(got) != 1 || got[0] != "the token for lift lacks the scope write_repository" {
		t.Errorf("%q", got)
	}
	w.f = w.forge(w.bot.Token, func() ([]byte, error) { return []byte("glpat-wrong"), nil })
	if got := w.Observe(policy.Look{}).Warnings; len(got) != 1 || !strings.Contains(got[0], "does not accept the token for lift") {
		t.Errorf("%q", got)
	}
}
