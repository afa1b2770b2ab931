// Package reading is what it takes to read a forge for a decision, whichever forge it is: which people and fixes a snapshot
// must hold, and what a rehearsal has found to stand in a lift's way.
//
//	fixes, err := f.fixes(ctx, reading.WithNamed(look, desk.Commands))
//	rights, err := reading.Each(ctx, reading.Actors(look, snapshot), f.permission)
//
// What is read, and how, is the adapter's to say.
package reading

import (
	"context"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/liftgate/liftgate/policy"
)

// WithNamed adds the fixes that people have named at the desk: a command is judged by what it names.
func WithNamed(look policy.Look, commands []policy.Command) policy.Look {
	look.Fixes = slices.Clone(look.Fixes)
	for _, c := range commands {
		if number, ok := policy.NamedFix(c); ok && !slices.Contains(look.Fixes, number) {
			look.Fixes = append(look.Fixes, number)
		}
	}
	return look
}

// Actors are the people whose rights a decision can turn on, each once: those who asked for something and those who
// approved something.
func Actors(look policy.Look, s policy.Snapshot) []string {
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

// Each reads what belongs to each of the keys, all at once and in their order, or says why one can't be read.
func Each[Key, Value any](ctx context.Context, keys []Key, read func(context.Context, Key) (Value, error)) ([]Value, error) {
	found := make([]Value, len(keys))
	group, gctx := errgroup.WithContext(ctx)
	for i, key := range keys {
		group.Go(func() (err error) {
			found[i], err = read(gctx, key)
			return err
		})
	}
	return found, group.Wait()
}
