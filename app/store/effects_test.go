package store

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/liftgate/liftgate/policy"
)

func TestEffectsLife(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open()
		id := begin(t, s, "GHSA-1").ID
		commit(t, s, id, asks(say(id, "say/b"), say(id, "say/a")))
		commit(t, s, id, asks(say(id, "say/b"))) // asked for again while it waits: not doubled
		first, ok := claim(t, s, id, testStart)
		if !ok || first.Effect.Key != "say/b" || first.Attempt != 1 || first.Again {
			t.Fatalf("first claim = %+v, %v", first, ok)
		}
		if body := first.Effect.Do.(policy.Say).Body.Reveal(); body != "words of say/b" {
			t.Errorf("body = %q", body)
		}
		second, _ := claim(t, s, id, testStart)
		if second.Effect.Key != "say/a" {
			t.Errorf("second claim = %q", second.Effect.Key)
		}
		if none, ok := claim(t, s, id, testStart); ok {
			t.Errorf("third claim = %+v", none)
		}
		done := policy.Outcome{At: testStart, Number: 99, Trouble: &policy.Trouble{Kind: policy.TroubleRefused, Hint: "no"}}
		if err := s.Finish(t.Context(), first, done); err != nil {
			t.Fatal(err)
		}
		l := load(t, s, id)
		if len(l.Outcomes) != 1 || l.Outcomes[0].Number != 99 || l.Outcomes[0].Effect.Key != "say/b" || l.Outcomes[0].Trouble.Hint != "no" {
			t.Errorf("outcomes = %+v", l.Outcomes)
		}
		if !slices.Equal(l.Pending, []string{"say/a"}) {
			t.Errorf("pending = %v", l.Pending)
		}
		// Taken in and asked for again in one turn: a new effect.
		commit(t, s, id, func(turn *Turn) {
			turn.Absorbed = []string{"say/b"}
			turn.Decision.Effects = []policy.Effect{say(id, "say/b")}
		})
		if again, ok := claim(t, s, id, testStart); !ok || again.Effect.Key != "say/b" || again.Attempt != 1 || again.Again {
			t.Errorf("claim of the new one = %+v, %v", again, ok)
		}
	})
}

func TestLeaseAndFence(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open()
		id := begin(t, s, "GHSA-1").ID
		commit(t, s, id, asks(say(id, "say/1")))
		slow, _ := claim(t, s, id, testStart)
		if _, ok := claim(t, s, id, testStart.Add(59*time.Second)); ok {
			t.Fatal("claimed within the lease")
		}
		if err := s.Extend(t.Context(), slow, testStart.Add(2*time.Minute)); err != nil {
			t.Fatal(err)
		}
		if _, ok := claim(t, s, id, testStart.Add(90*time.Second)); ok {
			t.Fatal("claimed within the extended lease")
		}
		heir, ok := claim(t, s, id, testStart.Add(2*time.Minute))
		if !ok || heir.Attempt != 2 || !heir.Again {
			t.Fatalf("heir = %+v, %v", heir, ok)
		}
		for name, err := range map[string]error{
			"finish": s.Finish(t.Context(), slow, policy.Outcome{}),
			"retry":  s.Retry(t.Context(), slow, testStart, false),
			"extend": s.Extend(t.Context(), slow, testStart),
		} {
			if !errors.Is(err, ErrFenced) {
				t.Errorf("%s by the slow worker = %v", name, err)
			}
		}
		if err := s.Finish(t.Context(), heir, policy.Outcome{}); err != nil {
			t.Error(err)
		}
		if err := s.Finish(t.Context(), heir, policy.Outcome{}); !errors.Is(err, ErrFenced) {
			t.Errorf("second finish = %v", err)
		}
	})
}

func TestRetryRemembersTheUnknown(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open()
		id := begin(t, s, "GHSA-1").ID
		commit(t, s, id, asks(say(id, "say/1")))
		now := testStart
		for i, c := range []struct{ unknown, again bool }{{false, false}, {true, false}, {false, true}, {false, true}} {
			got, ok := claim(t, s, id, now)
			if !ok || got.Attempt != i+1 || got.Again != c.again {
				t.Fatalf("claim %d = %+v, %v", i+1, got, ok)
			}
			now = now.Add(time.Hour)
			if err := s.Retry(t.Context(), got, now, c.unknown); err != nil {
				t.Fatal(err)
			}
			if _, ok := claim(t, s, id, now.Add(-time.Microsecond)); ok {
				t.Fatal("claimed too early")
			}
		}
	})
}

func TestDueSeesEffects(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open()
		id := begin(t, s, "GHSA-1").ID
		commit(t, s, id, asks(say(id, "say/1")))
		due := func(at time.Time) bool {
			t.Helper()
			ids, err := s.Due(t.Context(), at)
			if err != nil {
				t.Fatal(err)
			}
			return slices.Contains(ids, id)
		}
		if !due(testStart) {
			t.Error("a pending effect is not due")
		}
		c, _ := claim(t, s, id, testStart)
		if due(testStart) || !due(testStart.Add(time.Minute)) {
			t.Error("a started effect is due exactly when its lease has ended")
		}
		if err := s.Finish(t.Context(), c, policy.Outcome{}); err != nil {
			t.Fatal(err)
		}
		if !due(testStart) {
			t.Error("an outcome that was not taken in is not due")
		}
		commit(t, s, id, func(turn *Turn) { turn.Absorbed = []string{"say/1"} })
		if due(testStart.Add(time.Hour)) {
			t.Error("still due when all is done")
		}
	})
}
