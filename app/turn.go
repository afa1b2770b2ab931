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

// A turn is bounded: whatever is left is done by the next.
const (
	maxRounds = 60
	maxTaken  = 5 // CVE numbers in one round that others have
	maxLost   = 5 // rounds in a row that somebody else was faster than
)

// Turn brings one advisory as far as it will go now. An error means that the turn must be repeated later; nothing that was
// committed is lost.
func (e *Engine) Turn(ctx context.Context, advisory string) error {
	unlock, err := e.locks.lock(ctx, advisory)
	if err != nil {
		return err
	}
	defer unlock()
	started := e.Now()
	err = e.rounds(ctx, advisory)
	e.Watch.Turned(e.Now().Sub(started), err)
	return err
}

func (e *Engine) rounds(ctx context.Context, advisory string) error {
	lost := 0
	for range maxRounds {
		more, err := e.round(ctx, advisory)
		switch {
		case err == nil && !more:
			return nil
		case err == nil:
			lost = 0
		case !faster(err) || ctx.Err() != nil:
			return err
		default: // look again, but not for ever
			if lost++; lost == maxLost {
				return err
			}
		}
	}
	return nil
}

// faster reports whether an error only says that somebody else did it first.
func faster(err error) bool {
	return errors.Is(err, store.ErrStale) || errors.Is(err, store.ErrNotDue) || errors.Is(err, store.ErrFenced)
}

// round is observe, decide, commit, perform. It reports whether another round has something to do.
func (e *Engine) round(ctx context.Context, advisory string) (more bool, err error) {
	loaded, err := e.Store.Load(ctx, advisory)
	if err != nil {
		return false, err
	}
	project, err := e.project(loaded.Advisory.Project)
	if err != nil {
		return false, err
	}
	if loaded.Advisory.Idle() && len(loaded.Pending)+len(loaded.Outcomes)+len(loaded.Bells) == 0 {
		if stale, err := e.stale(ctx, project, loaded.Advisory); err != nil || !stale {
			return false, err
		}
	}
	seen, err := e.observe(ctx, project, loaded.Advisory, loaded.Presses)
	if err != nil {
		return false, fmt.Errorf("observe %s: %w", advisory, err)
	}
	decision, err := e.decide(ctx, loaded, policy.Input{
		Now: e.Now().UTC(), Project: project.Project, Seen: seen, Outcomes: loaded.Outcomes, Presses: loaded.Presses, Bounces: loaded.Bounces, Pending: loaded.Pending,
	})
	if err != nil {
		return false, err
	}
	e.tell(decision)
	if seen.Mirror.Exposed && decision.Advisory.Lift.Gate == policy.GateHeld && !decision.Advisory.Embargo.IsPublic() {
		// Not even word of that goes to the desk, which lies in the mirror. What was asked for waits until it is private again:
		// that the embargo has ended by the clock makes nothing public, only the lift does.
		return false, fmt.Errorf("nothing is done for %s: %s", advisory, strings.Join(seen.Mirror.Problems, "; "))
	}
	performed, err := e.perform(ctx, project, advisory)
	if err != nil {
		return false, fmt.Errorf("perform effects of %s: %w", advisory, err)
	}
	return performed > 0, nil
}

// decide decides and commits. Where the store refuses a CVE number that another advisory has, it decides again, knowing that.
func (e *Engine) decide(ctx context.Context, loaded store.Loaded, in policy.Input) (policy.Decision, error) {
	for {
		decision := policy.Decide(loaded.Advisory, in)
		err := e.Store.Commit(ctx, store.Turn{
			Before: loaded.Version, Decision: decision, Absorbed: keysOf(loaded.Outcomes), Doorbells: loaded.Bells, Now: in.Now,
		})
		if !errors.Is(err, store.ErrTaken) || len(in.Taken) == maxTaken {
			return decision, err
		}
		in.Taken = append(in.Taken, decision.Claims)
	}
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
	named map[string]chan struct{}
}

// lock waits until the name is free or the context ends.
func (k *keyed) lock(ctx context.Context, name string) (unlock func(), err error) {
	k.mu.Lock()
	if k.named == nil {
		k.named = map[string]chan struct{}{}
	}
	held, ok := k.named[name]
	if !ok {
		held = make(chan struct{}, 1)
		k.named[name] = held
	}
	k.mu.Unlock()
	select {
	case held <- struct{}{}:
		return func() { <-held }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
