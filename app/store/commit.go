package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/liftgate/liftgate/policy"
)

// Turn is one decision and what it was decided from.
type Turn struct {
	Before    int64 // the version that was loaded
	Decision  policy.Decision
	Absorbed  []string // keys of the effects whose outcomes the decision has taken in
	Doorbells []int64  // doorbells that the decision has answered
	Now       time.Time
}

// Commit stores a turn in one transaction, or nothing of it. It returns [ErrStale] when the advisory is no longer at the
// version that was loaded, [ErrNotDue] when the decision releases the lift and its deadline is not held or not due, and
// [ErrTaken] when it claims a CVE number that another advisory has.
func (s *Store) Commit(ctx context.Context, t Turn) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		if err := s.advance(ctx, tx, t); err != nil {
			return err
		}
		if err := s.claimCVE(ctx, tx, t.Decision); err != nil {
			return err
		}
		if err := moveEffects(ctx, tx, s, t); err != nil {
			return err
		}
		if err := moveDeadlines(ctx, tx, t); err != nil {
			return err
		}
		return answer(ctx, tx, t.Doorbells, t.Now)
	})
	if err != nil {
		return fmt.Errorf("commit %s: %w", t.Decision.Advisory.ID, err)
	}
	return nil
}

// advance moves the advisory's row one version on, together with the end of its history. It comes first: on PostgreSQL the
// row is then locked until the end, so that two commits on one advisory never interleave.
func (s *Store) advance(ctx context.Context, tx *sql.Tx, t Turn) error {
	a := t.Decision.Advisory
	end, err := s.tailOf(ctx, tx, a.ID, t.Before)
	if err != nil {
		return err
	}
	lines, end, err := s.chain(a.ID, end, t.Decision.Lines)
	if err != nil {
		return err
	}
	sealedEnd, err := s.sealTail(a.ID, end)
	if err != nil {
		return err
	}
	state, err := s.sealState(a)
	if err != nil {
		return err
	}
	rows, err := changed(ctx, tx, `UPDATE advisories
		SET version = version + 1, phase = $3, desk = $4, ended = $5, turned_at = $6, state = $7, tail = $8
		WHERE id = $1 AND version = $2`,
		a.ID, t.Before, string(a.Phase), a.DeskNumber, bit(a.Idle()), micros(t.Now), state, sealedEnd)
	if err != nil {
		return err
	}
	if rows == 0 {
		return ErrStale
	}
	return insertLines(ctx, tx, a.ID, lines)
}

// tailOf reads the end of the history at the version given; at any other version the commit is stale anyway.
func (s *Store) tailOf(ctx context.Context, tx *sql.Tx, id string, version int64) (tail, error) {
	var at int64
	var sealed []byte
	err := tx.QueryRowContext(ctx, `SELECT version, tail FROM advisories WHERE id = $1`, id).Scan(&at, &sealed)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return tail{}, ErrNotFound
	case err != nil:
		return tail{}, err
	case at != version:
		return tail{}, ErrStale
	}
	return s.openTail(id, sealed)
}

// moveEffects drops the effects that were taken in, and then adds those that the decision asks for: a key that was taken in
// may be asked for again, one that is still there is not doubled.
func moveEffects(ctx context.Context, tx *sql.Tx, s *Store, t Turn) error {
	id := t.Decision.Advisory.ID
	for _, key := range t.Absorbed {
		if _, err := tx.ExecContext(ctx, `DELETE FROM effects WHERE advisory = $1 AND key = $2 AND status = 'done'`, id, key); err != nil {
			return err
		}
	}
	// Numbers grow with the version, so that a key that is asked for again gets a new one: see Claim.
	first := (t.Before + 1) << 20
	for i, e := range t.Decision.Effects {
		if err := s.insertEffect(ctx, tx, id, first+int64(i), e, t.Now); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) insertEffect(ctx context.Context, tx *sql.Tx, id string, seq int64, e policy.Effect, now time.Time) error {
	if e.Key == "" || e.Advisory != id {
		return fmt.Errorf("effect %q of %q does not belong to %s", e.Key, e.Advisory, id)
	}
	kind, clear, err := policy.EncodeAction(e.Do)
	if err != nil {
		return fmt.Errorf("encode effect %s: %w", e.Key, err)
	}
	payload, err := s.seal(payloadPlace(id, e.Key), clear)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO effects
		(advisory, key, seq, kind, payload, status, attempts, again, not_before, lease_until, owner)
		VALUES ($1, $2, $3, $4, $5, 'pending', 0, 0, $6, 0, '') ON CONFLICT (advisory, key) DO NOTHING`,
		id, e.Key, seq, kind, payload, micros(now))
	return err
}

// answer marks doorbells as done. In order: two transactions that lock the same rows must not wait for each other.
func answer(ctx context.Context, tx *sql.Tx, ids []int64, now time.Time) error {
	for _, id := range slices.Sorted(slices.Values(ids)) {
		if _, err := tx.ExecContext(ctx, `UPDATE doorbells SET done_at = $2 WHERE id = $1 AND done_at IS NULL`, id, micros(now)); err != nil {
			return err
		}
	}
	return nil
}
