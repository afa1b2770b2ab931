package gitlab

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

func issueRoutes() []route {
	const one = "/api/v4/projects/{id}/issues/{issue_iid}"
	return []route{
		{method: "GET", pattern: "/api/v4/projects/{id}/issues", handle: (*call).listIssues},
		{method: "POST", pattern: "/api/v4/projects/{id}/issues", handle: (*call).createIssue},
		{method: "GET", pattern: one, handle: (*call).getIssue},
		{method: "PUT", pattern: one, handle: (*call).editIssue},
		{method: "DELETE", pattern: one, handle: (*call).deleteIssue},
	}
}

// theIssue finds the issue that the path names under one of its two names; one that the caller may not see is not
// there. A write to one that strangers do not see is no public write.
func (c *call) theIssue() (*issue, *reply) {
	name := "issue_iid"
	if c.params[name] == "" {
		name = "noteable_id"
	}
	i := c.project.issue(c.pathNumber(name))
	if i == nil || c.project.settings.issuesOff || !i.visible(c.cred.user) {
		rep := gone()
		return nil, &rep
	}
	c.discreet = i.confidential
	return i, nil
}

// gone is GitLab's 404 for a thing that a finder did not find; it is spelt differently from other 404s.
func gone() reply { return said(http.StatusNotFound, "404 Not found") }

// administers tells whether the caller may change everybody's issues: planners and reporters upward.
func (c *call) administers() bool { return c.level() >= Planner }

const (
	titleLimit = 255
	textLimit  = 1 << 20
	noteLimit  = 1000000
)

// titled checks a title and a description as GitLab's models do.
func titled(title, description string) *reply {
	var rep reply
	switch {
	case title == "":
		rep = invalid(http.StatusBadRequest, "title", "can't be blank")
	case len([]rune(title)) > titleLimit:
		rep = invalid(http.StatusBadRequest, "title", "is too long (maximum is 255 characters)")
	case len([]rune(description)) > textLimit:
		rep = invalid(http.StatusBadRequest, "description", "is too long (maximum is 1048576 characters)")
	default:
		return nil
	}
	return &rep
}

func (c *call) createIssue() reply {
	if c.project.settings.issuesOff {
		return forbidden()
	}
	if rep := c.only([]string{"title", "description", "confidential", "labels", "assignee_ids", "assignee_id", "issue_type"}); rep != nil {
		return *rep
	}
	title, confidential := strings.TrimSpace(c.in.required("title")), c.in.flag("confidential", false)
	kind := c.in.oneOf("issue_type", "issue", "incident", "test_case", "task")
	labels, assignees := c.in.list("labels"), c.assigneesAsked()
	description, actions := c.quickActions(c.in.text("description"))
	if rep := c.in.refused(); rep != nil {
		return *rep
	}
	if rep := titled(title, description); rep != nil {
		return *rep
	}
	if kind != "" && kind != "issue" {
		return notImitated("issue_type " + kind)
	}
	if slices.ContainsFunc(actions, func(a action) bool { return a.name == "confidential" }) {
		confidential = true // for one's own new issue everybody may
	}
	now := c.now()
	c.project.lastIssue++
	i := &issue{confidential: confidential, issuable: issuable{
		id: c.id(), iid: c.project.lastIssue, kind: "Issue", project: c.project, title: title, description: description,
		state: "opened", author: c.cred.user, created: now, updated: now,
	}}
	c.project.issues = append(c.project.issues, i)
	before := obj{}
	if c.level() >= Guest { // from strangers GitLab drops labels and assignees silently
		c.relabel(&i.issuable, c.labelsNamed(labels))
		c.assign(&i.issuable, assignees)
	}
	c.act(&i.issuable, actions)
	c.discreet = i.confidential
	c.ringIssue(i, "open", c.issueChanges(before, i))
	return created(c.issueObj(i))
}

// assigneesAsked reads whom a request assigns; GitLab on the free tier keeps the first only.
func (c *call) assigneesAsked() []*user {
	ids := c.in.numbers("assignee_ids")
	if id := c.in.number("assignee_id", 0); id > 0 {
		ids = append(ids, id)
	}
	var list []*user
	for _, id := range ids {
		if u := c.userByID(id); u != nil && !slices.Contains(list, u) {
			list = append(list, u)
		}
	}
	if c.tier == "free" && len(list) > 1 {
		list = list[:1]
	}
	return list
}

// assign sets who a thing is assigned to; who cannot read it is dropped silently, as GitLab does.
func (c *call) assign(i *issuable, list []*user) {
	i.assignees = slices.DeleteFunc(slices.Clone(list), func(u *user) bool {
		return !c.project.sees(u) || c.project.level(u) < Guest && u != i.author
	})
}

func (c *call) getIssue() reply {
	i, rep := c.theIssue()
	if rep != nil {
		return *rep
	}
	return ok(c.issueObj(i))
}

