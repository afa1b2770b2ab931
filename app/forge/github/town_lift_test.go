package github

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/forge/forgetest"
	hub "github.com/liftgate/liftgate/app/forge/sandbox/github"
	"github.com/liftgate/liftgate/policy"
)

// TestTokensAreNarrow reads off the sandbox's log what every request could have done.
func TestTokensAreNarrow(t *testing.T) {
	w := newTown(t)
	ref := w.Report()
	w.Observe(policy.Look{Report: ref})
	w.Do("probe", policy.Probe{Report: ref, Moves: []policy.Move{{Branch: "main"}}})
	_, _, _, err := w.f.MirrorGit(t.Context())
	w.Must(err)
	for _, r := range w.s.Requests() {
		p := r.Token.Permissions
		if r.Token.Kind != "installation" {
			continue
		}
		if len(r.Token.Repositories) != 1 || r.Repo != r.Token.Repositories[0] {
			t.Errorf("%s: token for %v", r.Route, r.Token.Repositories)
		}
		if r.Repo == "acme/public" && (p["contents"] == "write" || p["workflows"] != "") {
			t.Errorf("%s: could have moved public branches: %v", r.Route, p)
		}
		if _, advisories := p["repository_advisories"]; advisories && len(p) != 2 {
			t.Errorf("%s: more than the report: %v", r.Route, p)
		}
		if r.Public {
			t.Errorf("%s is public", r.Route)
		}
	}
}

func TestGit(t *testing.T) {
	w := newTown(t)
	mirror, public := w.Remote(w.f.MirrorGit(t.Context())), w.Remote(w.f.PublicGit(t.Context()))
	w.Commit("fix.c", "int fix;\n", "fix")
	w.Git("push", "--quiet", mirror, "HEAD:refs/heads/liftgate/x")
	w.Git("ls-remote", public)
	cmd := exec.CommandContext(t.Context(), "git", "push", public, "HEAD:refs/heads/main")
	cmd.Dir = w.Dir
	if cmd.Run() == nil {
		t.Error("the token for fetching could push")
	}
	if _, _, _, err := w.f.LiftGit(t.Context(), policy.Clearance{}); err == nil {
		t.Error("the lift's token without a clearance")
	}
	first := w.Remote(w.f.LiftGit(t.Context(), w.Cleared()))
	second := w.Remote(w.f.LiftGit(t.Context(), w.Cleared()))
	if first == second {
		t.Error("the lift's token was kept")
	}
	w.Git("push", "--quiet", "--atomic", first, "HEAD:refs/heads/main")
}

func TestPermissionsAreNamed(t *testing.T) {
	w := newTown(t)
	less := map[string]string{"metadata": "read", "contents": "read", "issues": "write", "pull_requests": "write", "checks": "write"}
	w.Must(w.s.SetInstallation(w.install, less))
	_, err := w.f.Reports(t.Context())
	forgetest.Trouble(t, err, policy.TroubleRefused, "public repository: repository_advisories:write")
	_, err = w.f.Observe(t.Context(), policy.Look{Advisory: advisoryID})
	forgetest.Trouble(t, err, policy.TroubleRefused, "mirror: statuses:write")
	_, _, _, err = w.f.LiftGit(t.Context(), w.Cleared())
	forgetest.Trouble(t, err, policy.TroubleRefused, "contents:write")
	w.Must(w.s.Suspend(w.install, true))
	_, err = w.f.Reports(t.Context())
	forgetest.Trouble(t, err, policy.TroubleRefused, "install")
	if f, err := New(Options{AppID: w.app.ID, Key: testKey(), API: w.s.API(), Project: project, Now: w.Now}); err != nil {
		t.Error(err)
	} else if _, err := f.Reports(t.Context()); err == nil || !strings.Contains(err.Error(), "private key") {
		t.Errorf("a wrong key: %v", err)
	}
}

// TestTwoApps: one App works at the desk, another one may move public branches.
func TestTwoApps(t *testing.T) {
	w := newTown(t)
	lifter, err := w.s.CreateApp(hub.AppSpec{Slug: "lifter", Owner: "acme", Permissions: map[string]string{"metadata": "read", "contents": "write"}})
	w.Must(err)
	_, err = w.s.Install(lifter.ID, "acme", []string{"acme/public"}, nil)
	w.Must(err)
	less := maps.Clone(townGrant)
	less["contents"] = "read"
	w.Must(w.s.SetInstallation(w.install, less))
	f, err := New(Options{
		AppID: w.app.ID, Key: w.app.PEM, Lifter: &AppCredentials{AppID: lifter.ID, Key: lifter.PEM}, API: w.s.API(), Git: w.s.URL(), Project: project, Now: w.Now,
	})
	w.Must(err)
	defer f.Close()
	w.Commit("fix.c", "int fix;\n", "fix")
	w.Git("push", "--quiet", w.Remote(f.LiftGit(t.Context(), w.Cleared())), "HEAD:refs/heads/main")
	out, err := f.Apply(t.Context(), policy.Effect{Do: policy.Probe{Moves: []policy.Move{{Branch: "main"}}}}, false)
	if err != nil || len(out.Probe.Problems) != 0 {
		t.Errorf("%v, %q", err, out.Probe.Problems)
	}
	_, _, _, err = f.MirrorGit(t.Context())
	forgetest.Trouble(t, err, policy.TroubleRefused, "mirror: contents:write")
}

