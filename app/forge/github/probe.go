package github

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/policy"
)

// probe reads everything at GitHub that can stop a lift. What stands in the way is a result; an error means that it could
// not be found out now.
func (f *Forge) probe(ctx context.Context, do policy.Probe) (policy.ProbeResult, error) {
	var r findings
	writesWorkflows, err := f.probeToken(ctx, &r)
	if err != nil {
		return policy.ProbeResult{}, err
	}
	if err := f.probePublic(ctx, &r); err != nil {
		return policy.ProbeResult{}, err
	}
	if err := f.probeReport(ctx, do.Report, &r); err != nil {
		return policy.ProbeResult{}, err
	}
	each := make([]findings, len(do.Moves))
	rulesets := &rulesetReader{f: f}
	group, gctx := errgroup.WithContext(ctx)
	for i, move := range do.Moves {
		group.Go(func() error {
			if err := f.probeBranch(gctx, move.Branch, rulesets, &each[i]); err != nil || writesWorkflows {
				return err
			}
			return f.probeWorkflows(gctx, move, &each[i])
		})
	}
	if err := group.Wait(); err != nil {
		return policy.ProbeResult{}, err
	}
	for _, e := range each {
		r.checked, r.problems = append(r.checked, e.checked...), append(r.problems, e.problems...)
	}
	return policy.ProbeResult{Checked: r.checked, Problems: r.problems}, nil
}

// findings gather what was looked at and what stands in the way.
type findings struct{ checked, problems []string }

func (r *findings) check(format string, args ...any) {
	r.checked = append(r.checked, fmt.Sprintf(format, args...))
}
func (r *findings) problem(format string, args ...any) {
	r.problems = append(r.problems, fmt.Sprintf(format, args...))
}

// refusal makes a problem of an error that only people can mend, and gives any other back.
func (r *findings) refusal(what string, err error) error {
	if t := policy.AsTrouble(err); t != nil && (t.Kind == policy.TroubleRefused || t.Kind == policy.TroubleInvalid) {
		r.problem("%s: %s", what, t.Hint)
		return nil
	}
	return err
}

// probeToken looks whether the lift's token would be given, and whether it may change workflows.
func (f *Forge) probeToken(ctx context.Context, r *findings) (writesWorkflows bool, err error) {
	r.check("the token that moves the public branches")
	granted, err := f.wouldLift(ctx)
	if err != nil {
		return false, r.refusal("the token that moves the public branches", err)
	}
	return covers(granted["workflows"], "write"), nil
}

func (f *Forge) probePublic(ctx context.Context, r *findings) error {
	r.check("the public repository")
	var public repository
	if err := f.get(ctx, asCheck, f.public.path(), &public); err != nil {
		return r.refusal("the public repository", err)
	}
	if public.Archived {
		r.problem("the public repository is archived")
	}
	if public.Disabled {
		r.problem("the public repository is disabled by GitHub")
	}
	if public.FullName != "" && !strings.EqualFold(public.FullName, f.public.full()) {
		r.problem("the public repository was renamed or moved: correct its name in the configuration")
	}
	return nil
}

// probeReport proves that the report can be written to. What it lacks for publication is judged by policy.
func (f *Forge) probeReport(ctx context.Context, ref string, r *findings) error {
	if ref == "" {
		return nil
	}
	r.check("the private report")
	a, err := f.advisory(ctx, ref)
	if err != nil {
		return r.refusal("the private report", err)
	}
	if a.Fork != nil { // GitHub shows no App what is in there, so this can only be said
		r.check("the private report has a temporary private fork: its pull requests must be closed before publication")
	}
	if a.state() == policy.ReportClosed {
		r.problem("the private report is closed at GitHub: it can't be published")
	}
	return nil
}

