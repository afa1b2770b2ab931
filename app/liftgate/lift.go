package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/liftgate/liftgate/app/store"
	"github.com/liftgate/liftgate/policy"
)

func liftCommand(c *console) *cobra.Command {
	var flags deskFlags
	var o liftOptions
	cmd := &cobra.Command{
		Use:   "lift ID --as LOGIN",
		Short: "Lift an advisory: move all its public branches at once, and publish",
		Long: `Lift enters as a release manager's press of the button does, at or after the end of the embargo, and works with or without
a running server. Where something is missing it says what, and asks for nothing.

With --now the embargo ends at this moment, for the reason given. With --dry-run the lift is rehearsed and its moves are
printed instead.

Changes: every public branch of the advisory, in one atomic push; then the advisory is published. With --dry-run: nothing
in public. There is no way back.

Exit codes: 0 landed (or the rehearsal passed), 1 failed, 2 wrong command line or configuration, 3 refused or not ready.`,
		Example: "  liftgate lift LSN-2026-0007 --as mia --dry-run\n  liftgate lift LSN-2026-0007 --as mia --now 'it is on a public list'",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("now") && strings.TrimSpace(o.now) == "" {
				return withCode(exitUsage, errors.New("--now needs the reason for which the embargo ends early"))
			}
			if o.dry && o.now != "" {
				return withCode(exitUsage, errors.New("give either --now or --dry-run"))
			}
			return c.atDesk(cmd.Context(), flags, args[0], func(ctx context.Context, d *desk) error {
				if o.dry {
					return d.rehearse(ctx, flags.json)
				}
				return d.lift(ctx, o, flags.json)
			})
		},
	}
	flags.add(cmd)
	cmd.Flags().StringVar(&o.now, "now", "", "end the embargo at this moment, for this reason")
	cmd.Flags().BoolVar(&o.dry, "dry-run", false, "rehearse, and print what would move")
	cmd.Flags().BoolVarP(&o.yes, "yes", "y", false, "don't ask for confirmation")
	cmd.ValidArgsFunction = completeID(c, &flags.config)
	return cmd
}

type liftOptions struct {
	now string
	dry bool
	yes bool
}

func (d *desk) lift(ctx context.Context, o liftOptions, asJSON bool) error {
	// A fresh look first: what is there may be from before the last change of a branch.
	seen, err := d.await(ctx, true, func(s sight) bool { return s.fresh && s.atRest })
	if err != nil {
		return err
	}
	if seen.Advisory.Lift.Gate == policy.GateHeld {
		if err := d.askLift(ctx, seen.Advisory, o); err != nil {
			return err
		}
	}
	after, err := d.await(ctx, false, func(s sight) bool {
		return s.Advisory.Lift.Gate == policy.GateDone || s.atRest && d.stopped(s.Loaded)
	})
	landed := !after.Advisory.Lift.Landed.IsZero()
	if err != nil && !landed {
		return err
	}
	if err != nil {
		d.say("landed, but not published yet: %v", err)
	}
	if !landed {
		return d.notReady(waitsFor(after.Advisory, d.now()), "What was asked for stands: it lifts as soon as nothing is missing; /hold at the desk stops it.")
	}
	return d.showLift(after.Advisory, asJSON)
}

// stopped reports whether a lift that was asked for does not go on by itself soon.
func (d *desk) stopped(l store.Loaded) bool {
	lift := l.Advisory.Lift
	if lift.Gate != policy.GateHeld {
		return lift.Stuck != ""
	}
	return len(l.Pending) == 0 || len(missingForLift(l.Advisory)) > 0
}

// askLift presses the button, if there is any sense in it and a person agrees.
func (d *desk) askLift(ctx context.Context, a policy.Advisory, o liftOptions) error {
	missing := missingForLift(a)
	if a.Phase == policy.Reported || a.Phase == policy.Rejected {
		missing = []string{"the report is " + string(a.Phase)}
	}
	if o.now == "" && !a.Embargo.Ended(d.now()) && a.Phase != policy.Reported {
		missing = append(missing, "the end of the embargo, at "+policy.FormatInstant(a.Embargo.End)+"; --now REASON ends it early")
	}
	if len(missing) > 0 {
		return d.notReady(missing, "Nothing was asked for and nothing changed.")
	}
	if !o.yes {
		if err := d.confirm(a); err != nil {
			return err
		}
	}
	words := ""
	if o.now != "" {
		words = "now " + strings.TrimSpace(o.now)
	}
	return d.press(ctx, policy.ButtonLift, words)
}

// notReady lists on standard error what the lift waits for.
func (d *desk) notReady(reasons []string, and string) error {
	d.say("%s is not ready for its lift. It waits for", d.id)
	for _, reason := range reasons {
		d.say("  %s", oneLine(reason))
	}
	d.say("%s", and)
	return &exit{code: exitRefused}
}

// confirm shows what would move, and has a person type the advisory's id.
func (d *desk) confirm(a policy.Advisory) error {
	if d.terminal {
		for _, m := range a.Moves() {
			d.say("  %s %s..%s", oneLine(m.Branch), short(m.Old), short(m.New))
		}
	}
	return d.agreed(a.ID, "This moves the public branches above and publishes the advisory.", "a lift")
}

// agreed has a person type the advisory's id, for what can't be undone.
func (d *desk) agreed(id, what, deed string) error {
	if !d.terminal {
		return withCode(exitUsage, fmt.Errorf("%s can't be undone: confirm it with --yes where nobody can be asked", deed))
	}
	d.say("%s It can't be undone. Type %s to go on:", what, id)
	answer, err := bufio.NewReader(d.in).ReadString('\n')
	if err != nil || strings.TrimSpace(answer) != id {
		return withCode(exitRefused, errors.New("not confirmed; nothing was asked for and nothing changed"))
	}
	return nil
}

// liftReport is what a lift did.
type liftReport struct {
	Advisory  string     `json:"advisory"`
	Landed    string     `json:"landed_at"`
	Published string     `json:"published_at,omitempty"`
	Moves     []moveView `json:"branches"`
}

func (d *desk) showLift(a policy.Advisory, asJSON bool) error {
	r := liftReport{Advisory: a.ID, Landed: policy.FormatInstant(a.Lift.Landed), Moves: []moveView{}}
	if !a.Lift.Published.IsZero() {
		r.Published = policy.FormatInstant(a.Lift.Published)
	}
	for _, c := range a.Cells {
		if c.Landed != "" {
			r.Moves = append(r.Moves, moveView{Branch: c.Branch, Old: c.Candidate.Tip, New: c.Landed})
		}
	}
	if asJSON {
		return d.json(r)
	}
	words := fmt.Sprintf("%s landed at %s", a.ID, r.Landed)
	if r.Published != "" {
		words += ", published at " + r.Published
	}
	return errors.Join(d.print("%s\n", words), d.showMoves("MOVED", r.Moves))
}
