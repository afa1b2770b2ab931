package gitlab

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/liftgate/liftgate/app/forge/reading"
	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/policy"
)

// commitStatus is a status that somebody posted, or a job: GitLab lists both alike.
type commitStatus struct {
	ID          int64   `json:"id"`
	Name        string  `json:"name"`
	State       string  `json:"status"`
	Description string  `json:"description"`
	Optional    bool    `json:"allow_failure"`
	Pipeline    int64   `json:"pipeline_id"`
	Author      *person `json:"author"`
}

// statuses lists the statuses of a commit, the newest of each name in each pipeline. A commit that the mirror does not have
// has none.
func (f *Forge) statuses(ctx context.Context, sha string, query url.Values) ([]commitStatus, error) {
	if sha == "" {
		return nil, nil
	}
	found, err := every[commitStatus](ctx, f, f.mirror.path()+"/repository/commits/"+url.PathEscape(sha)+"/statuses", query)
	if wire.Gone(err) {
		return nil, nil
	}
	return found, err
}

// proofs reads what the mirror's CI says about each candidate.
func (f *Forge) proofs(ctx context.Context, shas []string) ([]policy.Proof, error) {
	return reading.Each(ctx, shas, func(ctx context.Context, sha string) (policy.Proof, error) {
		statuses, err := f.statuses(ctx, sha, nil)
		return policy.Proof{SHA: sha, Checks: checks(statuses)}, err
	})
}

// checks reduces statuses to one verdict a name: the newest. What GitLab's pipelines pass by, because it was skipped, or may
// fail or wait for a person, proves nothing and blocks nothing: it is left out.
func checks(statuses []commitStatus) []policy.Check {
	newest := map[string]commitStatus{}
	for _, s := range statuses {
		if old, known := newest[s.Name]; s.Name != holdName && (!known || s.ID > old.ID) {
			newest[s.Name] = s
		}
	}
	found := make([]policy.Check, 0, len(newest))
	for name, s := range newest {
		if !s.passedBy() {
			found = append(found, policy.Check{Name: name, State: s.state()})
		}
	}
	slices.SortFunc(found, func(a, b policy.Check) int { return strings.Compare(a.Name, b.Name) })
	return found
}

func (s commitStatus) passedBy() bool {
	optional := []string{"manual", "failed", "canceled"}
	return s.State == "skipped" || s.Optional && slices.Contains(optional, s.State)
}

// state is pending for whatever has not ended, and for what a GitLab of the future may say.
func (s commitStatus) state() policy.CheckState {
	switch s.State {
	case "success":
		return policy.CheckPassed
	case "failed", "canceled":
		return policy.CheckFailed
	}
	return policy.CheckPending
}
