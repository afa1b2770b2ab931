package main

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"
)

func mailCommand(c *console) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "mail",
		Short: "Check the way that announcements take, and take in what comes back",
		Long: `Announcements leave by the mail server that the configuration names under mail.

Changes: nothing by itself. ` + exitCodes,
		Example: "  liftgate mail check",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(mailCheckCommand(c), mailBounceCommand(c))
	return cmd
}

func mailCheckCommand(c *console) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Greet the mail server, and send nothing",
		Long: `Check reads the keys and the password, connects to the mail server, asks for TLS, logs in and leaves. Whether the server
takes mails from the sender shows only when one is sent.

Changes: nothing; no mail is sent.

Exit codes: 0 all right, 1 the server is away or refuses, 2 wrong command line or configuration.`,
		Example: "  liftgate mail check --config /etc/liftgate/liftgate.yml",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return c.greetMail(cmd.Context(), file) },
	}
	configFlag(cmd, &file)
	return cmd
}

func (c *console) greetMail(ctx context.Context, file string) error {
	settings, err := loadConfig(c, file)
	if err != nil {
		return err
	}
	if settings.Mail.Server == "" {
		return withCode(exitUsage, errors.New("no mail server is configured; name one under mail: in the server's configuration"))
	}
	server, err := settings.Mail.Open(c.now)
	if err != nil {
		return withCode(exitUsage, err)
	}
	if err := server.Hello(ctx); err != nil {
		return err
	}
	return c.print("%s greets us, and would send as %s (%s); nothing was sent\n", settings.Mail.Place(), oneLine(settings.Mail.From),
		or(strings.Join(server.Seals(), ", "), "unsigned"))
}
