package gitlab

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/forge/forgetest"
	lab "github.com/liftgate/liftgate/app/forge/sandbox/gitlab"
	"github.com/liftgate/liftgate/policy"
)

const fixRef = "liftgate/" + advisoryID + "/fix"

func TestFixes(t *testing.T) {
	w := newTown(t)
	first := w.Commit("fix.c", "int fix;\n", "fix")
	w.push(fixRef)
	w.push("elsewhere")
	w.push("liftgate/LSN-2026-00071/fix")
	number := w.openMerge(fixRef, "main")
	named := w.openMerge("elsewhere", "main")
	w.openMerge("liftgate/LSN-2026-00071/fix", "main") // another advisory's
	w.as("dev", "PUT", inMirror("merge_requests/%d", number), map[string]any{"reviewer_ids": []int64{w.users["guest"].ID}, "merge_after": "2031-05-04T10:00:00Z"})
	w.Pass(time.Second)
	w.as("rel", "POST", inMirror("merge_requests/%d/approve", number), nil)
	w.Must(w.s.Review(project.Mirror, int64(number), "ada", "requested_changes"))

	s := w.Observe(policy.Look{Fixes: []int{named, 555}})
	if len(s.Fixes) != 3 {
		t.Fatalf("got %d fixes: %+v", len(s.Fixes), s.Fixes)
	}
	f := s.Fixes[0]
	if f.Number != number || f.Base != "main" || f.HeadRef != fixRef || f.Head != first || f.Author != "dev" || !f.Open || f.Merged || f.URL == "" || f.NotBefore.Year() != 2031 {
		t.Errorf("got %+v", f)
	}
	if want := []policy.Approval{{By: "rel", Head: first}}; !slices.Equal(f.Approvals, want) || !slices.Equal(f.Objectors, []string{"ada"}) {
		t.Errorf("opinions: %+v %v", f.Approvals, f.Objectors)
	}
	slices.Sort(f.Reviewers)
	if !slices.Contains(f.Reviewers, "ada") || !slices.Contains(f.Reviewers, "rel") {
		t.Errorf("reviewers: %v", f.Reviewers)
	}
	if gone := s.Fixes[2]; gone.Number != 555 || gone.Open || gone.Merged {
		t.Errorf("a fix that is gone: %+v", gone)
	}
	if !slices.ContainsFunc(s.Permissions, func(p policy.Permission) bool { return p.Login == "rel" && p.Level == "maintain" }) {
		t.Errorf("no permission of the approver: %v", s.Permissions)
	}
	if tip, ok := policy.Tip(s.Mirror.Branches, fixRef); !ok || tip != first || len(s.Public) != 3 || len(s.Mirror.Problems) != 0 {
		t.Errorf("branches: %+v %+v", s.Public, s.Mirror)
	}

	// A push leaves the approval standing at GitLab, and here at the head that was seen.
	w.Pass(time.Second)
	second := w.Commit("fix.c", "int fixed;\n", "fix again")
	w.push(fixRef)
	f = w.Observe(policy.Look{}).Fixes[0]
	if want := []policy.Approval{{By: "rel", Head: first}}; f.Head != second || !slices.Equal(f.Approvals, want) {
		t.Errorf("after a push: %s %+v", f.Head, f.Approvals)
	}
	w.Pass(time.Second)
	w.as("rel", "POST", inMirror("merge_requests/%d/unapprove", number), nil)
	w.as("rel", "POST", inMirror("merge_requests/%d/approve", number), nil)
	if f = w.Observe(policy.Look{}).Fixes[0]; !slices.Equal(f.Approvals, []policy.Approval{{By: "rel", Head: second}}) {
		t.Errorf("approved again: %+v", f.Approvals)
	}
}

func TestMergedEarly(t *testing.T) {
	w := newTown(t)
	w.as("ada", "PUT", strings.TrimSuffix(inMirror(""), "/"), map[string]any{"only_allow_merge_if_pipeline_succeeds": false})
	head := w.Commit("fix.c", "int fix;\n", "fix")
	w.push(fixRef)
	number := w.openMerge(fixRef, "main")
	w.as("rel", "PUT", inMirror("merge_requests/%d/merge", number), map[string]any{"sha": head})
	f := w.Observe(policy.Look{Fixes: []int{number}}).Fixes[0]
	if !f.Merged || f.Open || f.MergedAs == "" || f.MergedAs == head || f.Head != head || f.MergedAs != w.s.Tip(project.Mirror, "main") {
		t.Errorf("merged early: %+v", f)
	}
}

