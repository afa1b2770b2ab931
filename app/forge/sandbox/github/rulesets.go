package github

import (
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
)

// Ruleset is a repository ruleset as a person sets it up. The JSON is GitHub's.
type Ruleset struct {
	Name        string         `json:"name"`
	Target      string         `json:"target"`      // branch (when empty) or tag
	Enforcement string         `json:"enforcement"` // active (when empty), evaluate or disabled
	Include     []string       `json:"-"`           // "refs/heads/stable-*", "~DEFAULT_BRANCH", "~ALL"
	Exclude     []string       `json:"-"`
	Rules       []Rule         `json:"rules"`
	Bypass      []Bypass       `json:"bypass_actors"`
	Conditions  *refConditions `json:"conditions"`
}

type refConditions struct {
	RefName struct {
		Include []string `json:"include"`
		Exclude []string `json:"exclude"`
	} `json:"ref_name"`
}

// Rule is one rule of a ruleset. Enforced types: creation, update, deletion, non_fast_forward, pull_request,
// required_status_checks, required_linear_history, merge_queue; others are listed and not enforced.
type Rule struct {
	Type       string         `json:"type"`
	Parameters map[string]any `json:"parameters,omitempty"`
}

// Bypass lets an actor past a whole ruleset. ActorType is Integration, OrganizationAdmin, RepositoryRole or User;
// for RepositoryRole the id is 2 maintain, 4 write, 5 admin.
type Bypass struct {
	ActorID   int64  `json:"actor_id"`
	ActorType string `json:"actor_type"`
	Mode      string `json:"bypass_mode"` // always (when empty) or pull_request
}

// RequiredChecks is the required_status_checks rule; an App id of 0 accepts any source.
func RequiredChecks(byContext map[string]int64) Rule {
	var list []any
	for name, appID := range byContext {
		one := map[string]any{"context": name}
		if appID != 0 {
			one["integration_id"] = appID
		}
		list = append(list, one)
	}
	return Rule{Type: "required_status_checks", Parameters: map[string]any{
		"required_status_checks": list, "strict_required_status_checks_policy": false}}
}

// PullRequestRequired is the pull_request rule with GitHub's defaults.
func PullRequestRequired() Rule {
	return Rule{Type: "pull_request", Parameters: map[string]any{
		"required_approving_review_count": 0, "dismiss_stale_reviews_on_push": false, "require_code_owner_review": false,
		"require_last_push_approval": false, "required_review_thread_resolution": false}}
}

type ruleset struct {
	Ruleset
	id               int64
	created, updated time.Time
}

func (rs *ruleset) normal() {
	if rs.Target == "" {
		rs.Target = "branch"
	}
	if rs.Enforcement == "" {
		rs.Enforcement = "active"
	}
	if rs.Conditions != nil {
		rs.Include, rs.Exclude = rs.Conditions.RefName.Include, rs.Conditions.RefName.Exclude
	}
	for i := range rs.Bypass {
		if rs.Bypass[i].Mode == "" {
			rs.Bypass[i].Mode = "always"
		}
	}
	if rs.Rules == nil {
		rs.Rules = []Rule{}
	}
}

// AddRuleset adds a ruleset to a repository and gives its id.
func (s *Server) AddRuleset(repo string, set Ruleset) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(repo)
	if err != nil {
		return 0, err
	}
	return s.addRuleset(r, set).id, nil
}

func (s *Server) addRuleset(r *repository, set Ruleset) *ruleset {
	rs := &ruleset{Ruleset: set, id: s.id(), created: s.now(), updated: s.now()}
	rs.normal()
	r.rulesets = append(r.rulesets, rs)
	return rs
}

// RemoveRuleset takes a ruleset away again.
func (s *Server) RemoveRuleset(repo string, id int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(repo)
	if err != nil {
		return err
	}
	r.rulesets = slices.DeleteFunc(r.rulesets, func(x *ruleset) bool { return x.id == id })
	return nil
}

// applies tells whether a ruleset speaks about a ref.
func (rs *ruleset) applies(r *repository, ref string) bool {
	prefix := "refs/heads/"
	if rs.Target == "tag" {
		prefix = "refs/tags/"
	}
	if !strings.HasPrefix(ref, prefix) {
		return false
	}
	hit := func(pattern string) bool {
		switch pattern {
		case "~ALL":
			return true
		case "~DEFAULT_BRANCH":
			return ref == "refs/heads/"+r.defaultBranch
		}
		if base, all := strings.CutSuffix(pattern, "/**/*"); all {
			return strings.HasPrefix(ref, base+"/")
		}
		ok, err := path.Match(pattern, ref)
		return err == nil && ok
	}
	return slices.ContainsFunc(rs.Include, hit) && !slices.ContainsFunc(rs.Exclude, hit)
}

