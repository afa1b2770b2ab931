package backport

import (
	"context"
	"fmt"
)

// Draft is a guess at what a person would commit, where no way of picking is clean: edits that touch but do not overlap are
// both taken, and a change whose surroundings moved is put where they are now. It is offered as a draft that says so, and
// nothing but a person's approval makes it ready.
type Draft struct {
	Picked
	Method Method // whose conflict it resolves
}

// drafted adds a draft to a plan that came to a conflict.
func (e *Embargoed) drafted(ctx context.Context, p Plan, planned Planned) (Planned, error) {
	if planned.Result.Conflict == nil {
		return planned, nil
	}
	for _, m := range []Method{MethodChain, MethodMain} {
		if m == MethodChain && len(p.Chain) == 0 {
			continue
		}
		d, err := e.draft(ctx, p.by(m))
		if KindOf(err) == ErrNoObject {
			continue
		}
		if err != nil {
			return Planned{}, fmt.Errorf("draft: %w", err)
		}
		if d != nil {
			planned.Draft = &Draft{*d, m}
			return planned, nil
		}
	}
	return planned, nil
}

// draft picks once more, and settles conflicts as far as that can be guessed.
func (e *Embargoed) draft(ctx context.Context, p Pick) (*Picked, error) {
	p.resolve = resolveGuess
	s, err := e.session(ctx, p)
	if err != nil {
		return nil, err
	}
	defer s.rd.Close()
	s.quiet = true
	r, err := s.all(ctx)
	return r.Picked, err
}
