package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"
)

// ErrInUse says that another server works on the SQLite file.
var ErrInUse = errors.New("another server works on this database; several need PostgreSQL")

// Engage makes this process a server of the database until release is called. Commands that only read or leave a word for
// the server don't engage.
//
// A SQLite file has one server at a time: a second one gets [ErrInUse]. So whatever a predecessor had claimed when it was
// killed is nobody's, and can be claimed again soon instead of when its lease ends; it counts as something that may have
// happened. On PostgreSQL another replica may be alive, and leases end by themselves.
func (s *Store) Engage(ctx context.Context, now time.Time) (release func() error, err error) {
	if s.on != onSQLite {
		return func() error { return nil }, nil
	}
	// A file of its own: the lock beside it is taken by whoever opens the database, for a moment.
	lock, err := os.OpenFile(sqlitePath(s.url)+".server", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("engage store: %w", err)
	}
	if err := tryLockFile(lock); err != nil {
		return nil, errors.Join(fmt.Errorf("engage store: %w", err), lock.Close())
	}
	if err := s.disclaim(ctx, now); err != nil {
		return nil, errors.Join(fmt.Errorf("engage store: %w", err), lock.Close())
	}
	return lock.Close, nil // closing lets go
}

// onItsWay is how long a request of a process that was killed may take to show. Before that, looking for what it did could
// miss it, and do it twice.
const onItsWay = 10 * time.Second

// disclaim cuts every lease short.
func (s *Store) disclaim(ctx context.Context, now time.Time) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		_, err := changed(ctx, tx, `UPDATE effects SET lease_until = $1 WHERE status = 'started' AND lease_until > $1`, micros(now.Add(onItsWay)))
		return err
	})
}
