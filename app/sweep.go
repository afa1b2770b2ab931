package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/liftgate/liftgate/policy"
)

// Tick answers doorbells and wakes what is due. It is cheap: it asks the store, not the forge.
func (e *Engine) Tick(ctx context.Context) error {
	err := e.Route(ctx)
	due, dueErr := e.Store.Due(ctx, e.Now())
	if dueErr != nil {
		return errors.Join(err, dueErr)
	}
	for _, id := range due {
		if wakeErr := e.Wake(ctx, id); wakeErr != nil {
			return errors.Join(err, fmt.Errorf("wake %s: %w", id, wakeErr))
		}
	}
	return err
}

// deliveriesBack is how far back missed deliveries are asked for: as long as GitHub keeps them.
const deliveriesBack = 3 * 24 * time.Hour

// Sweep is what a start and a long silence need: it acts as if every doorbell had rung. One project's trouble never stops
// another's.
func (e *Engine) Sweep(ctx context.Context) error {
	var errs []error
	for _, p := range e.Projects {
		if n, err := p.Forge.MissedDeliveries(ctx, e.Now().Add(-deliveriesBack)); err != nil {
			errs = append(errs, fmt.Errorf("ask for missed deliveries: %w", err))
		} else if n > 0 {
			e.Log.Info("asked for missed deliveries", "project", p.Name, "count", n)
		}
		errs = append(errs, e.Intake(ctx, p), e.Level(ctx, p))
	}
	open, err := e.Store.Advisories(ctx, "", true)
	errs = append(errs, err)
	for _, s := range open {
		errs = append(errs, e.Wake(ctx, s.ID))
	}
	errs = append(errs, e.Route(ctx))
	return errors.Join(errs...)
}

// Level brings a project's mirror level with its public branches, whether or not an advisory is open: the mirror must not
// be behind on the day a report comes in.
func (e *Engine) Level(ctx context.Context, p Project) error {
	seen, err := p.Forge.Observe(ctx, policy.Look{})
	if err != nil {
		return fmt.Errorf("level the mirror of %s: %w", p.Name, err)
	}
	if len(seen.Mirror.Problems) > 0 {
		e.Log.Error("the mirror can't be used", "project", p.Name, "problems", seen.Mirror.Problems)
		return nil // each advisory's desk shows it; nothing is pushed to such a mirror
	}
	behind := differing(&seen)
	if len(behind) == 0 {
		return nil
	}
	followed, err := e.Follow(ctx, p, behind)
	if err != nil {
		return fmt.Errorf("level the mirror of %s: %w", p.Name, err)
	}
	if slices.ContainsFunc(followed, needsPeople) {
		e.Log.Warn("the mirror does not follow every public branch", "project", p.Name)
	}
	return nil
}