// TestAHoldBesideAMergedResult: where GitLab judges the merged result the hold does not bind, which a risk says. It is put and
// taken once all the same.
func TestAHoldBesideAMergedResult(t *testing.T) {
	w := newTown(t)
	w.Must(w.s.SetTier("premium"))
	w.as("ada", "PUT", strings.TrimSuffix(inMirror(""), "/"), map[string]any{"merge_pipelines_enabled": true})
	w.Must(w.s.SetCI(project.Mirror, "unit"))
	head := w.Commit("fix.c", "int fix;\n", "fix")
	w.push(fixRef)
	number := w.openMerge(fixRef, "main")
	judged, _ := w.as("dev", "GET", inMirror("merge_requests/%d", number), nil)["head_pipeline"].(map[string]any)
	if judged["sha"] == head || judged["ref"] != fmt.Sprintf("refs/merge-requests/%d/merge", number) {
		t.Fatalf("judged by %v", judged)
	}
	look := func() policy.Snapshot { return w.Observe(policy.Look{Fixes: []int{number}}) }
	for _, hold := range []policy.SetHold{
		{Fix: number, Head: head, Title: "Held until the lift"}, {Fix: number, Head: head, Title: "Released by the lift", Released: true},
	} {
		w.Do("h", hold)
		w.Do("h", hold)
		if s := look(); s.Fixes[0].Held == hold.Released || s.Fixes[0].Released != hold.Released || risk(s.Mirror.Risks, "the mirror judges") == "" {
			t.Errorf("%s: %+v, %q", hold.Title, s.Fixes[0], s.Mirror.Risks)
		}
	}
	if n := w.requests("POST", "/statuses/"+head); n != 2 {
		t.Errorf("%d statuses, want no two alike", n)
	}
	// It is put right again, as any other.
	w.as("dev", "POST", inMirror("statuses/%s", head), map[string]any{"state": "success", "name": holdName, "ref": fixRef})
	if v := look().Fixes[0]; v.Held || v.Released {
		t.Errorf("forged: %+v", v)
	}
}

func TestHold(t *testing.T) {
	w := newTown(t)
	w.Must(w.s.SetCI(project.Mirror, "unit"))
	head := w.Commit("fix.c", "int fix;\n", "fix")
	w.push(fixRef)
	number := w.openMerge(fixRef, "main")
	view := func() policy.FixView { return w.Observe(policy.Look{Fixes: []int{number}}).Fixes[0] }
	if v := view(); v.Held || v.Released {
		t.Errorf("before: %+v", v)
	}
	hold := policy.SetHold{Fix: number, Head: head, Title: "Held until the lift", Summary: policy.Embargoed("words"), Button: true}
	w.Do("h1", hold)
	w.Do("h1", hold)
	if v := view(); !v.Held || v.Released {
		t.Errorf("held: %+v", v)
	}
	w.Must(w.s.FinishJob(project.Mirror, head, "unit", "success"))
	if code, _ := w.ask("rel", "PUT", inMirror("merge_requests/%d/merge", number), map[string]any{"sha": head}); code != 405 {
		t.Errorf("a held fix: merging answers %d", code)
	}
	// Somebody who may push forges the status.
	w.as("dev", "POST", inMirror("statuses/%s", head), map[string]any{"state": "success", "name": holdName, "ref": fixRef})
	if v := view(); v.Held || v.Released {
		t.Errorf("forged: %+v", v)
	}
	w.Do("h2", hold)
	if v := view(); !v.Held {
		t.Errorf("held again: %+v", v)
	}
	// A pipeline started later goes green without the hold.
	w.as("dev", "POST", inMirror("pipeline"), map[string]any{"ref": fixRef})
	if v := view(); v.Held {
		t.Errorf("a later pipeline: %+v", v)
	}
	w.Do("h3", hold)
	if v := view(); !v.Held {
		t.Errorf("held in the later pipeline: %+v", v)
	}
	hold.Released = true
	w.Do("h4", hold)
	if v := view(); v.Held || !v.Released {
		t.Errorf("released: %+v", v)
	}
	if n := w.requests("POST", "/statuses/"+head); n != 4 {
		t.Errorf("%d statuses, want no two alike", n)
	}
	hold.Head = strings.Repeat("1", 40)
	if _, err := w.f.Apply(t.Context(), policy.Effect{Key: "h5", Do: hold}, false); err == nil {
		t.Error("held a commit that is not there")
	}
}

func TestProofs(t *testing.T) {
	w := newTown(t)
	w.Must(w.s.SetCI(project.Mirror, "unit", "lint"))
	head := w.Commit("fix.c", "int fix;\n", "fix")
	w.push("liftgate/" + advisoryID + "/candidate/main")
	missing := strings.Repeat("1", 40)
	verdict := func() (unit, lint policy.CheckState) {
		t.Helper()
		got := w.Observe(policy.Look{Proofs: []string{head, missing}}).Proofs
		if len(got) != 2 || len(got[0].Checks) != 2 || got[1].SHA != missing || len(got[1].Checks) != 0 {
			t.Fatalf("got %+v", got)
		}
		return got[0].Checks[1].State, got[0].Checks[0].State
	}
	if unit, lint := verdict(); unit != policy.CheckPending || lint != policy.CheckPending {
		t.Errorf("at first: %s %s", unit, lint)
	}
	w.Must(w.s.FinishJob(project.Mirror, head, "unit", "success"))
	w.Must(w.s.FinishJob(project.Mirror, head, "lint", "failed"))
	if unit, lint := verdict(); unit != policy.CheckPassed || lint != policy.CheckFailed {
		t.Errorf("at the end: %s %s", unit, lint)
	}
}

