package gitlab

import (
	"context"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/liftgate/liftgate/policy"
)

// version is one state of a merge request: GitLab makes one for each push to its branch.
type version struct {
	ID      int64     `json:"id"`
	Head    string    `json:"head_commit_sha"`
	Created time.Time `json:"created_at"`
}

type approved struct {
	By []struct {
		User *person    `json:"user"`
		At   *time.Time `json:"approved_at"` // older GitLabs do not say
	} `json:"approved_by"`
}

// approvedNote is what GitLab writes when somebody approves.
const approvedNote = "approved this merge request"

// approvals reads who approves, and of which head. GitLab keeps an approval over a push, unless it was paid not to, and
// does not say which head it was given for; it, or its note, says when, and the versions say which head stood then.
func (f *Forge) approvals(ctx context.Context, m mergeRequest) ([]policy.Approval, error) {
	at := f.mirror.mergeRequest(m.Number)
	var all approved
	if err := f.get(ctx, asBot, at+"/approvals", &all); err != nil || len(all.By) == 0 {
		return nil, err
	}
	var notes []note
	var versions []version
	group, gctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		notes, err = f.notes(gctx, at)
		return err
	})
	group.Go(func() (err error) {
		versions, err = every[version](gctx, f, at+"/versions", nil)
		return err
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var found []policy.Approval
	for _, a := range all.By {
		if !a.User.human() {
			continue
		}
		when, ok := approvedAt(notes, *a.User)
		if a.At != nil {
			when, ok = *a.At, true
		}
		if ok {
			found = append(found, policy.Approval{By: a.User.Username, Head: headAt(versions, when)})
		}
	}
	return found, nil
}

// approvedAt is when a person has approved last. Without a note the approval counts for nothing: nobody can tell for what.
func approvedAt(notes []note, who person) (at time.Time, ok bool) {
	for _, n := range notes {
		if n.System && n.Author.id() == who.ID && strings.HasPrefix(n.Body, approvedNote) && !n.Created.Before(at) {
			at, ok = n.Created, true
		}
	}
	return at, ok
}

// headAt is the head that somebody saw at an instant: that of the newest version made before. Where that is in doubt, for
// a push in the same instant, it is the older one, so that nothing counts as approved that was not seen.
func headAt(versions []version, at time.Time) string {
	var seen, first *version
	for i, v := range versions {
		if first == nil || v.Created.Before(first.Created) || v.Created.Equal(first.Created) && v.ID < first.ID {
			first = &versions[i]
		}
		if v.Created.Before(at) && (seen == nil || v.Created.After(seen.Created) || v.Created.Equal(seen.Created) && v.ID > seen.ID) {
			seen = &versions[i]
		}
	}
	switch {
	case seen != nil:
		return seen.Head
	case first != nil:
		return first.Head
	}
	return ""
}
