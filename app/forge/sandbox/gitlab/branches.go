package gitlab

import (
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

func (s *Server) branchObj(p *project, name, tip string, u *user) obj {
	rules := p.protections(name)
	developers := func(grants func(*protectedBranch) []grant) bool {
		return slices.ContainsFunc(rules, func(b *protectedBranch) bool {
			return slices.ContainsFunc(grants(b), func(g grant) bool { return g.user == nil && g.level == Developer })
		})
	}
	return obj{
		"name": name, "commit": s.commitObj(p, p.repo.Commit(tip)), "protected": len(rules) > 0, "default": name == p.defaultBranch,
		"merged": name != p.defaultBranch && p.merged(tip), "can_push": p.mayPush(u, name), "web_url": s.web(p) + "/-/tree/" + name,
		"developers_can_push":  developers(func(b *protectedBranch) []grant { return b.push }),
		"developers_can_merge": developers(func(b *protectedBranch) []grant { return b.merge }),
	}
}

// merged tells whether the default branch contains a commit and is not at it.
func (p *project) merged(tip string) bool {
	main := p.repo.Ref("refs/heads/" + p.defaultBranch)
	return main != "" && main != tip && p.contains(main, tip)
}

func (c *call) listBranches() reply {
	search, pattern := c.in.text("search"), c.in.text("regex")
	fits, err := regexp.Compile(pattern)
	if err != nil {
		return said(http.StatusBadRequest, "The regex is invalid")
	}
	if rep := c.in.refused(); rep != nil {
		return *rep
	}
	var found []sandbox.Line
	for _, b := range c.project.repo.Refs("refs/heads/") {
		b.Name = strings.TrimPrefix(b.Name, "refs/heads/")
		if strings.Contains(b.Name, search) && fits.MatchString(b.Name) {
			found = append(found, b)
		}
	}
	from, to, h := c.cut(len(found))
	out := []obj{}
	for _, b := range found[from:to] {
		out = append(out, c.branchObj(c.project, b.Name, b.SHA, c.cred.user))
	}
	return reply{Status: http.StatusOK, Body: out, Header: h}
}

func (c *call) getBranch() reply {
	name := c.params["branch"]
	tip := c.project.repo.Ref("refs/heads/" + name)
	if tip == "" {
		return notFound("Branch")
	}
	return ok(c.branchObj(c.project, name, tip, c.cred.user))
}

func (c *call) createBranch() reply {
	name, from := c.in.required("branch"), c.in.required("ref")
	if rep := c.in.refused(); rep != nil {
		return *rep
	}
	full := "refs/heads/" + name
	tip := c.project.repo.Rev(from)
	_, bad := c.project.repo.Run("check-ref-format", full)
	switch {
	case bad != nil || looksLikeHash.MatchString(name):
		return said(http.StatusBadRequest, "Branch name is invalid")
	case c.project.repo.Ref(full) != "":
		return said(http.StatusBadRequest, "Branch already exists")
	case tip == "":
		return said(http.StatusBadRequest, "Invalid reference name: "+from)
	case !c.project.mayMerge(c.cred.user, name):
		return said(http.StatusForbidden, "You are not allowed to create protected branches on this project.")
	}
	if err := c.project.repo.MoveRef(full, tip, ""); err != nil {
		return said(http.StatusBadRequest, "Branch already exists")
	}
	c.moved = []sandbox.RefChange{{Ref: full, Old: sandbox.Zero, New: tip}}
	c.landed(c.moved)
	return created(c.branchObj(c.project, name, tip, c.cred.user))
}

// deleteBranch: a maintainer may delete a protected branch here, though not with git.
func (c *call) deleteBranch() reply {
	name := c.params["branch"]
	tip := c.project.repo.Ref("refs/heads/" + name)
	guarded := len(c.project.protections(name)) > 0
	switch {
	case tip == "":
		return notFound("Branch")
	case name == c.project.defaultBranch:
		return said(http.StatusMethodNotAllowed, "Cannot remove HEAD branch")
	case guarded && c.level() < Maintainer:
		return said(http.StatusMethodNotAllowed, "You dont have push access to repo")
	}
	if err := c.project.repo.MoveRef("refs/heads/"+name, "", tip); err != nil {
		return said(http.StatusBadRequest, "Failed to remove branch")
	}
	c.moved = []sandbox.RefChange{{Ref: "refs/heads/" + name, Old: tip, New: sandbox.Zero}}
	c.landed(c.moved)
	return noContent()
}

func (s *Server) tagObj(p *project, tag sandbox.Line) obj {
	name := strings.TrimPrefix(tag.Name, "refs/tags/")
	commit := p.repo.Rev(tag.SHA)
	o := obj{"name": name, "message": "", "target": tag.SHA, "commit": s.commitObj(p, p.repo.Commit(commit)), "release": nil}
	if commit != tag.SHA {
		o["message"], _ = p.repo.Run("for-each-ref", "--format=%(contents:subject)", tag.Name) // a tag without words says nothing
	}
	return o
}

func (c *call) listTags() reply {
	out := []obj{}
	for _, t := range slices.Backward(c.project.repo.Refs("refs/tags/")) {
		if strings.Contains(t.Name, c.in.text("search")) {
			out = append(out, c.tagObj(c.project, t))
		}
	}
	return c.page(out)
}

func (c *call) getTag() reply {
	full := "refs/tags/" + c.params["tag_name"]
	sha := c.project.repo.Ref(full)
	if sha == "" {
		return notFound("Tag")
	}
	return ok(c.tagObj(c.project, sandbox.Line{Name: full, SHA: sha}))
}
