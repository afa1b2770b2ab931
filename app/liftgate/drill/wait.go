package drill

import (
	"context"
	"fmt"
	"time"
)

// patience is how long one scene of the small project may take. Where it runs out something is broken: everything here
// takes milliseconds.
const patience = 30 * time.Second

// until looks again and again until ready says yes or the context ends.
func until(ctx context.Context, what string, ready func() (bool, error)) error {
	again := time.NewTicker(30 * time.Millisecond)
	defer again.Stop()
	for {
		ok, err := ready()
		if err != nil {
			return fmt.Errorf("wait for %s: %w", what, err)
		}
		if ok {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waited in vain for %s", what)
		case <-again.C:
		}
	}
}

// untilCancelled does something in a slow rhythm until the context ends.
func untilCancelled(ctx context.Context, do func()) error {
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-again.C:
			do()
		}
	}
}
