package gitlab

import (
	"net/http"
	"net/url"
	"strings"
)

// getProject shows a stranger only what everybody's list shows.
func (c *call) getProject() reply {
	if c.cred.user == nil {
		return ok(c.projectIdentity(c.project))
	}
	return ok(c.projectObj(c.project, c.cred))
}

// namespaceObj is the group, or the person, under whose path a project lives.
func (s *Server) namespaceObj(g *group) obj {
	o := obj{"id": g.id, "name": g.path(), "path": g.path(), "kind": "group", "full_path": g.full, "parent_id": nil,
		"avatar_url": nil, "web_url": s.URL() + "/groups/" + g.full}
	if g.parent != nil {
		o["parent_id"] = g.parent.id
	}
	if g.person != nil {
		o["kind"], o["web_url"] = "user", s.URL()+"/"+g.full
	}
	return o
}

// projectIdentity is the form in which a project stands in lists and as the parent of a fork.
func (s *Server) projectIdentity(p *project) obj {
	web := s.URL() + "/" + p.full
	branch := any(p.defaultBranch)
	if p.empty() {
		branch = nil
	}
	return obj{
		"id": p.id, "description": p.description, "name": p.path, "path": p.path, "path_with_namespace": p.full,
		"name_with_namespace": strings.ReplaceAll(p.full, "/", " / "), "created_at": stamp(p.created),
		"default_branch": branch, "visibility": p.visibility, "tag_list": []any{}, "topics": []any{}, "web_url": web,
		"ssh_url_to_repo": "git@gitlab.example:" + p.full + ".git", "http_url_to_repo": web + ".git", "readme_url": nil,
		"forks_count": 0, "avatar_url": nil, "star_count": 0, "last_activity_at": stamp(p.active), "namespace": s.namespaceObj(p.space),
	}
}

func (s *Server) projectObj(p *project, cred *credential) obj {
	o := s.projectIdentity(p)
	st := p.settings
	access := func(off bool) string {
		if off {
			return "disabled"
		}
		return "enabled"
	}
	self := s.URL() + "/api/v4/projects/" + url.PathEscape(p.full)
	for k, v := range (obj{
		"archived": p.archived, "visibility": p.visibility, "empty_repo": p.empty(), "creator_id": p.space.id,
		"issues_enabled": !st.issuesOff, "merge_requests_enabled": !st.mergeOff, "jobs_enabled": !st.ciOff, "wiki_enabled": false,
		"snippets_enabled": false, "container_registry_enabled": false, "service_desk_enabled": false, "service_desk_address": nil,
		"issues_access_level": access(st.issuesOff), "merge_requests_access_level": access(st.mergeOff),
		"builds_access_level": access(st.ciOff), "repository_access_level": "enabled", "forking_access_level": "enabled",
		"wiki_access_level": "disabled", "snippets_access_level": "disabled", "pages_access_level": "private",
		"can_create_merge_request_in": cred.user != nil, "resolve_outdated_diff_discussions": false, "import_status": "none",
		"open_issues_count": p.openIssues(cred.user), "ci_config_path": st.ciPath, "ci_default_git_depth": 20,
		"public_jobs": st.publicJobs, "shared_with_groups": []any{}, "shared_runners_enabled": !st.runnersOff,
		"group_runners_enabled": true, "lfs_enabled": false, "packages_enabled": false, "request_access_enabled": true,
		"only_allow_merge_if_pipeline_succeeds": st.needsPipeline, "allow_merge_on_skipped_pipeline": st.allowsSkipped,
		"only_allow_merge_if_all_discussions_are_resolved": st.needsResolved, "merge_method": st.mergeMethod,
		"squash_option": st.squash, "remove_source_branch_after_merge": st.removesSource, "autoclose_referenced_issues": true,
		"printing_merge_request_link_enabled": true, "auto_devops_enabled": false, "updated_at": stamp(p.active),
		"repository_object_format": "sha1", "marked_for_deletion_on": nil,
		"_links": obj{"self": self, "issues": self + "/issues", "merge_requests": self + "/merge_requests",
			"repo_branches": self + "/repository/branches", "labels": self + "/labels", "members": self + "/members"},
	}) {
		o[k] = v
	}
	if s.tier != "free" {
		o["merge_pipelines_enabled"] = st.mergedResults
	}
	if s.tier == "ultimate" {
		o["only_allow_merge_if_all_status_checks_passed"] = st.needsJudged
	}
	if p.forkedFrom != nil && p.forkedFrom.sees(cred.user) {
		o["forked_from_project"] = s.projectIdentity(p.forkedFrom)
		o["mr_default_target_self"] = false
	}
	if cred.user != nil {
		o["permissions"] = p.permissions(cred.user)
	}
	return o
}

