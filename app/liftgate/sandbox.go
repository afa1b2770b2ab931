package main

import (
	"errors"
	"os"

	"github.com/spf13/cobra"

	"github.com/liftgate/liftgate/app/liftgate/drill"
)

func sandboxCommand(c *console) *cobra.Command {
	var dir, listen, hook string
	command := &cobra.Command{
		Use:   "sandbox",
		Short: "Run the stand-in forge alone, to drive it with curl and git",
		Long: `Starts the stand-in for GitHub that the demo uses, with the small project, its people and an App, and prints addresses and
tokens. Runs until it is interrupted. Without --dir everything is gone then.

Changes nothing but the folder. Exits 0 when interrupted.`,
		Example: `  liftgate sandbox --dir ./sandbox --hook http://127.0.0.1:8080/webhooks/github
  liftgate serve --config ./sandbox/liftgate.yml`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if dir == "" {
				if dir, err = os.MkdirTemp("", "liftgate-sandbox-"); err != nil {
					return err
				}
				defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
			}
			return drill.Alone(cmd.Context(), drill.Setting{Dir: dir, Wall: c.now, Listen: listen}, hook, c.out)
		},
	}
	flags := command.Flags()
	flags.StringVar(&dir, "dir", "", "new folder for repositories and keys")
	flags.StringVar(&listen, "listen", "127.0.0.1:0", "address to serve on")
	flags.StringVar(&hook, "hook", "", "address that the App's webhooks are sent to")
	return command
}
