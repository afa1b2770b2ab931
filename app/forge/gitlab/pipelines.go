package gitlab

import (
	"context"
	"net/http"
	"net/url"

	"github.com/liftgate/liftgate/policy"
)

type pipeline struct {
	ID     int64  `json:"id"`
	SHA    string `json:"sha"`
	Source string `json:"source"`
}

// startChecks starts the pipelines that GitLab did not: of one push, only the first four branches get theirs. A branch that
// has moved on since is somebody else's news.
func (f *Forge) startChecks(ctx context.Context, do policy.StartChecks) error {
	at, as := f.mirror, asBot
	if do.Public {
		at = f.public
	}
	var missing []policy.Branch
	for _, b := range do.Branches {
		runs, err := f.hasPipeline(ctx, at, b)
		if err != nil {
			return err
		}
		if !runs {
			missing = append(missing, b)
		}
	}
	if do.Public && len(missing) > 0 {
		var err error
		if as, err = f.starter(ctx); err != nil {
			return err
		}
	}
	for _, b := range missing {
		_, err := f.call(ctx, as, http.MethodPost, at.path()+"/pipeline", nil, map[string]any{"ref": b.Name}, nil)
		if t := policy.AsTrouble(err); t != nil && t.Kind == policy.TroubleInvalid {
			continue // nothing is configured to run there, or the branch is gone
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// starter is whose token starts pipelines in public. For a protected branch GitLab wants the right to push or merge there,
// which only the lift's user need have; its token may be good for git alone, however.
func (f *Forge) starter(ctx context.Context) (purpose, error) {
	c, err := f.credential(ctx, asLifter)
	if hidden, err := unread(err); hidden || err != nil || !c.can("api") {
		return asBot, err
	}
	return asLifter, nil
}

// hasPipeline reports whether CI has looked at a branch's tip. A pipeline that only holds statuses from outside, such as
// the hold, is none.
func (f *Forge) hasPipeline(ctx context.Context, at place, b policy.Branch) (bool, error) {
	q := url.Values{"sha": {b.Tip}, "ref": {b.Name}}
	has := false
	err := pages(ctx, f, asBot, at.path()+"/pipelines", q, func(found []pipeline) bool {
		for _, p := range found {
			if p.SHA == b.Tip && p.Source != "external" {
				has = true
			}
		}
		return !has
	})
	return has, err
}
