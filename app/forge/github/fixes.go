package github

import (
	"context"
	"net/http"
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

type pull struct {
	Number    int        `json:"number"`
	State     string     `json:"state"`
	Draft     bool       `json:"draft"`
	Title     string     `json:"title"`
	Body      string     `json:"body"`
	URL       string     `json:"html_url"`
	User      *person    `json:"user"`
	AutoMerge *struct{}  `json:"auto_merge"` // null unless somebody switched it on
	Merged    *time.Time `json:"merged_at"`
	MergedAs  string     `json:"merge_commit_sha"`
	Reviewers []person   `json:"requested_reviewers"`
	Labels    []struct {
		Name string `json:"name"`
	} `json:"labels"`
	Head side `json:"head"`
	Base side `json:"base"`
}

// side is one end of a pull request. The repository of a head is null when its fork was deleted.
type side struct {
	Ref  string      `json:"ref"`
	SHA  string      `json:"sha"`
	Repo *repository `json:"repo"`
}

type review struct {
	State     string    `json:"state"`
	Commit    string    `json:"commit_id"`
	User      *person   `json:"user"`
	Submitted time.Time `json:"submitted_at"`
}

func (f *Forge) pullPath(number int) string {
	return f.mirror.path() + "/pulls/" + strconv.Itoa(number)
}

// fixes reads every open pull request that stands under the advisory's branches, and those that are known by number.
func (f *Forge) fixes(ctx context.Context, look policy.Look) ([]policy.FixView, error) {
	open, err := every[pull](ctx, f, asDesk, f.mirror.path()+"/pulls", url.Values{"state": {"open"}})
	if err != nil {
		return nil, err
	}
	var found []pull
	var absent []int
	for _, p := range open {
		if f.ownHead(p) && strings.HasPrefix(p.Head.Ref, "liftgate/"+look.Advisory+"/") || slices.Contains(look.Fixes, p.Number) {
			found = append(found, p)
		}
	}
	for _, number := range look.Fixes {
		if !slices.ContainsFunc(found, func(p pull) bool { return p.Number == number }) && !slices.Contains(absent, number) {
			absent = append(absent, number)
		}
	}
	views, err := reading.Each(ctx, found, f.fixView)
	if err != nil {
		return nil, err
	}
	more, err := reading.Each(ctx, absent, f.fixByNumber)
	if err != nil {
		return nil, err
	}
	views = append(views, more...)
	slices.SortFunc(views, func(a, b policy.FixView) int { return a.Number - b.Number })
	return views, nil
}

// ownHead reports whether the head lies in the mirror itself: a fork's branch may be called anything.
func (f *Forge) ownHead(p pull) bool {
	return p.Head.Repo != nil && strings.EqualFold(p.Head.Repo.FullName, f.mirror.full())
}

func (f *Forge) fixByNumber(ctx context.Context, number int) (policy.FixView, error) {
	var p pull
	err := f.get(ctx, asDesk, f.pullPath(number), &p)
	if wire.Gone(err) { // deleted, or never a pull request: a person can name any number
		return policy.FixView{Number: number}, nil
	}
	if err != nil {
		return policy.FixView{}, err
	}
	return f.fixView(ctx, p)
}

// fixView adds to a pull request what people and the hold say about its head.
func (f *Forge) fixView(ctx context.Context, p pull) (policy.FixView, error) {
	v := policy.FixView{
		Number: p.Number, Base: p.Base.Ref, HeadRef: p.Head.Ref, Head: p.Head.SHA, Author: p.User.login(),
		Open: p.State == "open", Merged: p.Merged != nil, Draft: p.Draft, AutoMerge: p.AutoMerge != nil, URL: p.URL,
	}
	if v.Merged {
		v.MergedAs = p.MergedAs
	}
	for _, l := range p.Labels {
		v.Labels = append(v.Labels, l.Name)
	}
	var reviews []review
	group, gctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		reviews, err = every[review](gctx, f, asDesk, f.pullPath(p.Number)+"/reviews", nil)
		return err
	})
	group.Go(func() (err error) {
		v.Held, v.Released, err = f.holdOn(gctx, p.Head.SHA)
		return err
	})
	if err := group.Wait(); err != nil {
		return policy.FixView{}, err
	}
	v.Approvals, v.Objectors = opinions(reviews)
	v.Reviewers = reviewers(p, reviews)
	return v, nil
}

// opinions keeps each reviewer's newest opinion. A comment is none, and a dismissed review takes the opinion back.
func opinions(reviews []review) (approvals []policy.Approval, objectors []string) {
	slices.SortStableFunc(reviews, func(a, b review) int { return a.Submitted.Compare(b.Submitted) })
	newest := map[string]review{}
	var order []string
	for _, r := range reviews {
		if !r.User.human() || r.State != "APPROVED" && r.State != "CHANGES_REQUESTED" && r.State != "DISMISSED" {
			continue
		}
		key := strings.ToLower(r.User.Login)
		if _, known := newest[key]; !known {
			order = append(order, key)
		}
		newest[key] = r
	}
	for _, key := range order {
		switch r := newest[key]; r.State {
		case "APPROVED":
			approvals = append(approvals, policy.Approval{By: r.User.Login, Head: r.Commit})
		case "CHANGES_REQUESTED":
			objectors = append(objectors, r.User.Login)
		}
	}
	return approvals, objectors
}

// reviewers are those who were asked and those who answered: GitHub takes a person off the list with the first review.
func reviewers(p pull, reviews []review) []string {
	var logins []string
	add := func(who *person) {
		if who.human() && !strings.EqualFold(who.Login, p.User.login()) && !slices.Contains(logins, who.Login) {
			logins = append(logins, who.Login)
		}
	}
	for i := range p.Reviewers {
		add(&p.Reviewers[i])
	}
	for _, r := range reviews {
		add(r.User)
	}
	return logins
}

// missingCommit reports whether GitHub says that the commit asked about is not in the repository; it uses both statuses.
func missingCommit(err error) bool {
	return wire.Gone(err) || wire.StatusOf(err) == http.StatusUnprocessableEntity
}
