package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/liftgate/liftgate/policy"
)

func rehearseCommand(c *console) *cobra.Command {
	var flags deskFlags
	var noWait bool
	cmd := &cobra.Command{
		Use:   "rehearse ID --as LOGIN",
		Short: "Rehearse the lift of an advisory",
		Long: `Rehearse checks everything that a lift will need: tokens, the rules of every public branch, and whether Liftgate may pass
them. It enters as /rehearse at the desk does, by a team member or a release manager, and works with or without a running
server. It prints the report, the branches as they would move, and what else the lift waits for.

Changes: the status at the desk, candidates in the mirror that are out of date; nothing in public.

Exit codes: 0 the lift would work, 1 failed, 2 wrong command line or configuration, 3 refused, or not ready yet.`,
		Example: "  liftgate rehearse LSN-2026-0007 --as mia",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.atDesk(cmd.Context(), flags, args[0], func(ctx context.Context, d *desk) error {
				if noWait {
					_, err := d.ring(ctx, policy.ButtonRehearse, "")
					return err
				}
				return d.rehearse(ctx, flags.json)
			})
		},
	}
	flags.add(cmd)
	cmd.Flags().BoolVar(&noWait, "no-wait", false, "only ask: a running server rehearses and reports at the desk")
	cmd.ValidArgsFunction = completeID(c, &flags.config)
	return cmd
}

// rehearsalReport is what a rehearsal found.
type rehearsalReport struct {
	Advisory string `json:"advisory"`
	rehearsalView
	Moves    []moveView `json:"moves"`
	WaitsFor []string   `json:"waits_for"`
}

// moveView is what a branch does at the lift.
type moveView struct {
	Branch string `json:"branch"`
	Old    string `json:"old"`
	New    string `json:"new"`
}

func (d *desk) rehearse(ctx context.Context, asJSON bool) error {
	before, err := d.load(ctx)
	if err != nil {
		return err
	}
	if err := d.press(ctx, policy.ButtonRehearse, ""); err != nil {
		return err
	}
	after, err := d.await(ctx, false, func(s sight) bool {
		return s.Advisory.Lift.Rehearse == "" && s.Advisory.Lift.Rehearsal.Count > before.Advisory.Lift.Rehearsal.Count
	})
	if err != nil {
		return err
	}
	report := d.report(after.Advisory)
	if err := d.showReport(report, asJSON); err != nil {
		return err
	}
	if !report.Passed || len(report.WaitsFor) > 0 {
		return withCode(exitRefused, fmt.Errorf("%s is not ready for its lift", d.id))
	}
	return nil
}

func (d *desk) report(a policy.Advisory) rehearsalReport {
	r := rehearsalReport{Advisory: a.ID, Moves: []moveView{}, WaitsFor: append([]string{}, missingForLift(a)...)}
	if v := viewRehearsal(a.Lift.Rehearsal); v != nil {
		r.rehearsalView = *v
	}
	for _, m := range a.Moves() {
		r.Moves = append(r.Moves, moveView(m))
	}
	return r
}

func (d *desk) showReport(r rehearsalReport, asJSON bool) error {
	if asJSON {
		return d.json(r)
	}
	return errors.Join(d.showRehearsal(r.Advisory, r.rehearsalView), d.showMoves("WOULD MOVE", r.Moves), d.list("Waits for", r.WaitsFor))
}

func (c *console) showRehearsal(id string, r rehearsalView) error {
	verdict := "passed"
	if !r.Passed {
		verdict = "found problems"
	}
	if err := c.print("Rehearsal %d of %s %s at %s (%s)\n", r.Count, id, verdict, policy.FormatInstant(r.At), oneLine(r.Why)); err != nil {
		return err
	}
	var lines strings.Builder
	for _, problem := range r.Problems {
		fmt.Fprintf(&lines, "  problem  %s\n", oneLine(problem))
	}
	for _, risk := range r.Risks {
		fmt.Fprintf(&lines, "  risk     %s\n", oneLine(risk))
	}
	for _, checked := range r.Checked {
		fmt.Fprintf(&lines, "  ok       %s\n", oneLine(checked))
	}
	return c.print("%s", lines.String())
}

func (c *console) showMoves(head string, moves []moveView) error {
	rows := [][]string{{"BRANCH", head, ""}}
	for _, m := range moves {
		rows = append(rows, []string{m.Branch, short(m.Old) + ".." + short(m.New), m.New})
	}
	if err := c.print("\n"); err != nil {
		return err
	}
	if len(moves) == 0 {
		return c.print("No branch would move.\n")
	}
	return c.table(rows)
}
