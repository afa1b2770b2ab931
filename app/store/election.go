package store

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// election follows River's choice of a leader, to keep Stop out of a trap: River 0.31.0 locks up for good when it is
// stopped after a replica won the election and before its client heard of it. The elector then holds its lock while it
// tells a listener that waits for the same lock (leadership.Elector, notifySubscribers and tryUnlisten).
//
// River shows the two moments in its log only, so this is the handler of that log. It keeps nothing and prints nothing;
// Executor's Failed tells what matters.
type election struct {
	mu      sync.Mutex
	decided chan struct{} // closed while there is nothing that River's client has yet to hear
	open    bool
}

func newElection() *election { return &election{decided: make(chan struct{}), open: true} }

// settled waits until River may be stopped, or for the time that an election takes at most when its database answers.
func (e *election) settled() {
	e.mu.Lock()
	decided := e.decided
	e.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	select {
	case <-decided:
	case <-ctx.Done():
	}
}

// Handle implements [slog.Handler]. The words are River 0.31.0's; TestElectionIsHeard notices when they change.
func (e *election) Handle(_ context.Context, r slog.Record) error {
	switch {
	case strings.HasSuffix(r.Message, "Gained leadership"):
		e.set(true)
	case strings.HasSuffix(r.Message, "Leadership bid was unsuccessful (not an error)"):
		e.set(false)
	case strings.HasSuffix(r.Message, "Election change received"):
		r.Attrs(func(a slog.Attr) bool {
			if a.Key == "is_leader" && a.Value.Kind() == slog.KindBool && a.Value.Bool() {
				e.set(false)
			}
			return true
		})
	}
	return nil
}

func (e *election) set(open bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case open && !e.open:
		e.decided = make(chan struct{})
	case !open && e.open:
		close(e.decided)
	}
	e.open = open
}

// Enabled implements [slog.Handler]: what it follows is logged as debug.
func (e *election) Enabled(context.Context, slog.Level) bool { return true }

// WithAttrs implements [slog.Handler].
func (e *election) WithAttrs([]slog.Attr) slog.Handler { return e }

// WithGroup implements [slog.Handler].
func (e *election) WithGroup(string) slog.Handler { return e }
