package drill

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	lab "github.com/liftgate/liftgate/app/forge/sandbox/gitlab"
)

// labHands are somebody's on GitLab.
type labHands struct {
	caller
	town *labTown
}

func (h *labHands) mirror(path string) string { return labPath(h.town.mirror, path) }
func (h *labHands) public(path string) string { return labPath(h.town.public, path) }

func labPath(p lab.Project, path string) string { return "projects/" + url.PathEscape(p.Path) + path }

type labIssue struct {
	IID          int    `json:"iid"`
	Title        string `json:"title"`
	State        string `json:"state"`
	Confidential bool   `json:"confidential"`
}

// report opens a confidential issue.
func (h *labHands) report(ctx context.Context, summary, description string) (iid string, err error) {
	var answer labIssue
	_, err = h.call(ctx, http.MethodPost, h.public("/issues"), object{"title": summary, "description": description, "confidential": true}, &answer)
	return strconv.Itoa(answer.IID), err
}

// reportState looks for what everybody can read: an issue with the advisory's name. The report itself never shows.
func (h *labHands) reportState(ctx context.Context, iid, advisory string) (string, error) {
	var one labIssue
	if _, err := h.call(ctx, http.MethodGet, h.public("/issues/"+iid), nil, &one); err != nil {
		return "", err
	}
	stranger := caller{login: "anybody", api: h.api, header: http.Header{}}
	var all []labIssue
	if _, err := stranger.call(ctx, http.MethodGet, h.public("/issues?per_page=100"), nil, &all); err != nil {
		return "", err
	}
	for _, issue := range all {
		if advisory != "" && strings.HasPrefix(issue.Title, advisory+":") || !one.Confidential {
			return "published", nil
		}
	}
	if one.State == "closed" {
		return "closed", nil
	}
	return "triage", nil
}

func (h *labHands) desks(ctx context.Context) (numbers []int, titles []string, err error) {
	var all []labIssue
	_, err = h.call(ctx, http.MethodGet, h.mirror("/issues?per_page=100"), nil, &all)
	for _, issue := range all {
		numbers, titles = append(numbers, issue.IID), append(titles, issue.Title)
	}
	return numbers, titles, err
}

func (h *labHands) comment(ctx context.Context, desk int, words string) error {
	_, err := h.call(ctx, http.MethodPost, h.mirror(fmt.Sprintf("/issues/%d/notes", desk)), object{"body": words}, nil)
	return err
}

func (h *labHands) comments(ctx context.Context, desk int) ([]comment, error) {
	return h.notes(ctx, h.mirror(fmt.Sprintf("/issues/%d/notes", desk)))
}

// notes are what people and Liftgate wrote somewhere, oldest first.
func (h *labHands) notes(ctx context.Context, path string) ([]comment, error) {
	var said []comment
	for page := 1; ; page++ {
		var some []struct {
			Body   string `json:"body"`
			System bool   `json:"system"`
			Author struct {
				Username string `json:"username"`
			} `json:"author"`
		}
		if _, err := h.call(ctx, http.MethodGet, fmt.Sprintf("%s?sort=asc&per_page=100&page=%d", path, page), nil, &some); err != nil {
			return nil, err
		}
		for _, n := range some {
			if !n.System {
				said = append(said, comment{Body: n.Body, Ours: n.Author.Username == labBot})
			}
		}
		if len(some) < 100 {
			return said, nil
		}
	}
}

func (h *labHands) label(ctx context.Context, desk int, label string) error {
	_, err := h.call(ctx, http.MethodPut, h.mirror(fmt.Sprintf("/issues/%d", desk)), object{"add_labels": label}, nil)
	return err
}

func (h *labHands) openFix(ctx context.Context, title, ref, base string) (number int, err error) {
	var answer labIssue
	_, err = h.call(ctx, http.MethodPost, h.mirror("/merge_requests"), object{"title": title, "source_branch": ref, "target_branch": base}, &answer)
	return answer.IID, err
}

func (h *labHands) fixes(ctx context.Context) ([]fix, error) {
	var all []struct {
		labIssue
		Source string `json:"source_branch"`
		Target string `json:"target_branch"`
		SHA    string `json:"sha"`
	}
	_, err := h.call(ctx, http.MethodGet, h.mirror("/merge_requests?state=all&per_page=100"), nil, &all)
	var found []fix
	for _, m := range all {
		found = append(found, fix{
			Number: m.IID, Open: m.State == "opened", Merged: m.State == "merged", Ref: m.Source, Head: m.SHA, Base: m.Target,
		})
	}
	return found, err
}

func (h *labHands) remarks(ctx context.Context, number int) ([]comment, error) {
	return h.notes(ctx, h.mirror(fmt.Sprintf("/merge_requests/%d/notes", number)))
}

// approve approves a head. GitLab keeps an approval when the branch moves on, so that whoever has looked at the new head
// takes the old approval back first.
func (h *labHands) approve(ctx context.Context, number int, head string) error {
	one := h.mirror(fmt.Sprintf("/merge_requests/%d", number))
	key := h.login + " !" + strconv.Itoa(number)
	h.town.mu.Lock()
	before, again := h.town.seen[key]
	h.town.mu.Unlock()
	if before == head {
		return nil
	}
	if again {
		if _, err := h.call(ctx, http.MethodPost, one+"/unapprove", nil, nil); err != nil {
			return err
		}
	}
	if _, err := h.call(ctx, http.MethodPost, one+"/approve", object{"sha": head}, nil); err != nil {
		return err
	}
	h.town.mu.Lock()
	defer h.town.mu.Unlock()
	h.town.seen[key] = head
	return nil
}

func (h *labHands) merge(ctx context.Context, number int) (refused bool, err error) {
	status, err := h.call(ctx, http.MethodPut, h.mirror(fmt.Sprintf("/merge_requests/%d/merge", number)), nil, nil)
	if status == http.StatusMethodNotAllowed {
		return true, nil
	}
	return false, err
}

func (h *labHands) prove(ctx context.Context, sha string, passed bool) error {
	state := map[bool]string{true: "success", false: "failed"}[passed]
	if h.town.runs {
		return h.town.FinishJob(h.town.mirror.Path, sha, "ci/build", state)
	}
	_, err := h.call(ctx, http.MethodPost, h.mirror("/statuses/"+sha), object{"state": state, "name": "ci/build"}, nil)
	return err
}

func (h *labHands) held(ctx context.Context, sha string) (bool, error) {
	var all []struct {
		Name   string `json:"name"`
		Status string `json:"status"`
	}
	_, err := h.call(ctx, http.MethodGet, h.mirror("/repository/commits/"+sha+"/statuses?name=liftgate/hold"), nil, &all)
	return len(all) == 1 && all[0].Status == "failed", err
}
