package store

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/liftgate/liftgate/policy"
)

func TestDeadlines(t *testing.T) {
	lift, wake := testStart.Add(14*24*time.Hour), testStart.Add(time.Hour)
	with := func(deadlines ...policy.Deadline) func(*Turn) {
		return func(turn *Turn) { turn.Decision.Deadlines = deadlines }
	}
	onBoth(t, func(t *testing.T, open opener) {
		s := open()
		id := begin(t, s, "GHSA-1").ID
		isDue := func(at time.Time, want bool) {
			t.Helper()
			due, err := s.Due(t.Context(), at)
			if err != nil || slices.Contains(due, id) != want {
				t.Errorf("Due(%s) = %v, %v; want it: %v", at, due, err, want)
			}
		}
		commit(t, s, id, with(policy.Deadline{Name: policy.DeadlineLift, Due: lift}, policy.Deadline{Name: policy.DeadlineWake, Due: wake}))
		isDue(wake.Add(-time.Microsecond), false)
		isDue(wake, true)
		commit(t, s, id, with(policy.Deadline{Name: policy.DeadlineLift, Due: lift}))
		isDue(lift.Add(-time.Microsecond), false)
		isDue(lift.Add(24*time.Hour), true) // missed while down: still due

		err := tryCommit(t, s, id, func(turn *Turn) {
			turn.Now, turn.Decision.Release = lift.Add(-time.Microsecond), true
			turn.Decision.Deadlines = []policy.Deadline{{Name: policy.DeadlineLift, Due: lift}}
			turn.Decision.Effects = []policy.Effect{say(id, "land")}
		})
		if !errors.Is(err, ErrNotDue) {
			t.Fatalf("release before the deadline = %v", err)
		}
		if l := load(t, s, id); len(l.Pending) != 0 || l.Version != 3 {
			t.Errorf("an early release left %v at version %d", l.Pending, l.Version)
		}
		released := func(turn *Turn) {
			turn.Now, turn.Decision.Release = lift, true
			turn.Decision.Deadlines = []policy.Deadline{{Name: policy.DeadlineLift, Due: lift}}
		}
		commit(t, s, id, released)
		isDue(lift.Add(time.Hour), false)
		if err := tryCommit(t, s, id, released); !errors.Is(err, ErrNotDue) {
			t.Errorf("second release = %v", err)
		}
		commit(t, s, id, with(policy.Deadline{Name: policy.DeadlineLift, Due: lift.Add(time.Hour)})) // too late to be moved
		isDue(lift.Add(2*time.Hour), false)
		commit(t, s, id, func(turn *Turn) { turn.Decision.Advisory.Lift.Gate = policy.GateDone })
		var state string
		if err := s.read.QueryRow(`SELECT state FROM deadlines WHERE advisory = $1 AND name = 'lift'`, id).Scan(&state); err != nil || state != "done" {
			t.Errorf("state = %q, %v", state, err)
		}
	})
}

// A lift that a turn has seen due and left held would otherwise start a turn at every tick.
func TestDeadlineThatWasSeen(t *testing.T) {
	lift := testStart.Add(time.Hour)
	onBoth(t, func(t *testing.T, open opener) {
		s := open()
		id := begin(t, s, "GHSA-1").ID
		for i, want := range []bool{true, false} {
			commit(t, s, id, func(turn *Turn) {
				turn.Now = testStart.Add(time.Duration(i) * 2 * time.Hour)
				turn.Decision.Deadlines = []policy.Deadline{{Name: policy.DeadlineLift, Due: lift}}
			})
			due, err := s.Due(t.Context(), lift.Add(3*time.Hour))
			if err != nil || slices.Contains(due, id) != want {
				t.Errorf("after turn %d: Due = %v, %v; want it: %v", i, due, err, want)
			}
		}
	})
}

func TestReleaseNeedsADeadline(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open()
		id := begin(t, s, "GHSA-1").ID
		if err := tryCommit(t, s, id, func(turn *Turn) { turn.Decision.Release = true }); !errors.Is(err, ErrNotDue) {
			t.Errorf("release without a deadline = %v", err)
		}
		// A turn that brings its own deadline along can't release it: an earlier one must have stored it.
		due := []policy.Deadline{{Name: policy.DeadlineLift, Due: testStart}}
		if err := tryCommit(t, s, id, func(turn *Turn) { turn.Decision.Release, turn.Decision.Deadlines = true, due }); !errors.Is(err, ErrNotDue) {
			t.Errorf("release of a deadline of the same turn = %v", err)
		}
		commit(t, s, id, func(turn *Turn) { turn.Decision.Deadlines = due })
		commit(t, s, id, func(turn *Turn) { turn.Decision.Release, turn.Decision.Deadlines = true, due })
	})
}
