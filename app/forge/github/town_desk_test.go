package github

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/liftgate/liftgate/app/forge/forgetest"
	"github.com/liftgate/liftgate/app/forge/sandbox"
	"github.com/liftgate/liftgate/policy"
)

func TestReportsAndPublication(t *testing.T) {
	w := newTown(t)
	ref := w.Report()
	reports, err := w.f.Reports(t.Context())
	w.Must(err)
	if len(reports) != 1 || reports[0].Ref != ref || reports[0].State != policy.ReportTriage || reports[0].Reporter != "eve" ||
		!strings.Contains(reports[0].Summary.Reveal(), canary) || reports[0].Severity != "high" || len(reports[0].Missing) != 0 {
		t.Fatalf("got %+v", reports)
	}
	w.Do("k1", policy.UpdateReport{Ref: ref, State: policy.ReportDraft, CVE: "CVE-2026-12345"})
	const patches = "PATCH /repos/{owner}/{repo}/security-advisories/{ghsa_id}"
	w.Again("k1", policy.UpdateReport{Ref: ref, State: policy.ReportDraft, CVE: "CVE-2026-12345"}, true)
	if n := w.requests(patches); n != 1 {
		t.Errorf("an update that changes nothing was sent: %d", n)
	}
	if r := w.Observe(policy.Look{Report: ref}).Report; r.State != policy.ReportDraft || r.CVE != "CVE-2026-12345" {
		t.Errorf("got %+v", r)
	}

	publish := policy.Effect{Key: "k2", Advisory: advisoryID, Do: policy.PublishReport{Ref: ref, CVE: "CVE-2026-12345"}}
	for _, again := range []bool{false, true} {
		_, err = w.f.ApplyPublic(t.Context(), w.Cleared(), publish, again)
		w.Must(err)
	}
	if n := w.requests(patches); n != 2 {
		t.Errorf("%d changes of the report, want one update and one publication", n)
	}
}

// TestPatchedVersions: the product of an advisory that names no patched version gets those of the lift, and keeps the rest.
func TestPatchedVersions(t *testing.T) {
	w := newTown(t)
	ref := w.Report()
	shown := func() advisory {
		a, err := w.f.advisory(t.Context(), ref)
		w.Must(err)
		return a
	}
	want := shown().Vulnerabilities
	patched := "1.3.0, release-1.2.9"
	want[0].Patched = &patched
	for _, releases := range [][]string{{"v1.3.0", "release-1.2.9"}, {"v9.9"}} {
		_, err := w.f.ApplyPublic(t.Context(), w.Cleared(), policy.Effect{Key: "k", Advisory: advisoryID, Do: policy.PublishReport{Ref: ref, Releases: releases}}, false)
		w.Must(err)
		if got := shown().Vulnerabilities; !reflect.DeepEqual(got, want) {
			t.Errorf("after %v: %+v", releases, got)
		}
	}
}

// TestPublicationUnknown: the publication happens and its answer is lost; looking again finds it done.
func TestPublicationUnknown(t *testing.T) {
	w := newTown(t)
	ref := w.Report()
	publish := policy.Effect{Key: "k", Advisory: advisoryID, Do: policy.PublishReport{Ref: ref}}
	tries := 0
	w.s.Fail(func(c sandbox.Call) sandbox.Fault {
		if c.Method == "PATCH" {
			tries++
		}
		if tries == 2 && c.Method == "PATCH" { // the first makes a draft of it
			return sandbox.AppliedThen(502)
		}
		return sandbox.Fault{}
	})
	_, err := w.f.ApplyPublic(t.Context(), w.Cleared(), publish, false)
	forgetest.Trouble(t, err, policy.TroubleUnknown, "")
	w.s.Fail(nil)
	_, err = w.f.ApplyPublic(t.Context(), w.Cleared(), publish, true)
	w.Must(err)
	if n := w.requests("PATCH /repos/{owner}/{repo}/security-advisories/{ghsa_id}"); n != 2 {
		t.Errorf("%d changes of the report, want one to a draft and one publication", n)
	}
}

