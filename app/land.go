package app

import (
	"context"
	"strings"

	"github.com/liftgate/liftgate/backport"
	"github.com/liftgate/liftgate/policy"
)

// land is the one push that the whole project is about.
func (e *Engine) land(ctx context.Context, p Project, clearance policy.Clearance, advisory string, do policy.Land) (policy.Outcome, error) {
	var o policy.Outcome
	own, err := e.Stores.Embargoed(ctx, p.Public, advisory)
	if err != nil {
		return o, sortGit(err)
	}
	url, user, secret, err := p.Forge.LiftGit(ctx, clearance)
	if err != nil {
		return o, err
	}
	updates := make([]backport.RefUpdate, len(do.Moves))
	for i, m := range do.Moves {
		updates[i] = backport.RefUpdate{Ref: "refs/heads/" + m.Branch, Old: backport.SHA(m.Old), New: backport.SHA(m.New)}
	}
	landing, err := own.Land(ctx, clearance, remote(url, user, secret), updates)
	if backport.KindOf(err) == backport.ErrHalfLanded {
		o.Landing = policy.Landing{State: policy.LandHalf, Moved: movedBranches(landing)}
		return o, nil
	}
	if err != nil {
		return o, sortGit(err)
	}
	o.Landing, err = landed(landing)
	return o, err
}

func movedBranches(l backport.Landing) []string {
	var moved []string
	for _, r := range l.Refs {
		if r.There {
			moved = append(moved, strings.TrimPrefix(r.Ref, "refs/heads/"))
		}
	}
	return moved
}

// landed sorts a push that moved nothing by what may be done about it.
func landed(l backport.Landing) (policy.Landing, error) {
	if l.Landed {
		return policy.Landing{State: policy.LandDone}, nil
	}
	switch l.Reason {
	case backport.ReasonStale, backport.ReasonNotFastForward:
		return policy.Landing{State: policy.LandDrifted, Hint: string(l.Reason)}, nil
	case backport.ReasonNetwork, backport.ReasonTimeout:
		return policy.Landing{}, &policy.Trouble{Kind: policy.TroubleAway, Hint: string(l.Reason)}
	}
	return policy.Landing{State: policy.LandForbidden, Hint: refusedBranches(l)}, nil
}

// refusedBranches names the public branches and the kind of rule; both are public knowledge.
func refusedBranches(l backport.Landing) string {
	var words []string
	for _, r := range l.Refs {
		if r.Reason != backport.ReasonNone && r.Reason != backport.ReasonAtomic {
			words = append(words, strings.TrimPrefix(r.Ref, "refs/heads/")+" "+string(r.Reason))
		}
	}
	if len(words) == 0 {
		return string(l.Reason)
	}
	return strings.Join(words, ", ")
}
