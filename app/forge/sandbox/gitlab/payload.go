package gitlab

import (
	"fmt"
	"maps"
	"time"
)

// hookStamp is a time as GitLab's webhooks have it, which differs from the API's.
func hookStamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func hookStampOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return hookStamp(t)
}

// hookUser is who did something; GitLab shows no address that its owner does not show.
func (s *Server) hookUser(u *user) obj {
	return obj{"id": u.id, "name": u.name, "username": u.username, "avatar_url": s.avatar(u), "email": "[REDACTED]"}
}

func (s *Server) hookUsers(list []*user) []any {
	out := []any{}
	for _, u := range list {
		out = append(out, s.hookUser(u))
	}
	return out
}

// hookProject is the project block of every webhook; visibility_level is a number there.
func (s *Server) hookProject(p *project) obj {
	web, ssh := s.URL()+"/"+p.full, "git@gitlab.example:"+p.full+".git"
	return obj{
		"id": p.id, "name": p.path, "description": p.description, "web_url": web, "avatar_url": nil, "git_ssh_url": ssh,
		"git_http_url": web + ".git", "namespace": p.space.path(), "visibility_level": rank(p.visibility),
		"path_with_namespace": p.full, "default_branch": p.defaultBranch, "ci_config_path": nilIfEmpty(p.settings.ciPath),
		"homepage": web, "url": ssh, "ssh_url": ssh, "http_url": web + ".git",
	}
}

func (s *Server) hookRepository(p *project) obj {
	return obj{"name": p.path, "url": "git@gitlab.example:" + p.full + ".git", "description": p.description, "homepage": s.URL() + "/" + p.full}
}

func (s *Server) hookLabels(list []*label) []any {
	out := []any{}
	for _, l := range list {
		o := obj{"id": l.id, "title": l.name, "color": l.color, "project_id": nil, "created_at": hookStamp(l.created),
			"updated_at": hookStamp(l.created), "template": false, "description": nilIfEmpty(l.description), "type": "ProjectLabel", "group_id": nil}
		if l.group != nil {
			o["type"], o["group_id"] = "GroupLabel", l.group.id
		}
		out = append(out, o)
	}
	return out
}

// hookIssuable is what the blocks of issues and merge requests have in common.
func (s *Server) hookIssuable(i *issuable) obj {
	o := obj{
		"id": i.id, "iid": i.iid, "title": i.title, "description": i.description, "author_id": i.author.id,
		"created_at": hookStamp(i.created), "updated_at": hookStamp(i.updated), "updated_by_id": nil, "milestone_id": nil,
		"last_edited_at": hookStampOrNull(i.edited), "last_edited_by_id": nil, "state": i.state, "state_id": stateID(i.state),
		"assignee_id": nil, "labels": s.hookLabels(i.labels), "time_estimate": 0, "total_time_spent": 0, "time_change": 0,
		"human_time_estimate": nil, "human_total_time_spent": nil, "human_time_change": nil,
	}
	if i.updatedBy != nil {
		o["updated_by_id"] = i.updatedBy.id
	}
	ids := []int64{}
	for _, u := range i.assignees {
		ids = append(ids, u.id)
	}
	if o["assignee_ids"] = ids; len(ids) > 0 {
		o["assignee_id"] = ids[0]
	}
	return o
}

func (s *Server) hookIssue(i *issue) obj {
	o := s.hookIssuable(&i.issuable)
	maps.Copy(o, obj{
		"project_id": i.project.id, "confidential": i.confidential, "closed_at": hookStampOrNull(i.closed), "discussion_locked": nil,
		"due_date": nil, "duplicated_to_id": nil, "moved_to_id": nil, "relative_position": 513 * i.iid, "weight": nil,
		"health_status": nil, "type": "Issue", "url": s.issueWeb(i), "severity": "unknown", "customer_relations_contacts": []any{},
	})
	if i.locked {
		o["discussion_locked"] = true
	}
	return o
}

// ringIssue tells of an issue. Which hooks hear of it is decided by what the issue is after the change: one that was
// made visible comes as an Issue Hook, one that was hidden as a Confidential Issue Hook.
func (c *call) ringIssue(i *issue, action string, changes obj) {
	attributes := c.hookIssue(i)
	attributes["action"] = action
	body := obj{
		"object_kind": "issue", "event_type": "issue", "object_attributes": attributes, "labels": c.hookLabels(i.labels),
		"changes": changes, "repository": c.hookRepository(i.project),
	}
	if len(i.assignees) > 0 {
		body["assignees"], body["assignee"] = c.hookUsers(i.assignees), c.hookUser(i.assignees[0])
	}
	event := onIssue
	if i.confidential {
		event, body["event_type"] = onSecretIssue, "confidential_issue"
	}
	c.ring(i.project, event, c.cred.user, body)
}

// columns are the fields of an issue or merge request whose changes a webhook lists.
func (c *call) columns(i *issuable) obj {
	if one := i.issue(); one != nil {
		return c.issueColumns(one)
	}
	return c.mergeColumns(i.project.merge(i.iid))
}

// ringIssuable tells of a change that a slash command made, at whatever it was.
func (c *call) ringIssuable(i *issuable, action string, before obj) {
	changes := changed(before, c.columns(i))
	if one := i.issue(); one != nil {
		c.ringIssue(one, action, changes)
		return
	}
	c.ringMerge(i.project.merge(i.iid), action, obj{"changes": changes})
}

// ringNote tells of a person's note at an issue. A note that is internal, or at a confidential issue, is confidential.
func (c *call) ringNote(i *issuable, n *note, action string) {
	one := i.issue()
	if one == nil {
		c.ringMergeNote(i, n, action)
		return
	}
	body := c.hookNote(i, n, action, c.issueWeb(one))
	body["issue"] = c.hookIssue(one)
	event := onNote
	if n.internal || one.confidential {
		event, body["event_type"] = onSecretNote, "confidential_note"
	}
	c.ring(i.project, event, c.cred.user, body)
}

// hookNote is a note's webhook without what it was said at.
func (s *Server) hookNote(i *issuable, n *note, action, web string) obj {
	return obj{
		"object_kind": "note", "event_type": "note", "project_id": i.project.id, "repository": s.hookRepository(i.project),
		"object_attributes": obj{
			"id": n.id, "note": n.body, "description": n.body, "noteable_type": i.kind, "noteable_id": i.id, "author_id": n.author.id,
			"created_at": hookStamp(n.created), "updated_at": hookStamp(n.updated), "project_id": i.project.id, "attachment": nil,
			"line_code": nil, "commit_id": "", "system": n.system, "internal": n.internal, "st_diff": nil, "action": action, "type": nil,
			"change_position": nil, "original_position": nil, "position": nil, "discussion_id": fmt.Sprintf("%040x", n.id),
			"resolved_at": nil, "resolved_by_id": nil, "resolved_by_push": nil, "updated_by_id": nil,
			"url": fmt.Sprintf("%s#note_%d", web, n.id),
		},
	}
}
