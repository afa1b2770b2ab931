package github

import (
	"fmt"
	"maps"
	"net/url"
	"strings"
)

func (s *Server) labelObj(r *repository, l *label) obj {
	return obj{
		"id": l.id, "node_id": nodeID("Label", l.id), "name": l.name, "color": l.color, "default": false,
		"description": l.description, "url": s.api("repos/%s/labels/%s", r.full(), url.PathEscape(l.name)),
	}
}

func (s *Server) labelObjs(r *repository, list []*label) []obj {
	out := []obj{}
	for _, l := range list {
		out = append(out, s.labelObj(r, l))
	}
	return out
}

// association is how GitHub names a person's relation to a repository.
func (r *repository) association(a *account) string {
	switch {
	case a == nil:
		return "NONE"
	case a == r.owner:
		return "OWNER"
	case r.owner.members[strings.ToLower(a.login)] != "":
		return "MEMBER"
	case r.collaborators[strings.ToLower(a.login)] > RoleNone:
		return "COLLABORATOR"
	}
	return "NONE"
}

func reactions(at string) obj {
	return obj{"url": at + "/reactions", "total_count": 0, "+1": 0, "-1": 0, "laugh": 0, "hooray": 0, "confused": 0,
		"heart": 0, "rocket": 0, "eyes": 0}
}

func (s *Server) issueObj(r *repository, i *issue) obj {
	u := s.api("repos/%s/issues/%d", r.full(), i.number)
	html := fmt.Sprintf("%s/%s/issues/%d", s.URL(), r.full(), i.number)
	o := obj{
		"id": i.id, "node_id": nodeID("Issue", i.id), "number": i.number, "title": i.title, "body": nullable(i.body),
		"state": i.state, "state_reason": nullable(i.stateReason), "locked": i.locked, "active_lock_reason": nil,
		"user": s.userObj(i.user), "labels": s.labelObjs(r, i.labels), "assignee": nil, "assignees": s.users(i.assignees),
		"milestone": nil, "comments": len(i.comments), "created_at": stamp(i.created), "updated_at": stamp(i.updated),
		"closed_at": stamp(i.closed), "closed_by": s.userObj(i.closedBy), "author_association": r.association(i.user),
		"performed_via_github_app": s.appObj(i.app), "reactions": reactions(u), "url": u, "repository_url": s.api("repos/%s", r.full()),
		"labels_url": u + "/labels{/name}", "comments_url": u + "/comments", "events_url": u + "/events",
		"timeline_url": u + "/timeline", "html_url": html,
	}
	if len(i.assignees) > 0 {
		o["assignee"] = s.userObj(i.assignees[0])
	}
	if i.pull != nil {
		p := s.api("repos/%s/pulls/%d", r.full(), i.number)
		page := fmt.Sprintf("%s/%s/pull/%d", s.URL(), r.full(), i.number)
		o["html_url"], o["draft"] = page, i.pull.draft
		o["pull_request"] = obj{"url": p, "html_url": page, "diff_url": page + ".diff", "patch_url": page + ".patch", "merged_at": stamp(i.pull.mergedAt)}
	}
	return o
}

func (s *Server) commentObj(r *repository, i *issue, c *comment) obj {
	u := s.api("repos/%s/issues/comments/%d", r.full(), c.id)
	return obj{
		"id": c.id, "node_id": nodeID("IssueComment", c.id), "url": u, "body": c.body, "user": s.userObj(c.user),
		"html_url":  fmt.Sprintf("%s/%s/issues/%d#issuecomment-%d", s.URL(), r.full(), i.number, c.id),
		"issue_url": s.api("repos/%s/issues/%d", r.full(), i.number), "created_at": stamp(c.created), "updated_at": stamp(c.updated),
		"author_association": r.association(c.user), "performed_via_github_app": s.appObj(c.app), "reactions": reactions(u),
	}
}

func (s *Server) eventObj(r *repository, e *event) obj {
	o := obj{
		"id": e.id, "node_id": nodeID("Event", e.id), "url": s.api("repos/%s/issues/events/%d", r.full(), e.id),
		"actor": s.userObj(e.actor), "event": e.kind, "commit_id": nil, "commit_url": nil, "created_at": stamp(e.created),
		"performed_via_github_app": s.appObj(e.app),
	}
	if e.commit != "" {
		o["commit_id"], o["commit_url"] = e.commit, s.api("repos/%s/commits/%s", r.full(), e.commit)
	}
	switch e.kind {
	case "labeled", "unlabeled":
		o["label"] = obj{"name": e.label.name, "color": e.label.color}
	case "renamed":
		o["rename"] = obj{"from": e.from, "to": e.to}
	case "assigned", "unassigned":
		o["assignee"], o["assigner"] = s.userObj(e.subject), s.userObj(e.actor)
	case "review_requested", "review_request_removed":
		o["review_requester"], o["requested_reviewer"] = s.userObj(e.actor), s.userObj(e.subject)
	case "closed":
		o["state_reason"] = nil
	}
	return o
}

