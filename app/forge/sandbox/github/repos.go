package github

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

func (c *call) getRepo() reply { return ok(c.fullRepo(c.repo, c.cred)) }

func (c *call) listBranches() reply {
	var list []obj
	for _, b := range c.repo.git.Refs("refs/heads/") {
		name := strings.TrimPrefix(b.Name, "refs/heads/")
		protected := c.protected(c.repo, name)
		if want := c.r.URL.Query().Get("protected"); want != "" && want != strconv.FormatBool(protected) {
			continue
		}
		list = append(list, obj{"name": name, "protected": protected,
			"commit": obj{"sha": b.SHA, "url": c.api("repos/%s/commits/%s", c.repo.full(), b.SHA)}})
	}
	return c.page(list)
}

func (c *call) getBranch() reply {
	name := c.params["branch"]
	sha := c.repo.git.Ref("refs/heads/" + name)
	if sha == "" {
		return failure(http.StatusNotFound, "Branch not found")
	}
	u := c.api("repos/%s/branches/%s", c.repo.full(), escape(name))
	return ok(obj{
		"name": name, "commit": c.commitObj(c.repo, c.repo.git.Commit(sha)), "protected": c.protected(c.repo, name),
		"_links":     obj{"html": c.URL() + "/" + c.repo.full() + "/tree/" + escape(name), "self": u},
		"protection": c.protectionSummary(c.repo, name), "protection_url": u + "/protection",
	})
}

func refObj(s *Server, r *repository, ref sandbox.Line) obj {
	kind := "commit" // as every head is
	if !strings.HasPrefix(ref.Name, "refs/heads/") {
		kind = r.git.Kind(ref.SHA)
	}
	return obj{
		"ref": ref.Name, "node_id": nodeID("Ref", r.id), "url": s.api("repos/%s/git/%s", r.full(), escape(ref.Name)),
		"object": obj{"sha": ref.SHA, "type": kind, "url": s.api("repos/%s/git/%ss/%s", r.full(), kind, ref.SHA)},
	}
}

func (c *call) getRef() reply {
	full := "refs/" + strings.TrimPrefix(c.params["ref"], "refs/")
	for _, l := range c.repo.git.Refs(full) {
		if l.Name == full {
			return ok(refObj(c.Server, c.repo, l))
		}
	}
	return notFound()
}

func (c *call) matchingRefs() reply {
	prefix := "refs/" + c.params["ref"]
	list := []obj{}
	for _, l := range c.repo.git.Refs("refs/") {
		if strings.HasPrefix(l.Name, prefix) {
			list = append(list, refObj(c.Server, c.repo, l))
		}
	}
	return ok(list)
}

func (c *call) getCommit() reply {
	sha := c.repo.git.Rev(c.params["ref"])
	if sha == "" {
		return unprocessable("No commit found for SHA: " + c.params["ref"])
	}
	if strings.Contains(c.r.Header.Get("Accept"), "vnd.github.sha") {
		return reply{Status: http.StatusOK, Raw: []byte(sha), Type: "application/vnd.github.sha; charset=utf-8"}
	}
	cm := c.repo.git.Commit(sha)
	o := c.commitObj(c.repo, cm)
	from := "4b825dc642cb6eb9a060e54bf8d69288fbee4904" // the empty tree, for a first commit
	if len(cm.Parents) > 0 {
		from = cm.Parents[0]
	}
	files, added, removed := []obj{}, 0, 0
	for _, f := range c.repo.git.Diff(from, sha) {
		files = append(files, c.fileObj(c.repo, sha, f))
		added, removed = added+f.Added, removed+f.Removed
	}
	o["files"], o["stats"] = files, obj{"additions": added, "deletions": removed, "total": added + removed}
	return ok(o)
}

func (c *call) listCommits() reply {
	q := c.r.URL.Query()
	start := q.Get("sha")
	if start == "" {
		start = c.repo.defaultBranch
	}
	sha := c.repo.git.Rev(start)
	if sha == "" {
		if len(c.repo.git.Refs("refs/heads/")) == 0 {
			return failure(http.StatusConflict, "Git Repository is empty.")
		}
		return notFound()
	}
	args := []string{sha}
	if p := q.Get("path"); p != "" {
		args = append(args, "--", p)
	}
	var list []obj
	for _, cm := range slices.Backward(c.repo.git.Log(1000, args...)) {
		list = append(list, c.commitObj(c.repo, cm))
	}
	return c.page(list)
}

