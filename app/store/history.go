package store

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/liftgate/liftgate/policy"
)

// Entry is one line of an advisory's history with its place in the chain.
type Entry struct {
	policy.Line
	Seq  int64 // from 1, without gaps
	Prev string
	Hash string
}

// tail is the end of a history: the number and hash of its last line. The zero value is the end of an empty one.
type tail struct {
	seq  int64
	hash string
}

// sealedEntry is an entry with its words as they rest.
type sealedEntry struct {
	Entry
	why []byte
}

const (
	saltSize = 32
	// chainVersion names the encoding that is hashed. A new encoding gets a new name, and old lines keep verifying by theirs.
	chainVersion = "liftgate history 1"
)

// chain links lines to the end of a history.
func (s *Store) chain(advisory string, end tail, lines []policy.Line) ([]sealedEntry, tail, error) {
	var linked []sealedEntry
	for _, line := range lines {
		salt := make([]byte, saltSize)
		if _, err := rand.Read(salt); err != nil {
			return nil, end, err
		}
		e := Entry{Line: line, Seq: end.seq + 1, Prev: end.hash}
		e.At = instant(micros(line.At)) // as it will be read back
		e.Hash = hashLine(advisory, e, salt)
		why, err := s.seal(whyPlace(advisory, e.Seq), append(salt, line.Why.Reveal()...))
		if err != nil {
			return nil, end, err
		}
		linked = append(linked, sealedEntry{e, why})
		end = tail{e.Seq, e.Hash}
	}
	return linked, end, nil
}

// hashLine is SHA-256 over every field, each with its length before it, so that no two different lines encode alike. The
// words enter as HMAC-SHA-256 under the line's salt: whoever does not have the salt can't try out what they may be.
func hashLine(advisory string, e Entry, salt []byte) string {
	commitment := hmac.New(sha256.New, salt)
	commitment.Write([]byte(e.Why.Reveal()))
	h := sha256.New()
	for _, field := range []string{
		chainVersion, e.Prev, advisory, strconv.FormatInt(e.Seq, 10), strconv.FormatInt(micros(e.At), 10),
		e.By, e.What, string(commitment.Sum(nil)),
	} {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(field))))
		h.Write([]byte(field))
	}
	return hex.EncodeToString(h.Sum(nil))
}

func insertLines(ctx context.Context, tx *sql.Tx, advisory string, lines []sealedEntry) error {
	for _, e := range lines {
		if _, err := tx.ExecContext(ctx, `INSERT INTO history (advisory, seq, at, by_whom, what, why, prev, hash)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			advisory, e.Seq, micros(e.At), e.By, e.What, e.why, e.Prev, e.Hash); err != nil {
			return err
		}
	}
	return nil
}

// History gives the lines of an advisory, oldest first, as they rest: VerifyHistory says whether they are whole.
func (s *Store) History(ctx context.Context, advisory string) ([]Entry, error) {
	var entries []Entry
	err := s.eachLine(ctx, s.read, advisory, func(e Entry, _ []byte, opened error) error {
		entries = append(entries, e)
		return opened
	})
	if err != nil {
		return nil, fmt.Errorf("read history of %s: %w", advisory, err)
	}
	return entries, nil
}

// eachLine hands over each line with its salt, or with the reason why its words do not open.
func (s *Store) eachLine(ctx context.Context, q querier, advisory string, f func(e Entry, salt []byte, opened error) error) error {
	lines, err := collect(ctx, q, scanLine, `SELECT seq, at, by_whom, what, why, prev, hash FROM history
		WHERE advisory = $1 ORDER BY seq`, advisory)
	if err != nil {
		return err
	}
	for _, line := range lines {
		clear, err := s.open(whyPlace(advisory, line.Seq), line.why)
		if err == nil && len(clear) < saltSize {
			err = fmt.Errorf("line %d has no salt", line.Seq)
		}
		var salt []byte
		if err == nil {
			salt = clear[:saltSize]
			line.Why = policy.Embargoed(string(clear[saltSize:]))
		}
		if err := f(line.Entry, salt, err); err != nil {
			return err
		}
	}
	return nil
}

func scanLine(rows *sql.Rows) (sealedEntry, error) {
	var e sealedEntry
	var at int64
	err := rows.Scan(&e.Seq, &at, &e.By, &e.What, &e.why, &e.Prev, &e.Hash)
	e.At = instant(at)
	return e, err
}

func whyPlace(advisory string, seq int64) place {
	return place{table: "history", advisory: advisory, column: "why", row: strconv.FormatInt(seq, 10)}
}

func tailPlace(advisory string) place {
	return place{table: "advisories", advisory: advisory, column: "tail"}
}

func (s *Store) sealTail(advisory string, t tail) ([]byte, error) {
	return s.seal(tailPlace(advisory), append(binary.BigEndian.AppendUint64(nil, uint64(t.seq)), t.hash...))
}

func (s *Store) openTail(advisory string, sealed []byte) (tail, error) {
	clear, err := s.open(tailPlace(advisory), sealed)
	if err != nil {
		return tail{}, err
	}
	if len(clear) < 8 {
		return tail{}, fmt.Errorf("the end of the history of %s is damaged", advisory)
	}
	return tail{int64(binary.BigEndian.Uint64(clear)), string(clear[8:])}, nil
}
