package github

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// Protection is classic branch protection.
type Protection struct {
	Checks        map[string]int64 // required contexts, each with the App that must report it (0: anybody)
	EnforceAdmins bool
	RequirePull   bool     // changes only through pull requests
	PullBypass    []string // App slugs and logins that push without one; required checks still bind them
	Restrict      []string // if not nil, only these App slugs and logins may push
	AllowForce    bool
	AllowDelete   bool
}

// Protect puts classic protection on a branch; nil takes it away.
func (s *Server) Protect(repo, branch string, p *Protection) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(repo)
	if err != nil {
		return err
	}
	if p == nil {
		delete(r.protections, branch)
		return nil
	}
	if !r.featured() {
		return errors.New("protect branch: upgrade to GitHub Pro or make this repository public to enable this feature")
	}
	cp := *p
	r.protections[branch] = &cp
	return nil
}

// protection is what binds a branch; a plan that was cancelled takes it away.
func (r *repository) protection(branch string) *Protection {
	if !r.featured() {
		return nil
	}
	return r.protections[branch]
}

func (s *Server) protected(r *repository, branch string) bool {
	if r.protection(branch) != nil {
		return true
	}
	return r.featured() && slices.ContainsFunc(r.rulesets, func(rs *ruleset) bool {
		return rs.Enforcement == "active" && rs.applies(r, "refs/heads/"+branch)
	})
}

func (c *call) protectionSummary(r *repository, branch string) obj {
	checks := obj{"enforcement_level": "off", "contexts": []string{}, "checks": []obj{}}
	p := r.protection(branch)
	if p != nil {
		checks = checksObj(p)
		checks["enforcement_level"] = "everyone"
	}
	return obj{"enabled": p != nil, "required_status_checks": checks}
}

func checksObj(p *Protection) obj {
	names, list := slices.Sorted(maps.Keys(p.Checks)), []obj{}
	for _, n := range names {
		var appID any
		if id := p.Checks[n]; id != 0 {
			appID = id
		}
		list = append(list, obj{"context": n, "app_id": appID})
	}
	return obj{"contexts": append([]string{}, names...), "checks": list}
}

func (c *call) getProtection() reply {
	if rep := c.featureless(); rep != nil {
		return *rep
	}
	p := c.repo.protection(c.params["branch"])
	if p == nil {
		return failure(http.StatusNotFound, "Branch not protected")
	}
	u := c.api("repos/%s/branches/%s/protection", c.repo.full(), escape(c.params["branch"]))
	o := obj{
		"url": u, "enforce_admins": obj{"url": u + "/enforce_admins", "enabled": p.EnforceAdmins},
		"allow_force_pushes": obj{"enabled": p.AllowForce}, "allow_deletions": obj{"enabled": p.AllowDelete},
		"required_linear_history": obj{"enabled": false}, "block_creations": obj{"enabled": false}, "lock_branch": obj{"enabled": false},
		"required_conversation_resolution": obj{"enabled": false}, "allow_fork_syncing": obj{"enabled": false},
		"required_signatures": obj{"url": u + "/required_signatures", "enabled": false},
	}
	if p.Checks != nil {
		checks := checksObj(p)
		checks["url"], checks["contexts_url"], checks["strict"] = u+"/required_status_checks", u+"/required_status_checks/contexts", false
		o["required_status_checks"] = checks
	}
	if p.RequirePull {
		o["required_pull_request_reviews"] = obj{"url": u + "/required_pull_request_reviews", "dismiss_stale_reviews": false,
			"require_code_owner_reviews": false, "required_approving_review_count": 0, "require_last_push_approval": false}
	}
	return ok(o)
}

// violation says which rule a change broke, in the words of a push.
type violation struct {
	ref     string
	classic bool
	reasons []string
}

func (v *violation) text() string {
	if v.classic {
		return strings.Join(v.reasons, " ")
	}
	return "Repository rule violations found\n\n" + strings.Join(v.reasons, "\n\n") + "\n\n"
}

// status is what git's report says beside the ref.
func (v *violation) status() string {
	if v.classic {
		return "protected branch hook declined"
	}
	return "push declined due to repository rule violations"
}

