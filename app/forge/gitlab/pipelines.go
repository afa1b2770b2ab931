package gitlab

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/policy"
)

type pipeline struct {
	ID     int64  `json:"id"`
	SHA    string `json:"sha"`
	Ref    string `json:"ref"`
	Source string `json:"source"`
}

// pipelineGrace is how long after a push GitLab may still make its pipelines: workers do it, one queue behind the push.
const pipelineGrace = 2 * time.Minute

// startChecks starts the pipelines that GitLab did not: of one push, only the first four branches get theirs. What GitLab
// may still do by itself is waited for, since two pipelines of one commit would judge it twice.
func (f *Forge) startChecks(ctx context.Context, do policy.StartChecks) error {
	at, as := f.mirror, asBot
	if do.Public {
		at = f.public
	}
	missing, err := f.withoutPipelines(ctx, at, do.Branches)
	if err != nil || len(missing) == 0 {
		return err
	}
	if until := do.Since.Add(pipelineGrace); f.now().Before(until) {
		return &policy.Trouble{Kind: policy.TroubleLimited, Hint: "GitLab may still start pipelines by itself", Until: until.UTC()}
	}
	if do.Public {
		if as, err = f.starter(ctx); err != nil {
			return err
		}
	}
	for _, b := range missing {
		if err := f.startPipeline(ctx, as, at, b); err != nil {
			return err
		}
	}
	return nil
}

// withoutPipelines finds the branches that have no pipeline and should have one.
func (f *Forge) withoutPipelines(ctx context.Context, at place, branches []policy.Branch) (missing []policy.Branch, err error) {
	var p projectState
	for _, b := range branches {
		has, err := f.hasPipeline(ctx, at, b)
		if err != nil {
			return nil, err
		}
		if has {
			continue
		}
		if p.Visibility == "" { // not asked yet
			if err := f.get(ctx, asBot, at.path(), &p); err != nil {
				return nil, err
			}
		}
		runs, err := f.configured(ctx, at, p, b.Tip)
		if err != nil {
			return nil, err
		}
		if runs {
			missing = append(missing, b)
		}
	}
	return missing, nil
}

// configured reports whether something would run for a commit. What is configured in another place may.
func (f *Forge) configured(ctx context.Context, at place, p projectState, sha string) (bool, error) {
	switch {
	case p.Builds == "disabled":
		return false, nil
	case p.elsewhere() || p.AutoDevOps == nil || *p.AutoDevOps:
		return true, nil
	}
	_, found, err := f.file(ctx, at, cmp.Or(p.CIPath, defaultCI), sha)
	return found, err
}

// startPipeline starts one at a branch's tip. A branch that is gone or has moved on is somebody else's news.
func (f *Forge) startPipeline(ctx context.Context, as purpose, at place, b policy.Branch) error {
	var now branch
	err := f.get(ctx, asBot, at.path()+"/repository/branches/"+url.PathEscape(b.Name), &now)
	if wire.Gone(err) || err == nil && now.Commit.SHA != b.Tip {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = f.call(ctx, as, http.MethodPost, at.path()+"/pipeline", nil, map[string]any{"ref": b.Name}, nil)
	if errors.Is(err, errIdle) {
		return nil
	}
	return err
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
