package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	"github.com/liftgate/liftgate/app/notice"
	"github.com/liftgate/liftgate/backport"
	"github.com/liftgate/liftgate/backport/ranges"
)

// rangesOptions are the flags of the ranges command.
type rangesOptions struct {
	repo                              string
	fix, introduced, branches, landed []string
	tags                              ranges.Tags
	json                              bool
}

func rangesCommand(c *console) *cobra.Command {
	var o rangesOptions
	cmd := &cobra.Command{
		Use:   "ranges --repo PATH --fix COMMIT... [--introduced COMMIT]...",
		Short: "Tell which branches and releases have a bug, and which its fix",
		Long: `Ranges reads the branches and tags of a local clone, the remotes' branches too, and prints the branches of a product as a
notice has them: the releases with the bug, the first ones with the fix, and the commits that brought either. It follows
copies to other branches, by their own word, by the same patch or by the same subject, author and date, and it follows
reverts. A branch with part of a fix is not fixed.

Without --introduced the commits are taken that the fix names in "Fixes:" lines. Of a branch with neither nothing is said.
What a person wants to know besides stands in comments.

Changes: nothing.

Exit codes: 0 printed, 2 wrong command line, or a commit or branch that is not there.`,
		Example: "  liftgate notice ranges --repo ~/src/xen --fix 7beadd61197a --introduced a2ed643ed783 --tags 'RELEASE-*'",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withCode(exitUsage, c.ranges(cmd.Context(), &o))
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.repo, "repo", ".", "the clone, or a folder in it")
	f.StringSliceVar(&o.fix, "fix", nil, "commits of the fix, as the main branch has it (required)")
	f.StringSliceVar(&o.introduced, "introduced", nil, "commits that brought the bug, or brought it again")
	f.StringSliceVar(&o.branches, "branches", nil, "branches, the main one first (default all)")
	f.StringArrayVar(&o.landed, "landed", nil, "BRANCH=COMMIT that is all or part of the fix there, where it was written anew")
	f.StringVar(&o.tags.Pattern, "tags", "", "a pattern of the tags that are releases, such as 'v*' (default all)")
	f.BoolVar(&o.tags.PreReleases, "pre-releases", false, "count -rc, -alpha, -beta and -pre as releases too")
	f.BoolVar(&o.json, "json", false, "print JSON, with the evidence")
	_ = cmd.MarkFlagDirname("repo") // fails only for a flag that is not there
	return cmd
}

func (c *console) ranges(ctx context.Context, o *rangesOptions) error {
	if len(o.fix) == 0 {
		return errors.New("say what the fix is with --fix COMMIT")
	}
	clone, err := findClone(ctx, o.repo)
	if err != nil {
		return err
	}
	q := ranges.Query{Branches: o.branches, Tags: o.tags, Landed: map[string][]backport.SHA{}}
	if q.Fix, err = commitsOf(ctx, clone, o.fix); err != nil {
		return err
	}
	if q.Introduced, err = commitsOf(ctx, clone, o.introduced); err != nil {
		return err
	}
	for _, said := range o.landed {
		branch, name, ok := cutLast(said, "=")
		if !ok {
			return errors.New("say what landed where with --landed BRANCH=COMMIT")
		}
		commits, err := commitsOf(ctx, clone, []string{name})
		if err != nil {
			return err
		}
		q.Landed[branch] = append(q.Landed[branch], commits...)
	}
	var answer *ranges.Answer
	err = withHistory(ctx, clone, func(h *ranges.History) error {
		answer, err = h.Find(ctx, q)
		return err
	})
	if err != nil {
		return err
	}
	if o.json {
		return c.json(viewRanges(answer))
	}
	text, err := productText(answer)
	if err != nil {
		return err
	}
	return c.print("%s", text)
}

// cutLast cuts around the last separator: a branch's name may hold others.
func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// withHistory reads the history of a clone into a store that goes away again.
func withHistory(ctx context.Context, clone clone, use func(*ranges.History) error) error {
	return clone.borrow(ctx, func(own *backport.Embargoed) error {
		h, err := ranges.Load(ctx, &own.Repo, string(clone))
		if err != nil {
			return err
		}
		return use(h)
	})
}

// productText is the branches of a product, to be put into a notice. Branches that never had the bug, or have the fix from the
// branch that they were cut from, stand in comments.
func productText(a *ranges.Answer) (string, error) {
	var b strings.Builder
	remark := func(format string, args ...any) { b.WriteString("# " + oneLine(fmt.Sprintf(format, args...)) + "\n") }
	if len(a.Introduced) == 0 {
		remark("nobody knows what brought the bug: say it with --introduced COMMIT")
	}
	if a.Unsearched {
		remark("copies under another name were not looked for: the clone does not have all that commits change")
	}
	for _, name := range a.Stray {
		remark("%s leads to no commit", name)
	}
	for _, some := range []struct {
		state ranges.State
		tags  []string
	}{{ranges.Vulnerable, a.Others.Vulnerable}, {ranges.Fixed, a.Others.Fixed}} {
		if len(some.tags) > 0 {
			remark("%s, and on none of these branches: %s", some.state, strings.Join(some.tags, " "))
		}
	}
	product := struct {
		Branches []notice.Branch `yaml:"branches"`
	}{[]notice.Branch{}}
	for _, branch := range a.Branches {
		for _, words := range remarks(branch) {
			remark("%s: %s", branch.Name, words)
		}
		if (branch.State == ranges.Vulnerable || branch.State == ranges.Fixed) && !branch.Inherited {
			product.Branches = append(product.Branches, notice.Branch{Name: branch.Name, Vulnerable: noticeMarks(branch.Vulnerable), Fixed: noticeMarks(branch.Fixed)})
		}
	}
	text, err := yaml.MarshalWithOptions(product, yaml.IndentSequence(true))
	if err != nil {
		return "", fmt.Errorf("write YAML: %w", err)
	}
	return b.String() + string(text), nil
}

// remarks are what a notice has no place for.
func remarks(b ranges.Branch) []string {
	var list []string
	switch {
	case len(b.Missing) > 0:
		list = append(list, "has part of the fix, and lacks "+strings.Join(hashes(b.Missing), " "))
	case b.Inherited:
		list = append(list, "has the fix from the branch that it was cut from")
	case b.State == ranges.NotAffected, b.State == ranges.Unknown:
		list = append(list, string(b.State))
	case b.State == ranges.Vulnerable:
		list = append(list, "has no fix")
	case b.Unsure:
		list = append(list, "has the fix, and nothing that brought the bug was found: look at its older releases")
	}
	for _, s := range b.Introduced {
		if s.How == backport.HowName {
			list = append(list, fmt.Sprintf("is under suspicion: %s has the subject and the author of %s", s.By.Short(), s.Of.Short()))
		}
	}
	return list
}

func noticeMarks(m ranges.Marks) notice.Marks {
	return notice.Marks{Tags: m.Tags, Changes: hashes(m.Changes)}
}

func hashes(list []backport.SHA) []string {
	var all []string
	for _, sha := range list {
		all = append(all, string(sha))
	}
	return all
}
