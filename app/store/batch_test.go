package store

import (
	"context"
	"database/sql"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/liftgate/liftgate/policy"
)

// Callers whose contexts end while they wait must neither stop the others nor take the lead away with them.
func TestBatchSurvivesCallersThatLeave(t *testing.T) {
	s := openWith(t, sqliteURL(t), testKeys(t))()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	var stored atomic.Int32
	together([]*Store{s}, 60, func(s *Store, i int) {
		ctx := t.Context()
		if i%2 == 0 {
			ctx = gone
		}
		err := s.Ring(ctx, policy.Doorbell{Forge: "github", At: testStart})
		switch {
		case err == nil:
			stored.Add(1)
		case i%2 == 1 || !errors.Is(err, context.Canceled):
			t.Errorf("ring %d = %v", i, err)
		}
	})
	if err := s.Ring(t.Context(), policy.Doorbell{Forge: "github", At: testStart}); err != nil {
		t.Error(err) // the line still moves
	}
	if bells, err := s.Doorbells(t.Context(), 100); err != nil || len(bells) < int(stored.Load())+1 {
		t.Errorf("%d doorbells, %v; %d were acknowledged", len(bells), err, stored.Load()+1)
	}
}

func TestBatchTellsEverybodyOfAFailure(t *testing.T) {
	s := openWith(t, sqliteURL(t), testKeys(t))()
	boom := errors.New("boom")
	var b batch
	for range 2 {
		if err := b.run(t.Context(), s, func(context.Context, *sql.Tx) error { return boom }); !errors.Is(err, boom) {
			t.Errorf("run = %v", err)
		}
	}
}
