package github

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// theIssue finds the issue or pull request of a call and checks the permission that fits its kind: an installation
// that may write pull requests may not therefore write issues.
func (c *call) theIssue() (*issue, *reply) {
	i := c.repo.issue(int(c.number("issue_number")))
	if i == nil {
		rep := notFound()
		if c.repo.deleted[int(c.number("issue_number"))] {
			rep = failure(http.StatusGone, "This issue was deleted")
		}
		return nil, &rep
	}
	return i, c.fits(i)
}

// DeleteIssue deletes an issue as an administrator does on the web; REST has no call for it.
func (s *Server) DeleteIssue(repo string, number int, login string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(repo)
	if err != nil {
		return err
	}
	i, who := r.issue(number), s.account(login)
	switch {
	case i == nil || i.pull != nil:
		return fmt.Errorf("delete issue: there is no issue %d in %s", number, repo)
	case who == nil || r.role(who) < RoleAdmin:
		return fmt.Errorf("delete issue: %s does not administer %s", login, repo)
	}
	r.issues = slices.DeleteFunc(r.issues, func(x *issue) bool { return x == i })
	if r.deleted == nil {
		r.deleted = map[int]bool{}
	}
	r.deleted[number] = true
	s.emit(r, "issues", "deleted", who, obj{"issue": s.issueObj(r, i)})
	return nil
}

func (c *call) fits(i *issue) *reply {
	if c.cred.kind != "installation" || i.pull != nil || c.cred.holds("issues:write") {
		return nil
	}
	if c.r.Method == http.MethodGet && (c.cred.holds("issues:read") || !c.repo.private) {
		return nil
	}
	rep := notAccessible()
	return &rep
}

// strong tells whether the caller has a role, or speaks for an App (whose permission the route has checked).
func (c *call) strong(role Role) bool {
	return c.cred.kind == "installation" || c.repo.role(c.cred.user) >= role
}

type issueInput struct {
	Title       json.RawMessage
	Body        *string
	State       string
	StateReason string `json:"state_reason"`
	Labels      []json.RawMessage
	Assignees   []string
	Base        string
}

// text reads a title, which the description allows to be a string or a number.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// labelNames reads labels given as strings or as objects with a name.
func labelNames(raw []json.RawMessage) []string {
	var names []string
	for _, r := range raw {
		var o struct{ Name string }
		if json.Unmarshal(r, &o) == nil {
			names = append(names, o.Name)
		} else {
			names = append(names, text(r))
		}
	}
	return names
}

func (c *call) createIssue() reply {
	var in issueInput
	if rep := c.read(&in); rep != nil {
		return *rep
	}
	title := text(in.Title)
	if title == "" || title == "null" {
		return invalid("Issue", "title", "missing_field", "")
	}
	i := c.newIssue(title, in.Body)
	if c.strong(RoleTriage) { // from others GitHub drops labels and assignees silently
		for _, name := range labelNames(in.Labels) {
			c.label(i, name)
		}
		c.assign(i, in.Assignees)
	}
	c.emit(c.repo, "issues", "opened", c.cred.actor(), obj{"issue": c.issueObj(c.repo, i)})
	for _, l := range i.labels {
		c.emit(c.repo, "issues", "labeled", c.cred.actor(), obj{"issue": c.issueObj(c.repo, i), "label": c.labelObj(c.repo, l)})
	}
	return created(c.issueObj(c.repo, i))
}

func (c *call) newIssue(title string, body *string) *issue {
	c.repo.lastNumber++
	now := c.now()
	i := &issue{id: c.id(), number: c.repo.lastNumber, title: title, state: "open", user: c.cred.actor(), app: c.cred.via(), created: now, updated: now}
	if body != nil {
		i.body = *body
	}
	c.repo.issues = append(c.repo.issues, i)
	return i
}

