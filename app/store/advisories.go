package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/liftgate/liftgate/policy"
)

// Summary is what routing and lists need to know of an advisory; none of it is embargoed text.
type Summary struct {
	ID      string
	Project string
	Report  string
	Phase   policy.Phase
	Desk    int
	Version int64
	Opened  time.Time
	Ended   bool // nothing further is decided about it
}

// Intake reserves an id for a report and stores the advisory that begins with it. A report that is known already gives its
// advisory again, and false: two replicas that race see the same one.
func (s *Store) Intake(ctx context.Context, project policy.Project, report policy.Report, now time.Time) (policy.Advisory, bool, error) {
	var advisory policy.Advisory
	if report.Ref == "" {
		return advisory, false, errors.New("take in report: it has no reference")
	}
	var created bool
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		var err error
		advisory, created, err = s.intake(ctx, tx, project, report, now.UTC())
		return err
	})
	if errors.Is(err, errRaced) { // the transaction is gone, and with it the number it took
		created = false
		advisory, err = s.byReport(ctx, s.write, project.Name, report.Ref)
	}
	if err != nil {
		return policy.Advisory{}, false, fmt.Errorf("take in report: %w", err)
	}
	return advisory, created, nil
}

// errRaced makes an intake roll back because another replica was first.
var errRaced = errors.New("raced")

func (s *Store) intake(ctx context.Context, tx *sql.Tx, project policy.Project, report policy.Report, now time.Time) (policy.Advisory, bool, error) {
	known, err := s.byReport(ctx, tx, project.Name, report.Ref)
	if !errors.Is(err, ErrNotFound) {
		return known, false, err
	}
	// Counted by prefix, not by project: two projects that share a prefix must not share an id.
	var number int64
	err = tx.QueryRowContext(ctx, `INSERT INTO counters (prefix, year, last) VALUES ($1, $2, 1)
		ON CONFLICT (prefix, year) DO UPDATE SET last = counters.last + 1 RETURNING last`,
		project.Prefix, now.Year()).Scan(&number)
	if err != nil {
		return policy.Advisory{}, false, err
	}
	id := advisoryID(project.Prefix, now.Year(), number)
	a := policy.Open(id, project, report, now)
	first := policy.Line{At: now, By: report.Reporter, What: "reported"}
	if first.By == "" {
		first.By = "liftgate"
	}
	return a, true, s.insert(ctx, tx, a, first, now)
}

func advisoryID(prefix string, year int, number int64) string {
	return fmt.Sprintf("%s-%04d-%04d", prefix, year, number)
}

func (s *Store) insert(ctx context.Context, tx *sql.Tx, a policy.Advisory, first policy.Line, now time.Time) error {
	state, err := s.sealState(a)
	if err != nil {
		return err
	}
	lines, end, err := s.chain(a.ID, tail{}, []policy.Line{first})
	if err != nil {
		return err
	}
	sealedEnd, err := s.sealTail(a.ID, end)
	if err != nil {
		return err
	}
	rows, err := changed(ctx, tx, `INSERT INTO advisories
		(id, project, report, version, phase, desk, ended, opened_at, turned_at, state, tail)
		VALUES ($1, $2, $3, 1, $4, $5, 0, $6, $6, $7, $8) ON CONFLICT (project, report) DO NOTHING`,
		a.ID, a.Project, a.Report, string(a.Phase), a.DeskNumber, micros(now), state, sealedEnd)
	if err != nil {
		return err
	}
	if rows == 0 {
		return errRaced
	}
	return insertLines(ctx, tx, a.ID, lines)
}

func (s *Store) byReport(ctx context.Context, q querier, project, report string) (policy.Advisory, error) {
	found, err := collect(ctx, q, s.scanState, `SELECT id, state FROM advisories WHERE project = $1 AND report = $2`, project, report)
	if err != nil {
		return policy.Advisory{}, err
	}
	if len(found) == 0 {
		return policy.Advisory{}, ErrNotFound
	}
	return found[0], nil
}

func (s *Store) scanState(rows *sql.Rows) (policy.Advisory, error) {
	var id string
	var sealed []byte
	if err := rows.Scan(&id, &sealed); err != nil {
		return policy.Advisory{}, err
	}
	return s.openState(id, sealed)
}

func statePlace(id string) place { return place{table: "advisories", advisory: id, column: "state"} }

func (s *Store) sealState(a policy.Advisory) ([]byte, error) {
	b, err := policy.EncodeAdvisory(a)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", a.ID, err)
	}
	return s.seal(statePlace(a.ID), b)
}

func (s *Store) openState(id string, sealed []byte) (policy.Advisory, error) {
	b, err := s.open(statePlace(id), sealed)
	if err != nil {
		return policy.Advisory{}, err
	}
	a, err := policy.DecodeAdvisory(b)
	if err != nil {
		return a, fmt.Errorf("decode %s: %w", id, err)
	}
	return a, nil
}

// Advisories lists the advisories of a project, or of all when project is empty, in the order of their ids; open leaves out
// those about which nothing further is decided.
func (s *Store) Advisories(ctx context.Context, project string, open bool) ([]Summary, error) {
	all, err := collect(ctx, s.read, scanSummary, `SELECT id, project, report, phase, desk, version, opened_at, ended FROM advisories
		WHERE ($1 = '' OR project = $1) AND (ended = 0 OR $2 = 0) ORDER BY opened_at, id`, project, bit(open))
	if err != nil {
		return nil, fmt.Errorf("list advisories: %w", err)
	}
	return all, nil
}

func scanSummary(rows *sql.Rows) (Summary, error) {
	var a Summary
	var phase string
	var opened, ended int64
	err := rows.Scan(&a.ID, &a.Project, &a.Report, &phase, &a.Desk, &a.Version, &opened, &ended)
	a.Phase, a.Opened, a.Ended = policy.Phase(phase), instant(opened), ended != 0
	return a, err
}

// bit is how a truth rests: the two databases agree on 0 and 1, not on booleans.
func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
