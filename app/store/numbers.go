package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/liftgate/liftgate/policy"
)

// claimCVE refuses a number that another advisory has. Claims go one after the other: each waits for the one row that all
// of them change, and sees what those before it have stored.
func (s *Store) claimCVE(ctx context.Context, tx *sql.Tx, d policy.Decision) error {
	if d.Claims == "" {
		return nil
	}
	// It counts no advisories: no project's are of the year 0.
	if _, err := tx.ExecContext(ctx, `INSERT INTO counters (prefix, year, last) VALUES ('CVE', 0, 0)
		ON CONFLICT (prefix, year) DO UPDATE SET last = 0`); err != nil {
		return err
	}
	holder, err := s.holder(ctx, tx, d.Claims, d.Advisory.ID)
	if err == nil && holder != "" {
		err = ErrTaken
	}
	return err
}

// CVEHolder is the advisory that has a CVE number, or "".
func (s *Store) CVEHolder(ctx context.Context, number string) (string, error) {
	id, err := s.holder(ctx, s.read, number, "")
	if err != nil {
		return "", fmt.Errorf("look for a CVE number: %w", err)
	}
	return id, nil
}

// holder opens every state, since numbers rest sealed. What was rejected needs none any more.
func (s *Store) holder(ctx context.Context, q querier, number, except string) (string, error) {
	others, err := collect(ctx, q, s.scanState, `SELECT id, state FROM advisories WHERE id <> $1 AND phase <> $2`, except, string(policy.Rejected))
	if err != nil {
		return "", err
	}
	for _, a := range others {
		if a.CVE == number {
			return a.ID, nil
		}
	}
	return "", nil
}
