package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// place is where a sealed value rests. The value opens there and nowhere else: a row copied to another advisory, another
// column or another row is refused.
type place struct {
	table, advisory, column string
	row                     string // within the advisory: an effect's key, a line's number; "" when there is one only
}

// bind is the associated data. Only row may hold a "|", so it stands last.
func (p place) bind() []byte {
	return []byte(p.table + "|" + p.advisory + "|" + p.column + "|" + p.row)
}

func (s *Store) seal(p place, clear []byte) ([]byte, error) {
	sealed, err := s.keys.aead.Encrypt(clear, p.bind())
	if err != nil {
		return nil, fmt.Errorf("seal %s.%s of %s: %w", p.table, p.column, p.advisory, err)
	}
	return sealed, nil
}

func (s *Store) open(p place, sealed []byte) ([]byte, error) {
	clear, err := s.keys.aead.Decrypt(sealed, p.bind())
	if err != nil { // tink says no more than that it failed
		return nil, fmt.Errorf("open %s.%s of %s: it was sealed with other keys, or altered, or moved here from elsewhere",
			p.table, p.column, p.advisory)
	}
	return clear, nil
}

// checkKeys seals a known word in a new database, and opens it in an old one: the wrong keys are found at start, not at the
// first advisory.
func (s *Store) checkKeys(ctx context.Context) error {
	at := place{table: "seals", column: "value", row: "check"}
	sealed, err := s.seal(at, []byte("liftgate"))
	if err != nil {
		return err
	}
	return s.inTx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO seals (name, value) VALUES ('check', $1) ON CONFLICT DO NOTHING`, sealed); err != nil {
			return err
		}
		var kept []byte
		if err := tx.QueryRowContext(ctx, `SELECT value FROM seals WHERE name = 'check'`).Scan(&kept); err != nil {
			return err
		}
		if _, err := s.open(at, kept); err != nil {
			return errors.New("the keyset does not open this database: restore the keyset it was made with; without that " +
				"keyset its embargoed text can't be read by anybody")
		}
		return nil
	})
}
