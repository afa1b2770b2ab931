package main

import (
	"errors"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/liftgate/liftgate/app/liftgate/drill"
)

func sandboxCommand(c *console) *cobra.Command {
	var dir, listen, hook, forge string
	command := &cobra.Command{
		Use:   "sandbox",
		Short: "Run the stand-in forge alone, to drive it with curl and git",
		Long: `Starts the stand-in for a forge that the demo uses, with the small project, its people and what Liftgate needs there, and
prints addresses and tokens. Runs until it is interrupted. Without --dir everything is gone then.

Changes nothing but the folder. Exits 0 when interrupted.`,
		Example: `  liftgate sandbox --dir ./sandbox --hook http://127.0.0.1:8080/webhooks/github
  liftgate serve --config ./sandbox/liftgate.yml
  liftgate sandbox --forge gitlab --dir ./sandbox --hook http://127.0.0.1:8080/webhooks/gitlab`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if dir == "" {
				if dir, err = os.MkdirTemp("", "liftgate-sandbox-"); err != nil {
					return err
				}
				defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
			}
			err = drill.Alone(cmd.Context(), drill.Setting{Dir: dir, Forge: forge, Wall: c.now, Listen: listen}, hook, c.out)
			if errors.Is(err, drill.ErrAsked) {
				return usageError(cmd, err)
			}
			return err
		},
	}
	flags := command.Flags()
	flags.StringVar(&dir, "dir", "", "new folder for repositories and keys")
	flags.StringVar(&listen, "listen", "127.0.0.1:0", "address to serve on")
	flags.StringVar(&hook, "hook", "", "address that webhooks are sent to")
	flags.StringVar(&forge, "forge", "github", "which forge to stand in for: "+strings.Join(drill.Forges(), " or "))
	return command
}
