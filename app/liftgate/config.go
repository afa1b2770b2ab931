package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/liftgate/liftgate/app/liftgate/config"
)

func configCommand(c *console) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Check a configuration, or print its schema",
		Long: `Two documents configure Liftgate: the server's (liftgate.yml), and each project's, where every key has a working default.
The project's is .github/liftgate.yml, or .gitlab/liftgate.yml on GitLab, read from the tip of the public repository's
default branch, or the file on the server that rules_file names instead.

Changes: nothing. ` + exitCodes,
		Example: "  liftgate config check .github/liftgate.yml",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(checkCommand(c), schemaCommand(c))
	return cmd
}

func checkCommand(c *console) *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE...",
		Short: "Say what is wrong with a configuration",
		Long: `Check reads the server's document, or a project's if it lies in a folder named .github or .gitlab. Of the server's
document it also looks at the files that it names, those of projects included; where that describes a CNA, asks CVE Services
whether its account will do; and reads the branches of the notices repositories. A mistake is told with line, column and an
excerpt. What can't be asked now is a warning.

Changes: nothing. Exit codes: 0 all right, 2 a mistake.`,
		Example: "  liftgate config check /etc/liftgate/liftgate.yml",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var mistakes []error
			for _, file := range args {
				warnings, err := c.checkFile(cmd.Context(), file)
				for _, w := range warnings {
					c.say("warning: %s", w)
				}
				if err != nil {
					mistakes = append(mistakes, err)
					continue
				}
				if err := c.print("%s: ok\n", file); err != nil {
					return err
				}
			}
			return withCode(exitUsage, errors.Join(mistakes...))
		},
	}
}

// checkFile judges a document, what it says of notices, and the CNA's account if there is one.
func (c *console) checkFile(ctx context.Context, file string) (warnings []string, err error) {
	server, warnings, err := config.Check(file)
	if err != nil || server == nil {
		return warnings, err
	}
	more, err := checkNotices(ctx, *server)
	if warnings = append(warnings, more...); err != nil {
		return warnings, fmt.Errorf("%s: %w", file, err)
	}
	if !server.CNA.On() {
		return warnings, nil
	}
	warning, err := checkAccount(ctx, c, server.CNA)
	if err != nil {
		return warnings, fmt.Errorf("%s: cna: %w", file, err)
	}
	if warning != "" {
		warnings = append(warnings, "cna: "+warning)
	}
	return warnings, nil
}

func schemaCommand(c *console) *cobra.Command {
	return &cobra.Command{
		Use:   "schema [server|project]",
		Short: "Print the JSON Schema of a document, for editors",
		Long: `Schema prints the JSON Schema of the server's document, or of the project's. Editors that speak the YAML language server's
protocol take it from a comment in the first line: # yaml-language-server: $schema=liftgate.schema.json

Changes: nothing. Exit codes: 0 printed, 2 wrong command line.`,
		Example:   "  liftgate config schema project > liftgate.schema.json",
		Args:      cobra.MatchAll(cobra.MaximumNArgs(1), cobra.OnlyValidArgs),
		ValidArgs: []cobra.Completion{"server", "project"},
		RunE: func(_ *cobra.Command, args []string) error {
			document := "server"
			if len(args) == 1 {
				document = args[0]
			}
			text, err := config.Schema(document)
			if err != nil {
				return fmt.Errorf("make schema: %w", err)
			}
			return c.print("%s", text)
		},
	}
}
