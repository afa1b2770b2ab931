package gitlab

import (
	"context"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/liftgate/liftgate/policy"
)

// Observe reads everything a decision about one advisory needs to see. Rules are left empty: they come from
// [Forge.ProjectFile] and [Forge.DefaultBranch]. Either all of it is read or an error says why not.
func (f *Forge) Observe(ctx context.Context, look policy.Look) (policy.Snapshot, error) {
	var s policy.Snapshot
	group, gctx := errgroup.WithContext(ctx)
	part := func(verb string, read func(context.Context) error) {
		group.Go(func() error { return told(verb, read(gctx)) })
	}
	part("read the report", func(ctx context.Context) (err error) {
		s.Report, err = f.report(ctx, look)
		return err
	})
	part("read the desk and the fixes", func(ctx context.Context) (err error) {
		if s.Desk, err = f.desk(ctx, look); err != nil {
			return err
		}
		s.Fixes, err = f.fixes(ctx, withNamed(look, s.Desk.Commands))
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
	if s.Permissions, err = f.permissions(ctx, actors(look, s)); err != nil {
		return policy.Snapshot{}, told("read permissions", err)
	}
	return s, nil
}

// withNamed adds the fixes that people have named at the desk: a command is judged by what it names.
func withNamed(look policy.Look, commands []policy.Command) policy.Look {
	look.Fixes = slices.Clone(look.Fixes)
	for _, c := range commands {
		if number, ok := policy.NamedFix(c); ok && !slices.Contains(look.Fixes, number) {
			look.Fixes = append(look.Fixes, number)
		}
	}
	return look
}

// actors are the people whose rights a decision can turn on, each once: those who asked for something and those who
// approved something.
func actors(look policy.Look, s policy.Snapshot) []string {
	var logins []string
	add := func(login string) {
		same := func(known string) bool { return strings.EqualFold(known, login) }
		if login != "" && !slices.ContainsFunc(logins, same) {
			logins = append(logins, login)
		}
	}
	for _, login := range look.Actors {
		add(login)
	}
	for _, c := range s.Desk.Commands {
		add(c.Actor)
	}
	for _, fix := range s.Fixes {
		for _, a := range fix.Approvals {
			add(a.By)
		}
	}
	return logins
}
