package app

import (
	"context"
	"errors"
	"time"
)

// This is the only file of the engine that waits. What it waits for are rows: deadlines, doorbells and effects in the
// store. Missing a tick loses nothing.

// Rhythm is how often the timer looks.
type Rhythm struct {
	Tick  time.Duration // doorbells and deadlines
	Sweep time.Duration // everything, as if every doorbell had rung
}

// DefaultRhythm suits a forge that sends webhooks: the sweep finds what was missed.
func DefaultRhythm() Rhythm { return Rhythm{Tick: time.Second, Sweep: 5 * time.Minute} }

// Run rings everything once, as a start does, and then ticks until the context ends. Errors are logged here and met again
// at the next tick: nobody is there to return them to.
func (e *Engine) Run(ctx context.Context, r Rhythm) {
	e.report("sweep", e.Sweep(ctx))
	tick := time.NewTicker(r.Tick)
	defer tick.Stop()
	sweep := time.NewTicker(r.Sweep)
	defer sweep.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			e.report("tick", e.Tick(ctx))
		case <-sweep.C:
			e.report("sweep", e.Sweep(ctx))
		}
	}
}

func (e *Engine) report(what string, err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		e.Log.Warn(what+" is repeated", "error", err.Error())
	}
}
