// Command liftgate coordinates the disclosure of vulnerabilities: it holds every fix in a private mirror, and at the end of
// the embargo moves all public branches in one atomic push.
//
// This package is the command line and nothing else. Each command is a file of its own name with one function that makes
// it; root lists them all. What a command needs of the outside (streams, clock, pauses) it takes from a [console], which
// only this file makes. The server behind `serve` is assembled in package server.
//
// Standard output carries a command's data and nothing else, so that it can be piped; progress, warnings and logs go to
// standard error. The exit codes are in exit.go.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal asks for an orderly stop. From then on a second one has its usual effect, and ends the process at once.
	context.AfterFunc(ctx, stop)
	c := &console{in: os.Stdin, out: os.Stdout, err: os.Stderr, terminal: isTerminal(os.Stdin), now: time.Now, pause: pause}
	os.Exit(run(ctx, c, os.Args[1:]))
}

// console is what commands take from the outside.
type console struct {
	in       io.Reader
	out, err io.Writer
	terminal bool // a person sits at in
	now      func() time.Time
	pause    func(ctx context.Context, d time.Duration) // returns early when the context ends
}

// run is the whole program but for the process around it.
func run(ctx context.Context, c *console, args []string) int {
	root := rootCommand(c)
	root.SetArgs(args)
	return c.finish(root.ExecuteContext(ctx))
}

func rootCommand(c *console) *cobra.Command {
	root := &cobra.Command{
		Use:   "liftgate",
		Short: "Coordinated vulnerability disclosure: hold every fix, lift them all at once",
		Long: `Liftgate takes a private report, opens its fix for the main branch and every maintained stable branch in a private
mirror, holds them all, and at the end of the embargo moves all public branches in one atomic push.

See it work first:   liftgate demo
Run it:              liftgate serve --config liftgate.yml

` + exitCodes,
		SilenceErrors: true, // finish prints them
		SilenceUsage:  true,
		Args:          knownCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(c.in)
	root.SetOut(c.out)
	root.SetErr(c.err)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return usageError(cmd, err) })
	root.CompletionOptions.DisableDefaultCmd = true // completion.go has one with help on where to put it
	for _, command := range commands {
		root.AddCommand(command(c))
	}
	return checkedArgs(root)
}

// knownCommand refuses a command that there is not, with those that it looks like.
func knownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	cmd.SuggestionsMinimumDistance = 2
	hint := ""
	if like := cmd.SuggestionsFor(args[0]); len(like) > 0 {
		hint = "; did you mean " + strings.Join(like, " or ") + "?"
	}
	return fmt.Errorf("there is no command %q%s", args[0], hint)
}

// commands makes each command, in the order of the help.
var commands = []func(*console) *cobra.Command{
	serveCommand,
	demoCommand,
	sandboxCommand,
	statusCommand,
	obligationsCommand,
	rehearseCommand,
	liftCommand,
	historyCommand,
	backportCommand,
	affectedCommand,
	noticeCommand,
	mailCommand,
	cveCommand,
	configCommand,
	keysCommand,
	completionCommand,
	versionCommand,
}

// pause waits, or returns early when the context ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