// editable are the parameters of which an edit needs one.
func editable() []string {
	return []string{"title", "description", "state_event", "confidential", "labels", "add_labels", "remove_labels", "assignee_ids",
		"assignee_id", "discussion_locked"}
}

func (c *call) editIssue() reply {
	i, rep := c.theIssue()
	if rep != nil {
		return *rep
	}
	mine := i.author == c.cred.user || slices.Contains(i.assignees, c.cred.user)
	if !c.administers() && !mine {
		return forbidden()
	}
	if rep := c.only(editable()); rep != nil {
		return *rep
	}
	if !slices.ContainsFunc(editable(), c.in.has) {
		return reply{Status: http.StatusBadRequest, Body: obj{"error": "title, description, state_event, labels, confidential are missing, at least one parameter must be provided"}}
	}
	before, wasConfidential := c.issueColumns(i), i.confidential
	confidential := c.in.flag("confidential", i.confidential)
	event := c.in.oneOf("state_event", "close", "reopen")
	locked, assignees := c.in.flag("discussion_locked", i.locked), c.assigneesAsked()
	for _, name := range []string{"labels", "add_labels", "remove_labels"} {
		c.in.list(name) // so that what is no list is refused before anything changes
	}
	if rep := c.editTexts(&i.issuable); rep != nil { // the last that may refuse
		return *rep
	}
	if c.administers() {
		c.setConfidential(i, confidential)
		i.locked = locked
		c.editLabels(&i.issuable)
		if c.in.has("assignee_ids") || c.in.has("assignee_id") {
			c.assign(&i.issuable, assignees)
		}
	}
	action := c.moveState(&i.issuable, event)
	if changes := c.issueChanges(before, i); len(changes) > 0 {
		i.updated, i.updatedBy = c.now(), c.cred.user
		c.ringIssue(i, or(action, "update"), c.issueChanges(before, i))
	}
	c.discreet = wasConfidential && i.confidential
	return ok(c.issueObj(i))
}

// deleteIssue is for owners; its number is never given again.
func (c *call) deleteIssue() reply {
	i, rep := c.theIssue()
	switch {
	case rep != nil:
		return *rep
	case c.level() < Owner:
		return forbidden()
	}
	c.project.issues = slices.DeleteFunc(c.project.issues, func(e *issue) bool { return e == i })
	return noContent()
}

// editTexts applies a new title and description, and does what slash commands in the description say.
func (c *call) editTexts(i *issuable) *reply {
	title, description := i.title, i.description
	var actions []action
	if c.in.has("title") {
		title = strings.TrimSpace(c.in.text("title"))
	}
	if c.in.has("description") {
		description, actions = c.quickActions(c.in.text("description"))
	}
	if rep := c.in.refused(); rep != nil {
		return rep
	}
	if rep := titled(title, description); rep != nil {
		return rep
	}
	c.retitle(i, title)
	if description != i.description {
		c.systemNote(i, "changed the description")
		i.description, i.edited = description, c.now()
	}
	c.act(i, actions)
	return nil
}

func (c *call) retitle(i *issuable, title string) {
	if title != i.title {
		c.systemNote(i, "changed title from **{-"+i.title+"-}** to **{+"+title+"+}**")
		i.title, i.edited = title, c.now()
	}
}

// setConfidential hides an issue or shows it to everybody who sees the project, with everything said in it.
func (c *call) setConfidential(i *issue, confidential bool) {
	if i.confidential == confidential {
		return
	}
	i.confidential = confidential
	words := "made the issue visible to everyone"
	if confidential {
		words = "made the issue confidential"
	}
	c.systemNote(&i.issuable, words)
}

// moveState closes or reopens, and gives the word for it in webhooks; a state that is there already is no error.
func (c *call) moveState(i *issuable, event string) string {
	now, by := c.now(), c.cred.user
	switch {
	case event == "close" && i.state == "opened":
		i.state, i.closed, i.closedBy = "closed", now, by
		i.moves = append(i.moves, &move{id: c.id(), by: by, state: "closed", created: now})
		return "close"
	case event == "reopen" && i.state == "closed":
		i.state, i.closed, i.closedBy = "opened", time.Time{}, nil
		i.moves = append(i.moves, &move{id: c.id(), by: by, state: "reopened", created: now})
		return "reopen"
	}
	return ""
}

// ref is how a thing is written in its project: #7 or !7.
func (i *issuable) ref() string {
	sign := "#"
	if i.kind == "MergeRequest" {
		sign = "!"
	}
	return sign + strconv.FormatInt(i.iid, 10)
}

// notImitated refuses what GitLab does and this package does not.
func notImitated(what string) reply {
	return said(http.StatusNotImplemented, "the stand-in does not imitate: "+what)
}
