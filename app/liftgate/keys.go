package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/liftgate/liftgate/app/liftgate/server"
	"github.com/liftgate/liftgate/app/store"
)

func keysCommand(c *console) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "Change the keys that encrypt embargoed text",
		Long: `Two files hold the keys: a keyset, and the identity that opens it. To change them: rotate, restart every replica, reseal.
Back both files up after each change, apart from the database: without them its embargoed text is lost.

Changes: nothing by itself. ` + exitCodes,
		Example: "  liftgate keys rotate && systemctl restart liftgate && liftgate keys reseal",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(rotateCommand(c), resealCommand(c))
	return cmd
}

func rotateCommand(c *console) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "rotate",
		Short: "Add a new key, which seals from now on",
		Long: `Rotate adds a new key to the keyset. The old ones stay in it, for what was sealed with them. Restart every replica at once:
one that runs on can't read what is sealed with the new key.

Changes: the keyset file. Exit codes: 0 done, 1 failed, 2 wrong command line or configuration.`,
		Example: "  liftgate keys rotate --config /etc/liftgate/liftgate.yml",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			settings, err := loadConfig(c, file)
			if err != nil {
				return err
			}
			keyset, identity := server.KeyFiles(settings)
			if _, err := store.RotateKeys(keyset, identity); err != nil {
				return err
			}
			return c.print("%s has a new key. Back it up, restart every replica, then: liftgate keys reseal\n", keyset)
		},
	}
	configFlag(cmd, &file)
	return cmd
}

func resealCommand(c *console) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "reseal",
		Short: "Seal everything again with the newest key",
		Long: `Reseal moves every value in the database over to the newest key, so that only old copies of the database need the older
ones. It works beside running servers that were restarted since the rotation, and can be repeated.

Changes: the database. Exit codes: 0 done, 1 failed, 2 wrong command line or configuration.`,
		Example: "  liftgate keys reseal --config /etc/liftgate/liftgate.yml",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withStore(cmd.Context(), file, func(s *store.Store) error { return c.reseal(cmd.Context(), s) })
		},
	}
	configFlag(cmd, &file)
	return cmd
}

func (c *console) reseal(ctx context.Context, s *store.Store) error {
	n, err := s.Reseal(ctx)
	if err != nil {
		return err
	}
	return c.print("%d values sealed with the newest key\n", n)
}
