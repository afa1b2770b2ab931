package app

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/liftgate/liftgate/policy"
)

// RingAll is what a start and a long silence need: it acts as if every doorbell had rung.
func (e *Engine) RingAll(ctx context.Context) error {
	var errs []error
	for _, p := range e.Projects {
		errs = append(errs, e.Survey(ctx, p.Name))
	}
	open, err := e.Store.Advisories(ctx, "", true)
	errs = append(errs, err)
	for _, s := range open {
		errs = append(errs, e.Wake(ctx, s.ID))
	}
	return errors.Join(errs...)
}

// Sweep looks at a whole project: new reports become advisories, the mirror follows. No part's trouble stops another; an
// error asks for another try.
func (e *Engine) Sweep(ctx context.Context, project string) error {
	p, err := e.project(project)
	if err != nil {
		return err
	}
	return errors.Join(e.Intake(ctx, p), e.Level(ctx, p), e.chore(ctx, p))
}

// Level brings a project's mirror level with its public branches, whether or not an advisory is open: the mirror must not
// be behind on the day a report comes in.
func (e *Engine) Level(ctx context.Context, p Project) error {
	seen, err := p.Forge.Observe(ctx, policy.Look{})
	if err != nil {
		return fmt.Errorf("level the mirror of %s: %w", p.Name, err)
	}
	e.remind(p, slices.Concat(seen.Warnings, seen.Mirror.Risks))
	e.Watch.Leveled(p.Name, len(seen.Mirror.Problems) > 0)
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
