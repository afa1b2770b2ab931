package store

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/liftgate/liftgate/policy"
)

var (
	testProject = policy.Project{Name: "cache", Prefix: "LSN", Forge: "github", Public: "org/cache", Mirror: "org/cache-private"}
	testReport  = policy.Report{Ref: "GHSA-aaaa-bbbb-cccc", Reporter: "rita"}
)

func begin(t *testing.T, s *Store, ref string) policy.Advisory {
	t.Helper()
	a, created, err := s.Intake(t.Context(), testProject, policy.Report{Ref: ref, Reporter: "rita"}, testStart)
	if err != nil || !created {
		t.Fatalf("Intake = %v, %v", created, err)
	}
	return a
}

func load(t *testing.T, s *Store, id string) Loaded {
	t.Helper()
	l, err := s.Load(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// commit stores a decision that edit makes of the advisory as loaded.
func commit(t *testing.T, s *Store, id string, edit func(*Turn)) {
	t.Helper()
	if err := tryCommit(t, s, id, edit); err != nil {
		t.Fatal(err)
	}
}

func tryCommit(t *testing.T, s *Store, id string, edit func(*Turn)) error {
	t.Helper()
	l := load(t, s, id)
	turn := Turn{Before: l.Version, Decision: policy.Decision{Advisory: l.Advisory}, Now: testStart}
	edit(&turn)
	return s.Commit(t.Context(), turn)
}

func say(id, key string) policy.Effect {
	return policy.Effect{Key: key, Advisory: id, Do: policy.Say{Desk: 7, Body: policy.Embargoed("words of " + key)}}
}

func asks(effects ...policy.Effect) func(*Turn) {
	return func(t *Turn) { t.Decision.Effects = effects }
}

func claim(t *testing.T, s *Store, id string, now time.Time) (Claim, bool) {
	t.Helper()
	c, ok, err := s.Claim(t.Context(), id, "tester", now, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return c, ok
}

func TestIntake(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open()
		first := begin(t, s, "GHSA-1")
		if first.ID != "LSN-2026-0001" || first.Phase != policy.Reported || first.Reporter != "rita" {
			t.Errorf("first advisory = %+v", first)
		}
		again, created, err := s.Intake(t.Context(), testProject, policy.Report{Ref: "GHSA-1"}, testStart.Add(time.Hour))
		if err != nil || created || again.ID != first.ID {
			t.Errorf("second intake = %s, %v, %v", again.ID, created, err)
		}
		if next := begin(t, s, "GHSA-2"); next.ID != "LSN-2026-0002" {
			t.Errorf("next id = %s", next.ID)
		}
		later, _, err := s.Intake(t.Context(), testProject, policy.Report{Ref: "GHSA-3"}, testStart.AddDate(1, 0, 0))
		if err != nil || later.ID != "LSN-2027-0001" {
			t.Errorf("next year's id = %s, %v", later.ID, err)
		}
		twin := testProject
		twin.Name = "cache-modules"
		other, _, err := s.Intake(t.Context(), twin, policy.Report{Ref: "GHSA-1"}, testStart)
		if err != nil || other.ID != "LSN-2026-0003" {
			t.Errorf("id in a project with the same prefix = %s, %v", other.ID, err)
		}
		if _, _, err := s.Intake(t.Context(), testProject, policy.Report{}, testStart); err == nil {
			t.Error("a report without a reference was taken in")
		}
	})
}

func TestLoadGivesWhatCommitStored(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open()
		id := begin(t, s, "GHSA-1").ID
		commit(t, s, id, func(turn *Turn) {
			a := &turn.Decision.Advisory
			a.Phase, a.DeskNumber = policy.Triaged, 12
			a.Cells = []policy.Cell{{Branch: "main", State: policy.Affected, Why: policy.Embargoed("heap overflow")}}
			turn.Decision.Effects = []policy.Effect{say(id, "say/1"), say(id, "say/2")}
			turn.Decision.Lines = []policy.Line{{At: testStart, By: "tom", What: "accepted", Why: policy.Embargoed("it is real")}}
		})
		l := load(t, open(), id) // another Store sees it
		if l.Version != 2 || l.Advisory.Phase != policy.Triaged || l.Advisory.Cells[0].Why.Reveal() != "heap overflow" {
			t.Errorf("loaded = %+v", l)
		}
		if !slices.Equal(l.Pending, []string{"say/1", "say/2"}) || len(l.Outcomes) != 0 {
			t.Errorf("pending = %v, outcomes = %v", l.Pending, l.Outcomes)
		}
		lines, err := s.History(t.Context(), id)
		if err != nil || len(lines) != 2 || lines[0].What != "reported" || lines[1].Why.Reveal() != "it is real" || !lines[1].At.Equal(testStart) {
			t.Errorf("history = %+v, %v", lines, err)
		}
		all, err := s.Advisories(t.Context(), "cache", true)
		if err != nil || len(all) != 1 || all[0].Desk != 12 || all[0].Phase != policy.Triaged || all[0].Report != "GHSA-1" {
			t.Errorf("advisories = %+v, %v", all, err)
		}
		if _, err := s.Load(t.Context(), "LSN-2026-0404"); !errors.Is(err, ErrNotFound) {
			t.Errorf("load of an unknown advisory = %v", err)
		}
	})
}

