package gitlab

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// protectedBranch is a rule for one branch, or for all that its wildcard matches.
type protectedBranch struct {
	id          int64
	name        string
	push, merge []grant
	force       bool
}

// grant lets a level, or one person (Premium), do something to a protected branch.
type grant struct {
	id    int64
	level Level
	user  *user
}

func (g grant) admits(p *project, a *user) bool {
	if g.user != nil {
		return g.user == a
	}
	return g.level != NoAccess && p.level(a) >= g.level
}

func (b *protectedBranch) matches(branch string) bool {
	if !strings.Contains(b.name, "*") {
		return b.name == branch
	}
	pattern := strings.ReplaceAll(regexp.QuoteMeta(b.name), `\*`, ".*")
	return regexp.MustCompile("^" + pattern + "$").MatchString(branch)
}

// protections lists the rules that match a branch; where several do, the most permissive decides, as in GitLab.
func (p *project) protections(branch string) []*protectedBranch {
	var list []*protectedBranch
	for _, b := range p.protected {
		if b.matches(branch) {
			list = append(list, b)
		}
	}
	return list
}

// mayPush tells whether an account may move a branch with git.
func (p *project) mayPush(a *user, branch string) bool {
	return p.granted(a, branch, func(b *protectedBranch) []grant { return b.push })
}

// mayMerge tells whether an account may merge into a branch with the button; who may push may do that too.
func (p *project) mayMerge(a *user, branch string) bool {
	return p.granted(a, branch, func(b *protectedBranch) []grant { return slices.Concat(b.merge, b.push) })
}

func (p *project) granted(a *user, branch string, grants func(*protectedBranch) []grant) bool {
	if p.level(a) < Developer || p.archived {
		return false
	}
	rules := p.protections(branch)
	return len(rules) == 0 || slices.ContainsFunc(rules, func(b *protectedBranch) bool {
		return slices.ContainsFunc(grants(b), func(g grant) bool { return g.admits(p, a) })
	})
}

// mayForce tells whether a protected branch takes a push that is no fast-forward.
func (p *project) mayForce(branch string) bool {
	return slices.ContainsFunc(p.protections(branch), func(b *protectedBranch) bool { return b.force })
}

func (p *project) protection(name string) *protectedBranch {
	for _, b := range p.protected {
		if b.name == name {
			return b
		}
	}
	return nil
}

// levelWords describes the levels that a rule may name; 60 is the administrators of the instance.
func levelWords(l Level) string {
	return map[Level]string{NoAccess: "No one", Developer: "Developers + Maintainers", Maintainer: "Maintainers", 60: "Administrators"}[l]
}

func grantObjs(list []grant) []obj {
	out := []obj{}
	for _, g := range list {
		o := obj{"id": g.id, "access_level": int(g.level), "access_level_description": levelWords(g.level),
			"deploy_key_id": nil, "user_id": nil, "group_id": nil}
		if g.user != nil {
			o["access_level"], o["access_level_description"], o["user_id"] = int(Maintainer), g.user.name, g.user.id
		}
		out = append(out, o)
	}
	return out
}

func protectedObj(b *protectedBranch) obj {
	return obj{
		"id": b.id, "name": b.name, "push_access_levels": grantObjs(b.push), "merge_access_levels": grantObjs(b.merge),
		"unprotect_access_levels": []obj{}, "allow_force_push": b.force, "code_owner_approval_required": false, "inherited": false,
	}
}

func (c *call) listProtected() reply {
	search := c.r.URL.Query().Get("search")
	list := []obj{}
	for _, b := range c.project.protected {
		if strings.Contains(b.name, search) {
			list = append(list, protectedObj(b))
		}
	}
	return c.page(list)
}

func (c *call) getProtected() reply {
	b := c.project.protection(c.params["name"])
	if b == nil {
		return notFound("")
	}
	return ok(protectedObj(b))
}

