package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/liftgate/liftgate/app"
	"github.com/liftgate/liftgate/app/notice"
	"github.com/liftgate/liftgate/backport/ranges"
)

// lintOptions are the flags of the lint command.
type lintOptions struct {
	repos []string
	tags  ranges.Tags
}

func lintCommand(c *console) *cobra.Command {
	var o lintOptions
	cmd := &cobra.Command{
		Use:   "lint [--repo PATH] FILE...",
		Short: "Say what is wrong with notices",
		Long: `Lint says of each notice what must not be published, and what people get wrong: days out of order, branches without a fix or
a release, hashes that are cut short, addresses that are none. Given several it finds numbers that two of them have.

With --repo it holds what they claim against a local clone: a release that is called fixed and does not contain the whole
fix, one that is called vulnerable and is not, commits, tags and branches that are not there, releases that are not named.
Where a notice has several products, give each its clone with --repo PRODUCT=PATH; one without is not held against any.

Changes: nothing. Exit codes: 0 all right, 1 something is wrong, 2 wrong command line, no notice or no clone.`,
		Example: "  liftgate notice lint 2026/*.yml\n  liftgate notice lint --repo ~/src/libvirt 2019/0003.xml",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			records, err := readNotices(args)
			if err != nil {
				return withCode(exitUsage, err)
			}
			clean, err := c.lint(cmd.Context(), &o, args, records)
			if err != nil {
				return withCode(exitUsage, err)
			}
			if !clean {
				return &exit{code: exitFailed}
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.repos, "repo", nil, "a local clone to hold the claims against, or PRODUCT=PATH")
	f.StringVar(&o.tags.Pattern, "tags", "", "a pattern of the tags that are releases (default all)")
	return cmd
}

func (c *console) lint(ctx context.Context, o *lintOptions, files []string, records []*notice.Record) (clean bool, err error) {
	clean = true
	tell := func(where, what string) error {
		clean = false
		return c.print("%s%s\n", where, oneLine(what))
	}
	for i, r := range records {
		for _, e := range r.Lint(c.now()) {
			if err := tell(files[i]+": ", e.Error()); err != nil {
				return false, err
			}
		}
	}
	for _, e := range notice.LintAll(records) {
		if err := tell("", e.Error()); err != nil {
			return false, err
		}
	}
	for _, said := range o.repos {
		err := c.lintAgainst(ctx, said, o.tags, records, func(i, product int, w *ranges.Wrong) error {
			return tell(fmt.Sprintf("%s: products[%d]: ", files[i], product), w.Error())
		})
		if err != nil {
			return false, err
		}
	}
	return clean, nil
}

// lintAgainst holds the notices against one clone, whose history is read once.
func (c *console) lintAgainst(ctx context.Context, said string, tags ranges.Tags, records []*notice.Record, tell func(record, product int, w *ranges.Wrong) error) error {
	product, path, named := strings.Cut(said, "=")
	if _, err := os.Stat(said); !named || err == nil {
		product, path = "", said
	}
	clone, err := findClone(ctx, path)
	if err != nil {
		return err
	}
	return withHistory(ctx, clone, func(h *ranges.History) error {
		for i, r := range records {
			if product == "" && len(r.Products) > 1 {
				return errors.New("a notice has several products: say whose clone it is with --repo PRODUCT=PATH")
			}
			for j, p := range r.Products {
				if product != "" && product != p.Name {
					continue
				}
				found, err := h.Verify(ctx, app.ClaimsOf(p), tags)
				if err != nil {
					return err
				}
				for _, w := range found {
					if err := tell(i, j, w); err != nil {
						return err
					}
				}
			}
		}
		return nil
	})
}
