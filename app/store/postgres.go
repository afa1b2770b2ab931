package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// migrationLock is the number of the advisory lock under which replicas that start together migrate one after the other.
const migrationLock = 0x4c494654_47415445 // "LIFTGATE"

func (s *Store) connectPostgres(ctx context.Context) error {
	config, err := pgx.ParseConfig(s.url)
	if err != nil {
		return errors.New("postgres: the URL can't be read") // pgx's own words quote parts of it
	}
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(16)
	s.write, s.read = db, db
	var syncs string
	if err := db.QueryRowContext(ctx, "SHOW synchronous_commit").Scan(&syncs); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	if syncs == "off" {
		return errors.New("postgres: synchronous_commit is off, so an acknowledged webhook could be lost: " +
			"set it to on for this database or user")
	}
	return nil
}

// aloneOnPostgres keeps other replicas from migrating at the same time.
func (s *Store) aloneOnPostgres(ctx context.Context, f func() error) error {
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // it only goes back to the pool
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", int64(migrationLock)); err != nil {
		return err
	}
	return errors.Join(f(), unlock(ctx, conn))
}

func unlock(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", int64(migrationLock))
	return err
}
