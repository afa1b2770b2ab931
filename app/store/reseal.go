package store

import (
	"context"
	"database/sql"
	"fmt"
)

// Reseal seals every value again with the newest key, so that older keys are needed by nothing but old copies of the
// database. It goes row by row beside the running work: a row that changes meanwhile was sealed with the newest key by
// whoever changed it, as long as every replica was restarted after [RotateKeys]. It returns how many values it sealed.
func (s *Store) Reseal(ctx context.Context) (int, error) {
	n := 0
	for _, c := range sealedColumns() {
		done, err := s.resealColumn(ctx, c)
		n += done
		if err != nil {
			return n, fmt.Errorf("reseal %s.%s: %w", c.table, c.column, err)
		}
	}
	return n, nil
}

// sealedColumn names a column that holds sealed values, and the columns by which a row and its place are found.
type sealedColumn struct {
	table, column string
	advisory, row string // columns; "" where the place has none
}

func sealedColumns() []sealedColumn {
	return []sealedColumn{
		{"seals", "value", "", "name"},
		{"advisories", "state", "id", ""},
		{"advisories", "tail", "id", ""},
		{"history", "why", "advisory", "seq"},
		{"effects", "payload", "advisory", "key"},
		{"effects", "outcome", "advisory", "key"},
		{"doorbells", "body", "", "id"},
	}
}

// sealedValue is one value with its place.
type sealedValue struct {
	place
	sealed []byte
}

func (s *Store) resealColumn(ctx context.Context, c sealedColumn) (int, error) {
	values, err := collect(ctx, s.read, func(rows *sql.Rows) (sealedValue, error) {
		v := sealedValue{place: place{table: c.table, column: c.column}}
		err := rows.Scan(&v.advisory, &v.row, &v.sealed)
		return v, err
	}, fmt.Sprintf(`SELECT %s, %s, %s FROM %s WHERE %s IS NOT NULL`, text(c.advisory), text(c.row), c.column, c.table, c.column))
	if err != nil {
		return 0, err
	}
	n := 0
	for _, v := range values {
		clear, err := s.open(v.place, v.sealed)
		if err != nil {
			return n, err
		}
		sealed, err := s.seal(v.place, clear)
		if err != nil {
			return n, err
		}
		// Compared with the old value: whoever was here meanwhile has sealed it anew.
		replaced, err := s.fenced(ctx, fmt.Sprintf(`UPDATE %s SET %s = $1 WHERE %s = $2 AND %s = $3 AND %s = $4`,
			c.table, c.column, text(c.advisory), text(c.row), c.column), sealed, v.advisory, v.row, v.sealed)
		if err != nil {
			return n, err
		}
		if replaced {
			n++
		}
	}
	return n, nil
}

// text is an SQL expression for a column of the place, as the place spells it.
func text(column string) string {
	if column == "" {
		return `''`
	}
	return "CAST(" + column + " AS TEXT)"
}