// probeBranch finds out whether a plain push of the App's would be taken by one public branch.
func (f *Forge) probeBranch(ctx context.Context, name string, rulesets *rulesetReader, r *findings) error {
	r.check("%s: exists, its rules and the App's bypass", name)
	at := f.public.path() + "/branches/" + url.PathEscape(name)
	var b branch
	err := f.get(ctx, asCheck, at, &b)
	if wire.Gone(err) {
		r.problem("%s: the public branch does not exist any more", name)
		return nil
	}
	if err != nil {
		return r.refusal(name, err)
	}
	if err := f.probeRules(ctx, name, rulesets, r); err != nil {
		return err
	}
	protected := b.Protected
	if b.Protection != nil && b.Protection.Enabled != nil {
		protected = *b.Protection.Enabled // the classic kind alone; the other flag may mean rulesets too
	}
	if !protected {
		return nil
	}
	return f.probeClassic(ctx, name, at+"/protection", r)
}

// classic is what of a classic branch protection can refuse a plain push.
type classic struct {
	Checks *struct {
		Contexts []string `json:"contexts"`
		Checks   []any    `json:"checks"`
	} `json:"required_status_checks"`
	Reviews *struct {
		Bypass *struct {
			Apps []viaApp `json:"apps"`
		} `json:"bypass_pull_request_allowances"`
	} `json:"required_pull_request_reviews"`
	Restrictions *struct {
		Apps []viaApp `json:"apps"`
	} `json:"restrictions"`
	Signatures *switched `json:"required_signatures"`
	Lock       *switched `json:"lock_branch"`
}

type switched struct {
	Enabled bool `json:"enabled"`
}

func (s *switched) on() bool { return s != nil && s.Enabled }

func (f *Forge) probeClassic(ctx context.Context, name, path string, r *findings) error {
	var c classic
	err := f.get(ctx, asCheck, path, &c)
	switch {
	case wire.StatusOf(err) == http.StatusNotFound:
		return nil // GitHub's way to say that no classic protection is there
	case wire.StatusOf(err) == http.StatusForbidden:
		r.problem("%s: protected in a way that the App may not read; give it administration:read or protect the branch with a ruleset", name)
		return nil
	case err != nil:
		return r.refusal(name, err)
	}
	mine := func(apps []viaApp) bool {
		for _, a := range apps {
			if a.ID == f.lifter.id {
				return true
			}
		}
		return false
	}
	if c.Checks != nil && len(c.Checks.Contexts)+len(c.Checks.Checks) > 0 {
		r.problem("%s: a classic branch protection requires status checks, which no App can bypass; use a ruleset", name)
	}
	if c.Reviews != nil && (c.Reviews.Bypass == nil || !mine(c.Reviews.Bypass.Apps)) {
		r.problem("%s: a classic branch protection requires pull requests and does not let the App bypass that", name)
	}
	if c.Restrictions != nil && !mine(c.Restrictions.Apps) {
		r.problem("%s: a classic branch protection does not let the App push", name)
	}
	if c.Lock.on() {
		r.problem("%s: the branch is locked", name)
	}
	if c.Signatures.on() {
		r.problem("%s: a classic branch protection requires signed commits", name)
	}
	return nil
}

// probeWorkflows is asked only when the lift's token may not change workflows: then no candidate may do so.
func (f *Forge) probeWorkflows(ctx context.Context, move policy.Move, r *findings) error {
	if move.Old == "" || move.New == "" {
		return nil
	}
	var compared struct {
		Files []struct {
			Name     string `json:"filename"`
			Previous string `json:"previous_filename"`
		} `json:"files"`
	}
	// Both commits are in the mirror; the public repository has not seen the candidate, and must not.
	err := f.get(ctx, asDesk, f.mirror.path()+"/compare/"+move.Old+"..."+move.New, &compared)
	if missingCommit(err) {
		return nil // the candidate is not in the mirror, which policy finds out by its missing proof
	}
	if err != nil {
		return r.refusal(move.Branch, err)
	}
	const workflows, most = ".github/workflows/", 300
	for _, file := range compared.Files {
		if strings.HasPrefix(file.Name, workflows) || strings.HasPrefix(file.Previous, workflows) {
			r.problem("%s: the fix changes workflows, for which the App lacks workflows:write", move.Branch)
			return nil
		}
	}
	if len(compared.Files) >= most {
		r.problem("%s: the fix changes too many files to tell whether workflows are among them; give the App workflows:write", move.Branch)
	}
	return nil
}
