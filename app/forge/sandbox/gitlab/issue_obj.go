package gitlab

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
)

func (s *Server) issueWeb(i *issue) string {
	return fmt.Sprintf("%s/%s/-/issues/%d", s.URL(), i.project.full, i.iid)
}

// issueObj is an issue as the API shows it.
func (c *call) issueObj(i *issue) obj {
	self := fmt.Sprintf("%s/api/v4/projects/%d/issues/%d", c.URL(), i.project.id, i.iid)
	o := c.issuableObj(&i.issuable, c.cred.user)
	maps.Copy(o, obj{
		"confidential": i.confidential, "web_url": c.issueWeb(i), "type": "ISSUE", "issue_type": "issue", "severity": "UNKNOWN",
		"moved_to_id": nil, "service_desk_reply_to": nil, "merge_requests_count": 0, "due_date": nil, "start_date": nil,
		"closed_by": c.userObj(i.closedBy), "has_tasks": false, "task_status": "",
		"_links": obj{"self": self, "notes": self + "/notes", "award_emoji": self + "/award_emoji",
			"project": fmt.Sprintf("%s/api/v4/projects/%d", c.URL(), i.project.id), "closed_as_duplicate_of": nil},
	})
	return o
}

// issuableObj is what the API shows of issues and merge requests alike, to one reader.
func (s *Server) issuableObj(i *issuable, reader *user) obj {
	o := obj{
		"id": i.id, "iid": i.iid, "project_id": i.project.id, "title": i.title, "description": nilIfEmpty(i.description), "state": i.state,
		"created_at": stamp(i.created), "updated_at": stamp(i.updated), "closed_at": stampOrNull(i.closed), "milestone": nil,
		"labels": labelNames(i.labels), "author": s.userObj(i.author), "assignees": s.userObjs(i.assignees), "assignee": nil,
		"user_notes_count": i.comments(reader), "upvotes": 0, "downvotes": 0, "imported": false, "imported_from": "none",
		"references":        obj{"short": i.ref(), "relative": i.ref(), "full": i.project.full + i.ref()},
		"discussion_locked": nil, "task_completion_status": obj{"count": 0, "completed_count": 0}, "blocking_issues_count": 0,
		"time_stats": obj{"time_estimate": 0, "total_time_spent": 0, "human_time_estimate": nil, "human_total_time_spent": nil},
	}
	if i.locked {
		o["discussion_locked"] = true
	}
	if len(i.assignees) > 0 {
		o["assignee"] = s.userObj(i.assignees[0])
	}
	return o
}

func labelNames(list []*label) []string {
	out := []string{}
	for _, l := range list {
		out = append(out, l.name)
	}
	slices.Sort(out)
	return out
}

// comments counts what people said.
func (i *issuable) comments(reader *user) int {
	n := 0
	for _, e := range i.notes {
		if !e.system && (!e.internal || i.project.level(reader) >= Planner) {
			n++
		}
	}
	return n
}

// issueColumns are the fields whose changes a webhook lists.
func (s *Server) issueColumns(i *issue) obj {
	o := s.issuableColumns(&i.issuable)
	o["confidential"] = i.confidential
	return o
}

func (s *Server) issuableColumns(i *issuable) obj {
	o := obj{
		"title": i.title, "description": i.description, "state_id": stateID(i.state), "closed_at": stampOrNull(i.closed),
		"labels": s.hookLabels(i.labels), "assignees": s.hookUsers(i.assignees), "updated_by_id": nil, "updated_at": stamp(i.updated),
	}
	if i.locked {
		o["discussion_locked"] = true
	}
	if i.updatedBy != nil {
		o["updated_by_id"] = i.updatedBy.id
	}
	return o
}

func stateID(state string) int {
	return slices.Index([]string{"", "opened", "closed", "merged", "locked"}, state)
}

// issueChanges compares an issue with its columns before; with none before, everything that is not empty is new.
func (s *Server) issueChanges(before obj, i *issue) obj { return changed(before, s.issueColumns(i)) }

func changed(before, now obj) obj {
	out := obj{}
	for k, v := range now {
		was := before[k]
		if _, isList := v.([]any); isList && was == nil {
			was = []any{}
		}
		if len(before) == 0 && (v == nil || reflect.ValueOf(v).IsZero() || reflect.DeepEqual(v, []any{})) {
			continue
		}
		if !reflect.DeepEqual(was, v) {
			out[k] = obj{"previous": was, "current": v}
		}
	}
	if len(before) > 0 && len(out) == 1 && out["updated_at"] != nil {
		return obj{}
	}
	return out
}
