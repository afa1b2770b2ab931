package backport

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/liftgate/liftgate/policy"
)

// Landing is the outcome of [Embargoed.Land]: all refs are where they should be, or none moved.
type Landing struct {
	Landed bool
	Reason Reason // why nothing moved
	Refs   []LandedRef
}

// LandedRef is one public branch of a landing.
type LandedRef struct {
	RefUpdate
	Now    SHA    // where the public branch is by the last reading
	There  bool   // Now is New, or builds on it
	Reason Reason // what the server said about this one
}

// Land moves the branches of one public repository together: one atomic push of plain fast-forwards, proved by reading
// the refs back. It writes in public, so it takes the clearance of the very advisory that the store is for.
//
// What git says of the push is not trusted to tell success: after every outcome, a timeout included, the refs are read.
// All new is landed, all old is nothing moved, a mixture is [ErrHalfLanded], no reading is [ErrUnknown]; with either
// error the Landing says what is known. Landing the same again is a success that pushes nothing.
func (e *Embargoed) Land(ctx context.Context, clearance policy.Clearance, remote Remote, refs []RefUpdate) (Landing, error) {
	if !clearance.Valid() || clearance.Advisory() != e.advisory {
		return Landing{}, fmt.Errorf("land: %w", ErrNoClearance)
	}
	if err := e.checkLanding(ctx, refs); err != nil {
		return Landing{}, fmt.Errorf("land: %w", err)
	}
	before, err := e.look(ctx, remote, refs)
	if err != nil {
		// Nothing was sent, so nothing moved by us.
		return Landing{Reason: reasonOf(err), Refs: unseen(refs)}, fmt.Errorf("land: %w", err)
	}
	l := Landing{Refs: before}
	if l.Landed = all(before); l.Landed {
		return l, nil
	}
	if slices.ContainsFunc(before, func(r LandedRef) bool { return !r.There && r.Now != r.Old }) {
		l.Reason = ReasonNotFastForward
		return l, halfway(l)
	}
	answers, pushErr := e.push(ctx, remote, missing(before), pushAtomic)
	return e.readBack(ctx, remote, refs, answers, pushErr)
}

// missing are the refs still to push. Some may be there already only after half a landing, which is completed: what is
// public can't be called back, and each hour with half the branches fixed helps only the attacker.
func missing(refs []LandedRef) []RefUpdate {
	var list []RefUpdate
	for _, r := range refs {
		if !r.There {
			list = append(list, r.RefUpdate)
		}
	}
	return list
}

// readBack finds out what a push did. The push's own time may be over, its context gone: the look gets time of its own.
func (e *Embargoed) readBack(ctx context.Context, remote Remote, refs []RefUpdate, answers map[string]Reason, pushErr error) (Landing, error) {
	looking, cancel := context.WithTimeout(context.WithoutCancel(ctx), localLimit)
	defer cancel()
	after, err := e.look(looking, remote, refs)
	if err != nil {
		return Landing{Reason: reasonOf(err), Refs: unseen(refs)}, fmt.Errorf("land: %w", ErrUnknown)
	}
	l := Landing{Refs: after, Landed: all(after)}
	if l.Landed {
		return l, nil
	}
	for i := range l.Refs {
		l.Refs[i].Reason = answers[l.Refs[i].Ref]
	}
	l.Reason = why(l.Refs, pushErr)
	return l, halfway(l)
}

// why is the reason for the whole: the refusal that is not a mere consequence, else what stopped git.
func why(refs []LandedRef, pushErr error) Reason {
	var consequence Reason
	for _, r := range refs {
		switch r.Reason {
		case ReasonNone:
		case ReasonAtomic:
			consequence = r.Reason
		case ReasonStale:
			return ReasonNotFastForward
		default:
			return r.Reason
		}
	}
	if moved := slices.ContainsFunc(refs, func(r LandedRef) bool { return !r.There && r.Now != r.Old }); moved {
		return ReasonNotFastForward
	}
	if consequence != "" {
		return ReasonOther
	}
	return reasonOf(pushErr)
}

func halfway(l Landing) error {
	if slices.ContainsFunc(l.Refs, func(r LandedRef) bool { return r.There && r.Old != r.New }) {
		return fmt.Errorf("land: %w", ErrHalfLanded)
	}
	return nil
}

func all(refs []LandedRef) bool {
	return !slices.ContainsFunc(refs, func(r LandedRef) bool { return !r.There })
}

func unseen(refs []RefUpdate) []LandedRef {
	list := make([]LandedRef, len(refs))
	for i, u := range refs {
		list[i].RefUpdate = u
	}
	return list
}

// checkLanding refuses what must not be tried at all. New branches and deletions are no fast-forwards.
func (e *Embargoed) checkLanding(ctx context.Context, refs []RefUpdate) error {
	if len(refs) == 0 {
		return invalid("nothing to land")
	}
	for i, u := range refs {
		switch {
		case !validBranchRef(u.Ref):
			return invalid("not a branch")
		case slices.ContainsFunc(refs[:i], func(v RefUpdate) bool { return v.Ref == u.Ref }):
			return invalid("a branch is named twice")
		}
		if err := validSHAs(u.Old, u.New); err != nil {
			return err
		}
		ff, err := e.Ancestor(ctx, u.Old, u.New)
		if err != nil {
			return err
		}
		if !ff {
			return invalid("not a fast-forward")
		}
	}
	return nil
}

// look reads the public refs. A tip that is neither old nor new may build on ours: somebody pushed since. That counts as
// there, and needs the tip's history to be seen.
func (e *Embargoed) look(ctx context.Context, remote Remote, refs []RefUpdate) ([]LandedRef, error) {
	patterns := make([]string, len(refs))
	for i, u := range refs {
		patterns[i] = u.Ref
	}
	tips, err := e.git.tips(ctx, remote, patterns...)
	if err != nil {
		return nil, err
	}
	list := unseen(refs)
	for i := range list {
		r := &list[i]
		r.Now = tips.Branches[strings.TrimPrefix(r.Ref, "refs/heads/")]
		if r.There = r.Now == r.New; r.There || r.Now == r.Old || r.Now == "" {
			continue
		}
		if _, err := e.FetchFix(ctx, remote, string(r.Now)); err != nil {
			return nil, err
		}
		if r.There, err = e.Ancestor(ctx, r.New, r.Now); err != nil {
			return nil, err
		}
	}
	return list, nil
}
