package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

// The exit codes. A command's help says what each means for it.
const (
	exitFailed  = 1 // it was tried and failed, or what was checked is broken
	exitUsage   = 2 // the command line or the configuration is wrong; nothing was tried
	exitRefused = 3 // a rule forbids it, or it is not ready; nothing changed in public
)

const exitCodes = `Exit codes: 0 done, 1 failed, 2 wrong command line or configuration, 3 refused or not ready.`

// exit is an error with an exit code. Without a cause, the command has said all there is to say.
type exit struct {
	code  int
	cause error
}

// Error gives the cause.
func (e *exit) Error() string {
	if e.cause == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.cause.Error()
}

// Unwrap gives the cause.
func (e *exit) Unwrap() error { return e.cause }

func withCode(code int, err error) error {
	if err == nil {
		return nil
	}
	return &exit{code, err}
}

// usageError adds where to read on.
func usageError(cmd *cobra.Command, err error) error {
	return withCode(exitUsage, fmt.Errorf("%w\nSee %s --help", err, cmd.CommandPath()))
}

// checkedArgs makes wrong arguments of a command and of those below it usage errors.
func checkedArgs(cmd *cobra.Command) *cobra.Command {
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				return usageError(cmd, err)
			}
			return nil
		}
	}
	for _, sub := range cmd.Commands() {
		checkedArgs(sub)
	}
	return cmd
}

// finish tells what went wrong, and gives the exit code.
func (c *console) finish(err error) int {
	if err == nil {
		return 0
	}
	code := exitFailed
	e, coded := errors.AsType[*exit](err)
	if coded {
		code = e.code
	}
	if !coded || e.cause != nil {
		c.say("liftgate: %v", err)
	}
	return code
}

// say tells people something beside the data.
func (c *console) say(format string, args ...any) {
	_, _ = fmt.Fprintf(c.err, format+"\n", args...) // with standard error gone there is nowhere to complain
}
