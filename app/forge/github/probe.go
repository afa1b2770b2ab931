package github

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/liftgate/liftgate/app/forge/reading"
	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/policy"
)

// probe reads everything at GitHub that can stop a lift. What stands in the way is a result; an error means that it could
// not be found out now.
func (f *Forge) probe(ctx context.Context, do policy.Probe) (policy.ProbeResult, error) {
	var r reading.Findings
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
	rulesets := &rulesetReader{f: f}
	each, err := reading.Each(ctx, do.Moves, func(ctx context.Context, move policy.Move) (r reading.Findings, err error) {
		if err = f.probeBranch(ctx, move.Branch, rulesets, &r); err == nil && !writesWorkflows {
			err = f.probeWorkflows(ctx, move, &r)
		}
		return r, err
	})
	if err != nil {
		return policy.ProbeResult{}, err
	}
	r.Add(each...)
	return r.ProbeResult, nil
}

// probeToken looks whether the lift's token would be given, and whether it may change workflows.
func (f *Forge) probeToken(ctx context.Context, r *reading.Findings) (writesWorkflows bool, err error) {
	r.Check("the token that moves the public branches")
	granted, err := f.wouldLift(ctx)
	if err != nil {
		return false, r.Refusal("the token that moves the public branches", err)
	}
	return covers(granted["workflows"], "write"), nil
}

func (f *Forge) probePublic(ctx context.Context, r *reading.Findings) error {
	r.Check("the public repository")
	var public repository
	if err := f.get(ctx, asCheck, f.public.path(), &public); err != nil {
		return r.Refusal("the public repository", err)
	}
	if public.Archived {
		r.Problem("the public repository is archived")
	}
	if public.Disabled {
		r.Problem("the public repository is disabled by GitHub")
	}
	if public.FullName != "" && !strings.EqualFold(public.FullName, f.public.full()) {
		r.Problem("the public repository was renamed or moved: correct its name in the configuration")
	}
	return nil
}

// probeReport proves that the report can be written to. What it lacks for publication is judged by policy.
func (f *Forge) probeReport(ctx context.Context, ref string, r *reading.Findings) error {
	if ref == "" {
		return nil
	}
	r.Check("the private report")
	a, err := f.advisory(ctx, ref)
	if err != nil {
		return r.Refusal("the private report", err)
	}
	if a.Fork != nil { // GitHub shows no App what is in there, so this can only be said
		r.Risk("the private report has a temporary private fork: its pull requests must be closed before publication")
	}
	if a.state() == policy.ReportClosed {
		r.Problem("the private report is closed at GitHub: it can't be published")
	}
	return nil
}

// probeBranch finds out whether a plain push of the App's would be taken by one public branch.
func (f *Forge) probeBranch(ctx context.Context, name string, rulesets *rulesetReader, r *reading.Findings) error {
	r.Check("%s: exists, its rules and the App's bypass", name)
	at := f.public.path() + "/branches/" + url.PathEscape(name)
	var b branch
	err := f.get(ctx, asCheck, at, &b)
	if wire.Gone(err) {
		r.Problem("%s: the public branch does not exist any more", name)
		return nil
	}
	if err != nil {
		return r.Refusal(name, err)
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

func (f *Forge) probeClassic(ctx context.Context, name, path string, r *reading.Findings) error {
	var c classic
	err := f.get(ctx, asCheck, path, &c)
	switch {
	case wire.StatusOf(err) == http.StatusNotFound:
		return nil // GitHub's way to say that no classic protection is there
	case wire.StatusOf(err) == http.StatusForbidden:
		r.Problem("%s: protected in a way that the App may not read; give it administration:read or protect the branch with a ruleset", name)
		return nil
	case err != nil:
		return r.Refusal(name, err)
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
		r.Problem("%s: a classic branch protection requires status checks, which no App can bypass; use a ruleset", name)
	}
	if c.Reviews != nil && (c.Reviews.Bypass == nil || !mine(c.Reviews.Bypass.Apps)) {
		r.Problem("%s: a classic branch protection requires pull requests and does not let the App bypass that", name)
	}
	if c.Restrictions != nil && !mine(c.Restrictions.Apps) {
		r.Problem("%s: a classic branch protection does not let the App push", name)
	}
	if c.Lock.on() {
		r.Problem("%s: the branch is locked", name)
	}
	if c.Signatures.on() {
		r.Problem("%s: a classic branch protection requires signed commits", name)
	}
	return nil
}

// probeWorkflows is asked only when the lift's token may not change workflows: then no candidate may do so.
func (f *Forge) probeWorkflows(ctx context.Context, move policy.Move, r *reading.Findings) error {
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
		return r.Refusal(move.Branch, err)
	}
	const workflows, most = ".github/workflows/", 300
	for _, file := range compared.Files {
		if strings.HasPrefix(file.Name, workflows) || strings.HasPrefix(file.Previous, workflows) {
			r.Problem("%s: the fix changes workflows, for which the App lacks workflows:write", move.Branch)
			return nil
		}
	}
	if len(compared.Files) >= most {
		r.Problem("%s: the fix changes too many files to tell whether workflows are among them; give the App workflows:write", move.Branch)
	}
	return nil
}
