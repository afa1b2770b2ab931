package github

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/liftgate/liftgate/policy"
)

// maxDescription is the longest description of a commit status.
const maxDescription = 140

// setHold puts both halves of the hold on a head: the check first, because only the App can make it. An existing check is
// changed, so that a head carries one hold however often it is set; setting it twice is harmless.
func (f *Forge) setHold(ctx context.Context, do policy.SetHold, key string) error {
	run, status, err := f.hold(ctx, do.Head)
	if err != nil {
		return err
	}
	method, path := http.MethodPost, f.mirror.path()+"/check-runs"
	body := f.checkBody(do, key)
	if run != nil {
		method, path = http.MethodPatch, path+"/"+strconv.FormatInt(run.ID, 10)
	} else {
		body["head_sha"] = do.Head
	}
	if _, err := f.call(ctx, asDesk, method, path, body, nil); err != nil {
		return err
	}
	state := "failure"
	if do.Released {
		state = "success"
	}
	description := cut(do.Title, maxDescription)
	if status != nil && status.State == state && status.Description == description {
		return nil // a head takes no more than a thousand statuses of one name
	}
	return f.post(ctx, f.mirror.path()+"/statuses/"+do.Head,
		map[string]any{"state": state, "context": holdName, "description": description}, nil)
}

// checkBody describes the check. It is always completed: a run that waits goes stale after two weeks, and neutral would
// let the merge pass.
func (f *Forge) checkBody(do policy.SetHold, key string) map[string]any {
	conclusion := "action_required"
	if do.Released {
		conclusion = "success"
	}
	summary := cut(do.Summary.Reveal(), maxBody)
	if summary == "" {
		summary = do.Title // GitHub wants both
	}
	actions := []map[string]string{} // an empty list takes the button away again
	if do.Button {
		actions = append(actions, map[string]string{
			"label": "Lift now", "description": "Start the lift of all branches", "identifier": policy.ButtonLift,
		})
	}
	return map[string]any{
		"name": holdName, "external_id": key, "status": "completed", "conclusion": conclusion,
		"completed_at": f.now().UTC().Format(time.RFC3339),
		"output":       map[string]string{"title": do.Title, "summary": summary}, "actions": actions,
	}
}
