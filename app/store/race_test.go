package store

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/store/storetest"
	"github.com/liftgate/liftgate/policy"
)

// together runs f n times at once, by turns on the stores given.
func together(stores []*Store, n int, f func(s *Store, i int)) {
	var all sync.WaitGroup
	gate := make(chan struct{})
	for i := range n {
		all.Go(func() {
			<-gate
			f(stores[i%len(stores)], i)
		})
	}
	close(gate)
	all.Wait()
}

func TestIntakeRace(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		stores := []*Store{open(), open()}
		var created atomic.Int32
		var ids sync.Map
		together(stores, 24, func(s *Store, i int) {
			ref := fmt.Sprint("GHSA-", i/8) // three reports, eight times each
			now := testStart
			if i%4 == 3 {
				now = now.AddDate(1, 0, 0) // a replica whose clock is in another year takes another counter's row
			}
			a, fresh, err := s.Intake(t.Context(), testProject, policy.Report{Ref: ref}, now)
			if err != nil {
				t.Error(err)
				return
			}
			if fresh {
				created.Add(1)
			}
			if was, _ := ids.LoadOrStore(ref, a.ID); was != a.ID {
				t.Errorf("%s is both %s and %s", ref, was, a.ID)
			}
		})
		if created.Load() != 3 {
			t.Errorf("created %d advisories", created.Load())
		}
		if v, err := stores[0].VerifyHistory(t.Context()); err != nil || v.Advisories != 3 { // no number was burnt
			t.Errorf("verify = %+v, %v", v, err)
		}
	})
}

func TestClaimRace(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		stores := []*Store{open(), open()}
		id := begin(t, stores[0], "GHSA-1").ID
		const n = 12
		var effects []policy.Effect
		for i := range n {
			effects = append(effects, say(id, fmt.Sprintf("say/%02d", i)))
		}
		commit(t, stores[0], id, asks(effects...))
		var claimed sync.Map
		var count atomic.Int32
		together(stores, 8, func(s *Store, i int) {
			for {
				c, ok, err := s.Claim(t.Context(), id, fmt.Sprint("worker ", i), testStart, time.Minute)
				if err != nil {
					t.Error(err)
				}
				if err != nil || !ok {
					return
				}
				if _, twice := claimed.LoadOrStore(c.Effect.Key, true); twice {
					t.Errorf("%s was claimed twice", c.Effect.Key)
				}
				count.Add(1)
			}
		})
		if count.Load() != n {
			t.Errorf("%d claims of %d effects", count.Load(), n)
		}
	})
}

func TestCommitRace(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		stores := []*Store{open(), open()}
		id := begin(t, stores[0], "GHSA-1").ID
		var stored, stale atomic.Int32
		together(stores, 8, func(s *Store, i int) {
			for range 5 {
				l, err := s.Load(t.Context(), id)
				if err != nil {
					t.Error(err)
					return
				}
				err = s.Commit(t.Context(), Turn{Before: l.Version, Now: testStart, Decision: policy.Decision{
					Advisory: l.Advisory, Lines: []policy.Line{{At: testStart, By: fmt.Sprint("worker", i), What: "said"}},
				}})
				switch {
				case err == nil:
					stored.Add(1)
				case errors.Is(err, ErrStale):
					stale.Add(1)
				default:
					t.Error(err)
				}
			}
		})
		if l := load(t, stores[0], id); l.Version != int64(stored.Load())+1 {
			t.Errorf("version %d after %d commits and %d stale ones", l.Version, stored.Load(), stale.Load())
		}
		if v, err := stores[1].VerifyHistory(t.Context()); err != nil || v.Lines != int(stored.Load())+1 {
			t.Errorf("verify = %+v, %v; want %d lines", v, err, stored.Load()+1)
		}
	})
}

// Two engines that both see the deadline pass release the lift once between them.
func TestReleaseRace(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		stores := []*Store{open(), open()}
		id := begin(t, stores[0], "GHSA-1").ID
		lift := []policy.Deadline{{Name: policy.DeadlineLift, Due: testStart}}
		commit(t, stores[0], id, func(turn *Turn) { turn.Decision.Deadlines = lift })
		l := load(t, stores[0], id)
		var released atomic.Int32
		together(stores, 8, func(s *Store, i int) {
			err := s.Commit(t.Context(), Turn{Before: l.Version, Now: testStart, Decision: policy.Decision{
				Advisory: l.Advisory, Deadlines: lift, Release: true, Effects: []policy.Effect{say(id, "land")}}})
			switch {
			case err == nil:
				released.Add(1)
			case !errors.Is(err, ErrStale) && !errors.Is(err, ErrNotDue):
				t.Error(err)
			}
		})
		if released.Load() != 1 {
			t.Errorf("released %d times", released.Load())
		}
	})
}

func TestRingRace(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		stores := []*Store{open(), open()}
		together(stores, 32, func(s *Store, i int) {
			d := policy.Doorbell{Forge: "github", Delivery: fmt.Sprint("d", i/4), At: testStart}
			if err := s.Ring(t.Context(), d); err != nil {
				t.Error(err)
			}
		})
		if bells, err := stores[0].Doorbells(t.Context(), 100); err != nil || len(bells) != 8 {
			t.Errorf("%d doorbells, %v", len(bells), err)
		}
	})
}

// Replicas that start at the same moment on an empty database migrate it once.
func TestOpenRace(t *testing.T) {
	keys := testKeys(t)
	for name, url := range map[string]func(testing.TB) string{"sqlite": sqliteURL, "postgres": storetest.New} {
		t.Run(name, func(t *testing.T) {
			o := Options{URL: url(t), Keys: keys, Now: time.Now}
			together([]*Store{nil}, 4, func(*Store, int) {
				s, err := Open(t.Context(), o)
				if err != nil {
					t.Error(err)
					return
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
