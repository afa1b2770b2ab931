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
	if ahead := t.Sub(c.wall()); ahead > c.ahead {
		c.ahead = ahead
	}
}

// Advance moves the clock on by some time.
func (c *Clock) Advance(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += max(by, 0)
}
