package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/liftgate/liftgate/policy"
)

// Claim is the right to perform one effect once. The number of the attempt fences off every earlier claim of the effect, and
// the effect's own number the claims of an effect of the same key that was taken in long ago.
type Claim struct {
	Effect  policy.Effect
	Attempt int  // counts from 1
	Again   bool // an earlier attempt may have happened: look before doing it (invariant 6)
	seq     int64
}

// Claim takes the next effect of the advisory that is due, in the order they were asked for: one that is pending, or one
// whose worker has not been heard of since its lease ended. It returns false when there is none. Owner is for people.
func (s *Store) Claim(ctx context.Context, advisory, owner string, now time.Time, lease time.Duration) (Claim, bool, error) {
	for {
		next, err := s.claimable(ctx, advisory, now)
		if err != nil {
			return Claim{}, false, fmt.Errorf("claim effect of %s: %w", advisory, err)
		}
		if next == nil {
			return Claim{}, false, nil
		}
		won, err := s.take(ctx, advisory, owner, *next, now, now.Add(lease))
		if err != nil {
			return Claim{}, false, fmt.Errorf("claim effect of %s: %w", advisory, err)
		}
		if !won {
			continue // somebody else took it; each such round one effect is gone
		}
		e, err := s.openEffect(advisory, next.key, next.kind, next.payload)
		if err != nil {
			return Claim{}, false, fmt.Errorf("claim effect of %s: %w", advisory, err)
		}
		return Claim{Effect: e, Attempt: next.attempts + 1, Again: next.again, seq: next.seq}, true, nil
	}
}

// candidate is an effect's row as it was read, before it is claimed.
type candidate struct {
	key, kind string
	payload   []byte
	seq       int64
	attempts  int
	again     bool
}

func (s *Store) claimable(ctx context.Context, advisory string, now time.Time) (*candidate, error) {
	var c candidate
	var again int64
	// A lease that ended leaves no word of what happened, so it counts as an attempt that may have happened.
	err := s.write.QueryRowContext(ctx, `SELECT key, kind, payload, seq, attempts, CASE WHEN status = 'started' THEN 1 ELSE again END
		FROM effects WHERE advisory = $1 AND (status = 'pending' AND not_before <= $2 OR status = 'started' AND lease_until <= $2)
		ORDER BY seq LIMIT 1`, advisory, micros(now)).Scan(&c.key, &c.kind, &c.payload, &c.seq, &c.attempts, &again)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	c.again = again != 0
	return &c, err
}

func (s *Store) take(ctx context.Context, advisory, owner string, c candidate, now, until time.Time) (bool, error) {
	return s.fenced(ctx, `UPDATE effects SET status = 'started', attempts = attempts + 1, again = $5, owner = $6, lease_until = $7
		WHERE advisory = $1 AND key = $2 AND seq = $3 AND attempts = $4
		AND (status = 'pending' AND not_before <= $8 OR status = 'started' AND lease_until <= $8)`,
		advisory, c.key, c.seq, c.attempts, bit(c.again), owner, micros(until), micros(now))
}

// fenced runs one guarded update in a transaction of its own and reports whether the guard held.
func (s *Store) fenced(ctx context.Context, query string, args ...any) (bool, error) {
	var rows int64
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		var err error
		rows, err = changed(ctx, tx, query, args...)
		return err
	})
	return rows > 0, err
}

// Finish stores the outcome of a claimed effect, for the next Load. It returns [ErrFenced] when the claim was lost.
func (s *Store) Finish(ctx context.Context, c Claim, outcome policy.Outcome) error {
	clear, err := policy.EncodeOutcome(outcome)
	if err != nil {
		return fmt.Errorf("finish effect %s: %w", c.Effect.Key, err)
	}
	sealed, err := s.seal(outcomePlace(c.Effect.Advisory, c.Effect.Key), clear)
	if err != nil {
		return fmt.Errorf("finish effect %s: %w", c.Effect.Key, err)
	}
	return s.settle(ctx, "finish", c, `UPDATE effects SET status = 'done', outcome = $5, owner = ''
		WHERE advisory = $1 AND key = $2 AND seq = $3 AND attempts = $4 AND status = 'started'`, sealed)
}

// Retry gives a claimed effect back, to be claimed again from the instant given. Unknown says that the attempt may have
// happened; once true of any attempt it stays true until the effect is finished.
func (s *Store) Retry(ctx context.Context, c Claim, notBefore time.Time, unknown bool) error {
	return s.settle(ctx, "retry", c, `UPDATE effects SET status = 'pending', not_before = $5, owner = '',
		again = CASE WHEN $6 = 1 THEN 1 ELSE again END
		WHERE advisory = $1 AND key = $2 AND seq = $3 AND attempts = $4 AND status = 'started'`, micros(notBefore), bit(unknown))
}

// Extend keeps a claim while long work goes on.
func (s *Store) Extend(ctx context.Context, c Claim, until time.Time) error {
	return s.settle(ctx, "extend", c, `UPDATE effects SET lease_until = $5
		WHERE advisory = $1 AND key = $2 AND seq = $3 AND attempts = $4 AND status = 'started'`, micros(until))
}

func (s *Store) settle(ctx context.Context, verb string, c Claim, query string, args ...any) error {
	held, err := s.fenced(ctx, query, append([]any{c.Effect.Advisory, c.Effect.Key, c.seq, c.Attempt}, args...)...)
	if err != nil {
		return fmt.Errorf("%s effect %s: %w", verb, c.Effect.Key, err)
	}
	if !held {
		return fmt.Errorf("%s effect %s: %w", verb, c.Effect.Key, ErrFenced)
	}
	return nil
}

func (s *Store) outcomes(ctx context.Context, tx *sql.Tx, advisory string) ([]policy.Outcome, error) {
	return collect(ctx, tx, func(rows *sql.Rows) (policy.Outcome, error) {
		var key, kind string
		var payload, sealed []byte
		if err := rows.Scan(&key, &kind, &payload, &sealed); err != nil {
			return policy.Outcome{}, err
		}
		return s.openOutcome(advisory, key, kind, payload, sealed)
	}, `SELECT key, kind, payload, outcome FROM effects WHERE advisory = $1 AND status = 'done' ORDER BY seq`, advisory)
}

func (s *Store) openOutcome(advisory, key, kind string, payload, sealed []byte) (policy.Outcome, error) {
	e, err := s.openEffect(advisory, key, kind, payload)
	if err != nil {
		return policy.Outcome{}, err
	}
	clear, err := s.open(outcomePlace(advisory, key), sealed)
	if err != nil {
		return policy.Outcome{}, err
	}
	o, err := policy.DecodeOutcome(clear)
	if err != nil {
		return policy.Outcome{}, fmt.Errorf("decode outcome %s: %w", key, err)
	}
	o.Effect = e
	return o, nil
}

func (s *Store) openEffect(advisory, key, kind string, payload []byte) (policy.Effect, error) {
	clear, err := s.open(payloadPlace(advisory, key), payload)
	if err != nil {
		return policy.Effect{}, err
	}
	do, err := policy.DecodeAction(kind, clear)
	if err != nil {
		return policy.Effect{}, fmt.Errorf("decode effect %s: %w", key, err)
	}
	return policy.Effect{Key: key, Advisory: advisory, Do: do}, nil
}

func payloadPlace(advisory, key string) place {
	return place{table: "effects", advisory: advisory, column: "payload", row: key}
}

func outcomePlace(advisory, key string) place {
	return place{table: "effects", advisory: advisory, column: "outcome", row: key}
}
