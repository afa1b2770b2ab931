package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/liftgate/liftgate/policy"
)

const patience = 20 * time.Second

// start runs an executor; what is left nil does nothing.
func start(t *testing.T, s *Store, work Work, opts ExecutorOptions) *Executor {
	t.Helper()
	if work.Turn == nil {
		work.Turn = func(context.Context, string) error { return nil }
	}
	if work.Sweep == nil {
		work.Sweep = func(context.Context, string) error { return nil }
	}
	if work.Answer == nil {
		work.Answer = func(context.Context) error { return nil }
	}
	opts.Poll = 10 * time.Millisecond
	x, err := NewExecutor(t.Context(), s, work, opts)
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := x.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return x
}

func receive[T any](t *testing.T, c <-chan T, what string) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	select {
	case v := <-c:
		return v
	case <-ctx.Done():
		t.Fatalf("waited in vain for %s", what)
		panic("unreachable")
	}
}

func TestWakeWhileRunningIsNotLost(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open()
		began, goOn := make(chan string, 100), make(chan struct{})
		x := start(t, s, Work{Turn: func(ctx context.Context, advisory string) error {
			began <- advisory
			<-goOn
			return nil
		}}, ExecutorOptions{})
		wake := func() {
			t.Helper()
			if err := x.Wake(t.Context(), "LSN-2026-0001"); err != nil {
				t.Fatal(err)
			}
		}
		defer close(goOn)
		wake()
		receive(t, began, "the first turn")
		for range 50 { // all of them while it runs
			wake()
		}
		goOn <- struct{}{}
		receive(t, began, "the turn that was asked for while the first ran")
		goOn <- struct{}{}
		// A job that was fetched late may run once more for nothing, but fifty wakes are not fifty turns.
		wake()
		receive(t, began, "a turn after that")
		goOn <- struct{}{}
		if len(began) > 2 {
			t.Errorf("%d turns too many", len(began))
		}
	})
}

func TestFailedTurnIsTriedAgainAndSaysNothing(t *testing.T) {
	const canary = "heap overflow in the parser"
	onBoth(t, func(t *testing.T, open opener) {
		s := open()
		var calls atomic.Int32
		done, failed := make(chan struct{}), make(chan string, 10)
		x := start(t, s, Work{Turn: func(context.Context, string) error {
			switch calls.Add(1) {
			case 1:
				return errors.New(canary)
			case 2:
				panic(canary)
			}
			close(done)
			return nil
		}}, ExecutorOptions{Failed: func(kind, subject string, err error) { failed <- kind + " " + subject }})
		if err := x.Wake(t.Context(), "LSN-2026-0001"); err != nil {
			t.Fatal(err)
		}
		if got := receive(t, failed, "word of the failure"); got != "turn LSN-2026-0001" {
			t.Errorf("failed = %q", got)
		}
		if err := x.Wake(t.Context(), "LSN-2026-0001"); err != nil { // a resting job does not swallow it
			t.Fatal(err)
		}
		receive(t, failed, "word of the panic")
		receive(t, done, "the try that succeeds")
		var rows string
		aggregate := map[dialect]string{onSQLite: `SELECT group_concat(args || coalesce(errors, '')) FROM river_job`,
			onPostgres: `SELECT string_agg(args::text || coalesce(errors::text, ''), ',') FROM river_job`}
		if err := s.read.QueryRow(aggregate[s.on]).Scan(&rows); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(rows, "overflow") || !strings.Contains(rows, "see the log") {
			t.Errorf("jobs = %s", rows)
		}
	})
}

func TestTickFindsWhatIsDue(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open()
		id := begin(t, s, "GHSA-1").ID
		commit(t, s, id, func(turn *Turn) { // due long ago, with nobody to ring
			turn.Now = testStart.Add(-time.Hour)
			turn.Decision.Deadlines = []policy.Deadline{{Name: policy.DeadlineLift, Due: testStart}}
		})
		if err := s.Ring(t.Context(), policy.Doorbell{Forge: "github", Delivery: "d1", At: testStart}); err != nil {
			t.Fatal(err)
		}
		turned, answered := make(chan string, 100), make(chan struct{}, 100)
		start(t, s, Work{
			Turn:   func(_ context.Context, advisory string) error { turned <- advisory; return nil },
			Answer: func(context.Context) error { answered <- struct{}{}; return nil },
		}, ExecutorOptions{Tick: time.Second})
		if got := receive(t, turned, "the due turn"); got != id {
			t.Errorf("turned = %s", got)
		}
		receive(t, answered, "the doorbell")
	})
}

func TestSweep(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open()
		swept := make(chan string, 10)
		x := start(t, s, Work{
			Sweep: func(_ context.Context, project string) error { swept <- project; return nil },
		}, ExecutorOptions{})
		if err := x.WakeSweep(t.Context(), "cache"); err != nil {
			t.Fatal(err)
		}
		if got := receive(t, swept, "the sweep"); got != "cache" {
			t.Errorf("swept = %q", got)
		}
	})
}

