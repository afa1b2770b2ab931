package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/liftgate/liftgate/app/store"
	"github.com/liftgate/liftgate/policy"
)

func statusCommand(c *console) *cobra.Command {
	var o struct {
		config            string
		all, json, reveal bool
	}
	cmd := &cobra.Command{
		Use:   "status [ID]",
		Short: "Show the advisories, or one in detail",
		Long: `Status reads the database, beside a running server or without one, and asks no forge: what an advisory waits for is what
was last seen. Below the list one line tells of work that waits: doorbells, overdue deadlines, effects that were refused.

Reasons, evidence and the names of conflicting files are embargoed text: they are shown with --reveal only.

Changes: nothing. Exit codes: 0 shown, 1 failed (no such advisory among them), 2 wrong command line or configuration.`,
		Example: "  liftgate status\n  liftgate status LSN-2026-0007 --reveal\n  liftgate status --all --json | jq '.[].id'",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.withStore(cmd.Context(), o.config, func(s *store.Store) error {
				if len(args) == 1 {
					return c.showOne(cmd.Context(), s, args[0], o.json, o.reveal)
				}
				return c.showAll(cmd.Context(), s, o.all, o.json, o.reveal)
			})
		},
	}
	configFlag(cmd, &o.config)
	cmd.Flags().BoolVarP(&o.all, "all", "a", false, "also those about which nothing further is decided")
	cmd.Flags().BoolVar(&o.json, "json", false, "print JSON")
	cmd.Flags().BoolVar(&o.reveal, "reveal", false, "show embargoed text")
	cmd.ValidArgsFunction = completeID(c, &o.config)
	return cmd
}

func (c *console) showAll(ctx context.Context, s *store.Store, all, asJSON, reveal bool) error {
	list, err := s.Advisories(ctx, "", !all)
	if err != nil {
		return err
	}
	views := make([]advisoryView, 0, len(list))
	setbacks := 0
	for _, summary := range list {
		loaded, err := s.Load(ctx, summary.ID)
		if err != nil {
			return err
		}
		views = append(views, viewAdvisory(loaded.Advisory, c.now(), reveal))
		setbacks += len(loaded.Advisory.Setbacks)
	}
	if asJSON {
		return c.json(views)
	}
	if len(views) == 0 {
		c.say("No advisory is open; --all shows the past ones.")
		return c.showWork(ctx, s, setbacks)
	}
	rows := [][]string{{"ID", "PROJECT", "PHASE", "EMBARGO ENDS", "IN", "WAITS FOR"}}
	for _, v := range views {
		rows = append(rows, []string{v.ID, v.Project, v.Phase, v.ends(), v.Countdown, firstOf(v.WaitsFor)})
	}
	if err := c.table(rows); err != nil {
		return err
	}
	return c.showWork(ctx, s, setbacks)
}

// showWork tells in one line what waits to be done, if anything does.
func (c *console) showWork(ctx context.Context, s *store.Store, setbacks int) error {
	stats, err := s.Stats(ctx, c.now())
	if err != nil {
		return err
	}
	if line := workLine(stats, setbacks, c.now()); line != "" {
		return c.print("\n%s\n", line)
	}
	return nil
}

