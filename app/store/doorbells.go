package store

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/binary"
	"encoding/gob"
	"fmt"
	"strconv"
	"time"

	"github.com/liftgate/liftgate/policy"
)

// Bell is a stored doorbell.
type Bell struct {
	ID int64
	policy.Doorbell
	Advisory string // whose press or bounce it is, once assigned
}

// Command is the press as what a person asked for, and false if the doorbell carries no press or the button is not known.
// Its id is that of the delivery, so that it is applied once however often the forge delivers it.
func (b Bell) Command() (policy.Command, bool) {
	if b.Press == nil {
		return policy.Command{}, false
	}
	return policy.PressCommand(cmp.Or(b.Delivery, strconv.FormatInt(b.ID, 10)), *b.Press, b.At)
}

// body is what of a doorbell rests sealed.
type body struct {
	Name   string
	Press  *policy.Press
	Bounce *policy.Bounce
}

// Ring stores a doorbell; when it returns nil the doorbell survives a power cut, and the forge may have its answer. A
// delivery that is there already, done or not, is a success and changes nothing. One without a delivery id is always new:
// it may tell of something that happened after the last one like it was looked at.
func (s *Store) Ring(ctx context.Context, d policy.Doorbell) error {
	return s.RingFor(ctx, d, "")
}

// RingFor is [Store.Ring] for what is known to be an advisory's, as a press from the console and a bounce are: nobody can
// answer it between its ringing and its assignment.
func (s *Store) RingFor(ctx context.Context, d policy.Doorbell, advisory string) error {
	if err := s.ring(ctx, d, advisory); err != nil {
		return fmt.Errorf("store doorbell: %w", err)
	}
	return nil
}

func (s *Store) ring(ctx context.Context, d policy.Doorbell, advisory string) error {
	id, err := bellID()
	if err != nil {
		return err
	}
	var clear bytes.Buffer
	if err := gob.NewEncoder(&clear).Encode(body{d.Object.Name, d.Press, d.Bounce}); err != nil {
		return err
	}
	sealed, err := s.seal(bellPlace(id), clear.Bytes())
	if err != nil {
		return err
	}
	insert := func(ctx context.Context, tx *sql.Tx) error {
		// The target is named so that two equal ids, however unlikely, are an error and not a lost doorbell.
		_, err := tx.ExecContext(ctx, `INSERT INTO doorbells (id, forge, delivery, repo, kind, body, press, advisory, received_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (forge, delivery) WHERE delivery <> '' DO NOTHING`,
			id, d.Forge, d.Delivery, d.Repo, string(d.Object.Kind), sealed, bit(d.Press != nil || d.Bounce != nil), advisory, micros(d.At))
		return err
	}
	if s.on == onPostgres { // it syncs concurrent transactions together by itself
		return s.inTx(ctx, func(tx *sql.Tx) error { return insert(ctx, tx) })
	}
	return s.rings.run(ctx, s, insert)
}

// bellID is random: the two databases number rows in different ways, and doorbells are ordered by their instant.
func bellID() (int64, error) {
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		return 0, err
	}
	return int64(binary.BigEndian.Uint64(b[:]) >> 1), nil
}

const selectBells = `SELECT id, forge, delivery, repo, kind, body, advisory, received_at FROM doorbells `

// Doorbells lists those that are not done, oldest first, at most limit.
func (s *Store) Doorbells(ctx context.Context, limit int) ([]Bell, error) {
	bells, err := collect(ctx, s.read, s.scanBell, selectBells+`WHERE done_at IS NULL ORDER BY received_at, id LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("list doorbells: %w", err)
	}
	return bells, nil
}

func (s *Store) scanBell(rows *sql.Rows) (Bell, error) {
	var b Bell
	var kind string
	var sealed []byte
	var at int64
	if err := rows.Scan(&b.ID, &b.Forge, &b.Delivery, &b.Repo, &kind, &sealed, &b.Advisory, &at); err != nil {
		return b, err
	}
	clear, err := s.open(bellPlace(b.ID), sealed)
	if err != nil {
		return b, err
	}
	var rest body
	if err := gob.NewDecoder(bytes.NewReader(clear)).Decode(&rest); err != nil {
		return b, fmt.Errorf("decode doorbell %d: %w", b.ID, err)
	}
	b.Object = policy.Object{Kind: policy.ObjectKind(kind), Name: rest.Name}
	b.Press, b.Bounce, b.At = rest.Press, rest.Bounce, instant(at)
	return b, nil
}

// Answer marks doorbells as done: whatever they rang about has been read. A press or a bounce is better answered by the Commit of the
// decision that saw it.
func (s *Store) Answer(ctx context.Context, ids []int64, now time.Time) error {
	if err := s.inTx(ctx, func(tx *sql.Tx) error { return answer(ctx, tx, ids, now) }); err != nil {
		return fmt.Errorf("answer doorbells: %w", err)
	}
	return nil
}

// Forget drops the doorbells that were done before the instant given. Keep them longer than a forge redelivers: until then
// they are what makes a redelivery harmless.
func (s *Store) Forget(ctx context.Context, before time.Time) error {
	if _, err := s.fenced(ctx, `DELETE FROM doorbells WHERE done_at < $1`, micros(before)); err != nil {
		return fmt.Errorf("forget doorbells: %w", err)
	}
	return nil
}

func bellPlace(id int64) place {
	return place{table: "doorbells", column: "body", row: strconv.FormatInt(id, 10)}
}
