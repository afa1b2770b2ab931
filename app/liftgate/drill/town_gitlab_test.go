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

func (t *labTown) readsDesk(r sandbox.Request, desk int) bool {
	path, _, _ := strings.Cut(r.Path, "?")
	return r.Method == http.MethodGet && strings.HasSuffix(path, labPath(t.mirror, fmt.Sprintf("/issues/%d/notes", desk)))
}

func (t *labTown) nameOf(iid string) string { return t.public.Path + "/-/issues/" + iid }

// unguard takes a protection off, under which nobody deletes or rewinds a branch.
func (t *labTown) unguard(branch string) (guard func() error, err error) {
	t.mu.Lock()
	rule, guarded := t.guards[branch]
	t.mu.Unlock()
	if !guarded {
		return func() error { return nil }, nil
	}
	return func() error { return t.Protect(t.public.Path, rule) }, t.Unprotect(t.public.Path, branch)
}

func (t *labTown) deliveries() []sandbox.Delivery {
	return append(t.Deliveries(t.public.Path), t.Deliveries(t.mirror.Path)...)
}

func (t *labTown) fork() error { return t.SetFork(t.mirror.Path, t.public.Path) }

func (t *labTown) dropHoldRule() error {
	boss := t.labHands(maintainer)
	_, err := boss.call(context.Background(), http.MethodPut, boss.mirror(""), object{"only_allow_merge_if_pipeline_succeeds": false}, nil)
	return err
}

// mergeBy knows no way of its own to rebase: that is the project's choice.
func (h *labHands) mergeBy(ctx context.Context, number int, way string) (refused bool, err error) {
	status, err := h.call(ctx, http.MethodPut, h.mirror(fmt.Sprintf("/merge_requests/%d/merge", number)), object{"squash": way == "squash"}, nil)
	if status == http.StatusMethodNotAllowed {
		return true, nil
	}
	return false, err
}

// mergeLater has GitLab merge a fix as soon as nothing is against it.
func (h *labHands) mergeLater(ctx context.Context, number int) error {
	_, err := h.call(ctx, http.MethodPut, h.mirror(fmt.Sprintf("/merge_requests/%d/merge", number)), object{"auto_merge": true}, nil)
	return err
}

func (h *labHands) overwriteHold(ctx context.Context, sha string) error {
	_, err := h.call(ctx, http.MethodPost, h.mirror("/statuses/"+sha), object{"state": "success", "name": "liftgate/hold"}, nil)
	return err
}

func (h *labHands) dress(ctx context.Context, number int, labels, reviewers []string) error {
	var ids []int64
	for _, login := range reviewers {
		var found []struct {
			ID int64 `json:"id"`
		}
		if _, err := h.call(ctx, http.MethodGet, "users?username="+login, nil, &found); err != nil || len(found) != 1 {
			return fmt.Errorf("find %s: %d found, %w", login, len(found), err)
		}
		ids = append(ids, found[0].ID)
	}
	_, err := h.call(ctx, http.MethodPut, h.mirror(fmt.Sprintf("/merge_requests/%d", number)),
		object{"labels": strings.Join(labels, ","), "reviewer_ids": ids}, nil)
	return err
}

func (h *labHands) dressed(ctx context.Context, number int) (labels, reviewers []string, err error) {
	var m struct {
		Labels    []string                    `json:"labels"`
		Reviewers []struct{ Username string } `json:"reviewers"`
	}
	_, err = h.call(ctx, http.MethodGet, h.mirror(fmt.Sprintf("/merge_requests/%d", number)), nil, &m)
	for _, r := range m.Reviewers {
		reviewers = append(reviewers, r.Username)
	}
	return m.Labels, reviewers, err
}

func (h *labHands) deskOpen(ctx context.Context, desk int) (bool, error) {
	var one labIssue
	_, err := h.call(ctx, http.MethodGet, h.mirror(fmt.Sprintf("/issues/%d", desk)), nil, &one)
	return one.State == "opened", err
}

// moveReport closes the confidential issue, or shows it to everybody.
func (h *labHands) moveReport(ctx context.Context, iid string, to policy.ReportState) error {
	change := object{"state_event": "close"}
	if to == policy.ReportPublished {
		change = object{"confidential": false}
	}
	_, err := h.call(ctx, http.MethodPut, h.public("/issues/"+iid), change, nil)
	return err
}

// reportCVE is the number that Liftgate's note at the report names.
func (h *labHands) reportCVE(ctx context.Context, iid string) (string, error) {
	said, err := h.notes(ctx, h.public("/issues/"+iid+"/notes"))
	for _, n := range said {
		if at := strings.Index(n.Body, "CVE-"); n.Ours && at >= 0 {
			return n.Body[at:min(len(n.Body), at+len(cveNumber))], err
		}
	}
	return "", err
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
