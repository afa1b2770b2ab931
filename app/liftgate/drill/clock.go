package drill

import (
	"sync"
	"time"
)

// Clock runs like the wall clock and can be moved on. Server and sandbox share one.
type Clock struct {
	wall  func() time.Time
	mu    sync.Mutex
	ahead time.Duration
	moved func(ahead time.Duration) // for a server in another process
}

// NewClock starts at the wall clock's time.
func NewClock(wall func() time.Time) *Clock { return &Clock{wall: wall} }

// Now is the drill's time, UTC.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.wall().Add(c.ahead).UTC().Round(0)
}

// AdvanceTo moves the clock on to an instant. It never goes back.
func (c *Clock) AdvanceTo(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.set(t.Sub(c.wall()))
}

// Advance moves the clock on by some time.
func (c *Clock) Advance(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.set(c.ahead + by)
}

func (c *Clock) set(ahead time.Duration) {
	if ahead <= c.ahead {
		return
	}
	c.ahead = ahead
	if c.moved != nil {
		c.moved(ahead)
	}
}

// onMove calls moved with how far the clock is ahead, now and after each move.
func (c *Clock) onMove(moved func(ahead time.Duration)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.moved = moved
	moved(c.ahead)
}