func (c *call) compare() reply {
	a, b, has := strings.Cut(c.params["basehead"], "...")
	if !has {
		return notFound()
	}
	// A fork's owner may stand before a colon; only our own can be there.
	a, b = strings.TrimPrefix(a, c.repo.owner.login+":"), strings.TrimPrefix(b, c.repo.owner.login+":")
	base, head := c.repo.git.Rev(a), c.repo.git.Rev(b)
	if base == "" || head == "" {
		return notFound()
	}
	fork, err := c.repo.git.Run("merge-base", base, head)
	if err != nil {
		return failure(http.StatusNotFound, "No common ancestor between "+a+" and "+b+".")
	}
	ahead := c.repo.git.Log(250, base+".."+head)
	n, _ := c.repo.git.Run("rev-list", "--left-right", "--count", base+"..."+head) // both exist
	counts := strings.Fields(n)
	behindBy, aheadBy := atoi(counts[0], 0), atoi(counts[1], 0)
	status := "identical"
	switch {
	case aheadBy > 0 && behindBy > 0:
		status = "diverged"
	case aheadBy > 0:
		status = "ahead"
	case behindBy > 0:
		status = "behind"
	}
	commits, files := []obj{}, []obj{}
	for _, cm := range ahead {
		commits = append(commits, c.commitObj(c.repo, cm))
	}
	for _, f := range c.repo.git.Diff(fork, head) {
		files = append(files, c.fileObj(c.repo, head, f))
	}
	part, h := c.cut(len(commits))
	if c.r.URL.Query().Get("page") == "" && c.r.URL.Query().Get("per_page") == "" {
		part, h = [2]int{0, len(commits)}, nil
	}
	html := c.URL() + "/" + c.repo.full() + "/compare/" + escape(a) + "..." + escape(b)
	return reply{Status: http.StatusOK, Header: h, Body: obj{
		"url": c.api("repos/%s/compare/%s...%s", c.repo.full(), escape(a), escape(b)), "html_url": html, "permalink_url": html,
		"diff_url": html + ".diff", "patch_url": html + ".patch", "base_commit": c.commitObj(c.repo, c.repo.git.Commit(base)),
		"merge_base_commit": c.commitObj(c.repo, c.repo.git.Commit(fork)), "status": status, "ahead_by": aheadBy,
		"behind_by": behindBy, "total_commits": aheadBy, "commits": commits[part[0]:part[1]], "files": files,
	}}
}

func (c *call) listTags() reply {
	var list []obj
	for _, t := range c.repo.git.Refs("refs/tags/") {
		name := strings.TrimPrefix(t.Name, "refs/tags/")
		sha := c.repo.git.Rev(t.Name)
		list = append(list, obj{"name": name, "node_id": nodeID("Ref", c.repo.id),
			"commit":      obj{"sha": sha, "url": c.api("repos/%s/commits/%s", c.repo.full(), sha)},
			"zipball_url": c.URL() + "/" + c.repo.full() + "/zipball/" + t.Name, "tarball_url": c.URL() + "/" + c.repo.full() + "/tarball/" + t.Name})
	}
	return c.page(list)
}

func (c *call) collaboratorObj(a *account) obj {
	role := c.repo.role(a)
	o := c.userObj(a).(obj)
	o["role_name"] = role.String()
	o["permissions"] = obj{"pull": role >= RoleRead, "triage": role >= RoleTriage, "push": role >= RoleWrite,
		"maintain": role >= RoleMaintain, "admin": role == RoleAdmin}
	return o
}

// collaborates leaves out those who only read because the repository is public.
func (r *repository) collaborates(a *account) bool {
	return r.collaborators[strings.ToLower(a.login)] > RoleNone || a == r.owner || r.owner.members[strings.ToLower(a.login)] != "" && r.role(a) > RoleNone
}

func (c *call) listCollaborators() reply {
	var list []obj
	for _, name := range slices.Sorted(maps.Keys(c.accounts)) {
		if a := c.accounts[name]; a.kind == "User" && c.repo.collaborates(a) {
			list = append(list, c.collaboratorObj(a))
		}
	}
	return c.page(list)
}

func (c *call) isCollaborator() reply {
	if a := c.account(c.params["username"]); a != nil && c.repo.collaborates(a) {
		return reply{Status: http.StatusNoContent}
	}
	return notFound()
}

func (c *call) permission() reply {
	a := c.account(c.params["username"])
	if a == nil {
		return failure(http.StatusNotFound, c.params["username"]+" is not a user")
	}
	role := c.repo.role(a)
	return ok(obj{"permission": role.legacy(), "role_name": role.String(), "user": c.collaboratorObj(a)})
}

// has tells whether a JSON body names a key at all, which PATCH needs to tell null from absent.
func (c *call) has(key string) bool {
	var keys map[string]json.RawMessage
	return json.Unmarshal(c.body, &keys) == nil && keys[key] != nil
}