func (c *call) listIssues() reply {
	q := c.r.URL.Query()
	state := q.Get("state")
	if state == "" {
		state = "open"
	}
	since, _ := time.Parse(time.RFC3339, q.Get("since")) // no time is since ever
	var list []*issue
	for _, i := range c.repo.issues {
		if state != "all" && i.state != state || i.updated.Before(since) {
			continue
		}
		if creator := q.Get("creator"); creator != "" && (i.user == nil || !strings.EqualFold(i.user.login, creator)) {
			continue
		}
		if q.Get("labels") == "" || hasAll(i.labels, strings.Split(q.Get("labels"), ",")) {
			list = append(list, i)
		}
	}
	key := func(i *issue) time.Time { return i.created }
	if q.Get("sort") == "updated" {
		key = func(i *issue) time.Time { return i.updated }
	}
	sortIssues(list, key, q.Get("direction") == "asc")
	var out []obj
	for _, i := range list {
		out = append(out, c.issueObj(c.repo, i))
	}
	return c.page(out)
}

// sortIssues orders newest first unless asked otherwise; equal times keep their numbers' order.
func sortIssues(list []*issue, key func(*issue) time.Time, ascending bool) {
	slices.SortStableFunc(list, func(a, b *issue) int {
		n := key(a).Compare(key(b))
		if n == 0 {
			n = a.number - b.number
		}
		if !ascending {
			n = -n
		}
		return n
	})
}

func hasAll(have []*label, want []string) bool {
	for _, name := range want {
		if !slices.ContainsFunc(have, func(l *label) bool { return strings.EqualFold(l.name, strings.TrimSpace(name)) }) {
			return false
		}
	}
	return true
}

func (c *call) getIssue() reply {
	i, rep := c.theIssue()
	if rep != nil {
		return *rep
	}
	return ok(c.issueObj(c.repo, i))
}

func (c *call) editIssue() reply {
	i, rep := c.theIssue()
	if rep != nil {
		return *rep
	}
	if !c.strong(RoleTriage) && c.cred.user != i.user {
		return failure(http.StatusForbidden, "Must have triage rights to Repository.")
	}
	var in issueInput
	if rep := c.read(&in); rep != nil {
		return *rep
	}
	if rep := c.edit(i, in); rep != nil {
		return *rep
	}
	if c.has("labels") && c.strong(RoleTriage) {
		c.replaceLabels(i, labelNames(in.Labels))
	}
	if c.has("assignees") {
		i.assignees = nil
		c.assign(i, in.Assignees)
	}
	return ok(c.issueObj(c.repo, i))
}

// edit applies what issues and pull requests have in common: title, body, state.
func (c *call) edit(i *issue, in issueInput) *reply {
	if in.State != "" && in.State != "open" && in.State != "closed" {
		rep := invalid("Issue", "state", "invalid", "")
		return &rep
	}
	changes := obj{}
	if title := text(in.Title); len(in.Title) > 0 && title != "null" && title != i.title {
		changes["title"] = obj{"from": i.title}
		c.happened(i, &event{kind: "renamed", from: i.title, to: title})
		i.title = title
	}
	if c.has("body") {
		body := ""
		if in.Body != nil {
			body = *in.Body
		}
		if body != i.body {
			changes["body"] = obj{"from": i.body}
			i.body = body
		}
	}
	if len(changes) > 0 {
		i.updated = c.now()
		c.tell(i, "edited", obj{"changes": changes})
	}
	if in.State != "" && in.State != i.state {
		return c.setState(i, in.State, in.StateReason)
	}
	return nil
}

// setState closes or reopens. A merged pull request, or one whose branch is gone, stays closed.
func (c *call) setState(i *issue, state, reason string) *reply {
	if state == "closed" {
		if i.pull == nil && reason == "" {
			reason = "completed"
		}
		c.shut(i, c.cred.actor(), reason)
		c.tell(i, "closed", nil)
		return nil
	}
	if i.pull != nil {
		if i.pull.merged || c.repo.git.Ref("refs/heads/"+i.pull.headRef) == "" {
			rep := invalid("PullRequest", "state", "invalid", "state cannot be changed. The pull request cannot be reopened.")
			return &rep
		}
		reason = ""
	} else {
		reason = "reopened"
	}
	i.state, i.stateReason, i.closed, i.closedBy = "open", reason, time.Time{}, nil
	c.happened(i, &event{kind: "reopened"})
	c.tell(i, "reopened", nil)
	return nil
}

