package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivertype"
)

// Work is what the executor wakes. Each may be called for nothing, again, and by several replicas at once: the rows decide.
type Work struct {
	Turn   func(ctx context.Context, advisory string) error // one advisory has something to look at
	Sweep  func(ctx context.Context, project string) error  // ring every doorbell of a project
	Answer func(ctx context.Context) error                  // there are doorbells
}

// ExecutorOptions have a working zero value.
type ExecutorOptions struct {
	Workers int           // jobs at once in this process; 8
	Poll    time.Duration // how long a job may wait where the database can't notify (SQLite); 100 ms
	Tick    time.Duration // how often what is due is looked for; 5 s
	Timeout time.Duration // after which one job's context ends: longer than git's own limit for a first clone; 20 min
	// Failed is told of each failed job, to log it. The job itself keeps only a fixed word: its row is in the clear.
	Failed func(kind, subject string, err error)
}

// Executor runs work on River, which gives it queues, retries, schedules, and one leader among replicas. River only wakes:
// its jobs carry ids and nothing else, and whatever it loses is found again by a tick.
type Executor struct {
	store    *Store
	work     Work
	opts     ExecutorOptions
	river    riverClient
	close    func()
	lanes    lanes
	resting  resting
	started  bool
	election *election
}

// riverClient is the part of River's client that does not depend on the database.
type riverClient interface {
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	StopAndCancel(ctx context.Context) error
	Insert(ctx context.Context, args river.JobArgs, opts *river.InsertOpts) (*rivertype.JobInsertResult, error)
}

// NewExecutor prepares an executor on the store's database. It can wake before it is started.
func NewExecutor(ctx context.Context, s *Store, work Work, opts ExecutorOptions) (*Executor, error) {
	if work.Turn == nil || work.Sweep == nil || work.Answer == nil {
		return nil, errors.New("make executor: Turn, Sweep and Answer are required")
	}
	x := &Executor{store: s, work: work, opts: opts.withDefaults(), election: newElection()}
	if err := x.connect(ctx); err != nil {
		return nil, fmt.Errorf("make executor: %w", err)
	}
	return x, nil
}

func (o ExecutorOptions) withDefaults() ExecutorOptions {
	if o.Workers == 0 {
		o.Workers = 8
	}
	if o.Poll == 0 {
		o.Poll = 100 * time.Millisecond
	}
	if o.Tick == 0 {
		o.Tick = 5 * time.Second
	}
	if o.Timeout == 0 {
		o.Timeout = 20 * time.Minute
	}
	if o.Failed == nil {
		o.Failed = func(string, string, error) {}
	}
	return o
}

// connect gives River connections of its own, so that its polling never waits behind a turn's transaction.
func (x *Executor) connect(ctx context.Context) error {
	config := x.config()
	if x.store.on == onPostgres {
		pool, err := pgxpool.New(ctx, x.store.url)
		if err != nil {
			return errors.New("connect river to postgres") // pgx's own words quote parts of the URL
		}
		x.close = pool.Close
		client, err := river.NewClient(riverpgxv5.New(pool), config)
		if err != nil {
			pool.Close()
			return err
		}
		x.river = client
		return nil
	}
	// NORMAL: a wake-up lost in a power cut is found again by a tick, and need not cost a sync.
	db, err := sqliteDB(sqlitePath(x.store.url), "_txlock=immediate", "_pragma=synchronous(NORMAL)")
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	x.close = func() { _ = db.Close() } // nothing is left to lose
	client, err := river.NewClient(riversqlite.New(db), config)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	x.river = client
	return nil
}

func (x *Executor) config() *river.Config {
	workers := river.NewWorkers()
	river.AddWorker(workers, worker(x, func(ctx context.Context, a turnArgs) error { return x.work.Turn(ctx, a.Advisory) }))
	river.AddWorker(workers, worker(x, func(ctx context.Context, a sweepArgs) error { return x.work.Sweep(ctx, a.Project) }))
	river.AddWorker(workers, worker(x, func(ctx context.Context, _ answerArgs) error { return x.work.Answer(ctx) }))
	river.AddWorker(workers, worker(x, func(ctx context.Context, _ tickArgs) error { return x.Tick(ctx) }))
	tick := river.NewPeriodicJob(river.PeriodicInterval(x.opts.Tick), func() (river.JobArgs, *river.InsertOpts) {
		return tickArgs{}, &river.InsertOpts{UniqueOpts: unique(), MaxAttempts: 1}
	}, &river.PeriodicJobOpts{RunOnStart: true})
	return &river.Config{
		Workers:           workers,
		Queues:            map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: x.opts.Workers}},
		PeriodicJobs:      []*river.PeriodicJob{tick},
		FetchCooldown:     min(x.opts.Poll, 100*time.Millisecond),
		FetchPollInterval: x.opts.Poll,
		JobTimeout:        x.opts.Timeout,
		// A job whose process was killed is only in the way of nobody: the next wake takes another slot.
		RescueStuckJobsAfter:        x.opts.Timeout + time.Minute,
		CompletedJobRetentionPeriod: time.Hour,
		DiscardedJobRetentionPeriod: time.Hour,
		RetryPolicy:                 backoff{},
		Logger:                      slog.New(x.election), // which prints nothing: Failed tells what matters
	}
}

// Start begins to work. The context gives values only: Stop is what ends the work.
func (x *Executor) Start(ctx context.Context) error {
	if err := x.river.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("start executor: %w", err)
	}
	x.started = true
	return nil
}

// Stop takes no new work and waits for what is running. When the context ends first, it ends the contexts of that work.
// Just after Start, or while replicas change their leader, it may take up to two seconds more. The executor is of no use
// afterwards; close the store after it.
func (x *Executor) Stop(ctx context.Context) error {
	defer x.close()
	if x.started {
		x.election.settled()
	}
	err := x.river.Stop(ctx)
	if err == nil {
		return nil
	}
	const grace = 5 * time.Second // for work to notice that its context has ended
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if err := x.river.StopAndCancel(last); err != nil {
		return fmt.Errorf("stop executor: %w", err)
	}
	return nil
}

// Tick wakes whatever is due now. River does it every few seconds on one replica; a timer may call it for more precision, on
// every replica.
func (x *Executor) Tick(ctx context.Context) error {
	now := x.store.now()
	due, err := x.store.Due(ctx, now)
	if err != nil {
		return err
	}
	for _, advisory := range due {
		if x.resting.is(turnArgs{Advisory: advisory}.lane(), now) {
			continue
		}
		if err := x.Wake(ctx, advisory); err != nil {
			return err
		}
	}
	waiting, err := x.store.Doorbells(ctx, 1)
	if err != nil || len(waiting) == 0 || x.resting.is(answerArgs{}.lane(), now) {
		return err
	}
	return x.WakeAnswer(ctx)
}
