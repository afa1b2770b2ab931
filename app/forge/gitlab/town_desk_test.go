package gitlab

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/forge/forgetest"
	"github.com/liftgate/liftgate/policy"
)

func TestIntake(t *testing.T) {
	w := newTown(t)
	ref := w.Report()
	w.as("eve", "POST", inPublic("issues"), map[string]any{"title": "An ordinary issue"})
	reports, err := w.f.Reports(t.Context())
	w.Must(err)
	if len(reports) != 1 || reports[0].Ref != ref || reports[0].State != policy.ReportTriage || reports[0].Reporter != "eve" ||
		!strings.Contains(reports[0].Summary.Reveal(), canary) || reports[0].Severity != "" || len(reports[0].Missing) != 0 {
		t.Fatalf("got %+v", reports)
	}
	update := policy.UpdateReport{Ref: ref, State: policy.ReportDraft, Severity: "high", CVE: "CVE-2026-12345"}
	w.Do("k1", update)
	w.Again("k1", update, true)
	if n, m := w.requests("POST", "/notes"), w.requests("PUT", ""); n != 1 || m != 0 {
		t.Errorf("%d pointers, %d edits that change nothing", n, m)
	}
	r := w.Observe(policy.Look{Report: ref}).Report
	if r.State != policy.ReportDraft || r.CVE != "CVE-2026-12345" || r.Severity != "high" || !r.Ours {
		t.Errorf("got %+v", r)
	}
	w.editPointer(ref, "high", "low", advisoryID, "LSN-2026-9999")
	if r := w.Observe(policy.Look{Report: ref}).Report; r.Severity != "low" || !r.Ours {
		t.Errorf("edited: %+v", r)
	}
	w.Do("k2", policy.UpdateReport{Ref: ref, Severity: "critical"})
	if p := w.pointerAt(ref); p["severity"] != "critical" || p["advisory"] != advisoryID || p["CVE"] != "CVE-2026-12345" {
		t.Errorf("put right: %v", p)
	}
	reports, err = w.f.Reports(t.Context())
	w.Must(err)
	if len(reports) != 1 || reports[0].State != policy.ReportDraft {
		t.Errorf("got %+v", reports)
	}
	w.Do("k3", policy.UpdateReport{Ref: ref, State: policy.ReportClosed})
	if r := w.Observe(policy.Look{Report: ref}).Report; r.State != policy.ReportClosed {
		t.Errorf("got %+v", r)
	}
	w.Do("k4", policy.UpdateReport{Ref: ref, State: policy.ReportDraft})
	if r := w.Observe(policy.Look{Report: ref}).Report; r.State != policy.ReportDraft {
		t.Errorf("got %+v", r)
	}
	for _, r := range w.s.Requests() {
		if r.Public && r.Token.Actor == "liftgate" {
			t.Errorf("public before its time: %s %s", r.Method, r.Path)
		}
	}
}

func TestOnlyLabelledIssuesAreReports(t *testing.T) {
	w := newTown(t)
	w.Report()
	w.f.label = "vulnerability"
	if got, err := w.f.Reports(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("without the label: %v, %v", got, err)
	}
	w.as("ada", "PUT", inPublic("issues/1"), map[string]any{"add_labels": "vulnerability"})
	if got, err := w.f.Reports(t.Context()); err != nil || len(got) != 1 {
		t.Errorf("with the label: %v, %v", got, err)
	}
}

