package app

import (
	"context"
	"fmt"
)

// Intake turns every private report of a project that has no advisory yet into one, and rings it.
func (e *Engine) Intake(ctx context.Context, p Project) error {
	reports, err := p.Forge.Reports(ctx)
	if err != nil {
		return fmt.Errorf("list reports of %s: %w", p.Name, err)
	}
	for _, report := range reports {
		advisory, created, err := e.Store.Intake(ctx, p.Project, report, e.Now().UTC())
		if err != nil {
			return err
		}
		if !created {
			continue
		}
		e.Log.Info("reported", "advisory", advisory.ID, "project", p.Name)
		if err := e.Wake(ctx, advisory.ID); err != nil {
			return fmt.Errorf("wake %s: %w", advisory.ID, err)
		}
	}
	return nil
}
