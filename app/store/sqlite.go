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
	if path == "" {
		return errors.New("sqlite: the path is missing")
	}
	if err := createPrivate(path); err != nil {
		return err
	}
	write, err := openSQLite(path, "_txlock=immediate", "_pragma=synchronous(FULL)")
	if err != nil {
		return err
	}
	write.SetMaxOpenConns(1)
	read, err := openSQLite(path, "_pragma=query_only(1)")
	if err != nil {
		return errors.Join(err, write.Close())
	}
	read.SetMaxOpenConns(4)
	s.write, s.read = write, read
	// The writer goes first: it makes the file a WAL, which a reader may not.
	if err := write.PingContext(ctx); err != nil {
		return errors.Join(fmt.Errorf("sqlite: %w", err), s.Close())
	}
	return nil
}

func sqlitePath(url string) string { return strings.TrimPrefix(url, "sqlite:") }

func openSQLite(path string, more ...string) (*sql.DB, error) {
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

// createPrivate makes the file readable by its owner only; SQLite gives the files beside it the same permissions.
func createPrivate(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	return f.Close()
}
