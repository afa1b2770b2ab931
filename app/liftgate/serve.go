package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"

	"github.com/spf13/cobra"

	"github.com/liftgate/liftgate/app"
	"github.com/liftgate/liftgate/app/liftgate/config"
	"github.com/liftgate/liftgate/app/liftgate/server"
)

func serveCommand(c *console) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the server",
		Long: `Serve receives webhooks, follows every advisory, and lifts each embargo at its end. It answers /webhooks/github and
/webhooks/gitlab, as far as projects are there, /livez, /readyz and /metrics.

It prints its address on standard output once it listens, and logs to standard error. The first SIGTERM or SIGINT finishes
what is running and stops; the second stops at once. Neither loses anything: the next start goes on where this one ended.

Changes: the mirror and the desks; the public repositories only at the end of an embargo. The first start makes the
database, and the two files of keys that its embargoed text is encrypted with: back both up, apart from the database.

Exit codes: 0 stopped by a signal, 1 failed, 2 wrong configuration.`,
		Example: "  liftgate serve --config /etc/liftgate/liftgate.yml",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return serve(cmd.Context(), c, file)
		},
	}
	configFlag(cmd, &file)
	return cmd
}

const configHelp = "configuration of the server (default ./liftgate.yml, then /etc/liftgate/liftgate.yml)"

func configFlag(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVarP(file, "config", "c", "", configHelp)
	_ = cmd.MarkFlagFilename("config", "yml", "yaml") // fails only for a flag that is not there
}

func serve(ctx context.Context, c *console, file string) error {
	settings, err := loadConfig(c, file)
	if err != nil {
		return err
	}
	for _, advice := range settings.Advice() {
		c.say("warning: %s", advice)
	}
	log := newLog(c, settings.Log)
	s, err := server.New(ctx, server.Options{
		Config: settings, Now: c.now, Log: log, Rhythm: app.DefaultRhythm(), CreateKeys: true, Owner: owner(),
	})
	if err != nil {
		return fmt.Errorf("start the server: %w", err)
	}
	return errors.Join(listenAndRun(ctx, c, s, settings.Listen, log), s.Close())
}

func listenAndRun(ctx context.Context, c *console, s *server.Server, address string, log *slog.Logger) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listen on %s: %w; choose another address with `listen` in the configuration", address, err)
	}
	if _, err := fmt.Fprintf(c.out, "http://%s\n", listener.Addr()); err != nil {
		return errors.Join(fmt.Errorf("print the address: %w", err), listener.Close())
	}
	log.Info("serving", "address", listener.Addr().String())
	err = s.Run(ctx, listener)
	log.Info("stopped")
	return err
}

// loadConfig reads the server's configuration from the file, or from the first of the usual places, and tells its
// warnings.
func loadConfig(c *console, file string) (config.Server, error) {
	for _, place := range []string{"liftgate.yml", "/etc/liftgate/liftgate.yml"} {
		if _, err := os.Stat(place); file == "" && !errors.Is(err, fs.ErrNotExist) {
			file = place
		}
	}
	if file == "" {
		return config.Server{}, withCode(exitUsage, errors.New("no configuration: neither ./liftgate.yml nor /etc/liftgate/liftgate.yml is there; "+
			"name one with --config, or see Liftgate work without one: liftgate demo"))
	}
	settings, warnings, err := config.LoadServer(file)
	for _, w := range warnings {
		c.say("warning: %s", w)
	}
	return settings, withCode(exitUsage, err)
}

// newLog logs to standard error. Embargoed text is a type that logs as a placeholder.
func newLog(c *console, settings config.Log) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(settings.Level)) // the configuration holds one of the words; info otherwise
	options := &slog.HandlerOptions{Level: level}
	if settings.Format == "json" {
		return slog.New(slog.NewJSONHandler(c.err, options))
	}
	return slog.New(slog.NewTextHandler(c.err, options))
}

// owner names this process in leases, for people who look at the database.
func owner() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown" // a name for people only
	}
	return fmt.Sprintf("%s/%d", host, os.Getpid())
}
