package gitlab

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// mergeRequest is one merge request; source and target are branches of the same project, since the stand-in has no
// forks.
type mergeRequest struct {
	issuable
	source, target       string
	head                 string // the source branch's tip, as last pushed while the merge request was open
	reviewers            []*reviewer
	approvals            []*approval
	versions             []*version
	answers              []*statusAnswer
	result               *pipeline // of the head merged into the target, where the project is set so
	squash, removeSource bool
	waits                *user     // who asked to merge it as soon as its pipeline succeeds
	after                time.Time // merge_after: not before then
	mergeSHA, squashSHA  string
	mergedBy             *user
	mergedAt             time.Time
	fact                 *mergeFact
}

// version is one push to a merge request's source: what reviewers saw at that time.
type version struct {
	id                int64
	head, base, start string
	files             int // that differ between base and head
	created           time.Time
}

func (m *mergeRequest) version() *version { return m.versions[len(m.versions)-1] }

// draft is in the title and nowhere else.
func (m *mergeRequest) draft() bool {
	title := strings.ToLower(m.title)
	return slices.ContainsFunc([]string{"draft:", "[draft]", "(draft)"}, func(mark string) bool { return strings.HasPrefix(title, mark) })
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func (p *project) merge(iid int64) *mergeRequest {
	return first(p.merges, func(m *mergeRequest) bool { return m.iid == iid })
}

// mergeIssuables are the merge requests as far as they are like issues.
func (p *project) mergeIssuables() []*issuable {
	var list []*issuable
	for _, m := range p.merges {
		list = append(list, &m.issuable)
	}
	return list
}

// theMerge finds the merge request that the path names; GitLab's description has two names for it.
func (c *call) theMerge() (*mergeRequest, *reply) {
	for _, name := range []string{"merge_request_iid", "noteable_id"} {
		if c.params[name] == "" {
			continue
		}
		if m := c.project.merge(c.pathNumber(name)); m != nil && !c.project.settings.mergeOff {
			return m, nil
		}
	}
	rep := gone()
	return nil, &rep
}

func (c *call) theMergeIssuable() (*issuable, *reply) {
	m, rep := c.theMerge()
	if rep != nil {
		return nil, rep
	}
	return &m.issuable, nil
}

// ofMerge lets a handler work on the merge request that the path names.
func ofMerge(handle func(*call, *mergeRequest) reply) func(*call) reply {
	return func(c *call) reply {
		m, rep := c.theMerge()
		if rep != nil {
			return *rep
		}
		return handle(c, m)
	}
}

// mergeInputs are the parameters of new and edited merge requests that are imitated.
func mergeInputs(more ...string) []string {
	return append(more, "title", "description", "target_branch", "labels", "add_labels", "remove_labels", "assignee_ids", "assignee_id",
		"reviewer_ids", "squash", "remove_source_branch", "merge_after")
}

func (c *call) createMerge() reply {
	in, now := c.in, c.now()
	if rep := c.only(mergeInputs("source_branch", "target_project_id")); rep != nil {
		return *rep
	}
	description, actions := c.quickActions(in.text("description"))
	m := &mergeRequest{
		source: in.required("source_branch"), target: in.required("target_branch"), squash: c.project.squashes(in.flag("squash", c.project.settings.squash == "default_on")),
		removeSource: in.flag("remove_source_branch", c.project.settings.removesSource), after: in.instant("merge_after"),
		issuable: issuable{kind: "MergeRequest", project: c.project, title: in.required("title"), description: description,
			state: "opened", author: c.cred.user, created: now, updated: now},
	}
	labels, assignees, reviewers := in.list("labels"), c.assigneesAsked(), in.numbers("reviewer_ids")
	if into := in.number("target_project_id", c.project.id); into != c.project.id {
		return notImitated("merge requests between projects")
	}
	if rep := in.refused(); rep != nil {
		return *rep
	}
	if rep := titled(m.title, m.description); rep != nil {
		return *rep
	}
	if rep := c.branchesRefused(m); rep != nil {
		return *rep
	}
	c.project.lastMerge++
	m.id, m.iid = c.id(), c.project.lastMerge
	m.head = c.project.repo.Ref("refs/heads/" + m.source)
	c.project.merges = append(c.project.merges, m)
	c.addVersion(m)
	c.relabel(&m.issuable, c.labelsNamed(labels))
	c.assign(&m.issuable, assignees)
	c.setReviewers(m, reviewers)
	c.act(&m.issuable, actions)
	c.ringMerge(m, "open", nil)
	return created(c.mergeObj(m, true))
}

// squashes tells whether a project squashes: some always do or never, whatever is asked.
func (p *project) squashes(asked bool) bool {
	return p.settings.squash == "always" || asked && p.settings.squash != "never"
}

// branchesRefused says what is wrong with the branches of a new merge request.
func (c *call) branchesRefused(m *mergeRequest) *reply {
	var rep reply
	other := first(c.project.merges, func(o *mergeRequest) bool { return o.state == "opened" && o.source == m.source && o.target == m.target })
	switch {
	case m.source == m.target:
		rep = reply{Status: http.StatusUnprocessableEntity, Body: obj{"message": []string{"You can't use same project/branch for source and target"}}}
	case c.project.repo.Ref("refs/heads/"+m.source) == "":
		rep = invalid(http.StatusBadRequest, "source_branch", "does not exist")
	case c.project.repo.Ref("refs/heads/"+m.target) == "":
		rep = invalid(http.StatusBadRequest, "target_branch", "does not exist")
	case other != nil:
		rep = reply{Status: http.StatusConflict, Body: obj{"message": []string{"Another open merge request already exists for this source branch: " + other.ref()}}}
	default:
		return nil
	}
	return &rep
}

// addVersion remembers what a merge request's source and target are now, and pins the head as GitLab does.
func (c *call) addVersion(m *mergeRequest) {
	f := c.facts(m)
	changed, _ := c.project.repo.Run("diff-tree", "-r", "--name-only", f.base, m.head) // of unrelated histories nothing is said
	m.versions = append(m.versions, &version{id: c.id(), head: m.head, base: f.base, start: f.tip, files: len(strings.Fields(changed)), created: c.now()})
	pin := "refs/merge-requests/" + itoa(m.iid) + "/head"
	_ = c.project.repo.MoveRef(pin, m.head, c.project.repo.Ref(pin)) // a failure would only hide the head from ls-remote
	c.startResult(m)
}

// setReviewers asks people to review. The free tier has one reviewer; who cannot read the code is left out silently.
func (c *call) setReviewers(m *mergeRequest, ids []int64) {
	var list []*reviewer
	for _, id := range ids {
		u := c.userByID(id)
		if u == nil || !c.project.readsCode(u) || c.tier == "free" && len(list) > 0 {
			continue
		}
		r := first(m.reviewers, func(r *reviewer) bool { return r.user == u })
		if r == nil {
			r = &reviewer{user: u, state: "unreviewed", created: c.now()}
		}
		list = append(list, r)
	}
	m.reviewers = list
}

func (c *call) getMerge(m *mergeRequest) reply { return ok(c.mergeObj(m, true)) }

func (c *call) editMerge(m *mergeRequest) reply {
	if rep := c.only(mergeInputs("state_event", "discussion_locked")); rep != nil {
		return *rep
	}
	if c.level() < Developer && m.author != c.cred.user {
		return forbidden()
	}
	before, event, target := c.mergeColumns(m), c.in.oneOf("state_event", "close", "reopen"), c.in.text("target_branch")
	reviewers, assignees := c.in.numbers("reviewer_ids"), c.assigneesAsked()
	m.squash, m.removeSource = c.in.flag("squash", m.squash), c.in.flag("remove_source_branch", m.removeSource)
	m.locked = c.in.flag("discussion_locked", m.locked)
	if c.in.has("merge_after") {
		m.after = c.in.instant("merge_after")
	}
	if rep := c.in.refused(); rep != nil {
		return *rep
	}
	if target != "" && target != m.target {
		if rep := c.branchesRefused(&mergeRequest{source: m.source, target: target}); rep != nil {
			return *rep
		}
	}
	if event == "reopen" && c.project.repo.Ref("refs/heads/"+m.source) == "" {
		return said(http.StatusUnprocessableEntity, "Source branch does not exist")
	}
	if rep := c.editTexts(&m.issuable); rep != nil {
		return *rep
	}
	c.editLabels(&m.issuable)
	if c.in.has("assignee_ids") || c.in.has("assignee_id") {
		c.assign(&m.issuable, assignees)
	}
	if c.in.has("reviewer_ids") {
		c.setReviewers(m, reviewers)
	}
	if target != "" && target != m.target && m.state == "opened" {
		c.systemNote(&m.issuable, "changed target branch from `"+m.target+"` to `"+target+"`")
		m.target = target
		c.addVersion(m)
	}
	c.endEdit(m, before, event)
	return ok(c.mergeObj(m, true))
}

// endEdit closes or reopens if asked to, and tells what changed.
func (c *call) endEdit(m *mergeRequest, before obj, event string) {
	action := c.moveState(&m.issuable, event)
	if action == "close" {
		m.waits = nil
	}
	if head := c.project.repo.Ref("refs/heads/" + m.source); action == "reopen" && head != m.head {
		m.head = head
		c.addVersion(m)
	}
	if changes := changed(before, c.mergeColumns(m)); len(changes) > 0 {
		m.updated, m.updatedBy = c.now(), c.cred.user
		c.ringMerge(m, or(action, "update"), obj{"changes": changed(before, c.mergeColumns(m))})
	}
}

// mergeColumns are the fields whose changes a webhook lists.
func (c *call) mergeColumns(m *mergeRequest) obj {
	o := c.issuableColumns(&m.issuable)
	o["target_branch"], o["draft"], o["reviewers"] = m.target, m.draft(), c.hookUsers(m.reviewing())
	return o
}

// reviewing lists who was asked to review.
func (m *mergeRequest) reviewing() []*user {
	var list []*user
	for _, r := range m.reviewers {
		list = append(list, r.user)
	}
	return list
}

func (c *call) mergeCommits(m *mergeRequest) reply {
	out := []obj{}
	for _, cm := range slices.Backward(c.project.repo.Log(250, m.version().base+".."+m.head)) {
		out = append(out, c.commitObj(c.project, cm))
	}
	return c.page(out)
}

func (c *call) mergeVersions(m *mergeRequest) reply {
	out := []obj{}
	for _, v := range slices.Backward(m.versions) {
		out = append(out, obj{
			"id": v.id, "head_commit_sha": v.head, "base_commit_sha": v.base, "start_commit_sha": v.start, "created_at": stamp(v.created),
			"merge_request_id": m.id, "state": "collected", "real_size": strconv.Itoa(v.files), "patch_id_sha": nil,
		})
	}
	return c.page(out)
}

func (c *call) mergePipelines(m *mergeRequest) reply {
	out := []obj{}
	for _, pl := range slices.Backward(c.project.pipelines) {
		if pl.ref == m.resultRef() || pl.ref == m.source && slices.ContainsFunc(m.versions, func(v *version) bool { return v.head == pl.sha }) {
			out = append(out, c.pipelineObj(c.project, pl))
		}
	}
	return c.page(out)
}
