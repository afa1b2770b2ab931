package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// The arguments of the jobs. They rest in the clear, so they hold ids and nothing else.
//
// River allows one job at a time for equal arguments, running ones included: a wake for a job that is running already would
// be dropped, though the job may have read its rows before they changed. So a wake that meets a running job asks for the
// next slot. One that meets a waiting job is content: that job will read the rows after now.
type (
	turnArgs struct {
		Advisory string `json:"advisory" river:"unique"`
		Slot     int64  `json:"slot" river:"unique"`
	}
	sweepArgs struct {
		Project string `json:"project" river:"unique"`
		Slot    int64  `json:"slot" river:"unique"`
	}
	answerArgs struct {
		Slot int64 `json:"slot" river:"unique"`
	}
	tickArgs struct{}
)

func (turnArgs) Kind() string   { return "turn" }
func (sweepArgs) Kind() string  { return "sweep" }
func (answerArgs) Kind() string { return "answer" }
func (tickArgs) Kind() string   { return "tick" }

func (a turnArgs) lane() string  { return "turn " + a.Advisory }
func (a sweepArgs) lane() string { return "sweep " + a.Project }
func (answerArgs) lane() string  { return "answer" }
func (tickArgs) lane() string    { return "tick" }

func (a turnArgs) subject() string  { return a.Advisory }
func (a sweepArgs) subject() string { return a.Project }
func (answerArgs) subject() string  { return "" }
func (tickArgs) subject() string    { return "" }

// unique leaves out retryable: a job that rests until its next try must not swallow a wake.
func unique() river.UniqueOpts {
	return river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateScheduled,
	}}
}

// maxSlots bounds the search. More are taken only while that many processes were killed in the middle of the same work.
const maxSlots = 100

// Wake sees to it that a turn of the advisory begins after this call did.
func (x *Executor) Wake(ctx context.Context, advisory string) error {
	return x.wake(ctx, func(slot int64) jobArgs { return turnArgs{advisory, slot} })
}

// WakeSweep sees to it that a sweep of the project begins after this call did.
func (x *Executor) WakeSweep(ctx context.Context, project string) error {
	return x.wake(ctx, func(slot int64) jobArgs { return sweepArgs{project, slot} })
}

// WakeAnswer sees to it that the doorbells are looked at after this call began: call it after Ring.
func (x *Executor) WakeAnswer(ctx context.Context) error {
	return x.wake(ctx, func(slot int64) jobArgs { return answerArgs{slot} })
}

func (x *Executor) wake(ctx context.Context, args func(slot int64) jobArgs) error {
	if x.lanes.waits(args(0).lane()) {
		return nil // a job of this process has not begun yet; should it die before, a tick finds the rows
	}
	for slot := range int64(maxSlots) {
		job := args(slot)
		got, err := x.river.Insert(ctx, job, &river.InsertOpts{UniqueOpts: unique()})
		if err != nil {
			return fmt.Errorf("wake %s: %w", job.Kind(), err)
		}
		if !got.UniqueSkippedAsDuplicate || got.Job.State != rivertype.JobStateRunning {
			return nil
		}
	}
	return errors.New("wake: too many jobs of one kind are running")
}
