package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"
)

// The errors that a caller can do something about.
var (
	// ErrStale says that somebody else committed first: load again and decide again.
	ErrStale = errors.New("stale: the advisory has moved on")
	// ErrNotDue says that the lift's deadline can't be released: it is not held or not due.
	ErrNotDue = errors.New("the lift's deadline is not held or not due")
	// ErrFenced says that the claim is not the newest one: another worker has taken the effect over.
	ErrFenced = errors.New("the effect was claimed by somebody else")
	// ErrTaken says that another advisory has the CVE number that the decision claims.
	ErrTaken = errors.New("another advisory has the CVE number")
	// ErrNotFound says that there is no such advisory.
	ErrNotFound = errors.New("no such advisory")
)

// Options say where the store is and how to read it.
type Options struct {
	URL  string           // "sqlite:PATH" or "postgres://user@host/database"
	Keys *Keys            // see LoadKeys
	Now  func() time.Time // for River's wake-ups and its backoff; every other function takes its instant
}

// Store is safe for use by many goroutines, and on PostgreSQL by many processes.
type Store struct {
	url   string
	on    dialect
	write *sql.DB
	read  *sql.DB // the same pool as write on PostgreSQL
	keys  *Keys
	now   func() time.Time
	rings batch

	closed atomic.Bool
}

// dialect is the little in which the two databases differ.
type dialect string

const (
	onSQLite   dialect = "sqlite"
	onPostgres dialect = "postgres"
)

// Open connects, brings the tables up to date, and checks that the keys open what is there.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Keys == nil || o.Now == nil {
		return nil, errors.New("open store: keys and clock are required")
	}
	s := &Store{url: o.URL, keys: o.Keys, now: o.Now}
	var err error
	switch {
	case strings.HasPrefix(s.url, "sqlite:"):
		s.on = onSQLite
		err = s.openSQLite(ctx)
	case strings.HasPrefix(s.url, "postgres://"), strings.HasPrefix(s.url, "postgresql://"):
		s.on = onPostgres
		err = s.openPostgres(ctx)
	default: // not the value: it may hold a password
		err = errors.New(`the database must be "sqlite:PATH" or "postgres://..."`)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open store: %w", err), s.Close())
	}
	return s, nil
}

func (s *Store) openSQLite(ctx context.Context) error {
	path := sqlitePath(s.url)
	if path == "" {
		return errors.New("sqlite: the path is missing")
	}
	return aloneOnSQLite(path, func() error {
		if err := s.connectSQLite(ctx, path); err != nil {
			return err
		}
		return s.prepare(ctx)
	})
}

func (s *Store) openPostgres(ctx context.Context) error {
	if err := s.connectPostgres(ctx); err != nil {
		return err
	}
	return s.aloneOnPostgres(ctx, func() error { return s.prepare(ctx) })
}

func (s *Store) prepare(ctx context.Context) error {
	if err := s.migrate(ctx); err != nil {
		return err
	}
	return s.checkKeys(ctx)
}

// Closed reports whether Close was called: no other call will succeed any more.
func (s *Store) Closed() bool { return s.closed.Load() }

// Close ends every connection. Stop the executor first.
func (s *Store) Close() error {
	s.closed.Store(true)
	var errs []error
	if s.read != nil && s.read != s.write {
		errs = append(errs, s.read.Close())
	}
	if s.write != nil {
		errs = append(errs, s.write.Close())
	}
	return errors.Join(errs...)
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	var one int
	if err := s.read.QueryRowContext(ctx, "SELECT 1").Scan(&one); err != nil {
		return fmt.Errorf("ping store: %w", err)
	}
	return nil
}

// inTx runs f in one transaction of the writer's pool.
func (s *Store) inTx(ctx context.Context, f func(*sql.Tx) error) error {
	return runTx(ctx, s.write, nil, f)
}

// snapshot runs f in one transaction that sees one moment of the database and changes nothing.
func (s *Store) snapshot(ctx context.Context, f func(*sql.Tx) error) error {
	var opts *sql.TxOptions // a SQLite reader sees one moment in any transaction
	if s.on == onPostgres {
		opts = &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	}
	return runTx(ctx, s.read, opts, f)
}

func runTx(ctx context.Context, db *sql.DB, opts *sql.TxOptions, f func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, opts)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after a commit it says ErrTxDone; before one, the error is already on its way
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// querier is what a transaction and a pool have in common.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// collect runs a query and reads each row with scan.
func collect[T any](ctx context.Context, q querier, scan func(*sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err tells what went wrong
	var all []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// one reads a row of a single column.
func one[T any](rows *sql.Rows) (T, error) {
	var v T
	err := rows.Scan(&v)
	return v, err
}

// changed runs a statement and reports how many rows it touched.
func changed(ctx context.Context, tx *sql.Tx, query string, args ...any) (int64, error) {
	res, err := tx.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func micros(t time.Time) int64 { return t.UnixMicro() }

func instant(micros int64) time.Time { return time.UnixMicro(micros).UTC() }
