package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/liftgate/liftgate/policy"
)

// deliveriesBack is how far back missed deliveries are asked for: as long as GitHub keeps them.
const deliveriesBack = 3 * 24 * time.Hour

// bellsKept is how long answered doorbells make redeliveries harmless: far longer than GitHub redelivers.
const bellsKept = 30 * 24 * time.Hour

// Sweep is what a start and a long silence need: it acts as if every doorbell of a project had rung.
func (e *Engine) Sweep(ctx context.Context, project string) error {
	p, err := e.project(project)
	if err != nil {
		return err
	}
	var errs []error
	if n, err := p.Forge.MissedDeliveries(ctx, e.Now().Add(-deliveriesBack)); err != nil {
		errs = append(errs, fmt.Errorf("ask for missed deliveries: %w", err))
	} else if n > 0 {
		e.Log.Info("asked for missed deliveries", "project", p.Name, "count", n)
	}
	errs = append(errs, e.Intake(ctx, p), e.Level(ctx, p), e.Store.Forget(ctx, e.Now().Add(-bellsKept)))
	open, err := e.Store.Advisories(ctx, p.Name, true)
	errs = append(errs, err)
	for _, s := range open {
		errs = append(errs, e.Wake(ctx, s.ID))
	}
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
