package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Stats are the numbers that say whether work gets done, for metrics and the status command.
type Stats struct {
	Doorbells int       // not done
	Oldest    time.Time // of those; zero when there is none
	Pending   int       // effects that wait
	Started   int       // effects that are being performed
	Done      int       // effects whose outcomes were not taken in yet
	Overdue   int       // deadlines that have passed and are held
}

// Stats counts, as of one moment.
func (s *Store) Stats(ctx context.Context, now time.Time) (Stats, error) {
	var st Stats
	var oldest sql.NullInt64
	err := s.read.QueryRowContext(ctx, `SELECT
		(SELECT COUNT(*) FROM doorbells WHERE done_at IS NULL),
		(SELECT MIN(received_at) FROM doorbells WHERE done_at IS NULL),
		(SELECT COUNT(*) FROM effects WHERE status = 'pending'),
		(SELECT COUNT(*) FROM effects WHERE status = 'started'),
		(SELECT COUNT(*) FROM effects WHERE status = 'done'),
		(SELECT COUNT(*) FROM deadlines WHERE state = 'held' AND due_at <= $1)`, micros(now)).
		Scan(&st.Doorbells, &oldest, &st.Pending, &st.Started, &st.Done, &st.Overdue)
	if err != nil {
		return Stats{}, fmt.Errorf("count rows: %w", err)
	}
	if oldest.Valid {
		st.Oldest = instant(oldest.Int64)
	}
	return st, nil
}
