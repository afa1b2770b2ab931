package server

import (
	"context"
	"fmt"
	"time"

	"github.com/liftgate/liftgate/app/forge/gitlab"
	"github.com/liftgate/liftgate/policy"
)

// beforeLift is how long before a lift no token is touched.
const beforeLift = 24 * time.Hour

// tendTimeout bounds how long the timer waits for GitLab. A rotation that has begun goes on all the same.
const tendTimeout = 20 * time.Second

// rotation is what all projects on GitLab share about replacing their tokens, nil unless the operator wants it.
func (s *Server) rotation() *gitlab.Rotation {
	c := s.options.Config.GitLab
	if !c.RotateTokens || s.Shared() { // replicas would take each other's tokens away
		return nil
	}
	if s.rotating == nil {
		s.rotating = &gitlab.Rotation{TokenFile: c.TokenFile, LiftTokenFile: c.LiftTokenFile, Quiet: s.quiet}
	}
	return s.rotating
}

// quiet reports whether no embargo ends within a day, and no lift is under way or may come at any moment.
func (s *Server) quiet(ctx context.Context) (bool, error) {
	open, err := s.Store.Advisories(ctx, "", true)
	if err != nil {
		return false, fmt.Errorf("look for lifts: %w", err)
	}
	for _, one := range open {
		loaded, err := s.Store.Load(ctx, one.ID)
		if err != nil {
			return false, fmt.Errorf("look for lifts: %w", err)
		}
		if lifts(loaded.Advisory, s.options.Now().Add(beforeLift)) {
			return false, nil
		}
	}
	return true, nil
}

// lifts reports whether an advisory's lift may happen before an instant, or is going on.
func lifts(a policy.Advisory, before time.Time) bool {
	switch a.Lift.Gate {
	case policy.GateHeld:
		return a.Embargo.Ended(before) && a.Phase != policy.Rejected // by /lift now or as public, whatever its date was
	case policy.GateDone:
		return false
	}
	return true
}

// tend looks after the tokens. Like tick and sweep it has nobody to return an error to: the next look meets it again.
func (s *Server) tend(ctx context.Context) {
	if s.tokens == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, tendTimeout)
	defer cancel()
	if err := s.tokens(ctx); err != nil && ctx.Err() == nil {
		s.options.Log.Error("look after GitLab's tokens", "error", err.Error())
	}
}
