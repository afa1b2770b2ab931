package backport

import (
	"context"
)

// Draft is a guess at what a person would commit, where no way of picking is clean. It is offered as such: it says so, and
// nothing but a person's approval makes it ready.
type Draft struct {
	Picked
	Method Method // whose conflict it resolves
}

func (e *Embargoed) drafted(_ context.Context, _ Plan, p Planned) (Planned, error) { return p, nil }