func (c *call) shut(i *issue, by *account, reason string) {
	i.state, i.stateReason, i.closed, i.closedBy = "closed", reason, c.now(), by
	c.happened(i, &event{kind: "closed", actor: by})
}

// happened appends to an issue's history.
func (c *call) happened(i *issue, e *event) {
	if e.actor == nil {
		e.actor = c.cred.actor()
	}
	e.id, e.created, e.app = c.id(), c.now(), c.cred.via()
	i.updated = e.created
	i.events = append(i.events, e)
}

// tell rings issues or pull_request, whichever the thing is.
func (c *call) tell(i *issue, action string, extra obj) {
	body := obj{}
	for k, v := range extra {
		body[k] = v
	}
	if i.pull != nil {
		body["number"], body["pull_request"] = i.number, c.pullObj(c.repo, i, true)
		c.emit(c.repo, "pull_request", action, c.cred.actor(), body)
		return
	}
	body["issue"] = c.issueObj(c.repo, i)
	c.emit(c.repo, "issues", action, c.cred.actor(), body)
}

func (c *call) assign(i *issue, logins []string) {
	for _, login := range logins {
		a := c.account(login)
		if a == nil || slices.Contains(i.assignees, a) || len(i.assignees) == 10 || c.repo.role(a) < RoleRead {
			continue // GitHub drops unknown assignees silently
		}
		i.assignees = append(i.assignees, a)
		c.happened(i, &event{kind: "assigned", subject: a})
	}
}

// assignees reads an issue, and who is to be put there or taken away.
func (c *call) assignees() (i *issue, names []string, bad *reply) {
	if i, bad = c.theIssue(); bad != nil {
		return nil, nil, bad
	}
	var in struct{ Assignees []string }
	bad = c.read(&in)
	return i, in.Assignees, bad
}

func (c *call) addAssignees() reply {
	i, names, rep := c.assignees()
	if rep != nil {
		return *rep
	}
	c.assign(i, names)
	return created(c.issueObj(c.repo, i))
}

func (c *call) removeAssignees() reply {
	i, names, rep := c.assignees()
	if rep != nil {
		return *rep
	}
	i.assignees = slices.DeleteFunc(i.assignees, func(a *account) bool {
		gone := slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, a.login) })
		if gone {
			c.happened(i, &event{kind: "unassigned", subject: a})
		}
		return gone
	})
	return ok(c.issueObj(c.repo, i))
}

func (c *call) issueEvents() reply {
	i, rep := c.theIssue()
	if rep != nil {
		return *rep
	}
	var list []obj
	for _, e := range i.events {
		list = append(list, c.eventObj(c.repo, e))
	}
	return c.page(list)
}

// issueTimeline is the events, comments, reviews and commits in order of time.
func (c *call) issueTimeline() reply {
	i, rep := c.theIssue()
	if rep != nil {
		return *rep
	}
	type line struct {
		at time.Time
		o  obj
	}
	var lines []line
	for _, e := range i.events {
		lines = append(lines, line{e.created, c.eventObj(c.repo, e)})
	}
	for _, cm := range i.comments {
		o := c.commentObj(c.repo, i, cm)
		o["event"], o["actor"] = "commented", c.userObj(cm.user)
		lines = append(lines, line{cm.created, o})
	}
	if i.pull != nil {
		for _, v := range i.pull.reviews {
			o := c.reviewObj(c.repo, i, v)
			o["event"] = "reviewed"
			lines = append(lines, line{v.submitted, o})
		}
	}
	slices.SortStableFunc(lines, func(a, b line) int { return a.at.Compare(b.at) })
	var list []obj
	for _, l := range lines {
		list = append(list, l.o)
	}
	return c.page(list)
}
