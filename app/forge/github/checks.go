package github

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/liftgate/liftgate/app/forge/reading"
	"github.com/liftgate/liftgate/policy"
)

// holdName is the name of both halves of the hold: the check, which nobody can forge, and the commit status.
const holdName = "liftgate/hold"

type checkRun struct {
	ID         int64      `json:"id"`
	Name       string     `json:"name"`
	Status     string     `json:"status"`
	Conclusion string     `json:"conclusion"`
	Started    *time.Time `json:"started_at"`
	App        *viaApp    `json:"app"`
}

type checkRuns struct {
	Runs []checkRun `json:"check_runs"`
}

type commitStatus struct {
	ID          int64     `json:"id"`
	State       string    `json:"state"`
	Context     string    `json:"context"`
	Description string    `json:"description"`
	Updated     time.Time `json:"updated_at"`
}

type commitStatuses struct {
	Statuses []commitStatus `json:"statuses"`
}

func (f *Forge) commitPath(sha string) string {
	return f.mirror.path() + "/commits/" + url.PathEscape(sha)
}

// checkRuns lists the newest check runs of a commit.
func (f *Forge) checkRuns(ctx context.Context, sha string, query url.Values) ([]checkRun, error) {
	q := url.Values{"filter": {"latest"}}
	for k, v := range query {
		q[k] = v
	}
	var runs []checkRun
	err := pages(ctx, f, asDesk, f.commitPath(sha)+"/check-runs", q, func(page checkRuns) bool {
		runs = append(runs, page.Runs...)
		return true
	})
	return runs, err
}

// statuses lists the newest status of each context at a commit.
func (f *Forge) statuses(ctx context.Context, sha string) ([]commitStatus, error) {
	var found []commitStatus
	err := pages(ctx, f, asDesk, f.commitPath(sha)+"/status", nil, func(page commitStatuses) bool {
		found = append(found, page.Statuses...)
		return true
	})
	return found, err
}

// verdicts reads both kinds of check at one commit. A commit that the mirror does not have has none.
func (f *Forge) verdicts(ctx context.Context, sha string, query url.Values) (runs []checkRun, statuses []commitStatus, err error) {
	group, gctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		runs, err = f.checkRuns(gctx, sha, query)
		return ignoreMissing(err)
	})
	group.Go(func() (err error) {
		statuses, err = f.statuses(gctx, sha)
		return ignoreMissing(err)
	})
	return runs, statuses, group.Wait()
}

func ignoreMissing(err error) error {
	if missingCommit(err) {
		return nil
	}
	return err
}

// holdOn tells whether a head is held or released. Both halves must agree: a status can be written by anybody who may
// write in the mirror, so alone it says nothing.
func (f *Forge) holdOn(ctx context.Context, sha string) (held, released bool, err error) {
	run, status, err := f.hold(ctx, sha)
	if err != nil || run == nil || status == nil || run.Status != "completed" {
		return false, false, err
	}
	held = run.Conclusion == "action_required" && status.State == "failure"
	released = run.Conclusion == "success" && status.State == "success"
	return held, released, nil
}

// hold finds both halves of the hold on a head; nil where there is none.
func (f *Forge) hold(ctx context.Context, sha string) (*checkRun, *commitStatus, error) {
	runs, statuses, err := f.verdicts(ctx, sha, url.Values{"check_name": {holdName}})
	if err != nil {
		return nil, nil, err
	}
	var run *checkRun
	for i, r := range runs {
		// The list is filtered by name only, and the App's id is compared here: a filter that is not honoured must not matter.
		if r.Name == holdName && r.App != nil && r.App.ID == f.app.id && (run == nil || r.ID > run.ID) {
			run = &runs[i]
		}
	}
	var status *commitStatus
	for i, s := range statuses {
		if isHold(s.Context) && (status == nil || s.ID > status.ID) {
			status = &statuses[i]
		}
	}
	return run, status, nil
}

func isHold(name string) bool { return strings.EqualFold(name, holdName) } // GitHub compares contexts without case

// proofs reads what the mirror's CI says about each candidate.
func (f *Forge) proofs(ctx context.Context, shas []string) ([]policy.Proof, error) {
	return reading.Each(ctx, shas, func(ctx context.Context, sha string) (policy.Proof, error) {
		runs, statuses, err := f.verdicts(ctx, sha, nil)
		return policy.Proof{SHA: sha, Checks: checks(runs, statuses)}, err
	})
}

// checkKey tells apart the runs of one name that different Apps made: neither replaces the other.
type checkKey struct {
	name string
	app  int64
}

// checks reduces runs and statuses to one verdict a name: the newest of each kind, and the worse of the two, since GitHub
// requires both when they share a name.
func checks(runs []checkRun, statuses []commitStatus) []policy.Check {
	newestRun := map[checkKey]checkRun{}
	for _, r := range runs {
		key := checkKey{name: r.Name}
		if r.App != nil {
			key.app = r.App.ID
		}
		if old, known := newestRun[key]; !isHold(r.Name) && (!known || r.newer(old)) {
			newestRun[key] = r
		}
	}
	newestStatus := map[string]commitStatus{}
	for _, s := range statuses {
		if old, known := newestStatus[s.Context]; !isHold(s.Context) && (!known || s.ID > old.ID) {
			newestStatus[s.Context] = s
		}
	}
	verdict := map[string]policy.CheckState{}
	for key, r := range newestRun {
		verdict[key.name] = worse(verdict[key.name], r.state())
	}
	for name, s := range newestStatus {
		verdict[name] = worse(verdict[name], s.state())
	}
	found := make([]policy.Check, 0, len(verdict))
	for name, state := range verdict {
		found = append(found, policy.Check{Name: name, State: state})
	}
	slices.SortFunc(found, func(a, b policy.Check) int { return strings.Compare(a.Name, b.Name) })
	return found
}

func (r checkRun) newer(than checkRun) bool {
	if r.Started != nil && than.Started != nil && !r.Started.Equal(*than.Started) {
		return r.Started.After(*than.Started)
	}
	return r.ID > than.ID
}

// state follows GitHub: neutral and skipped satisfy a required check.
func (r checkRun) state() policy.CheckState {
	if r.Status != "completed" {
		return policy.CheckPending
	}
	switch r.Conclusion {
	case "success", "neutral", "skipped":
		return policy.CheckPassed
	}
	return policy.CheckFailed
}

func (s commitStatus) state() policy.CheckState {
	switch s.State {
	case "success":
		return policy.CheckPassed
	case "pending":
		return policy.CheckPending
	}
	return policy.CheckFailed
}

func worse(a, b policy.CheckState) policy.CheckState {
	for _, state := range []policy.CheckState{policy.CheckFailed, policy.CheckPending, policy.CheckPassed} {
		if a == state || b == state {
			return state
		}
	}
	return b
}