// TestNumberIsRequestedOnce: GitHub is asked once, and its answer comes with the report. Where nobody knows whether it was
// asked, nobody asks again.
func TestNumberIsRequestedOnce(t *testing.T) {
	const route = "POST /repos/{owner}/{repo}/security-advisories/{ghsa_id}/cve"
	w := newTown(t)
	ref := w.Report()
	w.Do("draft", policy.UpdateReport{Ref: ref, State: policy.ReportDraft})
	ask := policy.Effect{Key: "ask", Advisory: advisoryID, Do: policy.RequestCVE{Ref: ref}}
	w.s.Fail(func(c sandbox.Call) sandbox.Fault {
		if strings.HasSuffix(c.Path, "/cve") {
			return sandbox.AppliedThen(502)
		}
		return sandbox.Fault{}
	})
	_, err := w.f.Apply(t.Context(), ask, false)
	forgetest.Trouble(t, err, policy.TroubleUnknown, "")
	w.s.Fail(nil)
	w.Refuses(ask, policy.TroubleInvalid, "does not accept")
	_, err = w.f.Apply(t.Context(), ask, true)
	forgetest.Trouble(t, err, policy.TroubleUnknown, "may have reached GitHub")
	if r := w.Observe(policy.Look{Report: ref}).Report; !r.Numbered || r.CVE != "" || w.requests(route) != 2 {
		t.Fatalf("%+v, and it was asked %d times", r, w.requests(route))
	}
	w.Must(w.s.AssignCVE("acme/public", ref, "CVE-2026-4321"))
	w.Do("ask", ask.Do)
	if r := w.Observe(policy.Look{Report: ref}).Report; r.CVE != "CVE-2026-4321" || w.requests(route) != 2 {
		t.Errorf("%+v, and it was asked %d times", r, w.requests(route))
	}
}

// TestNothingIsMadeTwice loses the answer of every creation, and repeats it.
func TestNothingIsMadeTwice(t *testing.T) {
	w := newTown(t)
	w.Commit("fix.c", "int fix;\n", "fix")
	w.push("liftgate/" + advisoryID + "/fix")
	desk := w.OpenDesk("hello")
	w.MakesOnce([]forgetest.Creation{
		{Key: "desk2", Path: "/issues", Do: policy.OpenDesk{Title: "LSN-2026-0008", Body: policy.Embargoed("hello")}, Numbered: true},
		{Key: "status", Path: "/comments", Do: policy.WriteStatus{Desk: desk, Body: policy.Embargoed("s")}, Numbered: true},
		{Key: "say", Path: "/comments", Do: policy.Say{Desk: desk, Body: policy.Embargoed("no")}, Numbered: true},
		{Key: "fix", Path: "/pulls", Do: policy.OpenFix{
			Branch: "main", HeadRef: "liftgate/" + advisoryID + "/fix", Title: policy.Embargoed("Fix"), Body: policy.Embargoed("b"),
			Labels: []string{"bug"}, Reviewers: []string{"rel", "nobody-here", "ada"},
		}, Numbered: true},
		{Key: "close", Path: "/comments", Do: policy.CloseFix{Fix: desk + 2, Body: policy.Embargoed("landed")}},
	})
	fix := w.Observe(policy.Look{Desk: desk, Fixes: []int{desk + 2}}).Fixes[0]
	if fix.Open || fix.Merged || !slices.Equal(fix.Labels, []string{"bug"}) || len(fix.Reviewers) != 2 {
		t.Errorf("the fix: %+v", fix)
	}
	if found := w.Observe(policy.Look{}).Desk; found.Number != desk || !found.Open {
		t.Errorf("the desk was not found by itself: %+v", found)
	}
}

func TestContract(t *testing.T) {
	forgetest.Contract(t, func(t *testing.T) *forgetest.Town { return &newTown(t).Town })
}

// TestLongStatus: a status that is too long for GitHub is cut, and keeps its marker.
func TestLongStatus(t *testing.T) {
	w := newTown(t)
	desk := w.OpenDesk("hello")
	w.Do("s", policy.WriteStatus{Desk: desk, Body: policy.Embargoed(strings.Repeat("é", 80_000))})
	got, err := w.f.comments(t.Context(), desk)
	w.Must(err)
	if len(got) != 1 || !strings.HasSuffix(got[0].Body, "…\n\n"+policy.Marker("s")) {
		t.Errorf("got %d comments", len(got))
	}
}