// remote is what the pusher reads on the terminal.
func (v *violation) remote(s *Server, r *repository) string {
	var b strings.Builder
	if v.classic {
		fmt.Fprintf(&b, "error: GH006: Protected branch update failed for %s.\n", v.ref)
		for _, why := range v.reasons {
			fmt.Fprintf(&b, "error: %s\n", why)
		}
		return b.String()
	}
	fmt.Fprintf(&b, "error: GH013: Repository rule violations found for %s.\nReview all repository rules at %s/%s/rules?ref=%s\n\n",
		v.ref, s.URL(), r.full(), strings.ReplaceAll(v.ref, "/", "%2F"))
	for _, why := range v.reasons {
		fmt.Fprintf(&b, "- %s\n\n", why)
	}
	return b.String()
}

// judge checks a direct change of a ref against rulesets and protection. env lets git see quarantined objects.
func (s *Server) judge(r *repository, c *credential, ch sandbox.RefChange, env []string) *violation {
	if !r.featured() {
		return nil
	}
	var reasons []string
	for _, rs := range r.rulesets {
		if rs.Enforcement == "active" && rs.applies(r, ch.Ref) && rs.bypass(r, c) != "always" {
			reasons = append(reasons, s.broken(r, rs, ch, env)...)
		}
	}
	if len(reasons) > 0 {
		return &violation{ref: ch.Ref, reasons: slices.Compact(reasons)}
	}
	return s.judgeClassic(r, c, ch, env)
}

func (s *Server) broken(r *repository, rs *ruleset, ch sandbox.RefChange, env []string) []string {
	create, remove := ch.Old == sandbox.Zero, ch.New == sandbox.Zero
	var out []string
	for _, rule := range rs.Rules {
		switch {
		case rule.Type == "creation" && create:
			out = append(out, "Cannot create ref due to creations being restricted.")
		case rule.Type == "deletion" && remove:
			out = append(out, "Cannot delete this protected ref.")
		case remove:
		case rule.Type == "merge_queue":
			out = append(out, "Changes must be made through the merge queue")
		case rule.Type == "required_status_checks" && !(create && rule.Parameters["do_not_enforce_on_create"] == true):
			out = append(out, summary(rule.unmet(r, ch.New), len(rule.checks()))...)
		case create:
		case rule.Type == "update":
			out = append(out, "Cannot update this protected ref.")
		case rule.Type == "non_fast_forward" && !r.git.IsAncestor(env, ch.Old, ch.New):
			out = append(out, "Cannot force-push to this protected ref.")
		case rule.Type == "pull_request":
			out = append(out, "Changes must be made through a pull request.")
		case rule.Type == "required_linear_history" && s.hasMerges(r, env, ch):
			out = append(out, "This branch must not contain merge commits.")
		}
	}
	return out
}

// summary folds several missing checks into one line, as a push shows them.
func summary(missing []string, total int) []string {
	if len(missing) > 1 {
		return []string{fmt.Sprintf("%d of %d required status checks are expected.", len(missing), total)}
	}
	return missing
}

func (s *Server) hasMerges(r *repository, env []string, ch sandbox.RefChange) bool {
	out, err := r.git.RunWith(env, nil, "rev-list", "--merges", "--max-count=1", ch.Old+".."+ch.New)
	return err != nil || out != ""
}

// checks reads the parameters of a required_status_checks rule, set from Go or from JSON.
func (rule Rule) checks() map[string]int64 {
	list, _ := rule.Parameters["required_status_checks"].([]any)
	out := map[string]int64{}
	for _, x := range list {
		one, _ := x.(map[string]any)
		name, _ := one["context"].(string)
		switch id := one["integration_id"].(type) {
		case int64:
			out[name] = id
		case int:
			out[name] = int64(id)
		case float64:
			out[name] = int64(id)
		default:
			out[name] = 0
		}
	}
	return out
}

func (rule Rule) unmet(r *repository, sha string) []string { return unmet(r, rule.checks(), sha) }

func unmet(r *repository, checks map[string]int64, sha string) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(checks)) {
		if why := r.missing(sha, name, checks[name]); why != "" {
			out = append(out, why)
		}
	}
	return out
}

// named tells whether a caller is one of some App slugs and logins.
func (c *credential) named(list []string) bool {
	for _, n := range list {
		if c.kind == "user" && strings.EqualFold(c.user.login, n) || c.kind == "installation" && c.app.slug == n {
			return true
		}
	}
	return false
}

