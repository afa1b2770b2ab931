package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/liftgate/liftgate/policy"
)

// Loaded is everything the store knows for the next decision about an advisory, as of one moment.
type Loaded struct {
	Advisory policy.Advisory
	Version  int64            // to hand to Commit
	Pending  []string         // keys of effects that have not ended
	Outcomes []policy.Outcome // of effects that have ended and were not absorbed, in the order the effects were asked for
	Presses  []policy.Command // buttons pressed at this advisory's checks, from doorbells that are not done
	Bounces  []policy.Bounce  // of this advisory's announcements, from doorbells that are not done
	Bells    []int64          // the doorbells of those presses and bounces, to hand to Commit with the decision that saw them
}

// Load reads an advisory with what has happened to it since its last decision.
func (s *Store) Load(ctx context.Context, id string) (Loaded, error) {
	var l Loaded
	err := s.snapshot(ctx, func(tx *sql.Tx) error {
		var sealed []byte
		err := tx.QueryRowContext(ctx, `SELECT version, state FROM advisories WHERE id = $1`, id).Scan(&l.Version, &sealed)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		if l.Advisory, err = s.openState(id, sealed); err != nil {
			return err
		}
		if l.Pending, err = collect(ctx, tx, one[string],
			`SELECT key FROM effects WHERE advisory = $1 AND status <> 'done' ORDER BY seq`, id); err != nil {
			return err
		}
		if l.Outcomes, err = s.outcomes(ctx, tx, id); err != nil {
			return err
		}
		return s.presses(ctx, tx, &l)
	})
	if err != nil {
		return Loaded{}, fmt.Errorf("load %s: %w", id, err)
	}
	return l, nil
}

// presses finds what belongs to the advisory and can't be read again: the bounces and the buttons that were assigned to it, and
// the buttons on a head it knows. A press on a head that nobody knows any more stays a doorbell, for the engine to assign or to answer.
func (s *Store) presses(ctx context.Context, tx *sql.Tx, l *Loaded) error {
	bells, err := collect(ctx, tx, s.scanBell, selectBells+`
		WHERE done_at IS NULL AND press = 1 AND (advisory = '' OR advisory = $1) ORDER BY received_at, id`, l.Advisory.ID)
	if err != nil {
		return err
	}
	heads := headsOf(l.Advisory)
	for _, b := range bells {
		if b.Bounce != nil {
			l.Bounces = append(l.Bounces, *b.Bounce)
			l.Bells = append(l.Bells, b.ID)
			continue
		}
		command, ok := b.Command()
		if !ok || b.Advisory == "" && !slices.Contains(heads, b.Press.Head) {
			continue
		}
		l.Presses = append(l.Presses, command)
		l.Bells = append(l.Bells, b.ID)
	}
	return nil
}

func headsOf(a policy.Advisory) []string {
	var heads []string
	for _, c := range a.Cells {
		for _, head := range []string{c.Fix.Head, c.Backport.Head, c.Candidate.SHA} {
			if head != "" {
				heads = append(heads, head)
			}
		}
	}
	return heads
}
