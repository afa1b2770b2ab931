package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/liftgate/liftgate/app/liftgate/config"
	"github.com/liftgate/liftgate/backport"
)

// pickOptions are the flags of the backport command.
type pickOptions struct {
	repo, onto, write string
	signKey           string
	mainline          int
	noRecord, signOff bool
	json, tree        bool
	drafts            bool
	chain             string
	introduced        []string
	commits           []string
	committer         backport.Identity
	remote            backport.Remote
	ontoSHA           backport.SHA
	shas, chained     []backport.SHA
	bugs              []backport.SHA // what introduced it
}

func backportCommand(c *console) *cobra.Command {
	var o pickOptions
	cmd := &cobra.Command{
		Use:   "backport --repo PATH --onto BRANCH COMMIT...",
		Short: "Try a backport on any local clone, without a checkout",
		Long: `Backport picks commits onto a branch as Liftgate would: in a temporary store of its own, so that the clone is only read, its
index and work tree included. A commit is anything that git can name, or a range A..B; they are picked in the order given.

It prints the commit that would be pushed, or the files and places in conflict with the commits that the branch lacks, or
that the change is there already. The same commits give the same result on every machine with the same committer.

With --chain, the commits of the same fix as people adapted it for the next newer branch, those are tried first and the
given ones too. Where both apply they are compared: the same tree is confidence, different ones want a review.

--print-tree prints first the tree's SHA, or one of: conflict, draft (a guess at the resolution, for review; --drafts prints
its tree), already-fixed, or with --introduced not-affected.

Changes: nothing; with --write the new branch in the clone, and only if there is none of that name.

Exit codes: 0 clean or there already, 1 conflict, 2 error.`,
		Example: "  liftgate backport --repo ~/src/redis --onto 7.2 9f6e2a1\n  liftgate backport --onto stable-1.2 main~3..main --write fix-for-1.2",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.commits = args
			err := c.backport(cmd.Context(), &o)
			if _, coded := errors.AsType[*exit](err); coded {
				return err
			}
			return withCode(exitUsage, err)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.repo, "repo", ".", "the clone, or a folder in it")
	f.StringVar(&o.onto, "onto", "", "branch or commit to pick onto (required)")
	f.IntVarP(&o.mainline, "mainline", "m", 0, "which parent of a merge is its base, from 1")
	f.BoolVar(&o.noRecord, "no-record", false, `add no "(cherry picked from commit ...)" line`)
	f.BoolVarP(&o.signOff, "signoff", "s", false, "add a Signed-off-by line of the committer")
	f.StringVar(&o.signKey, "sign-key", "", "sign with the private key in this file, as committer.key_file of the server has it")
	f.StringVar(&o.write, "write", "", "put the result as a new branch into the clone")
	f.StringVar(&o.chain, "chain", "", "the same fix as the next newer branch has it: commits, separated by commas")
	f.StringSliceVar(&o.introduced, "introduced", nil, "commits that brought the bug; without them on the branch nothing is picked")
	f.BoolVar(&o.tree, "print-tree", false, "print the tree's SHA alone, or one word for what became of it")
	f.BoolVar(&o.drafts, "drafts", false, "with --print-tree, print the tree of a draft too")
	f.BoolVar(&o.json, "json", false, "print JSON")
	_ = cmd.MarkFlagDirname("repo") // fails only for a flag that is not there
	return cmd
}

