package gitlab

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/forge/forgetest"
	"github.com/liftgate/liftgate/app/forge/sandbox"
	"github.com/liftgate/liftgate/policy"
)

func TestIntake(t *testing.T) {
	w := newTown(t)
	ref := w.report()
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
	w.report()
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
	ref := w.report()
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

// lose makes every write of a method happen and drops its answer.
func (w *town) lose(method string) {
	w.s.Fail(func(c sandbox.Call) sandbox.Fault {
		if c.Method == method {
			return sandbox.AppliedThenDropped()
		}
		return sandbox.Fault{}
	})
}

// TestNothingIsMadeTwice loses the answer of every creation, and repeats it.
func TestNothingIsMadeTwice(t *testing.T) {
	w := newTown(t)
	ref := w.report()
	w.Commit("fix.c", "int fix;\n", "fix")
	w.push(fixRef)
	desk := int(w.Do("desk", policy.OpenDesk{Title: advisoryID, Body: policy.Embargoed("hello")}).Number)
	for _, test := range []struct {
		key, tail string
		do        policy.Action
		numbered  bool
	}{
		{"desk2", "/issues", policy.OpenDesk{Title: "LSN-2026-0008", Body: policy.Embargoed("hello")}, true},
		{"status", "/notes", policy.WriteStatus{Desk: desk, Body: policy.Embargoed("s")}, true},
		{"say", "/notes", policy.Say{Desk: desk, Body: policy.Embargoed("no")}, true},
		{"report", "/notes", policy.UpdateReport{Ref: ref, State: policy.ReportDraft}, false},
		{"fix", "/merge_requests", policy.OpenFix{
			Branch: "main", HeadRef: fixRef, Title: policy.Embargoed("Draft: Fix"), Body: policy.Embargoed("b\n/close"),
			Labels: []string{"bug"}, Reviewers: []string{"nobody-here", "rel"},
		}, true},
		{"close", "/notes", policy.CloseFix{Fix: 1, Body: policy.Embargoed("landed")}, false},
	} {
		before := w.requests("POST", test.tail)
		w.lose("POST")
		_, err := w.f.Apply(t.Context(), policy.Effect{Key: test.key, Advisory: advisoryID, Do: test.do}, false)
		forgetest.Trouble(t, err, policy.TroubleUnknown, "")
		w.s.Fail(nil)
		first := w.Again(test.key, test.do, true)
		second := w.Again(test.key, test.do, true)
		if made := w.requests("POST", test.tail) - before; made != 1 {
			t.Errorf("%s: made %d times", test.key, made)
		}
		if test.numbered && (first.Number == 0 || first.Number != second.Number) {
			t.Errorf("%s: numbers %d and %d", test.key, first.Number, second.Number)
		}
	}
	fix := w.Observe(policy.Look{Desk: desk, Fixes: []int{1}}).Fixes[0]
	if fix.Open || fix.Merged || fix.Draft || !slices.Equal(fix.Labels, []string{"bug"}) || !slices.Equal(fix.Reviewers, []string{"rel"}) {
		t.Errorf("the fix: %+v", fix)
	}
	if found := w.Observe(policy.Look{}).Desk; found.Number != desk || !found.Open {
		t.Errorf("the desk was not found by itself: %+v", found)
	}
}

func TestDesk(t *testing.T) {
	w := newTown(t)
	if d := w.Observe(policy.Look{}).Desk; d.Number != 0 {
		t.Errorf("a desk out of nothing: %+v", d)
	}
	desk := int(w.Do("desk", policy.OpenDesk{Title: advisoryID, Body: policy.Embargoed("hello\n/accept")}).Number)
	w.Pass(time.Minute)
	w.as("ada", "PUT", inMirror("issues/%d", desk), map[string]any{"add_labels": "accepted,bug,affects/stable-1"})
	w.Pass(time.Minute)
	w.as("ada", "PUT", inMirror("issues/%d", desk), map[string]any{"remove_labels": "accepted"})
	w.Pass(time.Minute)
	w.as("rel", "POST", inMirror("issues/%d/notes", desk), map[string]any{"body": "Well.\n/cve CVE-2026-1\n/hold  because of x\n/label ~mine\nnot /lift"})
	w.Pass(time.Minute)
	edited := w.as("guest", "POST", inMirror("issues/%d/notes", desk), map[string]any{"body": "harmless"})
	w.Pass(time.Minute)
	w.as("ada", "PUT", inMirror("issues/%d/notes/%.0f", desk, edited["id"]), map[string]any{"body": "/lift now please"})
	w.Do("say", policy.Say{Desk: desk, Body: policy.Embargoed("/accept is not for me")})
	w.Pass(time.Minute)
	w.as("liftgate", "POST", inMirror("issues/%d/notes", desk), map[string]any{"body": "/agree"}) // the token's owner, by hand

	s := w.Observe(policy.Look{Desk: desk, Actors: []string{"eve", "who-is-this", "ADA", "guest", "dev"}})
	var got []string
	ids := map[string]bool{}
	for _, c := range s.Desk.Commands {
		got = append(got, c.Via+" "+c.Actor+" "+string(c.Verb)+" "+c.Args.Reveal())
		ids[c.ID] = true
		if c.ID == "" || c.At.IsZero() {
			t.Errorf("a command without id or time: %+v", c)
		}
	}
	want := []string{
		"label ada accept ", "label ada affects stable-1", "comment rel cve CVE-2026-1", "comment rel hold because of x",
		"comment guest changed ", "comment liftgate agree ",
	}
	if !slices.Equal(got, want) || len(ids) != len(want) {
		t.Errorf("commands:\n got %q\nwant %q", got, want)
	}
	levels := map[string]string{}
	for _, p := range s.Permissions {
		levels[p.Login] = p.Level
	}
	for login, level := range map[string]string{
		"eve": "none", "who-is-this": "none", "ADA": "admin", "rel": "maintain", "dev": "write", "guest": "read",
	} {
		if levels[login] != level {
			t.Errorf("%s: %q, want %q", login, levels[login], level)
		}
	}
	w.Do("close", policy.CloseDesk{Desk: desk})
	w.Again("close", policy.CloseDesk{Desk: desk}, true)
	if d := w.Observe(policy.Look{Desk: desk}).Desk; d.Open || d.URL == "" {
		t.Errorf("got %+v", d)
	}
	if d := w.Observe(policy.Look{Desk: 999}).Desk; d.Number != 999 || !d.Gone || d.Open || d.URL != "" {
		t.Errorf("a desk that is gone: %+v", d)
	}
	w.Do("close9", policy.CloseDesk{Desk: 999})
	_, err := w.f.Apply(t.Context(), policy.Effect{Key: "x", Do: policy.Say{Desk: 999, Body: policy.Embargoed(canary)}}, false)
	forgetest.Trouble(t, err, policy.TroubleRefused, "issue or comment in the mirror")
}

func TestStatusComment(t *testing.T) {
	w := newTown(t)
	desk := int(w.Do("desk", policy.OpenDesk{Title: advisoryID, Body: policy.Embargoed("hello")}).Number)
	first := w.Do("s1", policy.WriteStatus{Desk: desk, Body: policy.Embargoed("one")}).Number
	if same := w.Do("s2", policy.WriteStatus{Desk: desk, Comment: first, Body: policy.Embargoed("two")}).Number; same != first {
		t.Errorf("edited %d, got %d", first, same)
	}
	w.as("ada", "DELETE", inMirror("issues/%d/notes/%d", desk, first), nil)
	second := w.Do("s3", policy.WriteStatus{Desk: desk, Comment: first, Body: policy.Embargoed("three")}).Number
	if second == first || second == 0 {
		t.Errorf("a vanished comment was not made anew: %d", second)
	}
	w.s.Fail(func(c sandbox.Call) sandbox.Fault {
		if c.Method == http.MethodPut {
			return sandbox.Refused(http.StatusNotFound)
		}
		return sandbox.Fault{}
	})
	_, err := w.f.Apply(t.Context(), policy.Effect{Key: "s4", Do: policy.WriteStatus{Desk: desk, Comment: second, Body: policy.Embargoed("four")}}, false)
	forgetest.Trouble(t, err, policy.TroubleRefused, "issue or comment in the mirror")
	if got, err := w.f.notes(t.Context(), w.f.mirror.issue(desk)); err != nil || len(got) != 1 {
		t.Errorf("a comment hidden for a moment was made a second time: %d, %v", len(got), err)
	}
}

// TestMarkersOfOthers: a person who copies the marker makes no effect look done.
func TestMarkersOfOthers(t *testing.T) {
	w := newTown(t)
	w.as("dev", "POST", inMirror("issues"), map[string]any{"title": advisoryID, "description": policy.Marker("desk")})
	desk := w.Do("desk", policy.OpenDesk{Title: advisoryID, Body: policy.Embargoed("hello")}).Number
	if desk == 1 || w.Observe(policy.Look{}).Desk.Number != int(desk) {
		t.Error("a person's issue was taken for the desk")
	}
	w.as("dev", "POST", inMirror("issues/%d/notes", desk), map[string]any{"body": policy.Marker("say")})
	w.Again("say", policy.Say{Desk: int(desk), Body: policy.Embargoed("no")}, true)
	if got, err := w.f.notes(t.Context(), w.f.mirror.issue(int(desk))); err != nil || len(got) != 2 {
		t.Errorf("%d comments, want both, %v", len(got), err)
	}
}