// permissions is what the caller is by himself in the project, and what by its group.
func (p *project) permissions(u *user) obj {
	o := obj{"project_access": nil, "group_access": nil}
	if e := p.members.of(u); e != nil {
		o["project_access"] = obj{"access_level": e.level, "notification_level": 3}
	}
	if l := p.space.level(u); l > NoAccess {
		o["group_access"] = obj{"access_level": l, "notification_level": 3}
	}
	return o
}

func (c *call) editProject() reply {
	if rep := c.only([]string{"visibility", "description", "merge_method", "squash_option", "only_allow_merge_if_pipeline_succeeds",
		"allow_merge_on_skipped_pipeline", "only_allow_merge_if_all_discussions_are_resolved", "only_allow_merge_if_all_status_checks_passed", "merge_pipelines_enabled", "remove_source_branch_after_merge",
		"shared_runners_enabled", "issues_access_level", "issues_enabled", "builds_access_level", "jobs_enabled"}); rep != nil {
		return *rep
	}
	p, in, st := c.project, c.in, c.project.settings
	visibility := in.oneOf("visibility", "private", "internal", "public")
	st.mergeMethod = or(in.oneOf("merge_method", "merge", "rebase_merge", "ff"), st.mergeMethod)
	st.squash = or(in.oneOf("squash_option", "never", "always", "default_on", "default_off"), st.squash)
	st.needsPipeline = in.flag("only_allow_merge_if_pipeline_succeeds", st.needsPipeline)
	st.allowsSkipped = in.flag("allow_merge_on_skipped_pipeline", st.allowsSkipped)
	st.needsResolved = in.flag("only_allow_merge_if_all_discussions_are_resolved", st.needsResolved)
	if judged := in.flag("only_allow_merge_if_all_status_checks_passed", st.needsJudged); c.tier == "ultimate" {
		st.needsJudged = judged
	}
	if merged := in.flag("merge_pipelines_enabled", st.mergedResults); c.tier != "free" {
		st.mergedResults = merged
	}
	st.removesSource = in.flag("remove_source_branch_after_merge", st.removesSource)
	st.runnersOff = !in.flag("shared_runners_enabled", !st.runnersOff)
	st.issuesOff = in.oneOf("issues_access_level", "disabled", "enabled") == "disabled" || !in.flag("issues_enabled", !st.issuesOff)
	st.ciOff = in.oneOf("builds_access_level", "disabled", "enabled") == "disabled" || !in.flag("jobs_enabled", !st.ciOff)
	if rep := in.refused(); rep != nil {
		return *rep
	}
	if visibility != "" && visibility != p.visibility {
		if c.level() < Owner {
			return forbidden()
		}
		if rank(visibility) > p.space.ceiling() {
			return invalid(http.StatusBadRequest, "visibility_level", visibility+" is not allowed in a "+p.space.visibility+" group.")
		}
		p.visibility = visibility
	}
	if in.has("description") {
		p.description = in.text("description")
	}
	c.discreet = !in.has("description") && !in.has("visibility")
	p.settings, p.active = st, c.now()
	return ok(c.projectObj(p, c.cred))
}

// rank orders visibilities; GitLab's own numbers for them.
func rank(visibility string) int {
	switch visibility {
	case "public":
		return 20
	case "internal":
		return 10
	}
	return 0
}

// ceiling is how visible a project of a group may be at most.
func (g *group) ceiling() int {
	if g.person != nil {
		return 20
	}
	return rank(g.visibility)
}

func (c *call) getGroup() reply {
	g := c.group
	o := c.namespaceObj(g)
	delete(o, "kind")
	for k, v := range (obj{
		"description": "", "visibility": g.visibility, "full_name": strings.ReplaceAll(g.full, "/", " / "), "created_at": stamp(g.created),
		"share_with_group_lock": false, "require_two_factor_authentication": false, "two_factor_grace_period": 48,
		"project_creation_level": "developer", "subgroup_creation_level": "maintainer", "auto_devops_enabled": nil,
		"emails_disabled": false, "emails_enabled": true, "mentions_disabled": nil, "lfs_enabled": false, "request_access_enabled": true,
		"default_branch_protection": 2, "archived": false, "shared_with_groups": []any{}, "shared_runners_setting": "enabled",
	}) {
		o[k] = v
	}
	if c.in.flag("with_projects", true) {
		list := []obj{}
		for _, p := range c.projects {
			if p.space == g && p.sees(c.cred.user) {
				list = append(list, c.projectIdentity(p))
			}
		}
		o["projects"] = list
	}
	return ok(o)
}

func or(v, fallback string) string {
	if v == "" {
		return fallback
	}
	return v
}

// openIssues counts what the caller sees.
func (p *project) openIssues(u *user) int {
	n := 0
	for _, i := range p.issues {
		if i.state == "opened" && i.visible(u) {
			n++
		}
	}
	return n
}
