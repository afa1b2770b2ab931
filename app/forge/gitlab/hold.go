package gitlab

import (
	"context"
	"net/http"
	"net/url"

	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/policy"
)

// holdName is the name of the commit status that keeps a fix from being merged, where pipelines must succeed.
const holdName = "liftgate/hold"

// hold is the newest hold on a head, nil if there is none of ours, and the second one where GitLab has such.
type hold struct {
	*commitStatus
	second *outsideCheck
}

func (h hold) held() bool {
	return h.commitStatus != nil && h.State == "failed" && (h.second == nil || h.second.Status == "failed")
}

func (h hold) released() bool {
	return h.commitStatus != nil && h.State == "success" && (h.second == nil || h.second.Status == "passed")
}

// holdOn finds the hold on a merge request's head. It counts only in the pipeline that GitLab judges the merge by: one that
// was started later goes green without it. Whoever may push can post a status, so one that is not ours is none.
func (f *Forge) holdOn(ctx context.Context, m mergeRequest) (hold, error) {
	all, err := f.statuses(ctx, m.SHA, url.Values{"name": {holdName}})
	if err != nil {
		return hold{}, err
	}
	other, err := f.secondHold(ctx, m)
	if err != nil {
		return hold{}, err
	}
	var newest *commitStatus
	for i, s := range all {
		if s.Name == holdName && m.judgedBy(s) && (newest == nil || s.ID > newest.ID) {
			newest = &all[i]
		}
	}
	if newest == nil {
		return hold{nil, other}, nil
	}
	own, err := f.isSelf(ctx, newest.Author)
	if !own {
		newest = nil
	}
	return hold{newest, other}, err
}

// judgedBy reports whether a status is in the merge request's pipeline, if it has one for its head. A pipeline of the merged
// result, or of a merge train, judges another commit and sees no status of the head: there the hold binds nothing, which is
// told as a risk, and any status counts, so that it is not put again and again.
func (m mergeRequest) judgedBy(s commitStatus) bool {
	return m.Pipeline == nil || m.Pipeline.SHA != m.SHA || s.Pipeline == 0 || s.Pipeline == m.Pipeline.ID
}

// setHold puts the hold on a head. Setting it twice is harmless, and it is not done where it stands already.
func (f *Forge) setHold(ctx context.Context, do policy.SetHold) error {
	var m mergeRequest
	if err := f.get(ctx, asBot, f.mirror.mergeRequest(do.Fix), &m); err != nil {
		return err
	}
	moved := m.SHA != do.Head
	if moved {
		m.SHA, m.Pipeline = do.Head, nil // somebody has pushed meanwhile; the new head gets a hold of its own
	}
	now, err := f.holdOn(ctx, m)
	if err != nil {
		return err
	}
	if err := f.setFirst(ctx, do, m, now); err != nil || moved {
		return err
	}
	return f.setSecond(ctx, do, now.second)
}

// setFirst posts the commit status.
func (f *Forge) setFirst(ctx context.Context, do policy.SetHold, m mergeRequest, now hold) error {
	state := "failed"
	if do.Released {
		state = "success"
	}
	description := cut(do.Title, maxDescription)
	if now.commitStatus != nil && now.State == state && now.Description == description {
		return nil
	}
	body := map[string]any{"state": state, "name": holdName, "description": description}
	if m.Pipeline != nil && m.Pipeline.SHA == m.SHA {
		body["pipeline_id"] = m.Pipeline.ID // whose ref need not be the branch
	} else {
		body["ref"] = m.Source
	}
	err := f.post(ctx, f.mirror.path()+"/statuses/"+url.PathEscape(do.Head), body, nil)
	if wire.StatusOf(err) == http.StatusConflict { // GitLab was making the pipeline; nothing happened
		return &policy.Trouble{Kind: policy.TroubleAway, Hint: "GitLab is still making the pipeline of that commit"}
	}
	return err
}