// bypass gives the way a caller gets past a ruleset: always, pull_request or "".
func (rs *ruleset) bypass(r *repository, c *credential) string {
	for _, b := range rs.Bypass {
		match := false
		switch b.ActorType {
		case "Integration":
			match = c.kind == "installation" && c.app.id == b.ActorID
		case "OrganizationAdmin":
			match = c.kind == "user" && r.owner.members[strings.ToLower(c.user.login)] == "admin"
		case "RepositoryRole":
			need := map[int64]Role{2: RoleMaintain, 4: RoleWrite, 5: RoleAdmin}[b.ActorID]
			match = c.kind == "user" && need != RoleNone && r.role(c.user) >= need
		case "User":
			match = c.kind == "user" && c.user.id == b.ActorID
		}
		if match {
			return b.Mode
		}
	}
	return ""
}

func (c *call) featureless() *reply {
	if c.repo.featured() {
		return nil
	}
	rep := noFeature()
	return &rep
}

// branchRules lists the active rules of a branch, whether or not the caller may bypass them.
func (c *call) branchRules() reply {
	if rep := c.featureless(); rep != nil {
		return *rep
	}
	var list []obj
	for _, rs := range c.repo.rulesets {
		if rs.Enforcement != "active" || !rs.applies(c.repo, "refs/heads/"+c.params["branch"]) {
			continue
		}
		for _, rule := range rs.Rules {
			o := obj{"type": rule.Type, "ruleset_source_type": "Repository", "ruleset_source": c.repo.full(), "ruleset_id": rs.id}
			if rule.Parameters != nil {
				o["parameters"] = rule.Parameters
			}
			list = append(list, o)
		}
	}
	return c.page(list)
}

func (c *call) rulesetObj(rs *ruleset, full bool) obj {
	u := c.api("repos/%s/rulesets/%d", c.repo.full(), rs.id)
	o := obj{
		"id": rs.id, "name": rs.Name, "target": rs.Target, "source_type": "Repository", "source": c.repo.full(),
		"enforcement": rs.Enforcement, "node_id": nodeID("RepositoryRuleset", rs.id), "created_at": stamp(rs.created), "updated_at": stamp(rs.updated),
		"_links": obj{"self": obj{"href": u}, "html": obj{"href": fmt.Sprintf("%s/%s/rules/%d", c.URL(), c.repo.full(), rs.id)}},
	}
	if !full {
		return o
	}
	o["conditions"] = obj{"ref_name": obj{"include": append([]string{}, rs.Include...), "exclude": append([]string{}, rs.Exclude...)}}
	o["rules"] = rs.Rules
	o["current_user_can_bypass"] = map[string]string{"always": "always", "pull_request": "pull_requests_only", "": "never"}[rs.bypass(c.repo, c.cred)]
	// Who else may bypass is shown only to those who could change it.
	if c.cred.kind == "installation" && c.cred.holds("administration:write") || c.cred.kind == "user" && c.repo.role(c.cred.user) == RoleAdmin {
		o["bypass_actors"] = append([]Bypass{}, rs.Bypass...)
	}
	return o
}

func (c *call) theRuleset() *ruleset {
	for _, rs := range c.repo.rulesets {
		if rs.id == c.number("ruleset_id") {
			return rs
		}
	}
	return nil
}

func (c *call) listRulesets() reply {
	if rep := c.featureless(); rep != nil {
		return *rep
	}
	var list []obj
	for _, rs := range c.repo.rulesets {
		list = append(list, c.rulesetObj(rs, false))
	}
	return c.page(list)
}

func (c *call) getRuleset() reply {
	if rep := c.featureless(); rep != nil {
		return *rep
	}
	if rs := c.theRuleset(); rs != nil {
		return ok(c.rulesetObj(rs, true))
	}
	return notFound()
}

func (c *call) createRuleset() reply {
	if rep := c.featureless(); rep != nil {
		return *rep
	}
	var in Ruleset
	if rep := c.read(&in); rep != nil {
		return *rep
	}
	if in.Name == "" || !slices.Contains([]string{"active", "evaluate", "disabled"}, in.Enforcement) {
		return unprocessable("Validation Failed: name and enforcement are required.")
	}
	return created(c.rulesetObj(c.addRuleset(c.repo, in), true))
}

func (c *call) editRuleset() reply {
	rs := c.theRuleset()
	if rs == nil {
		return notFound()
	}
	in := rs.Ruleset
	if c.has("rules") {
		in.Rules = nil // decoding into the old list would mix old parameters into new rules
	}
	if c.has("bypass_actors") {
		in.Bypass = nil
	}
	if c.has("conditions") {
		in.Conditions = nil
	}
	if rep := c.read(&in); rep != nil {
		return *rep
	}
	rs.Ruleset = in
	rs.normal()
	rs.updated = c.now()
	return ok(c.rulesetObj(rs, true))
}

func (c *call) deleteRuleset() reply {
	rs := c.theRuleset()
	if rs == nil {
		return notFound()
	}
	c.repo.rulesets = slices.DeleteFunc(c.repo.rulesets, func(x *ruleset) bool { return x == rs })
	return reply{Status: http.StatusNoContent}
}