// workLine is "" when nothing waits.
func workLine(stats store.Stats, setbacks int, now time.Time) string {
	var parts []string
	if n := stats.Doorbells; n > 0 {
		parts = append(parts, counted(n, "doorbell waits", "doorbells wait")+", the oldest for "+policy.FormatLength(max(0, now.Sub(stats.Oldest))))
	}
	if n := stats.Overdue; n > 0 {
		parts = append(parts, counted(n, "deadline is overdue", "deadlines are overdue"))
	}
	if setbacks > 0 {
		parts = append(parts, counted(setbacks, "effect was refused and is tried again", "effects were refused and are tried again"))
	}
	return strings.Join(parts, "; ")
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// ends is the end of the embargo in a table.
func (v advisoryView) ends() string {
	if v.EmbargoEnds == nil {
		return "-"
	}
	return policy.FormatInstant(*v.EmbargoEnds)
}

func firstOf(reasons []string) string {
	switch len(reasons) {
	case 0:
		return "-"
	case 1:
		return reasons[0]
	}
	return fmt.Sprintf("%s (and %d more)", reasons[0], len(reasons)-1)
}

func (c *console) showOne(ctx context.Context, s *store.Store, id string, asJSON, reveal bool) error {
	loaded, err := load(ctx, s, id)
	if err != nil {
		return err
	}
	v := viewAdvisory(loaded.Advisory, c.now(), reveal)
	if asJSON {
		return c.json(v)
	}
	return c.showDetail(v, loaded.Advisory.Embargo.Describe(c.now()))
}

func (c *console) showDetail(v advisoryView, embargo string) error {
	facts := [][]string{
		{v.ID, v.Phase}, {"project", v.Project}, {"report", or(v.Report, "-")}, {"reporter", or(v.Reporter, "-")},
		{"severity", or(v.Severity, "not rated")}, {"CVE", or(v.CVE, "none yet")}, {"embargo", embargo},
	}
	for _, fact := range []struct {
		name string
		at   *time.Time
	}{{"landed", v.Landed}, {"published", v.Published}} {
		if fact.at != nil {
			facts = append(facts, []string{fact.name, policy.FormatInstant(*fact.at)})
		}
	}
	if v.HeldBy != "" {
		facts = append(facts, []string{"stopped by", v.HeldBy + " " + v.HeldWhy})
	}
	if err := c.table(facts); err != nil {
		return err
	}
	if err := c.showBranches(v.Branches); err != nil {
		return err
	}
	for _, list := range []struct {
		head  string
		lines []string
	}{{"Waits for", v.WaitsFor}, {"Worth knowing", v.Warnings}, {"Announced", mailLines(v.Mails)}} {
		if err := c.list(list.head, list.lines); err != nil {
			return err
		}
	}
	if v.Rehearsal != nil {
		if err := c.print("\n"); err != nil {
			return err
		}
		if err := c.showRehearsal(v.ID, *v.Rehearsal); err != nil {
			return err
		}
	}
	return c.list("Last steps", trailLines(v.Trail))
}

func mailLines(mails []mailView) []string {
	lines := make([]string, len(mails))
	for i, m := range mails {
		lines[i] = fmt.Sprintf("version %d to %s", m.Version, policy.Mail{List: m.List, State: policy.MailState(m.State), Why: m.Why}.Words())
	}
	return lines
}

func trailLines(trail []lineView) []string {
	lines := make([]string, len(trail))
	for i, l := range trail {
		lines[i] = policy.FormatInstant(l.At) + " " + l.By + " " + l.What + " " + l.Why
	}
	return lines
}

func (c *console) showBranches(branches []branchView) error {
	if len(branches) == 0 {
		return nil
	}
	rows := [][]string{{"BRANCH", "STATE", "FIX", "CANDIDATE", "LANDED", "NOTE"}}
	for _, b := range branches {
		fix := "-"
		if b.Fix != 0 {
			fix = fmt.Sprintf("#%d", b.Fix)
		}
		rows = append(rows, []string{b.Branch, b.State, fix, or(short(b.Candidate), "-"), or(short(b.Landed), "-"), b.note()})
	}
	if err := c.print("\n"); err != nil {
		return err
	}
	return c.table(rows)
}

// list prints a head and lines below it, or nothing where there are none.
func (c *console) list(head string, lines []string) error {
	if len(lines) == 0 {
		return nil
	}
	if err := c.print("\n%s\n", head); err != nil {
		return err
	}
	for _, line := range lines {
		if err := c.print("  %s\n", oneLine(line)); err != nil {
			return err
		}
	}
	return nil
}
