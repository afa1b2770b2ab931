package drill

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/liftgate/liftgate/app"
)

// patience is how long one scene of the small project may take. Where it runs out something is broken: everything here
// takes milliseconds.
const patience = 2 * time.Minute

// Pace is how fast a drill goes. The zero value is the demo's.
type Pace struct {
	Look  time.Duration // between two looks at something that is waited for
	Tick  time.Duration // between two looks of the server's timer at what is due
	Sweep time.Duration // between two looks of the server at everything
	Hurry time.Duration // by how much the clock moves on at each look in vain, so that nobody sits through a backoff; zero: not at all
}

// The demo's pace.
const (
	usualLook = 30 * time.Millisecond
	usualTick = 100 * time.Millisecond
)

func (p Pace) look() time.Duration { return cmp.Or(p.Look, usualLook) }

// rhythm is the server's. Its sweep is for what no webhook brings.
func (p Pace) rhythm() app.Rhythm {
	return app.Rhythm{Tick: cmp.Or(p.Tick, usualTick), Sweep: cmp.Or(p.Sweep, 5*time.Second)}
}

// poll is how long a wake may wait where the database can't notify.
func (p Pace) poll() time.Duration { return min(20*time.Millisecond, cmp.Or(p.Tick, usualTick)) }

// hurryAfter is how many looks are in vain before the clock hurries: what is under way gets its time first.
const hurryAfter = 10

// until looks again and again until ready says yes or the context ends.
func (w *World) until(ctx context.Context, what string, ready func() (bool, error)) error {
	if _, bounded := ctx.Deadline(); !bounded { // a scene is: large histories take longer
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, patience)
		defer cancel()
	}
	again := time.NewTicker(w.Pace.look())
	defer again.Stop()
	for looks := 0; ; looks++ {
		ok, err := ready()
		if err != nil {
			return fmt.Errorf("wait for %s: %w", what, err)
		}
		if ok {
			return nil
		}
		if looks > hurryAfter {
			w.Clock.Advance(w.Pace.Hurry)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waited in vain for %s", what)
		case <-again.C:
		}
	}
}

// untilCancelled does something in a rhythm until the context ends.
func (w *World) untilCancelled(ctx context.Context, do func()) {
	again := time.NewTicker(3 * w.Pace.look())
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-again.C:
			do()
		}
	}
}
