package gitlab

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/liftgate/liftgate/app/forge/reading"
	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/policy"
)

type mergeRequest struct {
	Number       int       `json:"iid"`
	State        string    `json:"state"` // opened, closed, locked (being merged), merged
	Draft        bool      `json:"draft"`
	Title        string    `json:"title"`
	Description  string    `json:"description"`
	URL          string    `json:"web_url"`
	Author       *person   `json:"author"`
	Reviewers    []person  `json:"reviewers"`
	Labels       []string  `json:"labels"`
	Source       string    `json:"source_branch"`
	Target       string    `json:"target_branch"`
	From         *int64    `json:"source_project_id"` // null when the fork was deleted
	To           int64     `json:"target_project_id"`
	SHA          string    `json:"sha"`
	After        time.Time `json:"merge_after"`                  // null: at any time
	AutoMerge    bool      `json:"merge_when_pipeline_succeeds"` // still its name, whatever else it waits for by now
	MergeCommit  string    `json:"merge_commit_sha"`
	SquashCommit string    `json:"squash_commit_sha"`
	Pipeline     *pipeline `json:"head_pipeline"` // only where one merge request is read
}

func (m mergeRequest) open() bool { return m.State == "opened" || m.State == "locked" }

// own reports whether the head lies in the mirror itself: a fork's branch may be called anything.
func (m mergeRequest) own() bool { return m.From != nil && *m.From == m.To }

// mergedAs is the commit on the target. Without a merge commit it is the squashed one, and in a fast-forward the head.
func (m mergeRequest) mergedAs() string {
	if m.State != "merged" {
		return ""
	}
	return cmp.Or(m.MergeCommit, m.SquashCommit, m.SHA)
}

func (p place) mergeRequest(number int) string {
	return p.path() + "/merge_requests/" + strconv.Itoa(number)
}

// fixes reads every open merge request that stands under the advisory's branches, and those that are known by number. Each
// is read by itself, since a list leaves out the pipeline.
func (f *Forge) fixes(ctx context.Context, look policy.Look) ([]policy.FixView, error) {
	numbers := slices.Clone(look.Fixes)
	if look.Advisory != "" {
		open, err := every[mergeRequest](ctx, f, f.mirror.path()+"/merge_requests", url.Values{"state": {"opened"}})
		if err != nil {
			return nil, err
		}
		for _, m := range open {
			if m.own() && strings.HasPrefix(m.Source, "liftgate/"+look.Advisory+"/") {
				numbers = append(numbers, m.Number)
			}
		}
	}
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	return reading.Each(ctx, numbers, f.fix)
}

func (f *Forge) fix(ctx context.Context, number int) (policy.FixView, error) {
	var m mergeRequest
	err := f.get(ctx, asBot, f.mirror.mergeRequest(number), &m)
	if wire.Gone(err) { // deleted, or never a merge request: a person can name any number
		return policy.FixView{Number: number}, nil
	}
	if err != nil {
		return policy.FixView{}, err
	}
	return f.fixView(ctx, m)
}

// fixView adds to a merge request what people and the hold say about its head.
func (f *Forge) fixView(ctx context.Context, m mergeRequest) (policy.FixView, error) {
	v := policy.FixView{
		Number: m.Number, Base: m.Target, HeadRef: m.Source, Head: m.SHA, Author: m.Author.login(),
		Open: m.open(), Merged: m.State == "merged", MergedAs: m.mergedAs(), Draft: m.Draft, NotBefore: m.After.UTC(),
		AutoMerge: m.AutoMerge, Labels: m.Labels, URL: m.URL,
	}
	var opinions []opinion
	group, gctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		v.Approvals, err = f.approvals(gctx, m)
		return err
	})
	group.Go(func() (err error) {
		opinions, err = f.opinions(gctx, m)
		return err
	})
	group.Go(func() error {
		now, err := f.holdOn(gctx, m)
		v.Held, v.Released = now.held(), now.released()
		return err
	})
	if err := group.Wait(); err != nil {
		return policy.FixView{}, err
	}
	v.Objectors = objectors(opinions)
	v.Reviewers = reviewers(m, opinions, v.Approvals)
	return v, nil
}

// opinion is where a reviewer stands.
type opinion struct {
	User  *person `json:"user"`
	State string  `json:"state"`
}

func (f *Forge) opinions(ctx context.Context, m mergeRequest) ([]opinion, error) {
	if len(m.Reviewers) == 0 {
		return nil, nil
	}
	var opinions []opinion // GitLab gives them all at once
	err := f.get(ctx, asBot, f.mirror.mergeRequest(m.Number)+"/reviewers", &opinions)
	return opinions, err
}

func objectors(opinions []opinion) (logins []string) {
	for _, o := range opinions {
		if o.State == "requested_changes" && o.User.human() {
			logins = append(logins, o.User.Username)
		}
	}
	return logins
}

// reviewers are those who were asked and those who approved unasked.
func reviewers(m mergeRequest, opinions []opinion, approvals []policy.Approval) (logins []string) {
	add := func(login string) {
		if !strings.EqualFold(login, m.Author.login()) && !slices.Contains(logins, login) {
			logins = append(logins, login)
		}
	}
	for _, r := range m.Reviewers {
		if r.human() {
			add(r.Username)
		}
	}
	for _, o := range opinions {
		if o.User.human() {
			add(o.User.Username)
		}
	}
	for _, a := range approvals {
		add(a.By)
	}
	return logins
}
