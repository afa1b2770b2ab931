package gitlab

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/policy"
)

// secondName is the name of the external status check that is a second hold, where GitLab was paid to have such (Ultimate).
// People make it at set-up, since it takes an address that GitLab tells about every merge request. Like the commit status it
// is a sign that whoever may push can change: the snapshot reads it, and it is put right.
const secondName = "liftgate-hold"

// outsideCheck is an external status check: of the project, or, with its status, of one merge request.
type outsideCheck struct {
	ID       int64  `json:"id"`
	Name     string `json:"name"`
	Status   string `json:"status"` // passed, failed or pending
	Branches []struct {
		Name string `json:"name"`
	} `json:"protected_branches"` // none: all branches
}

func second(all []outsideCheck) *outsideCheck {
	i := slices.IndexFunc(all, func(c outsideCheck) bool { return c.Name == secondName })
	if i < 0 {
		return nil
	}
	return &all[i]
}

// outsiders remember what external status checks the mirror has, so that a GitLab without them is asked rarely.
type outsiders struct {
	mu    sync.Mutex
	token string
	next  time.Time // when to ask again
	has   bool      // GitLab has them and shows them
	all   []outsideCheck
}

const (
	outsidersEvery  = 10 * time.Minute // where there are some
	outsidersRarely = 6 * time.Hour    // where GitLab has none
)

// outside gives the mirror's external status checks, and whether GitLab has any such thing for us. One that can't be asked
// stops nothing: what was known before stands for a while.
func (f *Forge) outside(ctx context.Context) (all []outsideCheck, has bool) {
	token, err := f.secret(asBot)
	if err != nil {
		return nil, false // whatever needs the token says so
	}
	o := &f.outsiders
	o.mu.Lock()
	defer o.mu.Unlock() // held while asking, so that many fixes ask once
	now := f.now()
	if o.token == token && now.Before(o.next) {
		return slices.Clone(o.all), o.has
	}
	found, err := every[outsideCheck](ctx, f, f.mirror.path()+"/external_status_checks", nil)
	switch {
	case ctx.Err() != nil: // nobody waits for it any more
		return slices.Clone(o.all), o.has
	case unoffered(err) && o.has: // a licence that ended, or a refusal that passes
		o.all, o.has, o.next = nil, false, now.Add(outsidersEvery)
	case unoffered(err):
		o.next = now.Add(outsidersRarely)
	case err != nil:
		f.wire.Log.Warn("the mirror's external status checks could not be read", "error", wire.Told("read status checks", err))
		o.next = now.Add(surveyAgain)
	default:
		o.all, o.has, o.next = found, true, now.Add(outsidersEvery)
	}
	o.token = token
	return slices.Clone(o.all), o.has
}

// unoffered reports whether GitLab says that it has no external status checks, or none to show. One that was not paid for
// them answers 401, and so does one that is asked by less than a Maintainer.
func unoffered(err error) bool {
	return slices.Contains([]int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound}, wire.StatusOf(err))
}

// secondHold reads the second hold of a merge request's head; nil where there is none for its target. One that is closed or
// merged needs none, and GitLab may take no answer for it.
func (f *Forge) secondHold(ctx context.Context, m mergeRequest) (*outsideCheck, error) {
	if !m.open() {
		return nil, nil
	}
	if all, has := f.outside(ctx); !has || second(all) == nil {
		return nil, nil
	}
	all, err := every[outsideCheck](ctx, f, f.mirror.mergeRequest(m.Number)+"/status_checks", nil)
	if unoffered(err) {
		return nil, nil
	}
	return second(all), err
}

// setSecond answers for the second hold as the first one says, where there is a second. GitLab takes it for the newest head
// only, and a newer one gets a hold of its own.
func (f *Forge) setSecond(ctx context.Context, do policy.SetHold, check *outsideCheck) error {
	want := "failed"
	if do.Released {
		want = "passed"
	}
	if check == nil || check.Status == want {
		return nil
	}
	return f.post(ctx, f.mirror.mergeRequest(do.Fix)+"/status_check_responses",
		map[string]any{"sha": do.Head, "external_status_check_id": check.ID, "status": want}, nil)
}
