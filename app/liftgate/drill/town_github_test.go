package drill

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/liftgate/liftgate/app/forge/sandbox"
	"github.com/liftgate/liftgate/app/forge/sandbox/contract"
	"github.com/liftgate/liftgate/policy"
)

func (t *hubTown) asksForToken(c sandbox.Call) bool {
	return strings.HasSuffix(c.Path, "/access_tokens")
}

func (t *hubTown) rehearses(c sandbox.Call) (branch string, ok bool) {
	_, branch, ok = strings.Cut(c.Path, "/rules/branches/")
	return branch, ok && c.Repo == t.public.FullName
}

func (t *hubTown) moves(c sandbox.Call) bool {
	return c.Scope.Kind == "installation" && c.Scope.Permissions["contents"] == "write"
}

func (t *hubTown) report(r sandbox.Request, _ []byte, c *incident) bool {
	return strings.Contains(r.Path, c.ref)
}

// tellsWords is false: to publish a report GitHub is told its state and nothing more.
func (t *hubTown) tellsWords(sandbox.Request) bool { return false }

func (t *hubTown) openPlaces() []string {
	public := t.API() + "repos/" + t.public.FullName
	return []string{
		public, public + "/branches", public + "/commits", public + "/issues?state=all", public + "/pulls?state=all", public + "/events",
		public + "/security-advisories",
	}
}

func (t *hubTown) readsDesk(r sandbox.Request, desk int) bool {
	path, _, _ := strings.Cut(r.Path, "?")
	return r.Method == http.MethodGet && strings.HasSuffix(path, fmt.Sprintf("/repos/%s/issues/%d/comments", t.mirror.FullName, desk))
}

func (t *hubTown) nameOf(ghsa string) string { return ghsa }

// unguard does nothing: the rules let the owners pass.
func (t *hubTown) unguard(string) (guard func() error, err error) {
	return func() error { return nil }, nil
}

func (t *hubTown) deliveries() []sandbox.Delivery { return t.Deliveries(t.app.ID) }

func (t *hubTown) fork() error { return t.SetFork(t.mirror.FullName, t.public.FullName) }

func (t *hubTown) dropHoldRule() error { return t.SetPlan("tiny", "free") }

func (h *hubHands) overwriteHold(ctx context.Context, sha string) error {
	_, err := h.call(ctx, http.MethodPost, h.mirror("/statuses/"+sha), object{"state": "success", "context": "liftgate/hold"}, nil)
	return err
}

func (h *hubHands) dress(ctx context.Context, number int, labels, reviewers []string) error {
	_, err := h.call(ctx, http.MethodPost, h.mirror(fmt.Sprintf("/issues/%d/labels", number)), object{"labels": labels}, nil)
	if err == nil {
		_, err = h.call(ctx, http.MethodPost, h.mirror(fmt.Sprintf("/pulls/%d/requested_reviewers", number)), object{"reviewers": reviewers}, nil)
	}
	return err
}

func (h *hubHands) dressed(ctx context.Context, number int) (labels, reviewers []string, err error) {
	var p struct {
		Labels    []struct{ Name string }  `json:"labels"`
		Reviewers []struct{ Login string } `json:"requested_reviewers"`
	}
	_, err = h.call(ctx, http.MethodGet, h.mirror(fmt.Sprintf("/pulls/%d", number)), nil, &p)
	for _, l := range p.Labels {
		labels = append(labels, l.Name)
	}
	for _, r := range p.Reviewers {
		reviewers = append(reviewers, r.Login)
	}
	return labels, reviewers, err
}

func (h *hubHands) deskOpen(ctx context.Context, desk int) (bool, error) {
	var issue struct {
		State string `json:"state"`
	}
	_, err := h.call(ctx, http.MethodGet, h.mirror(fmt.Sprintf("/issues/%d", desk)), nil, &issue)
	return issue.State == "open", err
}

func (h *hubHands) moveReport(ctx context.Context, ghsa string, to policy.ReportState) error {
	_, err := h.call(ctx, http.MethodPatch, h.public("/security-advisories/"+ghsa), object{"state": string(to)}, nil)
	return err
}

func (h *hubHands) reportCVE(ctx context.Context, ghsa string) (string, error) {
	var shown struct {
		CVE string `json:"cve_id"`
	}
	_, err := h.call(ctx, http.MethodGet, h.public("/security-advisories/"+ghsa), nil, &shown)
	return shown.CVE, err
}

func (h *hubHands) object(ctx context.Context, number int, head, words string) error {
	_, err := h.call(ctx, http.MethodPost, h.mirror(fmt.Sprintf("/pulls/%d/reviews", number)),
		object{"event": "REQUEST_CHANGES", "body": words, "commit_id": head}, nil)
	return err
}

func (h *hubHands) setOpen(ctx context.Context, number int, open bool) error {
	state := map[bool]string{true: "open", false: "closed"}[open]
	_, err := h.call(ctx, http.MethodPatch, h.mirror(fmt.Sprintf("/pulls/%d", number)), object{"state": state}, nil)
	return err
}

// describedByGitHub holds every request, answer and webhook to GitHub's own description, where that is beside the repository.
func describedByGitHub(t *testing.T) Watch {
	t.Helper()
	if _, err := os.Stat("../../../../shared/oracles/github-openapi.json"); err != nil {
		t.Log("GitHub's description is not beside the repository: requests and answers are not held to it")
		return Watch{}
	}
	github := contract.GitHub(t)
	return Watch{Exchange: github.Middleware, Hook: github.Hook}
}
