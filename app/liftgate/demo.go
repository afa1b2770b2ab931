package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"github.com/liftgate/liftgate/app/liftgate/drill"
)

func demoCommand(c *console) *cobra.Command {
	var (
		options  = drill.Options{Wall: c.now}
		real     drill.Real
		asJSON   bool
		verbose  bool
		fix      string
		branches string
	)
	command := &cobra.Command{
		Use:   "demo",
		Short: "Play a whole case against a stand-in forge on this machine",
		Long: `Starts a stand-in for the forge on loopback, a small project in it, and the real server; then plays the people from the
private report to the publication, with a clock that runs ahead. Nothing leaves this machine.

With --repo the case is played on a copy of a local repository with real history: the fix is what the commits named by
--fix did to the main branch, replayed from the commit before the first of them.

The JSON report names the private report as its forge does: "report" is the GHSA number, or group/project#issue on GitLab.
"ghsa" is the GHSA number alone, and null on GitLab.

Exits 0 if every check held, 1 otherwise.`,
		Example: `  liftgate demo
  liftgate demo --forge gitlab
  liftgate demo --json --keep ./demo-out
  liftgate demo --repo ~/src/redis --fix 0123abc --branches 7.2@v7.2.4,7.0@v7.0.15 --main unstable`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if real.Repo != "" {
				real.Fix, real.Branches = list(fix), list(branches)
				options.Real = &real
			} else if fix != "" || branches != "" || real.Main != "" {
				return usageError(cmd, errors.New("--fix, --branches and --main go with --repo"))
			}
			options.Tell = c.out
			if asJSON {
				options.Tell = io.Discard
			}
			if verbose {
				options.LogTo = slog.New(slog.NewTextHandler(c.err, nil))
			}
			report, err := drill.Run(cmd.Context(), options)
			if errors.Is(err, drill.ErrAsked) {
				return usageError(cmd, err)
			}
			if asJSON {
				return errors.Join(err, printJSON(c.out, report))
			}
			fmt.Fprintln(c.out)
			return errors.Join(err, report.Table(c.out), summary(c.out, report, err))
		},
	}
	flags := command.Flags()
	flags.StringVar(&options.Forge, "forge", "github", "which forge to stand in for: "+strings.Join(drill.Forges(), " or "))
	flags.BoolVar(&asJSON, "json", false, "print a JSON report and nothing else")
	flags.StringVar(&options.Keep, "keep", "", "leave repositories, database and requests.jsonl in this new folder")
	flags.StringVar(&real.Repo, "repo", "", "play on a copy of this local repository")
	flags.StringVar(&fix, "fix", "", "commits of the fix, oldest first, separated by commas (with --repo)")
	flags.StringVar(&branches, "branches", "", "stable branches, newest first, as name or name@commit, separated by commas (with --repo)")
	flags.StringVar(&real.Main, "main", "", "name of the main branch (with --repo; default: what HEAD names)")
	flags.BoolVar(&options.Waive, "waive-conflicts", false, "waive branches whose pick conflicts, and lift the others")
	flags.BoolVarP(&verbose, "verbose", "v", false, "show the server's log on standard error")
	return command
}

func list(words string) []string {
	var found []string
	for word := range strings.SplitSeq(words, ",") {
		if word = strings.TrimSpace(word); word != "" {
			found = append(found, word)
		}
	}
	return found
}

func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// summary says in one line how it ended.
func summary(w io.Writer, r drill.Report, failed error) error {
	var err error
	switch {
	case failed != nil:
	case r.Published:
		_, err = fmt.Fprintf(w, "\n%s (%s) is public. %d push to the public repository, %d public writes before it. Every check held.\n",
			r.Advisory, r.CVE, r.Pushes, r.PublicWritesBeforeLift)
	default:
		_, err = fmt.Fprintf(w, "\n%s waits: a branch is in conflict, so nothing landed. --waive-conflicts lifts the others.\n", r.Advisory)
	}
	return err
}
