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
