package github

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339)
}

func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func nodeID(kind string, id int64) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "0%d:%s%d", len(kind), kind, id))
}

func escape(ref string) string {
	parts := strings.Split(ref, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return strings.Join(parts, "/")
}

// api gives the address of something under the REST root.
func (s *Server) api(format string, args ...any) string {
	return s.URL() + "/api/" + fmt.Sprintf(format, args...)
}

// account is GitHub's simple user; nil gives null.
func (s *Server) userObj(a *account) any {
	if a == nil {
		return nil
	}
	u := s.api("users/%s", url.PathEscape(a.login))
	return obj{
		"login": a.login, "id": a.id, "node_id": nodeID("User", a.id), "avatar_url": s.URL() + "/avatars/" + url.PathEscape(a.login),
		"gravatar_id": "", "url": u, "html_url": s.URL() + "/" + url.PathEscape(a.login), "followers_url": u + "/followers",
		"following_url": u + "/following{/other_user}", "gists_url": u + "/gists{/gist_id}",
		"starred_url": u + "/starred{/owner}{/repo}", "subscriptions_url": u + "/subscriptions",
		"organizations_url": u + "/orgs", "repos_url": u + "/repos", "events_url": u + "/events{/privacy}",
		"received_events_url": u + "/received_events", "type": a.kind, "site_admin": false, "user_view_type": "public",
	}
}

func (s *Server) users(list []*account) []any {
	out := []any{}
	for _, a := range list {
		out = append(out, s.userObj(a))
	}
	return out
}

// profile is the longer body of GET /user and GET /users/{username}.
func (s *Server) profile(a *account, private bool) obj {
	o := s.userObj(a).(obj)
	maps.Copy(o, obj{
		"name": a.login, "company": nil, "blog": "", "location": nil, "email": nil, "hireable": nil, "bio": nil,
		"twitter_username": nil, "public_repos": 0, "public_gists": 0, "followers": 0, "following": 0,
		"created_at": stamp(a.created), "updated_at": stamp(a.created),
	})
	if private {
		maps.Copy(o, obj{
			"private_gists": 0, "total_private_repos": 0, "owned_private_repos": 0, "disk_usage": 0, "collaborators": 0,
			"two_factor_authentication": true, "user_view_type": "private",
		})
	}
	return o
}

// repoURLs are the addresses that every size of repository body lists.
func (s *Server) repoURLs(r *repository) obj {
	u := s.api("repos/%s", r.full())
	o := obj{"url": u, "html_url": s.URL() + "/" + r.full()}
	for key, tail := range map[string]string{
		"archive": "{archive_format}{/ref}", "assignees": "/assignees{/user}", "blobs": "/git/blobs{/sha}",
		"branches": "/branches{/branch}", "collaborators": "/collaborators{/collaborator}", "comments": "/comments{/number}",
		"commits": "/commits{/sha}", "compare": "/compare/{base}...{head}", "contents": "/contents/{+path}",
		"contributors": "/contributors", "deployments": "/deployments", "downloads": "/downloads", "events": "/events",
		"forks": "/forks", "git_commits": "/git/commits{/sha}", "git_refs": "/git/refs{/sha}", "git_tags": "/git/tags{/sha}",
		"hooks": "/hooks", "issue_comment": "/issues/comments{/number}", "issue_events": "/issues/events{/number}",
		"issues": "/issues{/number}", "keys": "/keys{/key_id}", "labels": "/labels{/name}", "languages": "/languages",
		"merges": "/merges", "milestones": "/milestones{/number}", "notifications": "/notifications{?since,all,participating}",
		"pulls": "/pulls{/number}", "releases": "/releases{/id}", "stargazers": "/stargazers", "statuses": "/statuses/{sha}",
		"subscribers": "/subscribers", "subscription": "/subscription", "tags": "/tags", "teams": "/teams", "trees": "/git/trees{/sha}",
	} {
		o[key+"_url"] = u + tail
	}
	o["archive_url"] = u + "/{archive_format}{/ref}"
	return o
}

// simpleRepo is the smallest repository body that GitHub has.
func (s *Server) simpleRepo(r *repository) obj {
	o := s.repoURLs(r)
	o["id"], o["node_id"], o["name"], o["full_name"] = r.id, nodeID("Repository", r.id), r.name, r.full()
	o["owner"], o["private"], o["fork"], o["description"] = s.userObj(r.owner), r.private, r.parent != nil, nullable(r.description)
	return o
}

// repoObj is a repository with everything that any of GitHub's repository schemas asks for.
func (s *Server) repoObj(r *repository) obj {
	o := s.simpleRepo(r)
	visibility := "public"
	if r.private {
		visibility = "private"
	}
	open := 0
	for _, i := range r.issues {
		if i.state == "open" {
			open++
		}
	}
	html := s.URL() + "/" + r.full()
	maps.Copy(o, obj{
		"clone_url": html + ".git", "git_url": html + ".git", "ssh_url": "git@127.0.0.1:" + r.full() + ".git", "svn_url": html,
		"mirror_url": nil, "homepage": nil, "language": nil, "license": nil, "default_branch": r.defaultBranch,
		"visibility": visibility, "archived": r.archived, "disabled": false, "has_issues": true, "has_projects": true,
		"has_wiki": false, "has_pages": false, "has_downloads": true, "has_discussions": false, "is_template": false,
		"allow_forking": true, "web_commit_signoff_required": false, "topics": []string{}, "size": 1, "forks": 0,
		"forks_count": 0, "stargazers_count": 0, "watchers": 0, "watchers_count": 0,
		"open_issues": open, "open_issues_count": open, "created_at": stamp(r.created), "updated_at": stamp(r.updated),
		"pushed_at": stamp(r.pushed),
	})
	return o
}

// fullRepo is the body of GET /repos/{owner}/{repo}, which also says what the caller may do.
func (s *Server) fullRepo(r *repository, c *credential) obj {
	o := s.repoObj(r)
	maps.Copy(o, obj{
		"network_count": 0, "subscribers_count": 0, "allow_rebase_merge": true, "allow_squash_merge": true,
		"allow_merge_commit": true, "allow_auto_merge": false, "delete_branch_on_merge": false, "allow_update_branch": false,
		"temp_clone_token": "", "use_squash_pr_title_as_default": false, "squash_merge_commit_title": "COMMIT_OR_PR_TITLE",
		"squash_merge_commit_message": "COMMIT_MESSAGES", "merge_commit_title": "MERGE_MESSAGE", "merge_commit_message": "PR_TITLE",
	})
	role := r.role(c.user)
	push := role >= RoleWrite || c.covers(r) && c.holds("contents:write")
	o["permissions"] = obj{
		"admin": role == RoleAdmin, "maintain": role >= RoleMaintain, "push": push,
		"triage": role >= RoleTriage, "pull": true,
	}
	if r.owner.kind == "Organization" {
		o["organization"] = s.userObj(r.owner)
	}
	if r.parent != nil {
		o["parent"], o["source"] = s.repoObj(r.parent), s.repoObj(r.parent)
	}
	return o
}

func (s *Server) appObj(a *app) any {
	if a == nil {
		return nil
	}
	// GitHub's own list of event names for this place does not know repository_advisory.
	events := slices.DeleteFunc(slices.Sorted(slices.Values(a.events)), func(e string) bool { return e == "repository_advisory" })
	return obj{
		"id": a.id, "slug": a.slug, "node_id": nodeID("Integration", a.id), "client_id": a.clientID(), "owner": s.userObj(a.owner),
		"name": a.slug, "description": "", "external_url": s.URL() + "/apps/" + a.slug, "html_url": s.URL() + "/apps/" + a.slug,
		"created_at": stamp(a.created), "updated_at": stamp(a.created), "permissions": a.permissions, "events": append([]string{}, events...),
	}
}

func (s *Server) installationObj(i *installation) obj {
	selection := "all"
	if i.repos != nil {
		selection = "selected"
	}
	kind := "User"
	if i.account.kind == "Organization" {
		kind = "Organization"
	}
	var suspended any
	if i.suspended {
		suspended = stamp(i.created)
	}
	return obj{
		"id": i.id, "app_id": i.app.id, "app_slug": i.app.slug, "client_id": i.app.clientID(), "target_id": i.account.id,
		"target_type": kind, "account": s.userObj(i.account), "repository_selection": selection,
		"access_tokens_url": s.api("app/installations/%d/access_tokens", i.id), "repositories_url": s.api("installation/repositories"),
		"html_url": s.URL() + fmt.Sprintf("/settings/installations/%d", i.id), "permissions": i.permissions,
		"events": append([]string{}, i.app.events...), "created_at": stamp(i.created), "updated_at": stamp(i.created),
		"single_file_name": nil, "has_multiple_single_files": false, "single_file_paths": []string{},
		"suspended_by": nil, "suspended_at": suspended,
	}
}

func (s *Server) byEmail(email string) *account {
	local, _, isNoreply := strings.Cut(email, "@users.noreply.github.com")
	if !isNoreply {
		return nil
	}
	if _, login, has := strings.Cut(local, "+"); has {
		return s.account(login)
	}
	return s.account(local)
}

func signature(p sandbox.Person) obj {
	return obj{"name": p.Name, "email": p.Email, "date": stamp(p.When)}
}

func (s *Server) commitObj(r *repository, c *sandbox.Commit) obj {
	u, html := s.api("repos/%s/commits/%s", r.full(), c.SHA), s.URL()+"/"+r.full()+"/commit/"
	git := s.api("repos/%s/git", r.full())
	parents := []obj{}
	for _, p := range c.Parents {
		parents = append(parents, obj{"sha": p, "url": s.api("repos/%s/commits/%s", r.full(), p), "html_url": html + p})
	}
	return obj{
		"sha": c.SHA, "node_id": nodeID("Commit", r.id), "url": u, "html_url": html + c.SHA, "comments_url": u + "/comments",
		"commit": obj{
			"author": signature(c.Author), "committer": signature(c.Committer), "message": c.Message, "comment_count": 0,
			"url": git + "/commits/" + c.SHA, "tree": obj{"sha": c.Tree, "url": git + "/trees/" + c.Tree},
			"verification": obj{"verified": false, "reason": "unsigned", "signature": nil, "payload": nil, "verified_at": nil},
		},
		"author": s.userObj(s.byEmail(c.Author.Email)), "committer": s.userObj(s.byEmail(c.Committer.Email)), "parents": parents,
	}
}

func (s *Server) fileObj(r *repository, sha string, f sandbox.FileChange) obj {
	name := escape(f.Name)
	o := obj{
		"sha": f.SHA, "filename": f.Name, "status": f.Status, "additions": f.Added, "deletions": f.Removed,
		"changes": f.Added + f.Removed, "blob_url": s.URL() + "/" + r.full() + "/blob/" + sha + "/" + name,
		"raw_url":      s.URL() + "/" + r.full() + "/raw/" + sha + "/" + name,
		"contents_url": s.api("repos/%s/contents/%s?ref=%s", r.full(), name, sha),
	}
	if f.Patch != "" {
		o["patch"] = f.Patch
	}
	if f.Old != "" {
		o["previous_filename"] = f.Old
	}
	return o
}
