package github

import (
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/forge/forgetest"
	"github.com/liftgate/liftgate/policy"
)

const fixRef = "liftgate/" + advisoryID + "/fix"

func TestFixes(t *testing.T) {
	w := newTown(t)
	w.Git("checkout", "--quiet", "main")
	first := w.Commit("fix.c", "int fix;\n", "fix")
	w.push(fixRef)
	w.push("elsewhere")
	w.push("liftgate/LSN-2026-00071/fix")
	number := w.openPull(fixRef, "main")
	named := w.openPull("elsewhere", "main")
	w.openPull("liftgate/LSN-2026-00071/fix", "main") // another advisory's
	review := func(login, event string) {
		w.Pass(time.Second)
		w.as(login, "POST", path("repos/acme/mirror/pulls/%d/reviews", number), map[string]any{"event": event, "body": "because"})
	}
	w.as("dev", "POST", path("repos/acme/mirror/pulls/%d/requested_reviewers", number), map[string]any{"reviewers": []string{"guest"}})
	review("rel", "REQUEST_CHANGES")
	review("rel", "APPROVE")
	review("rel", "COMMENT")
	review("ada", "APPROVE")
	review("ada", "REQUEST_CHANGES")

	s := w.Observe(policy.Look{Fixes: []int{named, 555}})
	if len(s.Fixes) != 3 {
		t.Fatalf("got %d fixes: %+v", len(s.Fixes), s.Fixes)
	}
	f := s.Fixes[0]
	if f.Number != number || f.Base != "main" || f.HeadRef != fixRef || f.Head != first || f.Author != "dev" || !f.Open || f.Merged || f.URL == "" {
		t.Errorf("got %+v", f)
	}
	if want := []policy.Approval{{By: "rel", Head: first}}; !slices.Equal(f.Approvals, want) || !slices.Equal(f.Objectors, []string{"ada"}) {
		t.Errorf("opinions: %+v %v", f.Approvals, f.Objectors)
	}
	slices.Sort(f.Reviewers)
	if !slices.Equal(f.Reviewers, []string{"ada", "guest", "rel"}) {
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

	w.as("dev", "PUT", path("repos/acme/mirror/pulls/%d/merge", number), map[string]any{"merge_method": "merge"})
	if f := w.Observe(policy.Look{Fixes: []int{number}}).Fixes[0]; !f.Merged || f.Open || f.MergedAs == "" || f.Head != first {
		t.Errorf("merged early: %+v", f)
	}
}

func TestHold(t *testing.T) {
	w := newTown(t)
	head := w.Commit("fix.c", "int fix;\n", "fix")
	w.push(fixRef)
	number := w.openPull(fixRef, "main")
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
	// Somebody with write access forges the status; the check stands.
	w.as("dev", "POST", "repos/acme/mirror/statuses/"+head, map[string]any{"state": "success", "context": "LiftGate/Hold"})
	if v := view(); v.Held || v.Released {
		t.Errorf("half forged: %+v", v)
	}
	hold.Button = false
	w.Do("h2", hold)
	if v := view(); !v.Held {
		t.Errorf("held again: %+v", v)
	}
	hold.Released, hold.Summary = true, policy.Text{}
	w.Do("h3", hold)
	if v := view(); v.Held || !v.Released {
		t.Errorf("released: %+v", v)
	}
	if n := w.requests("POST /repos/{owner}/{repo}/check-runs"); n != 1 {
		t.Errorf("%d check runs on one head", n)
	}
	if n := w.requests("POST /repos/{owner}/{repo}/statuses/{sha}"); n != 3 {
		t.Errorf("%d statuses, want no two alike", n)
	}
	hold.Head = strings.Repeat("1", 40)
	_, err := w.f.Apply(t.Context(), policy.Effect{Key: "h4", Do: hold}, false)
	if err == nil {
		t.Error("held a commit that is not there")
	}
}

func TestProofs(t *testing.T) {
	w := newTown(t)
	head := w.Commit("fix.c", "int fix;\n", "fix")
	w.push(fixRef)
	for _, s := range []struct{ context, state string }{{"ci/build", "pending"}, {"ci/build", "success"}, {"ci/lint", "failure"}, {"liftgate/hold", "failure"}} {
		w.as("dev", "POST", "repos/acme/mirror/statuses/"+head, map[string]any{"state": s.state, "context": s.context})
	}
	w.Do("h", policy.SetHold{Head: head, Title: "Held"})
	missing := strings.Repeat("1", 40)
	got := w.Observe(policy.Look{Proofs: []string{head, missing}}).Proofs
	want := []policy.Check{{Name: "ci/build", State: policy.CheckPassed}, {Name: "ci/lint", State: policy.CheckFailed}}
	if len(got) != 2 || !slices.Equal(got[0].Checks, want) || got[1].SHA != missing || len(got[1].Checks) != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestOpenFixAdopts(t *testing.T) {
	w := newTown(t)
	w.Commit("fix.c", "int fix;\n", "fix")
	w.push(fixRef)
	number := w.openPull(fixRef, "main")
	open := policy.OpenFix{Branch: "main", HeadRef: fixRef, Title: policy.Embargoed("Fix"), Body: policy.Embargoed("b"), Reviewers: []string{"dev", "rel"}}
	if got := w.Do("k", open).Number; got != int64(number) {
		t.Errorf("opened %d beside %d", got, number)
	}
	open.HeadRef = "liftgate/" + advisoryID + "/nowhere"
	_, err := w.f.Apply(t.Context(), policy.Effect{Key: "k2", Do: open}, false)
	forgetest.Trouble(t, err, policy.TroubleInvalid, "pull request")
}

func TestMirrorProblems(t *testing.T) {
	w := newTown(t)
	w.Must(w.s.SetPrivate("acme/mirror", false, "ada"))
	if p := w.Observe(policy.Look{}).Mirror.Problems; len(p) != 1 || !strings.Contains(p[0], "public") {
		t.Errorf("a public mirror: %v", p)
	}
}

// TestObserveAtOnce is for the race detector: ghinstallation writes to a transport that is shared.
func TestObserveAtOnce(t *testing.T) {
	w := newTown(t)
	ref := w.Report()
	desk := w.OpenDesk("hello")
	fresh, err := New(Options{AppID: w.app.ID, Key: w.app.PEM, API: w.s.API(), Project: project, Now: w.Now})
	w.Must(err)
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() {
			if _, err := fresh.Observe(t.Context(), policy.Look{Advisory: advisoryID, Report: ref, Desk: desk}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

// statuses counts the answers that GitHub gave.
type statuses struct {
	mu   sync.Mutex
	seen map[int]int
}

func (s *statuses) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err == nil {
		s.mu.Lock()
		s.seen[resp.StatusCode]++
		s.mu.Unlock()
	}
	return resp, err
}

// TestSecondLookIsFree: nothing changed, so GitHub sends nothing again.
func TestSecondLookIsFree(t *testing.T) {
	w := newTown(t)
	count := &statuses{seen: map[int]int{}}
	f, err := New(Options{AppID: w.app.ID, Key: w.app.PEM, API: w.s.API(), Project: project, Now: w.Now, HTTP: count})
	w.Must(err)
	look := policy.Look{Advisory: advisoryID, Report: w.Report(), Actors: []string{"ada"}, Proofs: []string{w.Git("rev-parse", "main")}}
	first, err := f.Observe(t.Context(), look)
	w.Must(err)
	fresh := count.seen[http.StatusOK]
	second, err := f.Observe(t.Context(), look)
	w.Must(err)
	if n := count.seen[http.StatusOK] - fresh; n != 0 || count.seen[http.StatusNotModified] == 0 {
		t.Errorf("%d answers were sent again: %v", n, count.seen)
	}
	if !reflect.DeepEqual(first, second) {
		t.Error("the second look differs")
	}
}
