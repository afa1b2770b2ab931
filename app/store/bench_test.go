package store

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/liftgate/liftgate/policy"
)

func benchBoth(b *testing.B, f func(b *testing.B, s *Store)) {
	b.Run("sqlite", func(b *testing.B) { f(b, openWith(b, sqliteURL(b), testKeys(b))()) })
	b.Run("postgres", func(b *testing.B) { f(b, openWith(b, postgresURL(b), testKeys(b))()) })
}

// BenchmarkRing is the durable half of taking a webhook in: one at a time, and in a burst of many at once. (The tests' own
// PostgreSQL does not sync; name a real one in LIFTGATE_POSTGRES for figures that mean something.)
func BenchmarkRing(b *testing.B) {
	benchBoth(b, func(b *testing.B, s *Store) {
		var n atomic.Int64
		ring := func(ctx context.Context) {
			d := policy.Doorbell{Forge: "github", Delivery: fmt.Sprint(n.Add(1)), Repo: "org/cache", At: testStart,
				Object: policy.Object{Kind: policy.ObjectFix, Name: "7"}}
			if err := s.Ring(ctx, d); err != nil {
				b.Error(err)
			}
		}
		b.Run("one", func(b *testing.B) {
			for b.Loop() {
				ring(b.Context())
			}
		})
		b.Run("burst", func(b *testing.B) {
			b.SetParallelism(16)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					ring(b.Context())
				}
			})
		})
	})
}

// BenchmarkTurn is one Load and Commit with an effect, its claim and its outcome.
func BenchmarkTurn(b *testing.B) {
	benchBoth(b, func(b *testing.B, s *Store) {
		ctx := b.Context()
		a, _, err := s.Intake(ctx, testProject, testReport, testStart)
		if err != nil {
			b.Fatal(err)
		}
		for i := 0; b.Loop(); i++ {
			if err := oneTurn(ctx, s, a.ID, i); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func oneTurn(ctx context.Context, s *Store, id string, i int) error {
	l, err := s.Load(ctx, id)
	if err != nil {
		return err
	}
	turn := Turn{Before: l.Version, Decision: policy.Decision{Advisory: l.Advisory}, Now: testStart}
	turn.Decision.Effects = []policy.Effect{say(id, fmt.Sprint("say/", i))}
	turn.Decision.Lines = []policy.Line{{At: testStart, By: "tom", What: "said"}}
	for _, o := range l.Outcomes {
		turn.Absorbed = append(turn.Absorbed, o.Effect.Key)
	}
	if err := s.Commit(ctx, turn); err != nil {
		return err
	}
	c, ok, err := s.Claim(ctx, id, "bench", testStart, 1)
	if err != nil || !ok {
		return fmt.Errorf("claim: %v, %w", ok, err)
	}
	return s.Finish(ctx, c, policy.Outcome{At: testStart})
}
