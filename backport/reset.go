package backport

import (
	"context"
	"fmt"
	"strings"
)

// ResetMirror puts one branch of the private mirror back from an expected value, against the fast-forward rule that
// [Embargoed.PushMirror] keeps outside its own branches: an early merge in the mirror is undone this way. A branch that is
// where it should be counts as done; one that somebody has moved is refused as stale.
func (e *Embargoed) ResetMirror(ctx context.Context, remote Remote, u RefUpdate) (Pushed, error) {
	pushed := Pushed{RefUpdate: u}
	if !validBranchRef(u.Ref) || !u.Old.Valid() || !u.New.Valid() {
		return pushed, fmt.Errorf("reset mirror: %w", invalid("want a branch and two full SHAs"))
	}
	tips, err := e.git.tips(ctx, remote, u.Ref)
	if err != nil {
		return pushed, fmt.Errorf("reset mirror: %w", err)
	}
	pushed.Now = tips.Branches[strings.TrimPrefix(u.Ref, "refs/heads/")]
	switch pushed.Now {
	case u.New:
		pushed.State = PushNothing
		return pushed, nil
	case u.Old:
	default:
		pushed.State, pushed.Reason = PushRefused, ReasonStale
		return pushed, nil
	}
	answers, err := e.push(ctx, remote, []RefUpdate{u}, pushLease)
	if err != nil && len(answers) == 0 {
		return pushed, fmt.Errorf("reset mirror: %w", err)
	}
	pushed.State = PushMoved
	if reason := answers[u.Ref]; reason != ReasonNone {
		pushed.State, pushed.Reason = PushRefused, reason
	}
	return pushed, nil
}
