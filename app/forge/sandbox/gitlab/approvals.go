package gitlab

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// approval is one person's, and stays when the source moves on unless the project resets it (Premium).
type approval struct {
	user    *user
	created time.Time
}

// reviewer is somebody asked to look, and what came of it.
type reviewer struct {
	user    *user
	state   string // unreviewed, reviewed, requested_changes, approved or unapproved
	created time.Time
}

func (m *mergeRequest) approvedBy(u *user) bool {
	return slices.ContainsFunc(m.approvals, func(a *approval) bool { return a.user == u })
}

// objected tells whether a reviewer asked for changes.
func (m *mergeRequest) objected() bool {
	return slices.ContainsFunc(m.reviewers, func(r *reviewer) bool { return r.state == "requested_changes" })
}

// judge sets what a reviewer thinks; who was not asked becomes a reviewer by it.
func (m *mergeRequest) judge(u *user, state string, now time.Time) {
	r := first(m.reviewers, func(r *reviewer) bool { return r.user == u })
	if r == nil {
		r = &reviewer{user: u, created: now}
		m.reviewers = append(m.reviewers, r)
	}
	r.state = state
}

func (c *call) getApprovals(m *mergeRequest) reply {
	return ok(c.approvalsObj(m))
}

// approve counts once a person. GitLab answers a second one with 401.
func (c *call) approve(m *mergeRequest) reply {
	switch sha := c.in.text("sha"); {
	case sha != "" && sha != m.head:
		return said(http.StatusConflict, "SHA does not match HEAD of source branch: "+m.head)
	case m.approvedBy(c.cred.user), m.state != "opened", c.tier != "free" && m.author == c.cred.user:
		return unauthorized()
	}
	m.approvals = append(m.approvals, &approval{user: c.cred.user, created: c.now()})
	return c.judged(m, "approved")
}

func (c *call) unapprove(m *mergeRequest) reply {
	if !m.approvedBy(c.cred.user) {
		return notFound("")
	}
	m.approvals = slices.DeleteFunc(m.approvals, func(a *approval) bool { return a.user == c.cred.user })
	return c.judged(m, "unapproved")
}

// judged tells the reviewers, the history and the webhooks of a verdict.
func (c *call) judged(m *mergeRequest, verdict string) reply {
	if slices.ContainsFunc(m.reviewers, func(r *reviewer) bool { return r.user == c.cred.user }) {
		m.judge(c.cred.user, verdict, c.now())
	}
	c.systemNote(&m.issuable, verdict+" this merge request")
	c.ringMerge(m, verdict, nil)
	return created(c.approvalsObj(m))
}

func (c *call) getReviewers(m *mergeRequest) reply {
	out := []obj{}
	for _, r := range m.reviewers {
		out = append(out, obj{"user": c.userObj(r.user), "state": r.state, "created_at": stamp(r.created)})
	}
	return c.page(out)
}

// Review submits a review as the web page does: state is reviewed, requested_changes or unreviewed. Approvals have a
// route of their own.
func (s *Server) Review(path string, iid int64, username, state string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.find(path)
	if err != nil {
		return err
	}
	m, u := p.merge(iid), s.user(username)
	if m == nil || u == nil || !slices.Contains([]string{"unreviewed", "reviewed", "requested_changes"}, state) {
		return fmt.Errorf("review !%d as %s: unknown merge request, user or state", iid, username)
	}
	m.judge(u, state, s.now())
	c := &call{Server: s, project: p, cred: &credential{user: u}}
	if state == "requested_changes" {
		c.systemNote(&m.issuable, "requested changes")
	}
	m.updated = s.now()
	c.ringMerge(m, "update", nil)
	return nil
}

// SetApprovals sets how many approvals a merge needs and whether a push takes them away, both of Premium.
func (s *Server) SetApprovals(path string, needed int, reset bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.find(path)
	if err != nil {
		return err
	}
	p.needsApprovals, p.resetsApprovals = needed, reset
	return nil
}

// approvalsObj is what gitlab.com shows: approved is true as soon as nothing more is required, which without a rule is
// always. Who approved stands in approved_by.
func (c *call) approvalsObj(m *mergeRequest) obj {
	by := []obj{}
	for _, a := range m.approvals {
		by = append(by, obj{"user": c.userObj(a.user), "approved_at": stamp(a.created)})
	}
	needed := 0
	if c.tier != "free" {
		needed = c.project.needsApprovals
	}
	left := max(needed-len(m.approvals), 0)
	status, _ := c.mergeStatus(m)
	mine := c.cred.user != nil && m.approvedBy(c.cred.user)
	return obj{
		"id": m.id, "iid": m.iid, "project_id": c.project.id, "title": m.title, "description": m.description, "state": m.state,
		"created_at": stamp(m.created), "updated_at": stamp(m.updated), "merge_status": status, "approved": left == 0,
		"approvals_required": needed, "approvals_left": left, "require_password_to_approve": false, "approved_by": by,
		"suggested_approvers": []obj{}, "approvers": []obj{}, "approver_groups": []obj{}, "user_has_approved": mine,
		"user_can_approve": !mine && c.level() >= Developer, "approval_rules_left": []obj{}, "has_approval_rules": false,
		"merge_request_approvers_available": c.tier != "free", "multiple_approval_rules_available": c.tier != "free",
	}
}
