package drill

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// TestCanary plays a case in which one word stands in everything that is embargoed: the report, the reasons, the names of
// branches, the commit messages, paths and content of the fix, a conflict, the titles and reviews of fixes, and what the
// forge says when something goes wrong. Before the lift that word is in nothing that leaves the private places.
func TestCanary(t *testing.T) {
	t.Parallel()
	onMost(t, playCanary)
}

func playCanary(t *testing.T, forge string) {
	r := newRig(t, t.Context(), ground{Forge: forge, Stable: 2, Conflicts: 1, Holds: true, Hooks: "fine"}, held(t, forge))
	defer r.close()
	quarrel(r)
	heard := false
	for i, s := range []step{
		{Kind: "report"}, {Kind: "accept", A: 1}, {Kind: "cve"}, {Kind: "restart"}, {Kind: "fix"}, {Kind: "clock", A: 1}, {Kind: "fix"}, {Kind: "restart"}, {Kind: "longer"}, {Kind: "agree"},
		{Kind: "hold"}, {Kind: "settle-branch", A: 1}, {Kind: "affects", A: 1}, {Kind: "settle-branch", A: 2, B: 1}, {Kind: "affects", A: 2},
		{Kind: "outsider", A: 5}, {Kind: "resolve"}, {Kind: "edit", A: 1}, {Kind: "object"}, {Kind: "garble"}, {Kind: "kill-server"},
		{Kind: "garble", A: 1}, {Kind: "merge"}, {Kind: "amend"}, {Kind: "protect"}, {Kind: "rehearse"}, {Kind: "clock", A: 1}, {Kind: "protect"},
		{Kind: "resume"}, {Kind: "approve", B: 1}, {Kind: "ci"}, {Kind: "restart-server"}, {Kind: "clock", A: 1},
	} {
		r.note("%2d %s", i, s)
		if err := r.take(s); err != nil {
			t.Fatalf("%s: %v\n%s", s, err, r.told())
		}
		r.settle()
		r.Clock.Advance(8 * time.Second) // what was set back is tried again
		r.settle()
		for tries := 0; s.Kind == "report" && !r.find(r.cases[0]) && tries < 20; tries++ {
			r.settle()
			r.Clock.Advance(30 * time.Second)
		}
		for tries := 0; s.Kind == "fix" && i > 5 && r.cases[0].fix == 0 && tries < 20; tries++ { // the mirror may follow late here
			r.Clock.Advance(30 * time.Second)
			r.settle()
			if err := r.take(s); err != nil {
				t.Fatalf("%s: %v\n%s", s, err, r.told())
			}
			r.settle()
		}
		r.inspect(true)
		r.strangers()
		heard = heard || r.cases[0].desk != 0 && strings.Contains(r.spoken(), canaryWord)
	}
	if len(r.cases) != 1 || r.cases[0].fix == 0 {
		r.fail("the case did not get as far as its fix")
	}
	r.plan.disarm()
	r.mend() // which looks once more just before the end
	r.inspectEnd()
	if !heard {
		t.Error("the word did not even reach the private desk: this test looks for nothing")
	}
}

// quarrel makes the forge answer with the canary now and then, wherever the server asks it.
func quarrel(r *rig) {
	words := fmt.Sprintf(`{"message":"%s is not allowed","documentation_url":"https://%s.example"}`, canaryWord, canaryWord)
	says := func(status int) sandbox.Fault {
		return sandbox.Fault{Refuse: &sandbox.Refusal{Status: status, Body: words}}
	}
	rest := func(c sandbox.Call) bool { return !c.Git && !r.evidence().asksForToken(c) }
	for i, status := range []int{500, 403, 422, 503, 409, 404} {
		r.plan.arm(armed{match: func(c sandbox.Call) bool { return rest(c) && c.Write }, skip: 3 * i, times: 1, fault: says(status)})
	}
	for i, status := range []int{500, 403, 502, 429} {
		r.plan.arm(armed{match: func(c sandbox.Call) bool { return rest(c) && !c.Write }, skip: 60 * (i + 1), times: 1, fault: says(status)})
	}
	for i, route := range []string{"git-upload-pack", "git-receive-pack"} {
		for j, status := range []int{500, 403} {
			r.plan.arm(armed{match: func(c sandbox.Call) bool { return c.Git && c.Route == route }, skip: 2*i + 3*j, times: 1, fault: says(status)})
		}
	}
	r.plan.arm(armed{match: r.evidence().asksForToken, skip: 4, times: 2, fault: says(422)})
}

// strangers look at everything of the project that anybody can look at.
func (r *rig) strangers() {
	secret := len(r.cases) == 0 || !r.allowed(func(l *ledger) bool { return l.landed[0] })
	client := &http.Client{Timeout: 10 * time.Second}
	own := "http://" + r.address
	for _, url := range append(r.evidence().openPlaces(), own+"/metrics", own+"/readyz", own+"/livez") {
		resp, err := client.Get(url)
		if err != nil {
			continue // the server may be down just now
		}
		words, err := io.ReadAll(resp.Body)
		if closed := resp.Body.Close(); err == nil {
			err = closed
		}
		if secret && err == nil && strings.Contains(string(words), canaryWord) {
			r.fail("1: a stranger reads embargoed words at " + url)
		}
	}
	for _, req := range r.town.requests() {
		if secret && r.town.ours(req.Token) && req.Repo == r.Public.FullName && strings.Contains(req.Path, canaryWord) {
			r.fail("1: an embargoed word went into a request about the public repository: " + req.Path)
		}
	}
}

// spoken is all that is written at the desk.
func (r *rig) spoken() string {
	var all strings.Builder
	comments, err := r.as(maintainer).comments(r.ctx, r.cases[0].desk)
	if err != nil {
		r.t.Fatalf("read the desk: %v", err)
	}
	for _, c := range comments {
		if c.Ours {
			all.WriteString(c.Body)
		}
	}
	return all.String()
}