// pullObj is the body of one pull request; a list leaves out what costs GitHub a computation.
func (s *Server) pullObj(r *repository, i *issue, full bool) obj {
	p := i.pull
	u := s.api("repos/%s/pulls/%d", r.full(), i.number)
	html := fmt.Sprintf("%s/%s/pull/%d", s.URL(), r.full(), i.number)
	issueURL := s.api("repos/%s/issues/%d", r.full(), i.number)
	statuses := s.api("repos/%s/statuses/%s", r.full(), p.headSHA)
	link := func(v string) obj { return obj{"href": v} }
	side := func(owner *account, ref, sha string) obj {
		return obj{"label": owner.login + ":" + ref, "ref": ref, "sha": sha, "user": s.userObj(owner), "repo": s.repoObj(r)}
	}
	o := obj{
		"id": p.id, "node_id": nodeID("PullRequest", p.id), "number": i.number, "title": i.title, "body": nullable(i.body),
		"state": i.state, "locked": i.locked, "active_lock_reason": nil, "draft": p.draft, "user": s.userObj(i.user),
		"labels": s.labelObjs(r, i.labels), "assignee": nil, "assignees": s.users(i.assignees), "milestone": nil,
		"requested_reviewers": s.users(p.reviewers), "requested_teams": []any{}, "author_association": r.association(i.user),
		"auto_merge": nil, "created_at": stamp(i.created), "updated_at": stamp(i.updated), "closed_at": stamp(i.closed),
		"merged_at": stamp(p.mergedAt), "merge_commit_sha": nullable(p.mergeSHA),
		"head": side(p.headOwner, p.headRef, p.headSHA), "base": side(r.owner, p.baseRef, p.baseSHA),
		"url": u, "html_url": html, "diff_url": html + ".diff", "patch_url": html + ".patch", "issue_url": issueURL,
		"commits_url": u + "/commits", "review_comments_url": u + "/comments", "review_comment_url": s.api("repos/%s/pulls/comments{/number}", r.full()),
		"comments_url": issueURL + "/comments", "statuses_url": statuses,
		"_links": obj{"self": link(u), "html": link(html), "issue": link(issueURL), "comments": link(issueURL + "/comments"),
			"review_comments": link(u + "/comments"), "review_comment": link(s.api("repos/%s/pulls/comments{/number}", r.full())),
			"commits": link(u + "/commits"), "statuses": link(statuses)},
	}
	if len(i.assignees) > 0 {
		o["assignee"] = s.userObj(i.assignees[0])
	}
	if full {
		s.pullComputed(r, i, o)
	}
	return o
}

// pullComputed adds what GitHub computes in the background: mergeability and sizes.
func (s *Server) pullComputed(r *repository, i *issue, o obj) {
	p := i.pull
	f := s.facts(r, p)
	var mergeable any
	state := "unknown"
	switch {
	case p.merged || i.state != "open":
	case s.lazy && p.asked != f.pair:
	default:
		mergeable = f.mergeable
		state = s.mergeableState(r, p, f)
	}
	maps.Copy(o, obj{
		"merged": p.merged, "mergeable": mergeable, "rebaseable": mergeable, "mergeable_state": state, "merged_by": s.userObj(p.mergedBy),
		"comments": len(i.comments), "review_comments": 0, "maintainer_can_modify": false, "commits": f.commits,
		"additions": f.added, "deletions": f.removed, "changed_files": f.amount,
	})
}

func (s *Server) mergeableState(r *repository, p *pull, f *pullFact) string {
	switch {
	case !f.mergeable:
		return "dirty"
	case p.draft:
		return "draft"
	case len(s.missingChecks(r, p.baseRef, p.headSHA)) > 0:
		return "blocked"
	}
	return "clean"
}

func (s *Server) reviewObj(r *repository, i *issue, v *review) obj {
	html := fmt.Sprintf("%s/%s/pull/%d#pullrequestreview-%d", s.URL(), r.full(), i.number, v.id)
	u := s.api("repos/%s/pulls/%d", r.full(), i.number)
	o := obj{
		"id": v.id, "node_id": nodeID("PullRequestReview", v.id), "user": s.userObj(v.user), "body": v.body, "state": v.state,
		"commit_id": v.commit, "html_url": html, "pull_request_url": u, "author_association": r.association(v.user),
		"_links": obj{"html": obj{"href": html}, "pull_request": obj{"href": u}},
	}
	if !v.submitted.IsZero() {
		o["submitted_at"] = stamp(v.submitted)
	}
	return o
}
