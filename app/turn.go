package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/liftgate/liftgate/app/store"
	"github.com/liftgate/liftgate/policy"
)

// maxRounds bounds one turn: whatever is left is done by the next.
const maxRounds = 60

// Turn brings one advisory as far as it will go now. An error means that the turn must be repeated later; nothing that was
// committed is lost.
func (e *Engine) Turn(ctx context.Context, advisory string) error {
	unlock := e.locks.lock(advisory)
	defer unlock()
	started := e.Now()
	err := e.rounds(ctx, advisory)
	e.Watch.Turned(e.Now().Sub(started), err)
	return err
}

func (e *Engine) rounds(ctx context.Context, advisory string) error {
	for range maxRounds {
		more, err := e.round(ctx, advisory)
		if errors.Is(err, store.ErrStale) || errors.Is(err, store.ErrNotDue) || errors.Is(err, store.ErrFenced) {
			if err := ctx.Err(); err != nil {
				return err
			}
			continue // somebody else was faster: look again
		}
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// round is observe, decide, commit, perform. It reports whether another round has something to do.
//
// A mirror that others can read gets nothing written to it, not even word of that at the desk: what was asked for waits
// until it is private again. A lift that has begun goes on, since nothing is left to be kept.
func (e *Engine) round(ctx context.Context, advisory string) (more bool, err error) {
	loaded, err := e.Store.Load(ctx, advisory)
	if err != nil {
		return false, err
	}
	if loaded.Advisory.Over() && len(loaded.Pending)+len(loaded.Outcomes)+len(loaded.Bells) == 0 {
		return false, nil
	}
	project, err := e.project(loaded.Advisory.Project)
	if err != nil {
		return false, err
	}
	seen, unfit, err := e.observe(ctx, project, loaded.Advisory, loaded.Presses)
	if err != nil {
		return false, fmt.Errorf("observe %s: %w", advisory, err)
	}
	now := e.Now().UTC()
	decision := policy.Decide(loaded.Advisory, policy.Input{
		Now: now, Project: project.Project, Seen: seen, Outcomes: loaded.Outcomes, Presses: loaded.Presses, Pending: loaded.Pending,
	})
	if err := e.Store.Commit(ctx, store.Turn{
		Before: loaded.Version, Decision: decision, Absorbed: keysOf(loaded.Outcomes), Doorbells: loaded.Bells, Now: now,
	}); err != nil {
		return false, err
	}
	e.tell(decision)
	if len(unfit) > 0 && decision.Advisory.Lift.Gate == policy.GateHeld {
		return false, fmt.Errorf("nothing is done for %s: %s", advisory, strings.Join(unfit, "; "))
	}
	performed, err := e.perform(ctx, project, advisory)
	if err != nil {
		return false, fmt.Errorf("perform effects of %s: %w", advisory, err)
	}
	return performed > 0, nil
}

// tell logs that something happened, in the fixed words of the history and nothing else.
func (e *Engine) tell(d policy.Decision) {
	for _, line := range d.Lines {
		e.Log.Info(line.What, "advisory", d.Advisory.ID, "by", line.By, "phase", string(d.Advisory.Phase))
	}
}

func keysOf(outcomes []policy.Outcome) []string {
	keys := make([]string, len(outcomes))
	for i, o := range outcomes {
		keys[i] = o.Effect.Key
	}
	return keys
}

// keyed is a lock for each name. Replicas don't share it: the store's version guard serves them.
type keyed struct {
	mu    sync.Mutex
	named map[string]*sync.Mutex
}

func (k *keyed) lock(name string) (unlock func()) {
	k.mu.Lock()
	if k.named == nil {
		k.named = map[string]*sync.Mutex{}
	}
	l, ok := k.named[name]
	if !ok {
		l = &sync.Mutex{}
		k.named[name] = l
	}
	k.mu.Unlock()
	l.Lock()
	return l.Unlock
}
