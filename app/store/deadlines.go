package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/liftgate/liftgate/policy"
)

// moveDeadlines releases the lift if the decision says so, and then puts the decision's deadlines in the place of those
// before. The release comes first: it is judged by the row that an earlier turn has stored, never by an instant that the
// same decision brings along.
func moveDeadlines(ctx context.Context, tx *sql.Tx, t Turn) error {
	a := t.Decision.Advisory
	if t.Decision.Release {
		if err := release(ctx, tx, a.ID, t.Now); err != nil {
			return err
		}
	}
	for _, d := range t.Decision.Deadlines {
		// A lift that has begun keeps its instant.
		if _, err := tx.ExecContext(ctx, `INSERT INTO deadlines (advisory, name, due_at, state) VALUES ($1, $2, $3, 'held')
			ON CONFLICT (advisory, name) DO UPDATE SET due_at = excluded.due_at WHERE deadlines.state = 'held'`,
			a.ID, d.Name, micros(d.Due)); err != nil {
			return err
		}
	}
	kept, err := collect(ctx, tx, one[string], `SELECT name FROM deadlines WHERE advisory = $1 AND state = 'held'`, a.ID)
	if err != nil {
		return err
	}
	for _, name := range kept {
		if named(t.Decision.Deadlines, name) {
			continue
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM deadlines WHERE advisory = $1 AND name = $2 AND state = 'held'`, a.ID, name); err != nil {
			return err
		}
	}
	if a.Lift.Gate != policy.GateDone {
		return nil
	}
	_, err = tx.ExecContext(ctx, `UPDATE deadlines SET state = 'done' WHERE advisory = $1 AND state = 'lifting'`, a.ID)
	return err
}

// release is the one step from held to lifting, after which a lift only goes forward.
func release(ctx context.Context, tx *sql.Tx, id string, now time.Time) error {
	rows, err := changed(ctx, tx, `UPDATE deadlines SET state = 'lifting'
		WHERE advisory = $1 AND name = $2 AND state = 'held' AND due_at <= $3`, id, policy.DeadlineLift, micros(now))
	if err != nil {
		return err
	}
	if rows == 0 {
		return ErrNotDue
	}
	return nil
}

func named(deadlines []policy.Deadline, name string) bool {
	for _, d := range deadlines {
		if d.Name == name {
			return true
		}
	}
	return false
}

// Due lists the advisories for which there is something to do at the instant given: a deadline has come since their last
// turn, an outcome was not taken in, or an effect can be claimed. A deadline missed while nothing ran is still due
// (invariant 4). One that a turn has seen come, and could do nothing about, is not due again: a lift that is held waits for
// a doorbell or for the instant at which that turn asked to be woken.
func (s *Store) Due(ctx context.Context, now time.Time) ([]string, error) {
	due, err := collect(ctx, s.read, one[string], `
		SELECT d.advisory FROM deadlines d JOIN advisories a ON a.id = d.advisory
			WHERE d.state = 'held' AND d.due_at <= $1 AND d.due_at > a.turned_at
		UNION SELECT advisory FROM effects WHERE status = 'done'
		UNION SELECT advisory FROM effects WHERE status = 'pending' AND not_before <= $1
		UNION SELECT advisory FROM effects WHERE status = 'started' AND lease_until <= $1
		ORDER BY 1`, micros(now))
	if err != nil {
		return nil, fmt.Errorf("list due: %w", err)
	}
	return due, nil
}
