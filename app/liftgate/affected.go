package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/liftgate/liftgate/backport"
)

// affectedOptions are the flags of the affected command.
type affectedOptions struct {
	repo            string
	fix, introduced []string
	json            bool
}

// verdictView is what is said of one branch.
type verdictView struct {
	Branch     string           `json:"branch"`
	At         backport.SHA     `json:"at"`
	Verdict    string           `json:"verdict"` // already-fixed, not-affected, affected or unknown
	Fixed      *appliedView     `json:"fixed,omitempty"`
	Introduced []introducedView `json:"introduced,omitempty"`
	Missing    []string         `json:"missing_paths,omitempty"`
	Paths      int              `json:"paths"`
}

// introducedView is what is known of an introducing commit.
type introducedView struct {
	Commit backport.SHA `json:"commit"`
	Here   *appliedView `json:"here,omitempty"`
	Undone bool         `json:"reverted,omitempty"`
}

func affectedCommand(c *console) *cobra.Command {
	var o affectedOptions
	cmd := &cobra.Command{
		Use:   "affected --repo PATH --fix COMMIT [--introduced COMMIT]... BRANCH...",
		Short: "Tell which branches of a local clone have the bug that a fix mends",
		Long: `For each branch a verdict with its evidence: already-fixed, by which commit; not-affected, because no commit that brought
the bug is there, neither itself nor picked nor under the same name, or it was reverted, or the code is not there at all;
affected; or unknown. Without --introduced the commits are taken that the fix names in "Fixes:" lines.

A branch that seems not affected is a proposal: one in seven such branches of real projects got the fix all the same.

Changes: nothing.

Exit codes: 0 done, whatever the verdicts, 2 error.`,
		Example: "  liftgate affected --repo ~/src/xen --fix 7beadd61197a --introduced a2ed643ed783 stable-4.18 stable-4.17",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withCode(exitUsage, c.affected(cmd.Context(), &o, args))
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.repo, "repo", ".", "the clone, or a folder in it")
	f.StringSliceVar(&o.fix, "fix", nil, "commits of the fix, oldest first (required)")
	f.StringSliceVar(&o.introduced, "introduced", nil, "commits that brought the bug")
	f.BoolVar(&o.json, "json", false, "print JSON; a path that is not UTF-8 is quoted as in C")
	_ = cmd.MarkFlagDirname("repo") // fails only for a flag that is not there
	return cmd
}

func (c *console) affected(ctx context.Context, o *affectedOptions, branches []string) error {
	if len(o.fix) == 0 {
		return errors.New("say what the fix is with --fix COMMIT")
	}
	clone, err := findClone(ctx, o.repo)
	if err != nil {
		return err
	}
	fix, err := commitsOf(ctx, clone, o.fix)
	if err != nil {
		return err
	}
	introduced, err := commitsOf(ctx, clone, o.introduced)
	if err != nil {
		return err
	}
	var tips []backport.SHA
	for _, name := range branches {
		sha, err := clone.commit(ctx, name)
		if err != nil {
			return err
		}
		tips = append(tips, sha)
	}
	views := make([]verdictView, len(branches))
	err = clone.borrow(ctx, func(own *backport.Embargoed) error {
		for i, name := range branches {
			v, err := own.Affected(ctx, backport.Inquiry{Fix: fix, Introduced: introduced, Branch: tips[i]})
			if err != nil {
				return fmt.Errorf("branch %s: %w", oneLine(name), err)
			}
			views[i] = viewVerdict(name, tips[i], v)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if o.json {
		return c.json(views)
	}
	for _, v := range views {
		if err := c.print("%s", v.text()); err != nil {
			return err
		}
	}
	return nil
}

func viewVerdict(branch string, at backport.SHA, v backport.Verdict) verdictView {
	view := verdictView{Branch: branch, At: at, Verdict: string(v.Standing), Fixed: viewApplied(v.Fixed), Paths: v.Paths}
	for _, in := range v.Introduced {
		view.Introduced = append(view.Introduced, introducedView{in.Commit, viewApplied(in.Here), in.Undone})
	}
	for _, path := range v.Missing {
		view.Missing = append(view.Missing, viewPath(path))
	}
	return view
}

// text is a line with the branch and the verdict, then the evidence, indented.
func (v verdictView) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", oneLine(v.Branch), v.Verdict)
	if v.Fixed != nil {
		fmt.Fprintf(&b, "  fixed%s\n", v.Fixed.words())
	}
	for _, in := range v.Introduced {
		switch {
		case in.Here != nil:
			fmt.Fprintf(&b, "  introduced by %s, which is there%s\n", in.Commit.Short(), in.Here.words())
		case in.Undone:
			fmt.Fprintf(&b, "  introduced by %s, which was reverted there\n", in.Commit.Short())
		default:
			fmt.Fprintf(&b, "  introduced by %s, which is not there: no ancestor, no copy that says so, no same patch, no same name\n", in.Commit.Short())
		}
	}
	if len(v.Missing) > 0 {
		fmt.Fprintf(&b, "  %d of %d changed paths are not there:\n", len(v.Missing), v.Paths)
		for _, path := range v.Missing {
			fmt.Fprintf(&b, "    %s\n", oneLine(path))
		}
	}
	return b.String()
}