func TestProbe(t *testing.T) {
	w := newTown(t)
	ref := w.Report()
	probe := policy.Probe{Report: ref, Moves: []policy.Move{{Branch: "main"}, {Branch: "stable-1"}, {Branch: "release/1.0"}}}
	if r := w.Do("probe", probe).Probe; len(r.Problems) != 0 || len(r.Checked) < 5 {
		t.Fatalf("nothing is in the way: %+v", r)
	}
	expect := func(name string, words ...string) { t.Helper(); w.Rehearses(name, probe, words...) }
	set := hub.Ruleset{Name: "stable", Include: []string{"refs/heads/stable-*"}, Rules: []hub.Rule{{Type: "update"}, {Type: "deletion"}}}
	id, err := w.s.AddRuleset("acme/public", set)
	w.Must(err)
	expect("a ruleset", "stable-1: ruleset", "(update)")
	w.Must(w.s.RemoveRuleset("acme/public", id))
	set.Bypass = []hub.Bypass{{ActorID: w.app.ID, ActorType: "Integration", Mode: "always"}}
	id, err = w.s.AddRuleset("acme/public", set)
	w.Must(err)
	expect("a ruleset with bypass")
	w.Must(w.s.RemoveRuleset("acme/public", id))

	slashed, err := w.s.AddRuleset("acme/public", hub.Ruleset{Name: "r", Include: []string{"refs/heads/release/*"}, Rules: []hub.Rule{{Type: "pull_request"}}})
	w.Must(err)
	expect("a branch with a slash", "release/1.0: ruleset")
	w.Must(w.s.RemoveRuleset("acme/public", slashed))

	w.Must(w.s.Protect("acme/public", "main", &hub.Protection{Checks: map[string]int64{"ci": 0}, RequirePull: true}))
	expect("classic", "main: a classic branch protection requires status checks", "requires pull requests")
	w.Must(w.s.Protect("acme/public", "main", nil))

	probe.Moves = append(probe.Moves, policy.Move{Branch: "stable-0"})
	expect("a branch that is gone", "stable-0: the public branch does not exist")
	probe.Moves = probe.Moves[:3]

	old := w.Git("rev-parse", "HEAD")
	w.Commit(".github/workflows/ci.yml", "on: push\n", "ci")
	w.push("liftgate/" + advisoryID + "/candidate/main")
	probe.Moves[0].Old, probe.Moves[0].New = old, w.Git("rev-parse", "HEAD")
	expect("workflows that may be changed")
	less := map[string]string{}
	for k, v := range townGrant {
		if k != "workflows" {
			less[k] = v
		}
	}
	w.Must(w.s.SetInstallation(w.install, less))
	expect("workflows that may not", "main: the fix changes workflows")
	delete(less, "administration")
	less["contents"], less["repository_advisories"] = "read", "read"
	w.Must(w.s.SetInstallation(w.install, less))
	w.Pass(2 * time.Hour)
	expect("permissions", "lacks permissions at the public repository: contents:write", "repository_advisories:write")
}

// TestDeliveriesComeAgain: the server was down for one webhook.
func TestDeliveriesComeAgain(t *testing.T) {
	w := newTown(t)
	up := false
	var got []string
	hook := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if !up {
			rw.WriteHeader(http.StatusBadGateway)
			return
		}
		got = append(got, r.Header.Get("X-GitHub-Event"))
	}))
	t.Cleanup(hook.Close)
	idle := func() {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		w.Must(w.s.Idle(ctx))
	}
	w.Must(w.s.SetHook(w.app.ID, hook.URL, "secret"))
	w.as("dev", "POST", "repos/acme/mirror/issues", map[string]any{"title": "x"})
	idle()
	up = true
	for _, want := range []int{2, 0} { // the ping and the issue
		n, err := w.f.MissedDeliveries(t.Context(), w.Now().Add(-time.Hour))
		if err != nil || n != want {
			t.Errorf("asked for %d again, want %d: %v", n, want, err)
		}
		idle()
	}
	if !slices.Contains(got, "issues") || len(got) != 2 {
		t.Errorf("came again: %v", got)
	}
}
