package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/liftgate/liftgate/app/liftgate/config"
	"github.com/liftgate/liftgate/backport"
)

// pickOptions are the flags of the backport command.
type pickOptions struct {
	repo, write       string
	onto              []string
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
	targets           []pickTarget
	shas, chained     []backport.SHA
	bugs              []backport.SHA // what introduced it
}

// pickTarget is one branch.
type pickTarget struct {
	name, write string // write is the branch to be made, if one is
	tip         backport.SHA
}

func backportCommand(c *console) *cobra.Command {
	var o pickOptions
	cmd := &cobra.Command{
		Use:   "backport --repo PATH --onto BRANCH... COMMIT...",
		Short: "Try a backport on any local clone, without a checkout",
		Long: `Backport picks commits onto a branch as Liftgate would: in a temporary store of its own, so that the clone is only read, its
index and work tree included. A commit is anything that git can name, or a range A..B; they are picked in the order given.

It prints the commit that would be pushed, or the files and places in conflict with the commits that the branch lacks, or
that the change is there already. The same commits give the same result on every machine with the same committer.

With --chain, the commits of the same fix as people adapted it for the next newer branch, those are tried first and the
given ones too. Where both apply they are compared: the same tree is confidence, different ones want a review. Of several
branches the one that left last comes first, and each follows the one before; trouble with one stops no other.

The result is one of: clean, draft (a guess at the resolution, for review), conflict, already-fixed, or with --introduced
not-affected. Without that a verdict is printed beside, by what the fix names in "Fixes:" lines. --print-tree prints first
the tree's SHA where it is clean, with --drafts a draft's too, else that word.

Changes: nothing; with --write the new branch in the clone, and only if there is none of that name. A draft or a conflict is
written as well: the branch then shows the places with markers.

Exit codes: 0 clean, there already or not affected, 1 conflict or draft, 2 error.`,
		Example: "  liftgate backport --repo ~/src/redis --onto 7.2 9f6e2a1\n  liftgate backport --onto stable-1.2,stable-1.1 main~3..main --write fix",
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
	f.StringSliceVar(&o.onto, "onto", nil, "branches or commits to pick onto (required)")
	f.IntVarP(&o.mainline, "mainline", "m", 0, "which parent of a merge is its base, from 1")
	f.BoolVar(&o.noRecord, "no-record", false, `add no "(cherry picked from commit ...)" line`)
	f.BoolVarP(&o.signOff, "signoff", "s", false, "add a Signed-off-by line of the committer")
	f.StringVar(&o.signKey, "sign-key", "", "sign with the private key in this file, as committer.key_file of the server has it")
	f.StringVar(&o.write, "write", "", "put the result as a new branch into the clone; for several, this and the branch's name: NAME/BRANCH")
	f.StringVar(&o.chain, "chain", "", "the same fix as the next newer branch has it: commits, separated by commas")
	f.StringSliceVar(&o.introduced, "introduced", nil, "commits that brought the bug; without them on the branch nothing is picked")
	f.BoolVar(&o.tree, "print-tree", false, "print the tree's SHA alone, or one word for what became of it")
	f.BoolVar(&o.drafts, "drafts", false, "with --print-tree, print the tree of a draft too")
	f.BoolVar(&o.json, "json", false, "print JSON; a path that is not UTF-8 is quoted as in C")
	_ = cmd.MarkFlagDirname("repo") // fails only for a flag that is not there
	return cmd
}

func (c *console) backport(ctx context.Context, o *pickOptions) error {
	if len(o.onto) == 0 {
		return errors.New("say what to pick onto with --onto BRANCH")
	}
	if o.tree && len(o.onto) > 1 {
		return errors.New("--print-tree is for one branch; use --json for several")
	}
	clone, err := findClone(ctx, o.repo)
	if err != nil {
		return err
	}
	if err := o.resolve(ctx, clone); err != nil {
		return err
	}
	var views []pickView
	err = clone.borrow(ctx, func(own *backport.Embargoed) error {
		views, err = o.all(ctx, own)
		return err
	})
	if err != nil {
		return err
	}
	if o.tree {
		return c.showTree(views[0], o.drafts)
	}
	return c.showPicks(views, o.json)
}

// all plans every branch, newest first, each from the fix as the one before has it.
func (o *pickOptions) all(ctx context.Context, own *backport.Embargoed) ([]pickView, error) {
	last, err := own.Commit(ctx, o.shas[len(o.shas)-1])
	if err != nil {
		return nil, fmt.Errorf("read the clone: %w", err)
	}
	o.committer.When = last.Committed // so that the result doesn't depend on when it was made
	tips := make([]backport.SHA, len(o.targets))
	for i, target := range o.targets {
		tips[i] = target.tip
	}
	order, err := own.NewestFirst(ctx, last.SHA, tips)
	if err != nil {
		return nil, err
	}
	own.Foresee(ctx, o.plan(""), tips)
	var views []pickView
	for _, i := range order {
		view, err := o.one(ctx, own, o.targets[i])
		if err != nil && (len(o.targets) == 1 || ctx.Err() != nil) {
			return nil, err
		}
		if err != nil {
			view = pickView{Branch: o.targets[i].name, Result: resultFailed, Onto: o.targets[i].tip, Failed: incomplete(err).Error()}
		}
		views = append(views, view)
	}
	return views, nil
}

// one plans one branch.
func (o *pickOptions) one(ctx context.Context, own *backport.Embargoed, target pickTarget) (pickView, error) {
	view := pickView{Branch: target.name, Onto: target.tip}
	if !o.tree || len(o.bugs) > 0 {
		v, err := own.Affected(ctx, backport.Inquiry{Fix: o.shas, Introduced: o.bugs, Branch: target.tip})
		if err != nil {
			return view, err
		}
		verdict := viewVerdict(target.name, target.tip, v)
		if view.Verdict = &verdict; len(o.bugs) > 0 && v.Standing == backport.NotAffected {
			view.Result = resultSpared
			return view, nil
		}
	}
	planned, err := own.Plan(ctx, o.plan(target.tip))
	if err != nil {
		return view, err
	}
	if planned.Result.Conflict != nil && !o.tree {
		if err := own.Explain(ctx, planned.Result.Conflict); err != nil {
			return view, err
		}
	}
	view = viewPlan(view, planned)
	head := made(planned)
	if head != "" && planned.Result.Picked != nil {
		o.chained = nil
		for _, step := range planned.Result.Picked.Steps {
			if step.To != "" {
				o.chained = append(o.chained, step.To)
			}
		}
	}
	if head != "" && view.Result != resultConflict && !o.tree {
		if view.Compared, err = o.compared(ctx, own, target.tip, head); err != nil {
			return view, err
		}
	}
	if head != "" && target.write != "" {
		view.Wrote, err = o.writeBranch(ctx, own, target.write, head)
	}
	return view, err
}

// made is the commit that a plan came to, if it came to one: the fix, a guess at it, or what shows the conflict.
func made(planned backport.Planned) backport.SHA {
	switch r := planned.Result; {
	case r.Picked != nil:
		return r.Picked.Head
	case planned.Draft != nil:
		return planned.Draft.Head
	case r.Conflict != nil:
		return r.Conflict.Head
	}
	return ""
}

// compared says how a result differs from the given commits, which must be one after the other for that.
func (o *pickOptions) compared(ctx context.Context, own *backport.Embargoed, onto, head backport.SHA) (*comparedView, error) {
	var before backport.SHA
	for i, sha := range o.shas {
		c, err := own.Commit(ctx, sha)
		if err != nil {
			return nil, err
		}
		base := 0
		if len(c.Parents) > 1 {
			base = max(o.mainline-1, 0)
		}
		if base >= len(c.Parents) || i > 0 && !slices.Contains(c.Parents, o.shas[i-1]) {
			return nil, nil
		}
		if i == 0 {
			before = c.Parents[base]
		}
	}
	d, err := own.Compare(ctx, before, o.shas[len(o.shas)-1], onto, head)
	if err != nil {
		return nil, err
	}
	return viewDifference(d), nil
}

// resolve turns names into commits, and reads who the committer is.
func (o *pickOptions) resolve(ctx context.Context, clone clone) (err error) {
	o.remote = backport.Remote{URL: (&url.URL{Scheme: "file", Path: string(clone)}).String(), Silent: true}
	for _, name := range o.onto {
		tip, err := clone.commit(ctx, name)
		if err != nil {
			return err
		}
		o.targets = append(o.targets, pickTarget{name: name, tip: tip})
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
	for i, target := range o.targets {
		name := o.write
		if len(o.targets) > 1 {
			name += "/" + strings.TrimPrefix(target.name, "refs/heads/")
		}
		if _, err := clone.commit(ctx, "refs/heads/"+name); err == nil {
			return fmt.Errorf("the clone has a branch %s already; choose another name for --write", oneLine(name))
		}
		o.targets[i].write = name
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

// plan asks for the fix by every way.
func (o *pickOptions) plan(onto backport.SHA) backport.Plan {
	return backport.Plan{
		Main: o.shas, Chain: o.chained, Onto: onto, Mainline: o.mainline, Message: backport.Message{Record: !o.noRecord}, Committer: o.committer,
	}
}

func (o *pickOptions) writeBranch(ctx context.Context, own *backport.Embargoed, name string, head backport.SHA) (string, error) {
	pushed, err := own.PushMirror(ctx, o.remote, []backport.RefUpdate{{Ref: "refs/heads/" + name, New: head}})
	if err != nil {
		return "", fmt.Errorf("write branch %s: %w", oneLine(name), err)
	}
	if pushed[0].State == backport.PushRefused {
		return "", fmt.Errorf("write branch %s: the clone refused it: %s", oneLine(name), pushed[0].Reason)
	}
	return name, nil
}