// TestAReportMadeVisible: somebody does by hand what Liftgate never does.
func TestAReportMadeVisible(t *testing.T) {
	w := newTown(t)
	ref := w.Report()
	w.Do("k", policy.UpdateReport{Ref: ref, State: policy.ReportDraft})
	w.as("ada", "PUT", inPublic("issues/%s", ref), map[string]any{"confidential": false})
	if r := w.Observe(policy.Look{Report: ref}).Report; r.State != policy.ReportPublished {
		t.Errorf("got %+v", r)
	}
	if got, err := w.f.Reports(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
	_, err := w.f.Apply(t.Context(), policy.Effect{Advisory: advisoryID, Do: policy.UpdateReport{Ref: ref, Severity: "high"}}, false)
	forgetest.Trouble(t, err, policy.TroubleConflict, "published already")
	_, err = w.f.ApplyPublic(t.Context(), w.Cleared(), policy.Effect{Advisory: advisoryID, Do: policy.PublishReport{Ref: ref, CVE: "CVE-2026-12345"}}, false)
	w.Must(err)
	if r := w.Observe(policy.Look{Report: ref}).Report; r.CVE != "CVE-2026-12345" {
		t.Errorf("its number: %+v", r)
	}
	if body := w.pointerNote(ref).Body; strings.Contains(body, "confidential") {
		t.Errorf("what is visible is called confidential: %s", body)
	}
	if n := w.requests("POST", "/issues"); n != 0 {
		t.Error("it was published a second time")
	}
}

// pointerNote is Liftgate's note at a report.
func (w *town) pointerNote(ref string) note {
	w.Helper()
	i, err := w.f.reportIssue(w.Context(), ref)
	w.Must(err)
	n, err := w.f.findNote(w.Context(), w.f.public.issue(i.Number), pointerMarker())
	w.Must(err)
	return *n
}

func (w *town) pointerAt(ref string) map[string]string { return facts(w.pointerNote(ref).Body) }

// editPointer replaces words in the pointer, as an owner of the public project may.
func (w *town) editPointer(ref string, oldnew ...string) {
	w.Helper()
	n := w.pointerNote(ref)
	w.as("ada", "PUT", inPublic("issues/%s/notes/%d", ref, n.ID), map[string]any{"body": strings.NewReplacer(oldnew...).Replace(n.Body)})
}

// TestNothingIsMadeTwice loses the answer of every creation, and repeats it.
func TestNothingIsMadeTwice(t *testing.T) {
	w := newTown(t)
	ref := w.Report()
	w.Commit("fix.c", "int fix;\n", "fix")
	w.push(fixRef)
	desk := w.OpenDesk("hello")
	w.MakesOnce([]forgetest.Creation{
		{Key: "desk2", Path: "/issues", Do: policy.OpenDesk{Title: "LSN-2026-0008", Body: policy.Embargoed("hello")}, Numbered: true},
		{Key: "status", Path: "/notes", Do: policy.WriteStatus{Desk: desk, Body: policy.Embargoed("s")}, Numbered: true},
		{Key: "say", Path: "/notes", Do: policy.Say{Desk: desk, Body: policy.Embargoed("no")}, Numbered: true},
		{Key: "report", Path: "/notes", Do: policy.UpdateReport{Ref: ref, State: policy.ReportDraft}},
		{Key: "fix", Path: "/merge_requests", Do: policy.OpenFix{
			Branch: "main", HeadRef: fixRef, Title: policy.Embargoed("Draft: Fix"), Body: policy.Embargoed("b\n/close"),
			Labels: []string{"bug"}, Reviewers: []string{"nobody-here", "rel"},
		}, Numbered: true},
		{Key: "close", Path: "/notes", Do: policy.CloseFix{Fix: 1, Body: policy.Embargoed("landed")}},
	})
	fix := w.Observe(policy.Look{Desk: desk, Fixes: []int{1}}).Fixes[0]
	if fix.Open || fix.Merged || fix.Draft || !slices.Equal(fix.Labels, []string{"bug"}) || !slices.Equal(fix.Reviewers, []string{"rel"}) {
		t.Errorf("the fix: %+v", fix)
	}
	if found := w.Observe(policy.Look{}).Desk; found.Number != desk || !found.Open {
		t.Errorf("the desk was not found by itself: %+v", found)
	}
}

func TestContract(t *testing.T) {
	forgetest.Contract(t, func(t *testing.T) *forgetest.Town { return &newTown(t).Town })
}

// TestTheTokensOwner: the token may be a person's own, who is heard; GitLab keeps its own commands to itself.
func TestTheTokensOwner(t *testing.T) {
	w := newTown(t)
	desk := w.OpenDesk("hello")
	w.Comment("rel", desk, "/cve CVE-2026-1\n/label ~mine")
	w.Do("say", policy.Say{Desk: desk, Body: policy.Embargoed("/accept is not for me")})
	w.Pass(time.Minute)
	w.Comment("liftgate", desk, "/agree")
	want := []string{"comment rel cve CVE-2026-1", "comment liftgate agree "}
	if got := forgetest.Asked(t, w.Observe(policy.Look{Desk: desk})); !slices.Equal(got, want) {
		t.Errorf("commands:\n got %q\nwant %q", got, want)
	}
}
