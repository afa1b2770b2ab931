package drill

import (
	"context"
	"fmt"
	"net/http"
)

// hubHands are somebody's on GitHub.
type hubHands struct {
	caller
	town *hubTown
}

func (h *hubHands) mirror(path string) string { return "repos/" + h.town.mirror.FullName + path }
func (h *hubHands) public(path string) string { return "repos/" + h.town.public.FullName + path }

// report sends a private vulnerability report.
func (h *hubHands) report(ctx context.Context, summary, description string) (ghsa string, err error) {
	var answer struct {
		GHSA string `json:"ghsa_id"`
	}
	_, err = h.call(ctx, http.MethodPost, h.public("/security-advisories/reports"), object{
		"summary": summary, "description": description, "severity": "high",
		"vulnerabilities": []object{{
			"package": object{"ecosystem": "other", "name": "tinyserve"}, "vulnerable_version_range": "<= 1.2.0", "patched_versions": "1.2.1",
		}},
	}, &answer)
	return answer.GHSA, err
}

func (h *hubHands) reportState(ctx context.Context, ghsa, _ string) (string, error) {
	var answer struct {
		State string `json:"state"`
	}
	_, err := h.call(ctx, http.MethodGet, h.public("/security-advisories/"+ghsa), nil, &answer)
	return answer.State, err
}

func (h *hubHands) desks(ctx context.Context) (numbers []int, titles []string, err error) {
	var all []struct {
		Number int            `json:"number"`
		Title  string         `json:"title"`
		Pull   map[string]any `json:"pull_request"`
	}
	_, err = h.call(ctx, http.MethodGet, h.mirror("/issues?state=all&per_page=100"), nil, &all)
	for _, issue := range all {
		if issue.Pull == nil {
			numbers, titles = append(numbers, issue.Number), append(titles, issue.Title)
		}
	}
	return numbers, titles, err
}

func (h *hubHands) comment(ctx context.Context, desk int, words string) error {
	_, err := h.call(ctx, http.MethodPost, h.mirror(fmt.Sprintf("/issues/%d/comments", desk)), object{"body": words}, nil)
	return err
}

func (h *hubHands) comments(ctx context.Context, desk int) ([]comment, error) {
	var said []comment
	for page := 1; ; page++ {
		var some []struct {
			Body string `json:"body"`
			User struct {
				Login string `json:"login"`
			} `json:"user"`
		}
		if _, err := h.call(ctx, http.MethodGet, h.mirror(fmt.Sprintf("/issues/%d/comments?per_page=100&page=%d", desk, page)), nil, &some); err != nil {
			return nil, err
		}
		for _, c := range some {
			said = append(said, comment{Body: c.Body, Ours: c.User.Login == h.town.app.BotLogin})
		}
		if len(some) < 100 {
			return said, nil
		}
	}
}

func (h *hubHands) label(ctx context.Context, desk int, label string) error {
	_, err := h.call(ctx, http.MethodPost, h.mirror(fmt.Sprintf("/issues/%d/labels", desk)), object{"labels": []string{label}}, nil)
	return err
}

func (h *hubHands) openFix(ctx context.Context, title, ref, base string) (number int, err error) {
	var answer struct {
		Number int `json:"number"`
	}
	_, err = h.call(ctx, http.MethodPost, h.mirror("/pulls"), object{"title": title, "head": ref, "base": base, "body": ""}, &answer)
	return answer.Number, err
}

func (h *hubHands) fixes(ctx context.Context) ([]fix, error) {
	var all []struct {
		Number   int     `json:"number"`
		State    string  `json:"state"`
		MergedAt *string `json:"merged_at"`
		Head     struct {
			Ref string `json:"ref"`
			SHA string `json:"sha"`
		} `json:"head"`
		Base struct {
			Ref string `json:"ref"`
		} `json:"base"`
	}
	_, err := h.call(ctx, http.MethodGet, h.mirror("/pulls?state=all&per_page=100"), nil, &all)
	var found []fix
	for _, p := range all {
		found = append(found, fix{
			Number: p.Number, Open: p.State == "open", Merged: p.MergedAt != nil, Ref: p.Head.Ref, Head: p.Head.SHA, Base: p.Base.Ref,
		})
	}
	return found, err
}

// remarks are comments like a desk's: to GitHub a pull request is an issue.
func (h *hubHands) remarks(ctx context.Context, number int) ([]comment, error) {
	return h.comments(ctx, number)
}

func (h *hubHands) approve(ctx context.Context, number int, head string) error {
	_, err := h.call(ctx, http.MethodPost, h.mirror(fmt.Sprintf("/pulls/%d/reviews", number)), object{"event": "APPROVE", "commit_id": head}, nil)
	return err
}

func (h *hubHands) merge(ctx context.Context, number int) (refused bool, err error) {
	return h.mergeBy(ctx, number, "merge")
}

// mergeBy merges in one of GitHub's ways.
func (h *hubHands) mergeBy(ctx context.Context, number int, way string) (refused bool, err error) {
	status, err := h.call(ctx, http.MethodPut, h.mirror(fmt.Sprintf("/pulls/%d/merge", number)), object{"merge_method": way}, nil)
	if status == http.StatusMethodNotAllowed {
		return true, nil
	}
	return false, err
}

func (h *hubHands) prove(ctx context.Context, sha string, passed bool) error {
	state := map[bool]string{true: "success", false: "failure"}[passed]
	_, err := h.call(ctx, http.MethodPost, h.mirror("/statuses/"+sha), object{"state": state, "context": "ci/build"}, nil)
	return err
}

// held looks at both halves of the hold: the check run with the button, and the commit status.
func (h *hubHands) held(ctx context.Context, sha string) (bool, error) {
	_, conclusion, err := h.holdRun(ctx, sha)
	if err != nil || conclusion != "action_required" {
		return false, err
	}
	var combined struct {
		Statuses []struct {
			Context string `json:"context"`
			State   string `json:"state"`
		} `json:"statuses"`
	}
	_, err = h.call(ctx, http.MethodGet, h.mirror("/commits/"+sha+"/status"), nil, &combined)
	for _, s := range combined.Statuses {
		if s.Context == "liftgate/hold" && s.State == "failure" {
			return true, err
		}
	}
	return false, err
}

// holdRun is the hold's check run on a commit; 0 if there is none.
func (h *hubHands) holdRun(ctx context.Context, sha string) (id int64, conclusion string, err error) {
	var runs struct {
		Runs []struct {
			ID         int64  `json:"id"`
			Conclusion string `json:"conclusion"`
		} `json:"check_runs"`
	}
	if _, err = h.call(ctx, http.MethodGet, h.mirror("/commits/"+sha+"/check-runs?check_name=liftgate/hold"), nil, &runs); err != nil || len(runs.Runs) == 0 {
		return 0, "", err
	}
	return runs.Runs[0].ID, runs.Runs[0].Conclusion, nil
}
