package github

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/liftgate/liftgate/app/forge/reading"
	"github.com/liftgate/liftgate/policy"
)

// rule is one active rule of a branch. It is read raw: the SDK's type fails on kinds of rule that it does not know.
type rule struct {
	Type    string `json:"type"`
	Ruleset int64  `json:"ruleset_id"`
}

// harmless reports whether a rule can't refuse a plain fast-forward of an existing branch. Any other, and any kind of
// rule that is not known here, may.
func (r rule) harmless() bool {
	switch r.Type {
	case "creation", "deletion", "non_fast_forward", "copilot_code_review":
		return true
	}
	return false
}

// rulesetReader reads each ruleset once in a probe, however many branches it is about.
type rulesetReader struct {
	f     *Forge
	mu    sync.Mutex
	known map[int64]bypass
}

type bypass struct {
	level string // always, pull_requests_only, never, exempt, or empty when GitHub does not say
	err   error
}

// bypass tells what the App that lifts may do about a ruleset.
func (rr *rulesetReader) bypass(ctx context.Context, id int64) (string, error) {
	rr.mu.Lock()
	defer rr.mu.Unlock()
	if b, ok := rr.known[id]; ok {
		return b.level, b.err
	}
	var set struct {
		Bypass string `json:"current_user_can_bypass"`
	}
	path := fmt.Sprintf("%s/rulesets/%d?includes_parents=true", rr.f.public.path(), id)
	err := rr.f.get(ctx, asCheck, path, &set)
	if t := policy.AsTrouble(err); t != nil && t.Kind == policy.TroubleRefused {
		err = nil // not shown to the App, so not known to be passable
	}
	if rr.known == nil {
		rr.known = map[int64]bypass{}
	}
	rr.known[id] = bypass{set.Bypass, err}
	return set.Bypass, err
}

// probeRules names the rulesets that would refuse a push to a branch.
func (f *Forge) probeRules(ctx context.Context, name string, rulesets *rulesetReader, r *reading.Findings) error {
	rules, err := every[rule](ctx, f, asCheck, f.public.path()+"/rules/branches/"+url.PathEscape(name), nil)
	if err != nil {
		return r.Refusal(name, err)
	}
	kinds := map[int64][]string{}
	var order []int64
	for _, rule := range rules {
		if rule.harmless() {
			continue
		}
		if kinds[rule.Ruleset] == nil {
			order = append(order, rule.Ruleset)
		}
		if !slices.Contains(kinds[rule.Ruleset], rule.Type) {
			kinds[rule.Ruleset] = append(kinds[rule.Ruleset], rule.Type)
		}
	}
	for _, id := range order {
		level, err := rulesets.bypass(ctx, id)
		if err != nil {
			return err
		}
		why := "does not let the App bypass it: add the App to its bypass list with the mode always"
		switch level {
		case "always", "exempt":
			continue
		case "pull_requests_only":
			why = "lets the App bypass it in pull requests only: set the mode to always"
		case "":
			why = "does not show whether the App may bypass it: give the App administration:read"
		}
		r.Problem("%s: ruleset %d (%s) %s", name, id, strings.Join(kinds[id], ", "), why)
	}
	return nil
}
