package gitlab

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// commitStatus is one line of a pipeline: a job, or what somebody reported from outside.
type commitStatus struct {
	id                         int64
	pipeline                   *pipeline
	name, state                string
	description, target        string
	coverage                   any
	user                       *user
	external                   bool
	mayFail                    bool
	retried                    bool // a newer one of that name took its place
	created, started, finished time.Time
}

// stage is where GitLab shows a line: reports from outside have one of their own.
func (st *commitStatus) stage() string {
	if st.external {
		return "external"
	}
	return "test"
}

func (st *commitStatus) enter(state string, now time.Time) {
	st.state = state
	if state == "running" {
		st.started = now
	}
	if slices.Contains(finishedStates, state) {
		st.finished = now
	}
}

// latestStatuses are the lines of a pipeline that count.
func (p *project) latestStatuses(pl *pipeline) []*commitStatus {
	var list []*commitStatus
	for _, st := range p.statuses {
		if st.pipeline == pl && !st.retried {
			list = append(list, st)
		}
	}
	return list
}

// createStatus takes a report from outside, as GitLab's CreateCommitStatusService does: it joins the newest pipeline of
// the commit or makes one; a report of the same caller that is under way is moved on, else a new one takes the place
// of all others of that name.
func (c *call) createStatus() reply {
	if rep := c.only([]string{"state", "ref", "name", "context", "target_url", "description", "coverage", "pipeline_id"}); rep != nil {
		return *rep
	}
	state := c.in.oneOf("state", "pending", "running", "success", "failed", "canceled", "skipped")
	ref, name := c.in.text("ref"), or(or(c.in.text("name"), c.in.text("context")), "default")
	target, description := c.in.text("target_url"), c.in.text("description")
	if c.in.required("state"); c.in.refused() != nil {
		return *c.in.refused()
	}
	sha := c.params["sha"]
	if c.project.repo.Kind(sha) != "commit" {
		return notFound("Commit")
	}
	pl := c.project.newestPipeline(sha, ref)
	if c.in.has("pipeline_id") {
		if pl = c.project.pipelineFor(c.in.number("pipeline_id", 0), sha, ref); pl == nil {
			return notFound("Pipeline for pipeline_id, sha and ref")
		}
	}
	if ref == "" {
		ref = c.refOf(pl, sha)
	}
	switch {
	case ref == "":
		return notFound("References for commit")
	case !c.project.mayMerge(c.cred.user, ref): // update_pipeline: a protected branch's pipelines belong to who may merge there
		return forbidden()
	case len([]rune(description)) > 255:
		return invalid(http.StatusBadRequest, "description", "is too long (maximum is 255 characters)")
	case len([]rune(name)) > 255:
		return invalid(http.StatusBadRequest, "name", "is too long (maximum is 255 characters)")
	}
	if pl == nil {
		pl = c.newPipeline(c.project, sandbox.RefChange{Ref: "refs/heads/" + ref, Old: sandbox.Zero, New: sha}, "external", c.cred.user)
	}
	st, fault := c.report(pl, name, state)
	if fault != "" {
		return said(http.StatusBadRequest, fault)
	}
	st.target, st.description = target, description
	if c.in.has("coverage") {
		st.coverage = c.in.values["coverage"]
	}
	c.advance(c.project, pl)
	return created(c.statusObj(st))
}

// report moves a status that is under way on, or adds a new one.
func (c *call) report(pl *pipeline, name, state string) (*commitStatus, string) {
	var st *commitStatus
	for _, have := range c.project.statuses {
		if have.pipeline == pl && have.external && have.name == name && have.user == c.cred.user && slices.Contains([]string{"pending", "running"}, have.state) {
			st = have
		}
	}
	if st != nil {
		event := map[string]string{"pending": "enqueue", "running": "run"}[state]
		if st.state == state || state == "pending" {
			return nil, fmt.Sprintf(`Cannot transition status via :%s from :%s (Reason(s): Status cannot transition via "%s")`, event, st.state, event)
		}
		st.enter(state, c.now())
		return st, ""
	}
	for _, old := range c.project.statuses {
		if old.pipeline == pl && old.name == name {
			old.retried = true
		}
	}
	st = &commitStatus{id: c.id(), pipeline: pl, name: name, user: c.cred.user, external: true, created: c.now()}
	st.enter(state, c.now())
	c.project.statuses = append(c.project.statuses, st)
	return st, ""
}

func (p *project) pipelineFor(id int64, sha, ref string) *pipeline {
	for _, pl := range p.pipelines {
		if pl.id == id && pl.sha == sha && (ref == "" || pl.ref == ref) {
			return pl
		}
	}
	return nil
}

// refOf is the ref that a report without one belongs to.
func (c *call) refOf(pl *pipeline, sha string) string {
	if pl != nil {
		return pl.ref
	}
	for _, b := range c.project.repo.Refs("refs/heads/") {
		if c.project.contains(b.SHA, sha) {
			return strings.TrimPrefix(b.Name, "refs/heads/")
		}
	}
	return ""
}

func (c *call) listStatuses() reply {
	if rep := c.only([]string{"ref", "name", "all", "pipeline_id", "sort", "order_by", "page", "per_page"}); rep != nil {
		return *rep
	}
	sha := c.project.repo.Rev(c.params["sha"])
	if sha == "" {
		return notFound("Commit")
	}
	ref, name, all, id := c.in.text("ref"), c.in.text("name"), c.in.flag("all", false), c.in.number("pipeline_id", 0)
	falling := c.in.oneOf("sort", "asc", "desc") == "desc"
	if rep := c.in.refused(); rep != nil {
		return *rep
	}
	list := []obj{}
	for _, st := range c.project.statuses {
		pl := st.pipeline
		if pl.sha != sha || st.retried && !all || ref != "" && pl.ref != ref || name != "" && st.name != name || id != 0 && pl.id != id {
			continue
		}
		list = append(list, c.statusObj(st))
	}
	if falling {
		slices.Reverse(list)
	}
	return c.page(list)
}

func (s *Server) statusObj(st *commitStatus) obj {
	return obj{
		"id": st.id, "sha": st.pipeline.sha, "ref": st.pipeline.ref, "status": st.state, "name": st.name,
		"target_url": nilIfEmpty(st.target), "description": nilIfEmpty(st.description), "created_at": stamp(st.created),
		"started_at": stampOrNull(st.started), "finished_at": stampOrNull(st.finished), "allow_failure": st.mayFail,
		"coverage": st.coverage, "pipeline_id": st.pipeline.id, "author": s.userObj(st.user),
	}
}
