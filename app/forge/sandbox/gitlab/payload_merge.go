package gitlab

import (
	"fmt"
	"maps"
	"strconv"
)

func (s *Server) mergeWeb(m *mergeRequest) string {
	return fmt.Sprintf("%s/-/merge_requests/%d", s.web(m.project), m.iid)
}

// mergeObj is a merge request as the API shows it, in a list or alone.
func (c *call) mergeObj(m *mergeRequest, alone bool) obj {
	status, detailed := c.mergeStatus(m)
	p, v := m.project, m.version()
	o := c.issuableObj(&m.issuable, c.cred.user)
	maps.Copy(o, obj{
		"source_branch": m.source, "target_branch": m.target, "source_project_id": p.id, "target_project_id": p.id,
		"sha": m.head, "merge_commit_sha": nilIfEmpty(m.mergeSHA), "squash_commit_sha": nilIfEmpty(m.squashSHA),
		"merged_by": c.userObj(m.mergedBy), "merge_user": c.userObj(m.mergedBy), "merged_at": stampOrNull(m.mergedAt),
		"closed_by": c.userObj(m.closedBy), "draft": m.draft(), "work_in_progress": m.draft(), "merge_status": status,
		"detailed_merge_status": detailed, "has_conflicts": status == "cannot_be_merged", "merge_after": stampOrNull(m.after),
		"merge_when_pipeline_succeeds": m.waits != nil, "reviewers": c.userObjs(m.reviewing()), "squash": m.squash, "squash_on_merge": m.squash,
		"should_remove_source_branch": m.removeSource, "force_remove_source_branch": m.removeSource, "allow_collaboration": false,
		"allow_maintainer_to_push": false, "blocking_discussions_resolved": true, "prepared_at": stamp(m.created),
		"reference": m.ref(), "web_url": c.mergeWeb(m), "approvals_before_merge": nil,
	})
	delete(o, "blocking_issues_count")
	o["author"].(obj)["bot"] = m.author.bot
	if m.waits != nil {
		o["merge_user"] = c.userObj(m.waits)
	}
	if !alone {
		return o
	}
	maps.Copy(o, obj{
		"diff_refs": obj{"base_sha": v.base, "head_sha": v.head, "start_sha": v.start}, "merge_error": nil, "changes_count": strconv.Itoa(v.files),
		"first_contribution": false, "subscribed": false, "latest_build_started_at": nil, "latest_build_finished_at": nil,
		"first_deployed_to_production_at": nil, "head_pipeline": nil, "pipeline": nil,
		"user": obj{"can_merge": c.cred.user != nil && p.mayMerge(c.cred.user, m.target)},
	})
	if pl := p.headPipeline(m); pl != nil {
		o["head_pipeline"], o["pipeline"] = c.pipelineDetail(p, pl), c.pipelineObj(p, pl)
	}
	return o
}

// ringMerge tells webhooks about a merge request. extra may hold oldrev, which stands among its attributes, and changes.
func (c *call) ringMerge(m *mergeRequest, action string, extra obj) {
	if !m.project.heard(onMerge) {
		return
	}
	body := c.mergeHook(m, action)
	if rev, pushed := extra["oldrev"]; pushed {
		body["object_attributes"].(obj)["oldrev"] = rev
	}
	if changes, edited := extra["changes"]; edited {
		body["changes"] = changes
	}
	c.ring(m.project, onMerge, c.cred.user, body)
}

func (c *call) mergeHook(m *mergeRequest, action string) obj {
	attributes := c.mergeAttributes(m)
	attributes["action"] = action
	return obj{
		"object_kind": "merge_request", "event_type": "merge_request", "repository": c.hookRepository(m.project), "object_attributes": attributes, "labels": c.hookLabels(m.labels), "changes": obj{},
		"assignees": c.hookUsers(m.assignees), "reviewers": c.hookUsers(m.reviewing()),
	}
}

// mergeAttributes is a merge request in the body of a webhook.
func (s *Server) mergeAttributes(m *mergeRequest) obj {
	status, detailed := s.mergeStatus(m)
	reviewers := []int64{}
	for _, u := range m.reviewing() {
		reviewers = append(reviewers, u.id)
	}
	o := s.hookIssuable(&m.issuable)
	maps.Copy(o, obj{
		"target_branch": m.target, "source_branch": m.source, "source_project_id": m.project.id, "target_project_id": m.project.id,
		"reviewer_ids": reviewers, "blocking_discussions_resolved": true, "work_in_progress": m.draft(), "draft": m.draft(),
		"first_contribution": false, "merge_status": status, "detailed_merge_status": detailed, "url": s.mergeWeb(m),
		"source": s.hookProject(m.project), "target": s.hookProject(m.project), "merge_commit_sha": nilIfEmpty(m.mergeSHA),
		"last_commit": s.hookCommit(m.project, m.project.repo.Commit(m.head)), "merge_user_id": nil, "head_pipeline_id": nil,
		"merge_when_pipeline_succeeds": m.waits != nil, "merge_error": nil, "merge_params": obj{"force_remove_source_branch": m.removeSource},
	})
	if m.mergedBy != nil {
		o["merge_user_id"] = m.mergedBy.id
	}
	if pl := m.project.headPipeline(m); pl != nil {
		o["head_pipeline_id"] = pl.id
	}
	return o
}

// ringMergeNote tells of a person's note at a merge request.
func (c *call) ringMergeNote(i *issuable, n *note, action string) {
	m := i.project.merge(i.iid)
	body := c.hookNote(i, n, action, c.mergeWeb(m))
	attributes := c.mergeAttributes(m)
	attributes["assignee"], attributes["position"] = nil, 0
	if len(m.assignees) > 0 {
		attributes["assignee"] = c.hookUser(m.assignees[0])
	}
	body["merge_request"] = attributes
	event := onNote
	if n.internal {
		event, body["event_type"] = onSecretNote, "confidential_note"
	}
	c.ring(i.project, event, c.cred.user, body)
}
