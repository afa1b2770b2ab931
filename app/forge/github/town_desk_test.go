package github

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

func TestReportsAndPublication(t *testing.T) {
	w := newTown(t)
	ref := w.report()
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
	_, err = w.f.Apply(t.Context(), publish, false)
	forgetest.Trouble(t, err, policy.TroubleRefused, "in private")
	_, err = w.f.ApplyPublic(t.Context(), policy.Clearance{}, publish, false)
	forgetest.Trouble(t, err, policy.TroubleRefused, "no clearance")
	other := publish
	other.Advisory = "another"
	_, err = w.f.ApplyPublic(t.Context(), w.Cleared(), other, false)
	forgetest.Trouble(t, err, policy.TroubleRefused, "no clearance")
	_, err = w.f.Apply(t.Context(), policy.Effect{Do: policy.UpdateReport{Ref: ref, State: policy.ReportPublished}}, false)
	forgetest.Trouble(t, err, policy.TroubleRefused, "draft or closed")
	for _, r := range w.s.Requests() {
		if r.Public {
			t.Errorf("public before its time: %s %s", r.Method, r.Path)
		}
	}
	for _, again := range []bool{false, true} {
		_, err = w.f.ApplyPublic(t.Context(), w.Cleared(), publish, again)
		w.Must(err)
	}
	if n := w.requests(patches); n != 2 {
		t.Errorf("%d changes of the report, want one update and one publication", n)
	}
	if r := w.Observe(policy.Look{Report: ref}).Report; r.State != policy.ReportPublished {
		t.Errorf("got %+v", r)
	}
	_, err = w.f.Apply(t.Context(), policy.Effect{Do: policy.UpdateReport{Ref: ref, State: policy.ReportDraft}}, false)
	forgetest.Trouble(t, err, policy.TroubleConflict, "published already")
	_, err = w.f.Apply(t.Context(), policy.Effect{Do: policy.Land{}}, false)
	forgetest.Trouble(t, err, policy.TroubleRefused, "")
}

