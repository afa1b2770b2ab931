package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/liftgate/liftgate/app/liftgate/server"
	"github.com/liftgate/liftgate/app/store"
)

// withStore runs a command on the database that the configuration names, whether or not a server runs beside it.
func (c *console) withStore(ctx context.Context, file string, do func(*store.Store) error) (err error) {
	settings, err := loadConfig(c, file)
	if err != nil {
		return err
	}
	s, err := server.OpenStore(ctx, settings, c.now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return do(s)
}

// load reads an advisory, and says how to find one that is there.
func load(ctx context.Context, s *store.Store, id string) (store.Loaded, error) {
	loaded, err := s.Load(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return loaded, fmt.Errorf("%q: %w; see liftgate status --all", oneLine(id), store.ErrNotFound)
	}
	return loaded, err
}

// completeID offers the ids of advisories to the shell. A database that can't be read has nothing to offer, and a prompt is
// no place for an error.
func completeID(c *console, file *string) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		var ids []cobra.Completion
		if len(args) == 0 {
			_ = c.withStore(cmd.Context(), *file, func(s *store.Store) error {
				all, err := s.Advisories(cmd.Context(), "", false)
				for _, a := range all {
					ids = append(ids, cobra.CompletionWithDesc(a.ID, string(a.Phase)))
				}
				return err
			})
		}
		return ids, cobra.ShellCompDirectiveNoFileComp
	}
}
