package gitlab

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
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

// ended tells whether a state is one that a status or a pipeline does not leave.
func ended(state string) bool {
	return slices.Contains([]string{"success", "failed", "canceled", "skipped"}, state)
}

func (st *commitStatus) enter(state string, now time.Time) {
	st.state = state
	if state == "running" {
		st.started = now
	}
	if ended(state) {
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

// report is what somebody says about a commit from outside.
type report struct {
	name, state, ref    string
	target, description string
	coverage            any
}

func (c *call) readReport() (report, *reply) {
	in := c.in
	if rep := c.only([]string{"state", "ref", "name", "context", "target_url", "description", "coverage", "pipeline_id"}); rep != nil {
		return report{}, rep
	}
	r := report{
		name: or(or(in.text("name"), in.text("context")), "default"), state: in.oneOf("state", "pending", "running", "success", "failed", "canceled", "skipped"),
		ref: in.text("ref"), target: in.text("target_url"), description: in.text("description"),
	}
	in.required("state")
	if text := in.text("coverage"); text != "" {
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
			in.invalid("coverage")
		}
		r.coverage = n
	}
	rep := in.refused()
	for field, text := range map[string]string{"name": r.name, "description": r.description} {
		if rep == nil && len([]rune(text)) > 255 {
			long := invalid(http.StatusBadRequest, field, "is too long (maximum is 255 characters)")
			rep = &long
		}
	}
	return r, rep
}

// createStatus takes a report from outside, as GitLab's CreateCommitStatusService does: it joins the newest pipeline of
// the commit, or makes one.
func (c *call) createStatus() reply {
	r, refused := c.readReport()
	sha := c.params["sha"]
	switch {
	case refused != nil:
		return *refused
	case c.project.repo.Kind(sha) != "commit":
		return notFound("Commit")
	}
	pl := c.project.newestPipeline(sha, r.ref)
	if c.in.has("pipeline_id") {
		if pl = c.project.pipelineFor(c.in.number("pipeline_id", 0), sha, r.ref); pl == nil {
			return notFound("Pipeline for pipeline_id, sha and ref")
		}
	}
	r.ref = or(r.ref, c.refOf(pl, sha))
	switch {
	case r.ref == "":
		return notFound("References for commit")
	case !c.project.mayMerge(c.cred.user, r.ref): // update_pipeline: a protected branch's pipelines belong to who may merge there
		return forbidden()
	case pl == nil:
		pl = c.newPipeline(c.project, sandbox.RefChange{Ref: "refs/heads/" + r.ref, Old: sandbox.Zero, New: sha}, "external", c.cred.user)
	}
	st, fault := c.take(pl, r)
	if fault != "" {
		return said(http.StatusBadRequest, fault)
	}
	c.advance(c.project, pl)
	return created(c.statusObj(st))
}

// take moves on what the same caller reported and has not ended; else the report takes the place of all others of its
// name.
func (c *call) take(pl *pipeline, r report) (st *commitStatus, fault string) {
	for _, have := range c.project.latestStatuses(pl) {
		if have.external && have.name == r.name && have.user == c.cred.user && !ended(have.state) {
			st = have
		}
	}
	event := map[string]string{"pending": "enqueue", "running": "run"}[r.state]
	switch {
	case st == nil:
		for _, old := range c.project.latestStatuses(pl) {
			old.retried = old.retried || old.name == r.name
		}
		st = &commitStatus{id: c.id(), pipeline: pl, name: r.name, user: c.cred.user, external: true, created: c.now()}
		c.project.statuses = append(c.project.statuses, st)
	case r.state == st.state, r.state == "pending":
		return nil, fmt.Sprintf(`Cannot transition status via :%s from :%s (Reason(s): Status cannot transition via "%s")`, event, st.state, event)
	}
	st.enter(r.state, c.now())
	st.target, st.description = or(r.target, st.target), or(r.description, st.description)
	if r.coverage != nil {
		st.coverage = r.coverage
	}
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