func TestReplicasShareTheWork(t *testing.T) {
	open := openWith(t, postgresURL(t), testKeys(t))
	var mu sync.Mutex
	seen := map[string]int{}
	all := make(chan struct{})
	const n = 40
	turn := func(_ context.Context, advisory string) error {
		mu.Lock()
		defer mu.Unlock()
		if seen[advisory]++; len(seen) == n && seen[advisory] == 1 {
			close(all)
		}
		return nil
	}
	first := start(t, open(), Work{Turn: turn}, ExecutorOptions{})
	second := start(t, open(), Work{Turn: turn}, ExecutorOptions{})
	for i := range n {
		x := first
		if i%2 == 1 {
			x = second
		}
		if err := x.Wake(t.Context(), fmt.Sprintf("LSN-2026-%04d", i+1)); err != nil {
			t.Fatal(err)
		}
	}
	receive(t, all, "every turn")
}

// TestElectionIsHeard holds River to the words that election listens for: without them each Stop would wait for nothing.
func TestElectionIsHeard(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open()
		for _, role := range []string{"leader", "follower"} {
			x := start(t, s, Work{}, ExecutorOptions{})
			receive(t, x.election.decided, "the end of the election, as its "+role)
		}
	})
}

func TestStopWaitsAndThenInsists(t *testing.T) {
	s := openWith(t, sqliteURL(t), testKeys(t))()
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	began, ended := make(chan struct{}), make(chan error, 1)
	nothing := func(context.Context, string) error { return nil }
	x, err := NewExecutor(t.Context(), s, Work{Sweep: nothing, Answer: func(context.Context) error { return nil },
		Turn: func(ctx context.Context, _ string) error {
			close(began)
			<-ctx.Done() // hangs until it is told
			ended <- ctx.Err()
			return ctx.Err()
		}}, ExecutorOptions{Poll: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	base, cancel := context.WithCancel(t.Context())
	if err := x.Start(base); err != nil {
		t.Fatal(err)
	}
	if err := x.Wake(t.Context(), "LSN-2026-0001"); err != nil {
		t.Fatal(err)
	}
	receive(t, began, "the turn")
	cancel() // the signal's context; work goes on until Stop
	if len(ended) != 0 {
		t.Error("the work ended with the context of Start")
	}
	short, cancelShort := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancelShort()
	if err := x.Stop(short); err != nil {
		t.Error(err)
	}
	receive(t, ended, "the end of the work")
}

func TestLanesRunOneAndKeepOne(t *testing.T) {
	var l lanes
	var running, most, runs atomic.Int32
	began, goOn := make(chan struct{}, 100), make(chan struct{})
	var all sync.WaitGroup
	enter := func() {
		all.Go(func() {
			err := l.run(t.Context(), "turn A", func() error {
				most.Store(max(most.Load(), running.Add(1)))
				runs.Add(1)
				began <- struct{}{}
				<-goOn
				running.Add(-1)
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	enter()
	receive(t, began, "the first")
	for range 20 {
		enter()
	}
	close(goOn)
	all.Wait()
	if most.Load() != 1 || runs.Load() < 2 || len(l.inUse) != 0 {
		t.Errorf("at most %d at once, %d runs, %d lanes left", most.Load(), runs.Load(), len(l.inUse))
	}
}

func TestBackoffGrowsToAMinute(t *testing.T) {
	for failures, want := range map[int]time.Duration{0: time.Second, 1: 2 * time.Second, 5: 32 * time.Second, 6: time.Minute, 24: time.Minute} {
		if got := restFor(failures); got != want {
			t.Errorf("rest after %d failures = %s, want %s", failures, got, want)
		}
	}
	var r resting
	r.begin("a", testStart)
	if !r.is("a", testStart) || r.is("a", testStart.Add(time.Second)) || r.is("b", testStart) {
		t.Error("a rests for a second, b does not")
	}
	r.end("a")
	if r.is("a", testStart) {
		t.Error("a rests though it succeeded")
	}
}

// A command may wake the server's work without doing any itself.
func TestWakeWithoutStart(t *testing.T) {
	s := openWith(t, sqliteURL(t), testKeys(t))()
	nothing := func(context.Context, string) error { return nil }
	x, err := NewExecutor(t.Context(), s, Work{Turn: nothing, Sweep: nothing, Answer: func(context.Context) error { return nil }}, ExecutorOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Wake(t.Context(), "LSN-2026-0001"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := x.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	turned := make(chan string, 1)
	start(t, s, Work{Turn: func(_ context.Context, advisory string) error { turned <- advisory; return nil }}, ExecutorOptions{})
	if got := receive(t, turned, "the turn"); got != "LSN-2026-0001" {
		t.Errorf("turned = %s", got)
	}
}
