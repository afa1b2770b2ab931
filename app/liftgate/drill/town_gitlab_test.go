package drill

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/liftgate/liftgate/app/forge/sandbox"
	"github.com/liftgate/liftgate/app/forge/sandbox/contract"
	"github.com/liftgate/liftgate/policy"
)

func (t *labTown) asksForToken(sandbox.Call) bool { return false }

func (t *labTown) rehearses(c sandbox.Call) (branch string, ok bool) {
	_, branch, ok = strings.Cut(c.Path, "/repository/branches/")
	return branch, ok && c.Repo == t.public.Path
}

// moves tells a use of the lift's credential other than the rehearsal's, which only reads.
func (t *labTown) moves(c sandbox.Call) bool { return c.Scope.Actor == labLifter && c.Write }

func (t *labTown) report(_ sandbox.Request, body []byte, c *incident) bool {
	return c.id != "" && bytes.Contains(body, []byte(strings.Trim(policy.Marker("publish/"+c.id), "<>!- ")))
}

// tellsWords is true of the public issue: it is opened with the report's words.
func (t *labTown) tellsWords(r sandbox.Request) bool { return t.publishes(r) }

func (t *labTown) openPlaces() []string {
	public := t.API() + labPath(t.public, "")
	return []string{
		public, public + "/issues", public + "/merge_requests", public + "/repository/branches", public + "/repository/commits",
		public + "/labels", public + "/pipelines", t.API() + "users?username=" + reporter,
	}
}

// object asks for changes as the web page does, for which there is no other way, and says why.
func (h *labHands) object(ctx context.Context, number int, _, words string) error {
	if err := h.town.Review(h.town.mirror.Path, int64(number), h.login, "requested_changes"); err != nil {
		return err
	}
	_, err := h.call(ctx, http.MethodPost, h.mirror(fmt.Sprintf("/merge_requests/%d/notes", number)), object{"body": words}, nil)
	return err
}

func (h *labHands) setOpen(ctx context.Context, number int, open bool) error {
	event := map[bool]string{true: "reopen", false: "close"}[open]
	_, err := h.call(ctx, http.MethodPut, h.mirror(fmt.Sprintf("/merge_requests/%d", number)), object{"state_event": event}, nil)
	return err
}

// describedByGitLab holds every request, answer and webhook to GitLab's own descriptions, where they are beside the
// repository.
func describedByGitLab(t *testing.T) Watch {
	t.Helper()
	if !contract.HasGitLab() {
		t.Log("GitLab's descriptions are not beside the repository: requests and answers are not held to them")
		return Watch{}
	}
	gitlab := contract.GitLab(t)
	return Watch{Exchange: gitlab.Middleware, Hook: gitlab.Hook}
}