// TestPublicationUnknown: the publication happens and its answer is lost; looking again finds it done.
func TestPublicationUnknown(t *testing.T) {
	w := newTown(t)
	ref := w.report()
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

// lose makes every write of a method happen and drops its answer.
func (w *town) lose(method string) {
	w.s.Fail(func(c sandbox.Call) sandbox.Fault {
		if c.Method == method && !strings.HasSuffix(c.Path, "/access_tokens") {
			return sandbox.AppliedThenDropped()
		}
		return sandbox.Fault{}
	})
}

// TestNothingIsMadeTwice loses the answer of every creation, and repeats it.
func TestNothingIsMadeTwice(t *testing.T) {
	w := newTown(t)
	w.Commit("fix.c", "int fix;\n", "fix")
	w.push("liftgate/" + advisoryID + "/fix")
	desk := int(w.Do("desk", policy.OpenDesk{Title: advisoryID, Body: policy.Embargoed("hello")}).Number)
	for _, test := range []struct {
		key, route string
		do         policy.Action
		numbered   bool
	}{
		{"desk2", "POST /repos/{owner}/{repo}/issues", policy.OpenDesk{Title: "LSN-2026-0008", Body: policy.Embargoed("hello")}, true},
		{"status", "POST /repos/{owner}/{repo}/issues/{issue_number}/comments", policy.WriteStatus{Desk: desk, Body: policy.Embargoed("s")}, true},
		{"say", "POST /repos/{owner}/{repo}/issues/{issue_number}/comments", policy.Say{Desk: desk, Body: policy.Embargoed("no")}, true},
		{"fix", "POST /repos/{owner}/{repo}/pulls", policy.OpenFix{
			Branch: "main", HeadRef: "liftgate/" + advisoryID + "/fix", Title: policy.Embargoed("Fix"), Body: policy.Embargoed("b"),
			Labels: []string{"bug"}, Reviewers: []string{"rel", "nobody-here", "ada"},
		}, true},
		{"close", "POST /repos/{owner}/{repo}/issues/{issue_number}/comments", policy.CloseFix{Fix: desk + 2, Body: policy.Embargoed("landed")}, false},
	} {
		before := w.requests(test.route)
		w.lose("POST")
		_, err := w.f.Apply(t.Context(), policy.Effect{Key: test.key, Advisory: advisoryID, Do: test.do}, false)
		forgetest.Trouble(t, err, policy.TroubleUnknown, "")
		w.s.Fail(nil)
		first := w.Again(test.key, test.do, true)
		second := w.Again(test.key, test.do, true)
		if made := w.requests(test.route) - before; made != 1 {
			t.Errorf("%s: made %d times", test.key, made)
		}
		if test.numbered && (first.Number == 0 || first.Number != second.Number) {
			t.Errorf("%s: numbers %d and %d", test.key, first.Number, second.Number)
		}
	}
	fix := w.Observe(policy.Look{Desk: desk, Fixes: []int{desk + 2}}).Fixes[0]
	if fix.Open || fix.Merged || !slices.Equal(fix.Labels, []string{"bug"}) || len(fix.Reviewers) != 2 {
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
	at := path("repos/acme/mirror/issues/%d", desk)
	w.Pass(time.Minute)
	w.as("ada", "POST", at+"/labels", map[string]any{"labels": []string{"accepted", "bug", "affects/stable-1"}})
	w.Pass(time.Minute)
	w.as("ada", "DELETE", at+"/labels/accepted", nil)
	w.Pass(time.Minute)
	w.as("rel", "POST", at+"/comments", map[string]any{"body": "Well.\n/cve CVE-2026-1\n/hold  because of x\nnot /lift"})
	w.Pass(time.Minute)
	edited := w.as("guest", "POST", at+"/comments", map[string]any{"body": "harmless"})
	w.Pass(time.Minute)
	w.as("ada", "PATCH", path("repos/acme/mirror/issues/comments/%.0f", edited["id"]), map[string]any{"body": "/lift now please"})
	w.Do("say", policy.Say{Desk: desk, Body: policy.Embargoed("/accept is not for me")})

	s := w.Observe(policy.Look{Desk: desk, Actors: []string{"eve", "who-is-this", "ADA"}})
	var got []string
	for _, c := range s.Desk.Commands {
		got = append(got, c.Via+" "+c.Actor+" "+string(c.Verb)+" "+c.Args.Reveal())
		if c.ID == "" || c.At.IsZero() {
			t.Errorf("a command without id or time: %+v", c)
		}
	}
	want := []string{"label ada accept ", "label ada affects stable-1", "comment rel cve CVE-2026-1", "comment rel hold because of x", "comment guest changed "}
	if !slices.Equal(got, want) {
		t.Errorf("commands:\n got %q\nwant %q", got, want)
	}
	levels := map[string]string{}
	for _, p := range s.Permissions {
		levels[p.Login] = p.Level
	}
	if len(levels) != 5 || levels["guest"] != "read" || levels["eve"] != "none" || levels["who-is-this"] != "none" || levels["ADA"] != "admin" || levels["rel"] != "maintain" {
		t.Errorf("permissions: %v", levels)
	}
	w.Do("close", policy.CloseDesk{Desk: desk})
	w.Again("close", policy.CloseDesk{Desk: desk}, true)
	if d := w.Observe(policy.Look{Desk: desk}).Desk; d.Open || d.URL == "" {
		t.Errorf("got %+v", d)
	}
	if d := w.Observe(policy.Look{Desk: 999}).Desk; d.Number != 999 || d.Open || d.URL != "" {
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
	w.as("ada", "DELETE", path("repos/acme/mirror/issues/comments/%d", first), nil)
	second := w.Do("s3", policy.WriteStatus{Desk: desk, Comment: first, Body: policy.Embargoed("three")}).Number
	if second == first || second == 0 {
		t.Errorf("a vanished comment was not made anew: %d", second)
	}
	long := w.Do("s4", policy.WriteStatus{Desk: desk, Comment: second, Body: policy.Embargoed(strings.Repeat("é", 80_000))}).Number
	got, err := w.f.comments(t.Context(), desk)
	w.Must(err)
	if long != second || len(got) != 1 || !strings.HasSuffix(got[0].Body, "…\n\n"+policy.Marker("s4")) {
		t.Errorf("got %d comments", len(got))
	}
}

// TestStatusHidden: a status comment that GitHub denies for a moment is not made a second time.
func TestStatusHidden(t *testing.T) {
	w := newTown(t)
	desk := int(w.Do("desk", policy.OpenDesk{Title: advisoryID, Body: policy.Embargoed("hello")}).Number)
	first := w.Do("s1", policy.WriteStatus{Desk: desk, Body: policy.Embargoed("one")}).Number
	w.s.Fail(func(c sandbox.Call) sandbox.Fault {
		if c.Method == http.MethodPatch {
			return sandbox.Refused(http.StatusNotFound)
		}
		return sandbox.Fault{}
	})
	_, err := w.f.Apply(t.Context(), policy.Effect{Key: "s2", Do: policy.WriteStatus{Desk: desk, Comment: first, Body: policy.Embargoed("two")}}, false)
	forgetest.Trouble(t, err, policy.TroubleRefused, "issue or comment in the mirror")
	got, err := w.f.comments(t.Context(), desk)
	w.Must(err)
	if len(got) != 1 {
		t.Errorf("got %d comments", len(got))
	}
}

// TestMarkersOfOthers: a person who copies the marker makes no effect look done.
func TestMarkersOfOthers(t *testing.T) {
	w := newTown(t)
	w.as("dev", "POST", "repos/acme/mirror/issues", map[string]any{"title": advisoryID, "body": policy.Marker("desk")})
	desk := w.Do("desk", policy.OpenDesk{Title: advisoryID, Body: policy.Embargoed("hello")}).Number
	if desk == 1 || w.Observe(policy.Look{}).Desk.Number != int(desk) {
		t.Error("a person's issue was taken for the desk")
	}
	w.as("dev", "POST", path("repos/acme/mirror/issues/%d/comments", desk), map[string]any{"body": policy.Marker("say")})
	w.Again("say", policy.Say{Desk: int(desk), Body: policy.Embargoed("no")}, true)
	got, err := w.f.comments(t.Context(), int(desk))
	w.Must(err)
	if len(got) != 2 {
		t.Errorf("%d comments, want both", len(got))
	}
}
