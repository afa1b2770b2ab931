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
