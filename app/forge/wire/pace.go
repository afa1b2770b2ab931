package wire

import (
	"context"
	"sync"
	"time"

	"github.com/liftgate/liftgate/policy"
)

// Pace is what a forge counts together, of one user or one installation: which write is next, how many requests are under
// way, and until when nothing is sent. Wires whose requests are counted together share one.
type Pace struct {
	writes   pacer
	under    chan struct{} // requests under way
	mu       sync.Mutex
	silentTo time.Time
}

// NewPace makes a pace for any number of wires.
func NewPace() *Pace {
	return &Pace{writes: pacer{free: make(chan struct{}, 1)}, under: make(chan struct{}, MostUnderWay)}
}

// pacer lets one write pass at a time, with a gap after each, as the forges ask of integrations.
type pacer struct {
	free chan struct{}
	wait context.Context // done when the gap after the last write is over; nil before the first
}

func gapFor(asked time.Duration, paced bool) time.Duration {
	if asked == 0 && paced {
		return time.Second
	}
	return max(asked, 0)
}

func (p *pacer) begin(ctx context.Context) error {
	select {
	case p.free <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	if p.wait == nil {
		return nil
	}
	select {
	case <-p.wait.Done():
		return nil
	case <-ctx.Done():
		<-p.free
		return ctx.Err()
	}
}

func (p *pacer) end(gap time.Duration) {
	if gap > 0 {
		wait, cancel := context.WithTimeout(context.Background(), gap)
		context.AfterFunc(wait, cancel) // frees the timer's context once the gap is over
		p.wait = wait
	}
	<-p.free
}

// Turn waits until a request may be sent. Writes go one by one, and none that waited goes into a limit that began meanwhile.
func (w *Wire) Turn(ctx context.Context, write bool) (done func(), err error) {
	written := func() {}
	if write {
		if err := w.pace.writes.begin(ctx); err != nil {
			return nil, Unsent()
		}
		written = func() { w.pace.writes.end(w.Gap) }
	}
	select {
	case w.pace.under <- struct{}{}:
	case <-ctx.Done():
		written()
		return nil, Unsent()
	}
	done = func() {
		<-w.pace.under
		written()
	}
	if err := w.silent(); err != nil {
		done()
		return nil, err
	}
	return done, nil
}

// Unsent says that a request waited for too long, and that nothing has happened.
func Unsent() error {
	return &policy.Trouble{Kind: policy.TroubleAway, Hint: "the request was not sent in time"}
}
