package gitlab

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/policy"
)

// draftTitle is how the title of a draft begins: GitLab makes a draft of whatever is titled so.
var draftTitle = regexp.MustCompile(`(?i)^\s*(draft:|\[draft\]|\(draft\)|wip:|\[wip\])\s*`)

// openFix opens a merge request unless one is there: open with the same head and base, or, whatever became of it since,
// with the marker. Source and target are the mirror, never another project.
func (f *Forge) openFix(ctx context.Context, do policy.OpenFix, marker string) (int64, error) {
	m, err := f.findFix(ctx, do, marker)
	if err != nil {
		return 0, err
	}
	if m != nil {
		return int64(m.Number), f.dress(ctx, *m, do)
	}
	people, err := f.ids(ctx, do.Reviewers)
	if err != nil {
		return 0, err
	}
	title := draftTitle.ReplaceAllString(do.Title.Reveal(), "")
	if do.Draft {
		title = "Draft: " + title
	}
	body := map[string]any{
		"title":         cut(title, maxTitle),
		"source_branch": do.HeadRef, "target_branch": do.Branch, "description": marked(do.Body, marker), "remove_source_branch": false,
	}
	if len(do.Labels) > 0 {
		body["labels"] = do.Labels
	}
	if len(people) > 0 {
		body["reviewer_ids"] = people
	}
	var made mergeRequest
	err = f.post(ctx, f.mirror.path()+"/merge_requests", body, &made)
	if wire.StatusOf(err) == http.StatusConflict { // somebody opened it between the look and the request
		if m, err = f.findFix(ctx, do, marker); err != nil || m == nil {
			return 0, err
		}
		return int64(m.Number), f.dress(ctx, *m, do)
	}
	return int64(made.Number), err
}

// readyFix takes the word off a draft's title, which people may have changed otherwise.
func (f *Forge) readyFix(ctx context.Context, do policy.ReadyFix) error {
	at := f.mirror.mergeRequest(do.Fix)
	var m mergeRequest
	err := f.get(ctx, asBot, at, &m)
	if wire.Gone(err) || err == nil && (!m.Draft || !m.open()) {
		return nil
	}
	if err != nil {
		return err
	}
	title := draftTitle.ReplaceAllString(m.Title, "")
	if title == "" {
		title = m.Source
	}
	return f.put(ctx, at, map[string]any{"title": title})
}

func (f *Forge) findFix(ctx context.Context, do policy.OpenFix, marker string) (*mergeRequest, error) {
	q := url.Values{"state": {"all"}, "source_branch": {do.HeadRef}, "target_branch": {do.Branch}}
	found, err := every[mergeRequest](ctx, f, f.mirror.path()+"/merge_requests", q)
	if err != nil {
		return nil, err
	}
	match := func(m mergeRequest) bool { // the filter is GitLab's, and one that is not honoured must not matter
		return m.Source == do.HeadRef && m.Target == do.Branch && m.own()
	}
	for _, m := range found {
		if match(m) && m.open() {
			return &m, nil
		}
	}
	for _, m := range found {
		if !match(m) || !strings.Contains(m.Description, marker) {
			continue
		}
		if own, err := f.isSelf(ctx, m.Author); err != nil {
			return nil, err
		} else if own {
			return &m, nil
		}
	}
	return nil, nil
}

// ids are the people's numbers; whoever left has none.
func (f *Forge) ids(ctx context.Context, logins []string) ([]int64, error) {
	var ids []int64
	for _, login := range logins {
		who, err := f.user(ctx, login)
		if err != nil {
			return nil, err
		}
		if who != nil {
			ids = append(ids, who.ID)
		}
	}
	return ids, nil
}

// dress adds labels and reviewers to a fix that was there, and takes none away. What GitLab refuses of it is tolerated,
// since the fix itself stands. Trouble that passes is given back, and the next try goes on here.
func (f *Forge) dress(ctx context.Context, m mergeRequest, do policy.OpenFix) error {
	if !m.open() {
		return nil
	}
	change := map[string]any{}
	lacks := func(name string) bool { return !slices.Contains(m.Labels, name) }
	if slices.ContainsFunc(do.Labels, lacks) {
		change["add_labels"] = do.Labels
	}
	if len(m.Reviewers) == 0 {
		people, err := f.ids(ctx, do.Reviewers)
		if err != nil {
			return err
		}
		if len(people) > 0 {
			change["reviewer_ids"] = people
		}
	}
	if len(change) == 0 {
		return nil
	}
	err := f.put(ctx, f.mirror.mergeRequest(m.Number), change)
	if t := policy.AsTrouble(err); t != nil && (t.Kind == policy.TroubleRefused || t.Kind == policy.TroubleInvalid) {
		return nil
	}
	return err
}

// closeFix says why, once, and closes. A fix that GitLab has closed by itself still gets the word.
func (f *Forge) closeFix(ctx context.Context, do policy.CloseFix, marker string) error {
	at := f.mirror.mergeRequest(do.Fix)
	var m mergeRequest
	err := f.get(ctx, asBot, at, &m)
	if wire.Gone(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if !do.Body.Empty() {
		if _, err := f.say(ctx, at, do.Body, marker, true); err != nil {
			return err
		}
	}
	if !m.open() {
		return nil
	}
	return f.turnTo(ctx, at, "close")
}
