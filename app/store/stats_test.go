package store

import (
	"testing"

	"github.com/liftgate/liftgate/policy"
)

func TestStats(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open()
		if st, err := s.Stats(t.Context(), testStart); err != nil || st != (Stats{}) {
			t.Errorf("stats of an empty store = %+v, %v", st, err)
		}
		id := begin(t, s, "GHSA-1").ID
		commit(t, s, id, func(turn *Turn) {
			turn.Decision.Effects = []policy.Effect{say(id, "say/1"), say(id, "say/2"), say(id, "say/3")}
			turn.Decision.Deadlines = []policy.Deadline{{Name: policy.DeadlineWake, Due: testStart}}
		})
		first, _ := claim(t, s, id, testStart)
		if _, ok := claim(t, s, id, testStart); !ok {
			t.Fatal("no second claim")
		}
		if err := s.Finish(t.Context(), first, policy.Outcome{}); err != nil {
			t.Fatal(err)
		}
		if err := s.Ring(t.Context(), policy.Doorbell{Forge: "github", At: testStart}); err != nil {
			t.Fatal(err)
		}
		want := Stats{Doorbells: 1, Oldest: testStart, Pending: 1, Started: 1, Done: 1, Overdue: 1}
		if st, err := s.Stats(t.Context(), testStart); err != nil || st != want {
			t.Errorf("stats = %+v, %v; want %+v", st, err, want)
		}
	})
}
