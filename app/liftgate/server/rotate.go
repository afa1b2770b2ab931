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

const (
	// tendTimeout bounds a look at the tokens. A rotation that has begun goes on all the same.
	tendTimeout = 20 * time.Second
	// firstLook is how long the start waits for the first of them: a rotation that was cut off is finished in less.
	firstLook = 2 * time.Second
)

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

// tendAside looks after the tokens beside everything else, since GitLab may take minutes over a rotation. While one look goes
// on there is no other.
func (s *Server) tendAside(ctx context.Context) {
	select {
	case s.tending <- struct{}{}:
		go func() {
			defer func() { <-s.tending }()
			s.tend(ctx)
		}()
	default:
	}
}

// tended waits until nobody looks after the tokens, for a time at most.
func (s *Server) tended(ctx context.Context, limit time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	select {
	case s.tending <- struct{}{}:
		<-s.tending
	case <-ctx.Done(): // what is cut off has left its mark, and is looked for at the next start
	}
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
