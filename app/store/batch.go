package store

import (
	"context"
	"database/sql"
	"sync"
	"time"
)

// batch lets writes that arrive together share one transaction, and so one sync of the disk: on SQLite, where writers queue
// anyway, a burst of webhooks is then as quick as one. Each caller still returns only after its own write is on disk.
type batch struct {
	mu      sync.Mutex
	waiting []*write
	busy    bool // somebody is writing, and hands over when done
}

type write struct {
	do   func(context.Context, *sql.Tx) error
	lead chan struct{} // closed to hand the lead over
	done chan error
}

// batchTimeout bounds a transaction that serves several callers, none of whose contexts may end it for the others.
const batchTimeout = 30 * time.Second

// run writes in a transaction with others. If its context ends, it returns early and the write may still happen.
func (b *batch) run(ctx context.Context, s *Store, do func(context.Context, *sql.Tx) error) error {
	w := &write{do: do, lead: make(chan struct{}), done: make(chan error, 1)}
	if b.join(w) {
		close(w.lead)
	}
	select {
	case err := <-w.done:
		return err
	case <-ctx.Done():
		go b.follow(s, w) // it may be handed the lead, and must not drop it
		return ctx.Err()
	case <-w.lead:
		b.write(s)
		return <-w.done
	}
}

// follow stays in line for a caller that has left.
func (b *batch) follow(s *Store, w *write) {
	select {
	case <-w.done:
	case <-w.lead:
		b.write(s)
	}
}

// join queues up, and reports whether nobody leads.
func (b *batch) join(w *write) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting = append(b.waiting, w)
	leads := !b.busy
	b.busy = true
	return leads
}

// write does what is waiting in one transaction, and hands the lead to the first of those that came meanwhile.
func (b *batch) write(s *Store) {
	b.mu.Lock()
	mine := b.waiting
	b.waiting = nil
	b.mu.Unlock()

	ctx, cancel := context.WithTimeout(context.Background(), batchTimeout)
	defer cancel()
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		for _, w := range mine {
			if err := w.do(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	})
	for _, w := range mine {
		w.done <- err
	}

	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waiting) == 0 {
		b.busy = false
		return
	}
	close(b.waiting[0].lead)
}
