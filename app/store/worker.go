package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// errFailed is all that a job's row says of a failure: the row is in the clear.
var errFailed = errors.New("failed: see the log")

// jobArgs are the arguments of our jobs.
type jobArgs interface {
	river.JobArgs
	lane() string    // work of one lane runs one at a time in this process
	subject() string // id of what it is about
}

type jobWorker[T jobArgs] struct {
	river.WorkerDefaults[T]
	x  *Executor
	do func(ctx context.Context, args T) error
}

func worker[T jobArgs](x *Executor, do func(context.Context, T) error) *jobWorker[T] {
	return &jobWorker[T]{x: x, do: do}
}

// Work runs one job.
func (w *jobWorker[T]) Work(ctx context.Context, job *river.Job[T]) error {
	lane := job.Args.lane()
	err := w.x.lanes.run(ctx, lane, func() error { return w.recovered(ctx, job.Args) })
	if err == nil {
		w.x.resting.end(lane)
		return nil
	}
	w.x.resting.begin(lane, w.x.store.now())
	w.x.opts.Failed(job.Args.Kind(), job.Args.subject(), err)
	return errFailed
}

// recovered turns a panic into an error before River writes the panic's value and trace into the job's row.
func (w *jobWorker[T]) recovered(ctx context.Context, args T) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s panicked: %T", args.Kind(), p) // not the value, which may hold anything
		}
	}()
	return w.do(ctx, args)
}

// backoff is how long a failed job rests: 1 s, 2 s, 4 s and so on, a minute at most.
type backoff struct{}

// NextRetry counts from the last attempt.
func (backoff) NextRetry(job *rivertype.JobRow) time.Time {
	return job.AttemptedAt.Add(restFor(len(job.Errors)))
}

func restFor(failures int) time.Duration {
	return min(time.Second<<min(failures, 6), time.Minute)
}

// resting remembers which lanes have failed, so that a tick does not defeat their backoff. It is only in memory: another
// replica, or a restart, may try earlier.
type resting struct {
	mu    sync.Mutex
	lanes map[string]rest
}

type rest struct {
	failures int
	until    time.Time
}

func (r *resting) begin(lane string, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lanes == nil {
		r.lanes = map[string]rest{}
	}
	n := r.lanes[lane].failures
	r.lanes[lane] = rest{n + 1, now.Add(restFor(n))}
}

func (r *resting) end(lane string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.lanes, lane)
}

func (r *resting) is(lane string, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return now.Before(r.lanes[lane].until)
}

// lanes run the work of each lane one at a time, and keep at most one waiting: a third is done at once, because the one
// that waits has not begun and will see whatever the third was woken for. Between processes the rows' guards do the same.
type lanes struct {
	mu    sync.Mutex
	inUse map[string]*lane
}

type lane struct {
	turn    chan struct{} // holds a token while work is running
	users   int
	waiting bool
}

func (l *lanes) run(ctx context.Context, name string, work func() error) error {
	in := l.enter(name)
	if in == nil {
		return nil
	}
	defer l.leave(name, in)
	select {
	case in.turn <- struct{}{}:
	case <-ctx.Done():
		l.begun(in)
		return ctx.Err()
	}
	defer func() { <-in.turn }()
	l.begun(in)
	return work()
}

// enter queues up, or returns nil if somebody waits already.
func (l *lanes) enter(name string) *lane {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.inUse == nil {
		l.inUse = map[string]*lane{}
	}
	in := l.inUse[name]
	if in == nil {
		in = &lane{turn: make(chan struct{}, 1)}
		l.inUse[name] = in
	}
	if in.waiting {
		return nil
	}
	in.waiting = true
	in.users++
	return in
}

// waits reports whether some work of the lane has yet to begin.
func (l *lanes) waits(name string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	in := l.inUse[name]
	return in != nil && in.waiting
}

func (l *lanes) begun(in *lane) {
	l.mu.Lock()
	defer l.mu.Unlock()
	in.waiting = false
}

func (l *lanes) leave(name string, in *lane) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if in.users--; in.users == 0 {
		delete(l.inUse, name)
	}
}
