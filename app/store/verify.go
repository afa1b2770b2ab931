package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Broken is where a history is not whole. Line 0 means the advisory as such.
type Broken struct {
	Advisory string
	Line     int64
	Reason   string
}

// Error gives "LSN-2026-0001 line 7: ...".
func (b *Broken) Error() string {
	if b.Line == 0 {
		return b.Advisory + ": " + b.Reason
	}
	return fmt.Sprintf("%s line %d: %s", b.Advisory, b.Line, b.Reason)
}

// Verified says what VerifyHistory has walked.
type Verified struct{ Advisories, Lines int }

// VerifyHistory walks the chain of every advisory. The first broken line comes back as a [*Broken]; any other error means
// that the history could not be read to the end.
func (s *Store) VerifyHistory(ctx context.Context) (Verified, error) {
	var v Verified
	err := s.snapshot(ctx, func(tx *sql.Tx) error {
		if err := verifyNumbers(ctx, tx); err != nil {
			return err
		}
		ends, err := collect(ctx, tx, scanEnd, `SELECT id, tail FROM advisories ORDER BY id`)
		if err != nil {
			return err
		}
		for _, end := range ends {
			lines, err := s.verifyChain(ctx, tx, end)
			if err != nil {
				return err
			}
			v.Advisories++
			v.Lines += int(lines)
		}
		return verifyOrphans(ctx, tx)
	})
	if broken, ok := errors.AsType[*Broken](err); ok {
		return v, broken
	}
	if err != nil {
		return v, fmt.Errorf("verify history: %w", err)
	}
	return v, nil
}

// sealedEnd is where an advisory's history ends, as it rests.
type sealedEnd struct {
	id   string
	tail []byte
}

func scanEnd(rows *sql.Rows) (sealedEnd, error) {
	var e sealedEnd
	err := rows.Scan(&e.id, &e.tail)
	return e, err
}

func (s *Store) verifyChain(ctx context.Context, tx *sql.Tx, end sealedEnd) (int64, error) {
	want, err := s.openTail(end.id, end.tail)
	if err != nil {
		return 0, &Broken{end.id, 0, "the mark of its last line does not open: altered, or sealed with other keys"}
	}
	var at tail
	err = s.eachLine(ctx, tx, end.id, func(e Entry, salt []byte, opened error) error {
		if reason := checkLine(end.id, at, e, salt, opened); reason != "" {
			return &Broken{end.id, at.seq + 1, reason}
		}
		at = tail{e.Seq, e.Hash}
		return nil
	})
	if err != nil {
		return at.seq, err
	}
	if at != want {
		return at.seq, &Broken{end.id, min(at.seq, want.seq) + 1, fmt.Sprintf("the history ends at line %d, the advisory at line %d",
			at.seq, want.seq)}
	}
	return at.seq, nil
}

// checkLine names what is wrong with the line that should follow the one at, or nothing.
func checkLine(advisory string, at tail, e Entry, salt []byte, opened error) string {
	switch {
	case e.Seq != at.seq+1:
		return fmt.Sprintf("missing: line %d follows line %d", e.Seq, at.seq)
	case e.Prev != at.hash:
		return "does not follow the line before"
	case opened != nil:
		return "its words do not open: altered, moved, or sealed with other keys"
	case e.Hash != hashLine(advisory, e, salt):
		return "altered: it does not match its hash"
	}
	return ""
}

// verifyNumbers finds advisories that were removed as a whole: ids are handed out without gaps.
func verifyNumbers(ctx context.Context, tx *sql.Tx) error {
	type counter struct {
		prefix string
		year   int
		last   int64
	}
	counters, err := collect(ctx, tx, func(rows *sql.Rows) (counter, error) {
		var c counter
		err := rows.Scan(&c.prefix, &c.year, &c.last)
		return c, err
	}, `SELECT prefix, year, last FROM counters ORDER BY prefix, year`)
	if err != nil {
		return err
	}
	ids, err := collect(ctx, tx, one[string], `SELECT id FROM advisories`)
	if err != nil {
		return err
	}
	have := make(map[string]bool, len(ids))
	for _, id := range ids {
		have[id] = true
	}
	for _, c := range counters {
		for n := range c.last {
			if id := advisoryID(c.prefix, c.year, n+1); !have[id] {
				return &Broken{id, 0, "the advisory is missing"}
			}
		}
	}
	return nil
}

// verifyOrphans finds lines of an advisory that is not there, which only a change behind our back can leave.
func verifyOrphans(ctx context.Context, tx *sql.Tx) error {
	orphans, err := collect(ctx, tx, one[string], `SELECT DISTINCT advisory FROM history
		WHERE advisory NOT IN (SELECT id FROM advisories) ORDER BY advisory LIMIT 1`)
	if err == nil && len(orphans) > 0 {
		err = &Broken{orphans[0], 0, "there are lines but no advisory"}
	}
	return err
}