// protect makes a rule. On the free tier only levels count; GitLab ignores people and groups there.
func (c *call) protect() reply {
	name, force := c.in.required("name"), c.in.flag("allow_force_push", false)
	push, merge := c.grants("push_access_level", "allowed_to_push"), c.grants("merge_access_level", "allowed_to_merge")
	switch rep := c.in.refused(); {
	case rep != nil:
		return *rep
	case name == "":
		return invalid(http.StatusUnprocessableEntity, "name", "can't be blank")
	case c.project.protection(name) != nil:
		return said(http.StatusConflict, "Protected branch '"+name+"' already exists")
	}
	b := &protectedBranch{id: c.id(), name: name, push: orMaintainers(c, push), merge: orMaintainers(c, merge), force: force}
	c.project.protected = append(c.project.protected, b)
	return created(protectedObj(b))
}

// orMaintainers is GitLab's default where nobody is named.
func orMaintainers(c *call, list []grant) []grant {
	if list == nil {
		return []grant{{id: c.id(), level: Maintainer}}
	}
	return list
}

// grants reads a level and, above the free tier, a list of levels and people.
func (c *call) grants(level, people string) []grant {
	var list []grant
	if c.in.has(level) {
		list = append(list, c.grantLevel(level, c.in.number(level, 0)))
	}
	entries, isList := c.in.values[people].([]any)
	if !isList || c.tier == "free" {
		return list
	}
	for _, e := range entries {
		entry, isObject := e.(map[string]any)
		if !isObject {
			c.in.invalid(people)
			continue
		}
		of := &input{values: entry}
		switch u := c.userByID(of.number("user_id", 0)); {
		case of.has("access_level"):
			list = append(list, c.grantLevel(people, of.number("access_level", -1)))
		case u != nil && c.project.level(u) >= Developer:
			list = append(list, grant{id: c.id(), user: u})
		default:
			c.in.invalid(people)
		}
	}
	return list
}

func (c *call) grantLevel(name string, n int64) grant {
	if levelWords(Level(n)) == "" {
		c.in.faults = append(c.in.faults, name+" does not have a valid value")
	}
	return grant{id: c.id(), level: Level(n)}
}

// editProtected changes a rule. On the free tier that is force pushes and nothing else: levels are changed by
// removing the rule and making another, with the branch unprotected in between.
func (c *call) editProtected() reply {
	b := c.project.protection(c.params["name"])
	if b == nil {
		return notFound("")
	}
	force := c.in.flag("allow_force_push", b.force)
	push, merge := c.grants("", "allowed_to_push"), c.grants("", "allowed_to_merge")
	if rep := c.in.refused(); rep != nil {
		return *rep
	}
	b.force, b.push, b.merge = force, append(b.push, push...), append(b.merge, merge...)
	return ok(protectedObj(b))
}

func (c *call) unprotect() reply {
	b := c.project.protection(c.params["name"])
	if b == nil {
		return notFound("")
	}
	c.project.protected = slices.DeleteFunc(c.project.protected, func(x *protectedBranch) bool { return x == b })
	return noContent()
}

// Protection is a rule for a branch or, with a *, for several.
type Protection struct {
	Name        string
	Push, Merge Level // NoAccess lets nobody, not even owners
	Force       bool
}

// Protect sets the rule for a branch or wildcard, in place of one of that name.
func (s *Server) Protect(path string, rule Protection) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.find(path)
	if err != nil {
		return err
	}
	b := p.protection(rule.Name)
	if b == nil {
		b = &protectedBranch{id: s.id(), name: rule.Name}
		p.protected = append(p.protected, b)
	}
	b.push, b.merge, b.force = []grant{{id: s.id(), level: rule.Push}}, []grant{{id: s.id(), level: rule.Merge}}, rule.Force
	return nil
}

// Unprotect takes the rule of that name away.
func (s *Server) Unprotect(path, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.find(path)
	if err != nil {
		return err
	}
	p.protected = slices.DeleteFunc(p.protected, func(b *protectedBranch) bool { return b.name == name })
	return nil
}
