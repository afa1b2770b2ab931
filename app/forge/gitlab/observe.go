package gitlab

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/liftgate/liftgate/app/forge/reading"
	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/policy"
)

// Observe reads everything a decision about one advisory needs to see. Rules are left empty: they come from
// [Forge.ProjectFile] and [Forge.DefaultBranch]. Either all of it is read or an error says why not.
func (f *Forge) Observe(ctx context.Context, look policy.Look) (policy.Snapshot, error) {
	var s policy.Snapshot
	group, gctx := errgroup.WithContext(ctx)
	part := func(verb string, read func(context.Context) error) {
		group.Go(func() error { return wire.Told(verb, read(gctx)) })
	}
	part("read the report", func(ctx context.Context) (err error) {
		s.Report, err = f.report(ctx, look)
		return err
	})
	part("read the desk and the fixes", func(ctx context.Context) (err error) {
		if s.Desk, err = f.desk(ctx, look); err != nil {
			return err
		}
		s.Fixes, err = f.fixes(ctx, reading.WithNamed(look, s.Desk.Commands))
		return err
	})
	part("list public branches", func(ctx context.Context) error {
		found, err := f.branches(ctx, f.public)
		s.Public = tips(found)
		return err
	})
	part("read the mirror", func(ctx context.Context) (err error) {
		s.Mirror, s.Warnings, err = f.mirrorState(ctx, look.Branches)
		return err
	})
	part("read checks", func(ctx context.Context) (err error) {
		s.Proofs, err = f.proofs(ctx, look.Proofs)
		return err
	})
	if err := group.Wait(); err != nil {
		return policy.Snapshot{}, err
	}
	var err error
	if s.Permissions, err = reading.Each(ctx, reading.Actors(look, s), f.permission); err != nil {
		return policy.Snapshot{}, wire.Told("read permissions", err)
	}
	return s, nil
}
