package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// SQLite takes one writer at a time: a pool of one connection queues in Go, where a context can end the wait, instead of
// in busy_timeout, which is left for other processes and for River's own connection.
func (s *Store) connectSQLite(ctx context.Context, path string) error {
	if err := createPrivate(path); err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	var err error
	if s.write, err = sqliteDB(path, "_txlock=immediate", "_pragma=synchronous(FULL)"); err != nil {
		return err
	}
	s.write.SetMaxOpenConns(1)
	if s.read, err = sqliteDB(path, "_pragma=query_only(1)"); err != nil {
		return err
	}
	s.read.SetMaxOpenConns(4)
	// The writer goes first: it makes the file a WAL, which a reader may not.
	if err := s.write.PingContext(ctx); err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	return nil
}

func sqlitePath(url string) string { return strings.TrimPrefix(url, "sqlite:") }

func sqliteDB(path string, more ...string) (*sql.DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	dsn := (&url.URL{Scheme: "file", Path: abs}).String() +
		"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=foreign_keys(1)&_pragma=secure_delete(1)&_timezone=UTC"
	for _, m := range more {
		dsn += "&" + m
	}
	return sql.Open("sqlite", dsn)
}

// createPrivate makes the file readable by its owner only; SQLite gives the files beside it the same permissions. It leaves
// a file alone that is there: closing any descriptor of it would drop the locks that SQLite holds on it in this process.
func createPrivate(path string) error {
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return createFile(path, nil)
}

// aloneOnSQLite keeps other processes from opening the same file at the same time, which matters while it is new: a
// server and a command may meet there, and neither the switch to WAL nor the migrations wait for each other.
func aloneOnSQLite(path string, f func() error) error {
	lock, err := os.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	if err := lockFile(lock); err != nil {
		return errors.Join(fmt.Errorf("sqlite: lock: %w", err), lock.Close())
	}
	return errors.Join(f(), lock.Close()) // closing lets go
}
