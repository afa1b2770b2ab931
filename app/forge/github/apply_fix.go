package github

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/policy"
)

// maxTitle is the longest title that GitHub takes.
const maxTitle = 256

// openFix opens a pull request unless one is there: open with the same head and base, or, whatever became of it since,
// with the marker. It makes no draft: REST has no way to end one, and a fix that is resolved would wait for a person's click.
func (f *Forge) openFix(ctx context.Context, do policy.OpenFix, marker string) (int64, error) {
	p, err := f.findFix(ctx, do, marker)
	if err != nil {
		return 0, err
	}
	if p == nil {
		body := map[string]any{
			"title": cut(do.Title.Reveal(), maxTitle), "head": do.HeadRef, "base": do.Branch, "body": marked(do.Body, marker),
		}
		p = &pull{}
		err = f.post(ctx, f.mirror.path()+"/pulls", body, p)
		if errors.Is(err, errExists) { // somebody opened it between the look and the request
			p, err = f.findFix(ctx, do, marker)
		}
		if err != nil || p == nil {
			return 0, err
		}
	}
	if p.State != "open" {
		return int64(p.Number), nil
	}
	return int64(p.Number), f.dress(ctx, *p, do)
}

func (f *Forge) findFix(ctx context.Context, do policy.OpenFix, marker string) (*pull, error) {
	me, err := f.self(ctx)
	if err != nil {
		return nil, err
	}
	q := url.Values{"state": {"all"}, "head": {f.mirror.owner + ":" + do.HeadRef}}
	found, err := every[pull](ctx, f, asDesk, f.mirror.path()+"/pulls", q)
	if err != nil {
		return nil, err
	}
	match := func(p pull) bool { // the filter is GitHub's, and a filter that is not honoured must not matter
		return p.Head.Ref == do.HeadRef && p.Base.Ref == do.Branch && f.ownHead(p)
	}
	for _, p := range found {
		if match(p) && p.State == "open" {
			return &p, nil
		}
	}
	for _, p := range found {
		if match(p) && me.wrote(p.User, nil) && strings.Contains(p.Body, marker) {
			return &p, nil
		}
	}
	return nil, nil
}

// dress copies labels and reviewers. What GitHub refuses of it is tolerated, since the fix itself stands: a reviewer who
// left, a label that may not be made. Trouble that passes is given back, and the next try finds the fix and goes on here.
func (f *Forge) dress(ctx context.Context, p pull, do policy.OpenFix) error {
	if labels := missingLabels(p, do.Labels); len(labels) > 0 {
		err := f.post(ctx, f.issuePath(p.Number)+"/labels", map[string]any{"labels": labels}, nil)
		if err := tolerate(err); err != nil {
			return err
		}
	}
	people := slices.DeleteFunc(slices.Clone(do.Reviewers), func(login string) bool { return strings.EqualFold(login, p.User.login()) })
	if len(people) == 0 {
		return nil
	}
	path := f.mirror.path() + "/pulls/" + strconv.Itoa(p.Number) + "/requested_reviewers"
	err := f.post(ctx, path, map[string]any{"reviewers": people}, nil)
	if err == nil || tolerate(err) != nil || len(people) == 1 {
		return tolerate(err)
	}
	for _, login := range people { // one who can't be asked spoils the request for all
		if err := tolerate(f.post(ctx, path, map[string]any{"reviewers": []string{login}}, nil)); err != nil {
			return err
		}
	}
	return nil
}

func missingLabels(p pull, labels []string) []string {
	return slices.DeleteFunc(slices.Clone(labels), func(name string) bool {
		for _, l := range p.Labels {
			if strings.EqualFold(l.Name, name) {
				return true
			}
		}
		return false
	})
}

// tolerate drops a refusal that is final.
func tolerate(err error) error {
	if t := policy.AsTrouble(err); t != nil && (t.Kind == policy.TroubleRefused || t.Kind == policy.TroubleInvalid) {
		return nil
	}
	return err
}

// closeFix says why, once, and closes. A fix that GitHub has closed by itself still gets the word.
func (f *Forge) closeFix(ctx context.Context, do policy.CloseFix, marker string) error {
	var p pull
	err := f.get(ctx, asDesk, f.pullPath(do.Fix), &p)
	if wire.Gone(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if !do.Body.Empty() {
		if _, err := f.say(ctx, do.Fix, do.Body, marker, true); err != nil {
			return err
		}
	}
	if p.State != "open" {
		return nil
	}
	return f.patch(ctx, asDesk, f.pullPath(do.Fix), map[string]any{"state": "closed"})
}
