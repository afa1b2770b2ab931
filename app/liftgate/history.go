package main

import (
	"context"
	"errors"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/liftgate/liftgate/app/store"
	"github.com/liftgate/liftgate/policy"
)

func historyCommand(c *console) *cobra.Command {
	var o struct {
		config       string
		json, reveal bool
	}
	cmd := &cobra.Command{
		Use:   "history [ID]",
		Short: "Print the history of all advisories or of one, or verify it",
		Long: `History prints who did what and when. Why they did it is embargoed text: it is shown with --reveal only.

Each line carries the hash of the line before; ` + "`liftgate history verify`" + ` proves the chains.

Changes: nothing. Exit codes: 0 printed, 1 failed (no such advisory among them), 2 wrong command line or configuration.`,
		Example: "  liftgate history LSN-2026-0007 --reveal",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.withStore(cmd.Context(), o.config, func(s *store.Store) error {
				entries, err := readHistory(cmd.Context(), s, args, o.reveal)
				if err != nil {
					return err
				}
				return c.showHistory(entries, o.json)
			})
		},
	}
	cmd.PersistentFlags().StringVarP(&o.config, "config", "c", "", configHelp)
	cmd.PersistentFlags().BoolVar(&o.json, "json", false, "print JSON")
	cmd.Flags().BoolVar(&o.reveal, "reveal", false, "show embargoed text")
	cmd.ValidArgsFunction = completeID(c, &o.config)
	cmd.AddCommand(verifyCommand(c, &o.config, &o.json))
	return cmd
}

func verifyCommand(c *console, file *string, asJSON *bool) *cobra.Command {
	return &cobra.Command{
		Use:   "verify",
		Short: "Prove that no history was altered",
		Long: `Verify walks the chain of every advisory and names the first line that was altered, moved, added or removed. It can't
find that the whole database was put back from an older copy.

Changes: nothing. Exit codes: 0 whole, 1 broken or failed, 2 wrong command line or configuration.`,
		Example: "  liftgate history verify --config /etc/liftgate/liftgate.yml",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withStore(cmd.Context(), *file, func(s *store.Store) error { return c.verify(cmd.Context(), s, *asJSON) })
		},
	}
}

// verification is the result of a proof.
type verification struct {
	Whole      bool   `json:"whole"`
	Advisories int    `json:"advisories"`
	Lines      int    `json:"lines"`
	Advisory   string `json:"broken_advisory,omitempty"`
	Line       int64  `json:"broken_line,omitempty"`
	Reason     string `json:"reason,omitempty"`
}

func (c *console) verify(ctx context.Context, s *store.Store, asJSON bool) error {
	walked, err := s.VerifyHistory(ctx)
	broken, isBroken := errors.AsType[*store.Broken](err)
	if err != nil && !isBroken {
		return err
	}
	result := verification{Whole: !isBroken, Advisories: walked.Advisories, Lines: walked.Lines}
	if isBroken {
		result.Advisory, result.Line, result.Reason = broken.Advisory, broken.Line, broken.Reason
	}
	switch {
	case asJSON:
		err = c.json(result)
	case isBroken:
		err = c.print("broken: %s\n", broken)
	default:
		err = c.print("whole: %d advisories, %d lines\n", walked.Advisories, walked.Lines)
	}
	if isBroken {
		return errors.Join(err, withCode(exitFailed, errors.New("the history is broken: stop the server, keep a copy of the database, and compare it with a backup")))
	}
	return err
}

// entryView is a line of the history with its place in the chain.
type entryView struct {
	Advisory string `json:"advisory"`
	Seq      int64  `json:"seq"`
	lineView
	Prev string `json:"prev"`
	Hash string `json:"hash"`
}

// readHistory reads one advisory's lines, or everybody's in the order of the ids.
func readHistory(ctx context.Context, s *store.Store, args []string, reveal bool) ([]entryView, error) {
	ids := args
	if len(args) == 1 {
		if _, err := load(ctx, s, args[0]); err != nil {
			return nil, err
		}
	} else {
		all, err := s.Advisories(ctx, "", false)
		if err != nil {
			return nil, err
		}
		for _, a := range all {
			ids = append(ids, a.ID)
		}
	}
	views := []entryView{}
	for _, id := range ids {
		entries, err := s.History(ctx, id)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			views = append(views, entryView{id, e.Seq, lineView{e.At.UTC(), e.By, e.What, revealed(e.Why, reveal)}, e.Prev, e.Hash})
		}
	}
	return views, nil
}

func (c *console) showHistory(entries []entryView, asJSON bool) error {
	if asJSON {
		return c.json(entries)
	}
	rows := [][]string{{"ADVISORY", "LINE", "AT", "BY", "WHAT", "HASH", ""}}
	for _, e := range entries {
		rows = append(rows, []string{e.Advisory, strconv.FormatInt(e.Seq, 10), policy.FormatInstant(e.At), e.By, e.What, short(e.Hash), e.Why})
	}
	return c.table(rows)
}