func TestOpenFixAdopts(t *testing.T) {
	w := newTown(t)
	w.Commit("fix.c", "int fix;\n", "fix")
	w.push(fixRef)
	number := w.openMerge(fixRef, "main")
	open := policy.OpenFix{
		Branch: "main", HeadRef: fixRef, Title: policy.Embargoed("Fix"), Body: policy.Embargoed("b"), Labels: []string{"bug"}, Reviewers: []string{"rel"},
	}
	if got := w.Do("k", open).Number; got != int64(number) {
		t.Errorf("opened %d beside %d", got, number)
	}
	if f := w.Observe(policy.Look{}).Fixes[0]; !slices.Equal(f.Labels, []string{"bug"}) || !slices.Equal(f.Reviewers, []string{"rel"}) {
		t.Errorf("not dressed: %+v", f)
	}
	open.HeadRef = "liftgate/" + advisoryID + "/nowhere"
	_, err := w.f.Apply(t.Context(), policy.Effect{Key: "k2", Do: open}, false)
	forgetest.Trouble(t, err, policy.TroubleInvalid, "merge request")
}

func TestMirror(t *testing.T) {
	w := newTown(t)
	if m := w.Observe(policy.Look{}).Mirror; len(m.Problems)+len(m.Risks) != 0 || m.Exposed || m.URL == "" {
		t.Errorf("nothing is wrong: %+v", m)
	}
	w.Must(w.s.SetIntegration("acme-security", "slack", true))
	w.Must(w.s.AddPushMirror(project.Mirror, "https://backup.example/mirror.git"))
	w.Must(w.s.SetMember("acme-security", "eve", lab.Reporter))
	w.Must(w.s.Unprotect(project.Mirror, "main"))
	w.Must(w.s.Protect(project.Mirror, lab.Protection{Name: "stable-*", Push: lab.Maintainer, Merge: lab.Maintainer}))
	w.as("ada", "PUT", strings.TrimSuffix(inMirror(""), "/"), map[string]any{"only_allow_merge_if_pipeline_succeeds": false})
	w.Commit(defaultCI, "pages:\n  script: make\n", "ci")
	for _, ref := range []string{"main", "release/1.0", "own", "liftgate/x"} {
		w.Must(w.s.ImportGit(project.Mirror, w.Dir, "HEAD:refs/heads/"+ref))
	}
	w.Must(w.s.ImportGit(project.Public, w.Dir, "main:refs/heads/liftgate/x"))
	if m := w.Observe(policy.Look{}).Mirror; len(m.Risks) != 0 {
		t.Errorf("a survey holds for ten minutes: %v", m.Risks)
	}
	w.Pass(11 * time.Minute)
	risks := strings.Join(w.Observe(policy.Look{}).Mirror.Risks, "\n")
	for _, word := range []string{"slack", "another place", "eve", "not protected", "Pipelines must succeed",
		"publish or deploy, which would show fixes early: main, release/1.0\n", "forbid force pushes, so that an early merge could not be taken back: stable-1"} {
		if !strings.Contains(risks, word) {
			t.Errorf("nothing about %q in\n%s", word, risks)
		}
	}
}

// TestDrafts: a draft is in the title alone, and is taken off there.
func TestDrafts(t *testing.T) {
	w := newTown(t)
	w.Commit("fix.c", "int fix;\n", "fix")
	w.push(fixRef)
	number := int(w.Do("k", policy.OpenFix{Branch: "main", HeadRef: fixRef, Title: policy.Embargoed("Fix"), Body: policy.Embargoed("b"), Draft: true}).Number)
	draft := func() bool { return w.Observe(policy.Look{Fixes: []int{number}}).Fixes[0].Draft }
	if !draft() {
		t.Error("no draft")
	}
	w.as("dev", "PUT", inMirror("merge_requests/%d", number), map[string]any{"title": "draft: Better"})
	for range 2 {
		w.Do("k2", policy.ReadyFix{Fix: number})
		if title := w.as("dev", "GET", inMirror("merge_requests/%d", number), nil)["title"]; draft() || title != "Better" {
			t.Errorf("still a draft: %q", title)
		}
	}
	w.Do("k3", policy.ReadyFix{Fix: 555})
}
