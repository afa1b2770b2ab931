package app

import (
	"context"
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

// Run calls sweep once, as a start does, and then tick and sweep in their rhythm until the context ends.
func (r Rhythm) Run(ctx context.Context, tick, sweep func(context.Context)) {
	sweep(ctx)
	ticks := time.NewTicker(r.Tick)
	defer ticks.Stop()
	sweeps := time.NewTicker(r.Sweep)
	defer sweeps.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
			tick(ctx)
		case <-sweeps.C:
			sweep(ctx)
		}
	}
}

// every calls beat in a rhythm until stop is called or the context ends. Stop returns when no beat is running.
func every(ctx context.Context, rhythm time.Duration, beat func()) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		beats := time.NewTicker(rhythm)
		defer beats.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-beats.C:
				beat()
			}
		}
	}()
	return func() { cancel(); <-ended }
}

// pause waits, or returns the context's error when it ends first.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