func TestAdvisoriesLeavesOutWhatIsOver(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open()
		id := begin(t, s, "GHSA-1").ID
		begin(t, s, "GHSA-2")
		commit(t, s, id, func(turn *Turn) { turn.Decision.Advisory.Lift.Closed = testStart })
		for _, c := range []struct {
			project string
			open    bool
			want    int
		}{{"", false, 2}, {"", true, 1}, {"cache", true, 1}, {"cache", false, 2}, {"other", false, 0}} {
			if got, err := s.Advisories(t.Context(), c.project, c.open); err != nil || len(got) != c.want {
				t.Errorf("Advisories(%q, %v) = %d rows, %v; want %d", c.project, c.open, len(got), err, c.want)
			}
		}
	})
}

func TestStaleCommitStoresNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open()
		id := begin(t, s, "GHSA-1").ID
		before := load(t, s, id).Version
		commit(t, s, id, asks())
		err := s.Commit(t.Context(), Turn{Before: before, Now: testStart, Decision: policy.Decision{
			Advisory: policy.Advisory{ID: id}, Effects: []policy.Effect{say(id, "say/late")},
			Lines: []policy.Line{{At: testStart, By: "x", What: "late"}}, Deadlines: []policy.Deadline{{Name: policy.DeadlineWake, Due: testStart}},
		}})
		if !errors.Is(err, ErrStale) {
			t.Fatalf("stale commit = %v", err)
		}
		l := load(t, s, id)
		due, _ := s.Due(t.Context(), testStart.Add(time.Hour))
		lines, _ := s.History(t.Context(), id)
		if len(l.Pending) != 0 || len(due) != 0 || len(lines) != 1 || l.Version != 2 {
			t.Errorf("a stale commit left pending %v, due %v, %d lines, version %d", l.Pending, due, len(lines), l.Version)
		}
	})
}

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
		nextIs := func(want time.Time, known bool) {
			t.Helper()
			if next, ok, err := s.NextDue(t.Context()); err != nil || ok != known || known && !next.Equal(want) {
				t.Errorf("NextDue = %s, %v, %v; want %s, %v", next, ok, err, want, known)
			}
		}
		nextIs(time.Time{}, false)
		commit(t, s, id, with(policy.Deadline{Name: policy.DeadlineLift, Due: lift}, policy.Deadline{Name: policy.DeadlineWake, Due: wake}))
		nextIs(wake, true)
		isDue(wake.Add(-time.Microsecond), false)
		isDue(wake, true)
		commit(t, s, id, with(policy.Deadline{Name: policy.DeadlineLift, Due: lift}))
		nextIs(lift, true)
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
