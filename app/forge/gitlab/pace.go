package gitlab

import (
	"context"
	"sync"
	"time"
)

// pacer lets one write pass at a time, with a gap after each.
type pacer struct {
	gap  time.Duration
	once sync.Once
	free chan struct{}
	wait context.Context // done when the gap after the last write is over; nil before the first
}

func gapFor(asked time.Duration, host string) time.Duration {
	switch {
	case asked < 0:
		return 0
	case asked == 0 && host == "gitlab.com":
		return time.Second
	}
	return asked
}

func (p *pacer) begin(ctx context.Context) error {
	p.once.Do(func() { p.free = make(chan struct{}, 1) })
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

func (p *pacer) end() {
	if p.gap > 0 {
		wait, cancel := context.WithTimeout(context.Background(), p.gap)
		context.AfterFunc(wait, cancel) // frees the timer's context once the gap is over
		p.wait = wait
	}
	<-p.free
}