func (c *console) backport(ctx context.Context, o *pickOptions) error {
	if o.onto == "" {
		return errors.New("say what to pick onto with --onto BRANCH")
	}
	clone, err := findClone(ctx, o.repo)
	if err != nil {
		return err
	}
	if err := o.resolve(ctx, clone); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "liftgate-backport-")
	if err != nil {
		return fmt.Errorf("make temporary store: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // leftovers in the system's temporary folder harm nobody
	stores, err := backport.Open(ctx, dir)
	if err != nil {
		return err
	}
	own, err := stores.Borrowing(ctx, "local/clone", "pick", string(clone))
	if err != nil {
		return err
	}
	own, end := own.Keeping(ctx)
	defer end()
	spared, err := o.spared(ctx, own)
	if err != nil {
		return err
	}
	if spared {
		return c.showPick(pickView{Result: "not-affected", Onto: o.ontoSHA}, o.json)
	}
	planned, err := o.plan(ctx, own)
	if err != nil {
		return err
	}
	if planned.Result.Conflict != nil && !o.tree {
		if err := own.Explain(ctx, planned.Result.Conflict); err != nil {
			return err
		}
	}
	report := viewPlan(o.ontoSHA, planned)
	if picked := planned.Result.Picked; picked != nil && o.write != "" {
		if report.Wrote, err = o.writeBranch(ctx, own, picked.Head); err != nil {
			return err
		}
	}
	if o.tree {
		return c.showTree(report, o.drafts)
	}
	return c.showPick(report, o.json)
}

// resolve turns names into commits, and reads who the committer is.
func (o *pickOptions) resolve(ctx context.Context, clone clone) (err error) {
	o.remote = backport.Remote{URL: (&url.URL{Scheme: "file", Path: string(clone)}).String(), Silent: true}
	if o.ontoSHA, err = clone.commit(ctx, o.onto); err != nil {
		return err
	}
	if o.shas, err = commitsOf(ctx, clone, o.commits); err != nil {
		return err
	}
	if o.chained, err = commitsOf(ctx, clone, strings.FieldsFunc(o.chain, func(r rune) bool { return r == ',' })); err != nil {
		return err
	}
	if o.bugs, err = commitsOf(ctx, clone, o.introduced); err != nil {
		return err
	}
	o.committer = clone.committer(ctx)
	o.committer.SignOff = o.signOff
	if o.signKey != "" {
		if o.committer.Signer, err = config.SigningKey(o.signKey); err != nil {
			return err
		}
	}
	if o.write == "" {
		return nil
	}
	o.write = strings.TrimPrefix(o.write, "refs/heads/")
	if _, err := clone.commit(ctx, "refs/heads/"+o.write); err == nil {
		return fmt.Errorf("the clone has a branch %s already; choose another name for --write", oneLine(o.write))
	}
	return nil
}

// commitsOf turns names into commits. One argument may hold several full SHAs, as a script's variable does.
func commitsOf(ctx context.Context, clone clone, names []string) ([]backport.SHA, error) {
	var list []backport.SHA
	for _, name := range names {
		parts := strings.Fields(name)
		if slices.ContainsFunc(parts, func(p string) bool { return !backport.SHA(p).Valid() }) {
			parts = []string{name}
		}
		for _, part := range parts {
			shas, err := clone.commits(ctx, part)
			if err != nil {
				return nil, err
			}
			list = append(list, shas...)
		}
	}
	return list, nil
}

// spared reports whether the branch seems not to have the bug. It is asked only if someone says what brought it.
func (o *pickOptions) spared(ctx context.Context, own *backport.Embargoed) (bool, error) {
	if len(o.bugs) == 0 {
		return false, nil
	}
	v, err := own.Affected(ctx, backport.Inquiry{Fix: o.shas, Introduced: o.bugs, Branch: o.ontoSHA})
	return v.Standing == backport.NotAffected, err
}

// plan tries every way. The committer's date is the last commit's, so that the result doesn't depend on when it was made.
func (o *pickOptions) plan(ctx context.Context, own *backport.Embargoed) (backport.Planned, error) {
	last, err := own.Commit(ctx, o.shas[len(o.shas)-1])
	if err != nil {
		return backport.Planned{}, fmt.Errorf("read the clone: %w", err)
	}
	o.committer.When = last.Committed
	return own.Plan(ctx, backport.Plan{
		Main: o.shas, Chain: o.chained, Onto: o.ontoSHA, Mainline: o.mainline, Message: backport.Message{Record: !o.noRecord}, Committer: o.committer,
	})
}

func (o *pickOptions) writeBranch(ctx context.Context, own *backport.Embargoed, head backport.SHA) (string, error) {
	pushed, err := own.PushMirror(ctx, o.remote, []backport.RefUpdate{{Ref: "refs/heads/" + o.write, New: head}})
	if err != nil {
		return "", fmt.Errorf("write branch %s: %w", oneLine(o.write), err)
	}
	if pushed[0].State == backport.PushRefused {
		return "", fmt.Errorf("write branch %s: the clone refused it: %s", oneLine(o.write), pushed[0].Reason)
	}
	return o.write, nil
}