func (s *Server) judgeClassic(r *repository, c *credential, ch sandbox.RefChange, env []string) *violation {
	branch, isBranch := strings.CutPrefix(ch.Ref, "refs/heads/")
	p := r.protection(branch)
	if !isBranch || p == nil || ch.Old == sandbox.Zero {
		return nil
	}
	admin := c.kind == "user" && r.role(c.user) == RoleAdmin && !p.EnforceAdmins
	var why []string
	switch {
	case ch.New == sandbox.Zero:
		if !p.AllowDelete {
			why = append(why, "Cannot delete a protected branch")
		}
	case !p.AllowForce && !r.git.IsAncestor(env, ch.Old, ch.New):
		why = append(why, "Cannot force-push to a protected branch")
	case admin:
	default:
		if p.Restrict != nil && !c.named(p.Restrict) {
			why = append(why, "You're not authorized to push to this branch. Visit https://docs.github.com/articles/about-protected-branches/ for more information.")
		}
		if p.RequirePull && !c.named(p.PullBypass) {
			why = append(why, "Changes must be made through a pull request.")
		}
		why = append(why, summary(unmet(r, p.Checks, ch.New), len(p.Checks))...)
	}
	if len(why) == 0 {
		return nil
	}
	return &violation{ref: ch.Ref, classic: true, reasons: why}
}

// judgeMerge is judge for the merge button, which satisfies the rules that ask for a pull request.
func (s *Server) judgeMerge(r *repository, c *credential, p *pull, tip string) *violation {
	if !r.featured() {
		return nil
	}
	ref := "refs/heads/" + p.baseRef
	var reasons []string
	for _, rs := range r.rulesets {
		if rs.Enforcement != "active" || !rs.applies(r, ref) || rs.bypass(r, c) != "" {
			continue
		}
		for _, rule := range rs.Rules {
			switch rule.Type {
			case "update":
				reasons = append(reasons, "Cannot update this protected ref.")
			case "merge_queue":
				reasons = append(reasons, "Changes must be made through the merge queue")
			case "required_status_checks":
				reasons = append(reasons, rule.unmet(r, p.headSHA)...)
			case "pull_request":
				if need := int(number(rule.Parameters["required_approving_review_count"])); approvals(r, p) < need {
					reasons = append(reasons, fmt.Sprintf("At least %d approving review is required by reviewers with write access.", need))
				}
			}
		}
	}
	if len(reasons) > 0 {
		return &violation{ref: ref, reasons: reasons}
	}
	classic := r.protection(p.baseRef)
	if classic == nil || c.kind == "user" && r.role(c.user) == RoleAdmin && !classic.EnforceAdmins {
		return nil
	}
	if classic.Restrict != nil && !c.named(classic.Restrict) {
		reasons = append(reasons, "You're not authorized to push to this branch.")
	}
	if reasons = append(reasons, unmet(r, classic.Checks, p.headSHA)...); len(reasons) > 0 {
		return &violation{ref: ref, classic: true, reasons: reasons}
	}
	return nil
}

func number(v any) float64 {
	switch n := v.(type) {
	case float64:
		return n
	case int:
		return float64(n)
	}
	return 0
}

// approvals counts people with write access whose last word on a pull request is yes.
func approvals(r *repository, p *pull) int {
	last := map[*account]string{}
	for _, v := range p.reviews {
		if v.state == "APPROVED" || v.state == "CHANGES_REQUESTED" || v.state == "DISMISSED" {
			last[v.user] = v.state
		}
	}
	n := 0
	for a, state := range last {
		if state == "APPROVED" && r.role(a) >= RoleWrite {
			n++
		}
	}
	return n
}

// missingChecks lists every required check that a commit lacks for a branch, whoever asks.
func (s *Server) missingChecks(r *repository, branch, sha string) []string {
	if !r.featured() {
		return nil
	}
	var out []string
	for _, rs := range r.rulesets {
		if rs.Enforcement == "active" && rs.applies(r, "refs/heads/"+branch) {
			for _, rule := range rs.Rules {
				switch rule.Type {
				case "required_status_checks":
					out = append(out, rule.unmet(r, sha)...)
				case "update":
					out = append(out, "Cannot update this protected ref.")
				}
			}
		}
	}
	if p := r.protection(branch); p != nil {
		out = append(out, unmet(r, p.Checks, sha)...)
	}
	return out
}
