package gitlab

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/policy"
)

// ultimate makes the town's GitLab one with external status checks, and the second hold.
func (w *town) ultimate() (check int64) {
	w.Helper()
	w.Must(w.s.SetTier("ultimate"))
	made := w.as("ada", "POST", inMirror("external_status_checks"), map[string]any{"name": secondName, "external_url": "https://liftgate.example/webhooks/gitlab?status"})
	w.as("ada", "PUT", strings.TrimSuffix(inMirror(""), "/"), map[string]any{"only_allow_merge_if_all_status_checks_passed": true})
	return int64(made["id"].(float64))
}

func TestSecondHold(t *testing.T) {
	w := newTown(t)
	check := w.ultimate()
	head := w.Commit("fix.c", "int fix;\n", "fix")
	w.push(fixRef)
	number := w.openMerge(fixRef, "main")
	view := func() policy.FixView { return w.Observe(policy.Look{Fixes: []int{number}}).Fixes[0] }
	hold := policy.SetHold{Fix: number, Head: head, Title: "Held until the lift", Summary: policy.Embargoed("words")}
	w.Do("h1", hold)
	w.Do("h1", hold)
	if v := view(); !v.Held || v.Released {
		t.Errorf("held: %+v", v)
	}
	// Somebody makes every pipeline green: the second hold still stands.
	w.as("dev", "POST", inMirror("statuses/%s", head), map[string]any{"state": "success", "name": holdName, "ref": fixRef})
	if code, _ := w.ask("rel", "PUT", inMirror("merge_requests/%d/merge", number), map[string]any{"sha": head}); code != http.StatusMethodNotAllowed {
		t.Errorf("with the second hold alone: merging answers %d", code)
	}
	if m := w.as("rel", "GET", inMirror("merge_requests/%d", number), nil); m["detailed_merge_status"] != "status_checks_must_pass" {
		t.Errorf("blocked by %v", m["detailed_merge_status"])
	}
	w.Do("h2", hold)
	// Somebody who may push answers in our place, or asks again, which leaves the check pending.
	w.as("dev", "POST", inMirror("merge_requests/%d/status_check_responses", number),
		map[string]any{"sha": head, "external_status_check_id": check, "status": "passed"})
	if v := view(); v.Held || v.Released {
		t.Errorf("forged: %+v", v)
	}
	w.Do("h3", hold)
	w.as("dev", "POST", inMirror("merge_requests/%d/status_checks/%d/retry", number, check), nil)
	if v := view(); v.Held {
		t.Errorf("asked again: %+v", v)
	}
	w.Do("h4", hold)
	if v := view(); !v.Held {
		t.Errorf("held again: %+v", v)
	}
	if n := w.requests("POST", "/status_check_responses"); n != 3 {
		t.Errorf("%d answers, want no two alike in a row", n)
	}
	// A push: the old head is left alone, the new one is not held before it has both.
	next := w.Commit("fix.c", "int fixed;\n", "fix again")
	w.push(fixRef)
	w.Do("h5", hold)
	if v := view(); v.Held || v.Head != next {
		t.Errorf("a new head: %+v", v)
	}
	hold.Head = next
	w.Do("h6", hold)
	if v := view(); !v.Held {
		t.Errorf("the new head: %+v", v)
	}
	hold.Released = true
	w.Do("h7", hold)
	if v := view(); v.Held || !v.Released {
		t.Errorf("released: %+v", v)
	}
	w.as("rel", "PUT", inMirror("merge_requests/%d/merge", number), map[string]any{"sha": next})
}

// TestNoSecondHoldAfterTheEnd: nothing waits for an answer about a merge request that is closed.
func TestNoSecondHoldAfterTheEnd(t *testing.T) {
	w := newTown(t)
	w.ultimate()
	head := w.Commit("fix.c", "int fix;\n", "fix")
	w.push(fixRef)
	number := w.openMerge(fixRef, "main")
	hold := policy.SetHold{Fix: number, Head: head, Title: "Held until the lift"}
	w.Do("h1", hold)
	w.as("dev", "PUT", inMirror("merge_requests/%d", number), map[string]any{"state_event": "close"})
	hold.Released = true
	w.Do("h2", hold)
	if v := w.Observe(policy.Look{Fixes: []int{number}}).Fixes[0]; v.Held || !v.Released || w.requests("POST", "/status_check_responses") != 1 {
		t.Errorf("closed: %+v", v)
	}
}

// TestSecondHoldThatAppears: a GitLab that has no external status checks is asked once in a long while, and the desk says
// what to do where it could have them.
func TestSecondHoldThatAppears(t *testing.T) {
	w := newTown(t)
	head := w.Commit("fix.c", "int fix;\n", "fix")
	w.push(fixRef)
	number := w.openMerge(fixRef, "main")
	hold := policy.SetHold{Fix: number, Head: head, Title: "Held until the lift"}
	look := func() policy.Snapshot { return w.Observe(policy.Look{Fixes: []int{number}}) }
	w.Do("h1", hold)
	for range 5 {
		w.Pass(time.Hour)
		if s := look(); !s.Fixes[0].Held || len(s.Mirror.Risks) != 0 {
			t.Errorf("a lower tier: %+v, %q", s.Fixes[0], s.Mirror.Risks)
		}
	}
	if n := w.requests("GET", "/external_status_checks?per_page=100"); n != 1 || w.requests("GET", "/status_checks?per_page=100") != 0 {
		t.Errorf("asked %d times in five hours", n)
	}
	w.Must(w.s.SetTier("ultimate"))
	w.Pass(outsidersRarely)
	if s := look(); !s.Fixes[0].Held || !strings.HasSuffix(risk(s.Mirror.Risks, "the hold is a commit status alone"), secondSetUp) {
		t.Errorf("paid for, and not made: %+v, %q", s.Fixes[0], s.Mirror.Risks)
	}
	w.ultimate()
	w.Pass(11 * time.Minute)
	if s := look(); s.Fixes[0].Held || risk(s.Mirror.Risks, "the hold is") != "" {
		t.Errorf("made, and not answered for: %+v, %q", s.Fixes[0], s.Mirror.Risks)
	}
	w.Do("h2", hold)
	if s := look(); !s.Fixes[0].Held {
		t.Errorf("both: %+v", s.Fixes[0])
	}
	w.Must(w.s.SetTier("free")) // the licence ends: what is gone holds nothing, and is missed by nobody
	if s := look(); !s.Fixes[0].Held {
		t.Errorf("one again: %+v", s.Fixes[0])
	}
}

// TestNoSecondHold: whatever a GitLab answers that has no external status checks, the first hold goes on alone.
func TestNoSecondHold(t *testing.T) {
	for _, code := range []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusBadGateway} {
		s := newStub(t)
		s.status("GET "+mirror+"/external_status_checks", code)
		for range 3 {
			if got, err := s.forge.secondHold(t.Context(), mergeRequest{Number: 3, State: "opened"}); got != nil || err != nil {
				t.Errorf("%d: %+v, %v", code, got, err)
			}
		}
		if n := s.Count("GET " + mirror); n != 1 {
			t.Errorf("%d: asked %d times", code, n)
		}
	}
}
