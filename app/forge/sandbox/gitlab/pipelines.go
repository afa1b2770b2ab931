package gitlab

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// pushedPipelines is how many refs of one push get a pipeline, GitLab's git_push_pipeline_limit.
const pushedPipelines = 4

// pipeline is one run of a commit's checks on a ref. Its jobs are statuses, whoever reported them.
type pipeline struct {
	id                         int64
	iid                        int
	ref, sha, before           string
	tag                        bool
	source                     string // push, api, web or external
	user                       *user
	status                     string
	created, updated, finished time.Time
}

func (s *Server) newPipeline(p *project, ch sandbox.RefChange, source string, by *user) *pipeline {
	pl := &pipeline{id: s.id(), iid: len(p.pipelines) + 1, sha: ch.New, before: ch.Old, source: source, user: by, created: s.now(), updated: s.now()}
	pl.ref, pl.tag = strings.CutPrefix(ch.Ref, "refs/tags/")
	pl.ref = strings.TrimPrefix(pl.ref, "refs/heads/")
	p.pipelines = append(p.pipelines, pl)
	return pl
}

// advance gives a pipeline the status that its jobs come to, and tells when it changed.
func (s *Server) advance(p *project, pl *pipeline) {
	was := pl.status
	pl.status = composite(p.latestStatuses(pl))
	pl.updated = s.now()
	if pl.status == was {
		return
	}
	pl.finished = time.Time{}
	if ended(pl.status) {
		pl.finished = s.now()
	}
	s.ringPipeline(p, pl)
	s.mergeWaiting(p, pl)
}

// composite is GitLab's rule for what the statuses of a pipeline come to together.
func composite(list []*commitStatus) string {
	have := map[string]bool{}
	for _, st := range list {
		state := st.state
		if st.mayFail && state == "failed" {
			state = "ignored"
		}
		have[state] = true
	}
	only := func(states ...string) bool {
		for state := range have {
			if !slices.Contains(states, state) {
				return false
			}
		}
		return true
	}
	switch {
	case len(have) == 0:
		return "created"
	case only("skipped"):
		return "skipped"
	case only("success", "skipped", "ignored"):
		return "success"
	case only("canceled", "success", "skipped", "ignored"):
		return "canceled"
	case only("pending", "skipped", "ignored"):
		return "pending"
	case have["running"] || have["pending"]:
		return "running"
	}
	return "failed"
}

// over tells whether a pipeline has ended.
func (pl *pipeline) over() bool { return ended(pl.status) }

// newestPipeline is the last pipeline of a commit, on one ref or on any when ref is "".
func (p *project) newestPipeline(sha, ref string) *pipeline {
	for _, pl := range slices.Backward(p.pipelines) {
		if pl.sha == sha && (ref == "" || pl.ref == ref) {
			return pl
		}
	}
	return nil
}

func (c *call) listPipelines() reply {
	if rep := c.only([]string{"sha", "ref", "source", "status", "scope", "order_by", "sort", "page", "per_page"}); rep != nil {
		return *rep
	}
	sha, ref, source := c.in.text("sha"), c.in.text("ref"), c.in.text("source")
	state := c.in.text("status")
	scope := c.in.oneOf("scope", "running", "pending", "finished", "branches", "tags")
	orderBy := c.in.oneOf("order_by", "id", "status", "ref", "updated_at", "user_id")
	rising := c.in.oneOf("sort", "asc", "desc") == "asc"
	if rep := c.in.refused(); rep != nil {
		return *rep
	}
	list := slices.Clone(c.project.pipelines)
	list = slices.DeleteFunc(list, func(pl *pipeline) bool {
		return sha != "" && pl.sha != sha || ref != "" && pl.ref != ref || source != "" && pl.source != source ||
			state != "" && pl.status != state || !pl.within(scope)
	})
	slices.SortStableFunc(list, func(a, b *pipeline) int {
		switch orderBy {
		case "status":
			return strings.Compare(a.status, b.status)
		case "ref":
			return strings.Compare(a.ref, b.ref)
		case "updated_at":
			return a.updated.Compare(b.updated)
		}
		return int(a.id - b.id)
	})
	if !rising {
		slices.Reverse(list)
	}
	out := []obj{}
	for _, pl := range list {
		out = append(out, c.pipelineObj(c.project, pl))
	}
	return c.page(out)
}

func (pl *pipeline) within(scope string) bool {
	switch scope {
	case "running", "pending":
		return pl.status == scope
	case "finished":
		return ended(pl.status)
	case "branches", "tags":
		return pl.tag == (scope == "tags")
	}
	return true
}

func (c *call) thePipeline() *pipeline {
	id := c.pathNumber("pipeline_id")
	for _, pl := range c.project.pipelines {
		if pl.id == id {
			return pl
		}
	}
	return nil
}

func (c *call) getPipeline() reply {
	pl := c.thePipeline()
	if pl == nil {
		return notFound("")
	}
	return ok(c.pipelineDetail(c.project, pl))
}

// latestPipeline is the newest one at the tip of a branch, the default branch unless another is named.
func (c *call) latestPipeline() reply {
	ref := c.in.text("ref")
	if ref == "" {
		ref = c.project.defaultBranch
	}
	pl := c.project.newestPipeline(c.project.repo.Rev(ref), ref)
	if pl == nil {
		return notFound("")
	}
	return ok(c.pipelineDetail(c.project, pl))
}

// createPipeline starts a pipeline for the tip of a branch or tag.
func (c *call) createPipeline() reply {
	if rep := c.only([]string{"ref"}); rep != nil {
		return *rep
	}
	ref := c.in.required("ref")
	if rep := c.in.refused(); rep != nil {
		return *rep
	}
	full, isTag := "refs/heads/"+strings.TrimPrefix(ref, "refs/heads/"), false
	tip := c.project.repo.Ref(full)
	if tip == "" {
		full, isTag = "refs/tags/"+strings.TrimPrefix(ref, "refs/tags/"), true
		tip = c.project.repo.Rev(full)
	}
	switch {
	case tip == "":
		return invalid(http.StatusBadRequest, "base", "Reference not found")
	case !isTag && !c.project.mayMerge(c.cred.user, strings.TrimPrefix(full, "refs/heads/")):
		return invalid(http.StatusBadRequest, "base", "You do not have sufficient permission to run a pipeline on '"+ref+
			"'. Please select a different branch or contact your administrator for assistance.")
	}
	jobs := c.project.ci(tip)
	if len(jobs) == 0 {
		return invalid(http.StatusBadRequest, "base", "Missing CI config file")
	}
	pl := c.startPipeline(c.project, sandbox.RefChange{Ref: full, Old: sandbox.Zero, New: tip}, "api", c.cred.user, jobs)
	return created(c.pipelineDetail(c.project, pl))
}

func (c *call) pipelineJobs() reply {
	pl := c.thePipeline()
	if pl == nil {
		return notFound("")
	}
	out := []obj{}
	for _, st := range slices.Backward(c.project.latestStatuses(pl)) {
		if !st.external {
			out = append(out, c.jobObj(st))
		}
	}
	return c.page(out)
}

func (s *Server) pipelineObj(p *project, pl *pipeline) obj {
	return obj{
		"id": pl.id, "iid": pl.iid, "project_id": p.id, "sha": pl.sha, "ref": pl.ref, "status": pl.status, "source": pl.source,
		"created_at": stamp(pl.created), "updated_at": stamp(pl.updated), "name": nil,
		"web_url": s.pipelineWeb(p, pl),
	}
}

func (s *Server) pipelineWeb(p *project, pl *pipeline) string {
	return s.web(p) + "/-/pipelines/" + itoa(pl.id)
}

func (s *Server) pipelineDetail(p *project, pl *pipeline) obj {
	o := s.pipelineObj(p, pl)
	o["before_sha"], o["tag"], o["yaml_errors"], o["user"] = pl.before, pl.tag, nil, s.userObj(pl.user)
	o["started_at"], o["finished_at"], o["committed_at"] = nil, stampOrNull(pl.finished), nil
	o["duration"], o["queued_duration"], o["coverage"], o["archived"] = nil, nil, nil, false
	o["detailed_status"] = obj{
		"icon": "status_" + pl.status, "text": pl.status, "label": pl.status, "group": pl.status, "tooltip": pl.status,
		"has_details": true, "details_path": "/" + p.full + "/-/pipelines/" + itoa(pl.id),
		"favicon": "/assets/ci_favicons/favicon_status_" + pl.status + ".png",
	}
	return o
}

func (s *Server) jobObj(st *commitStatus) obj {
	p := obj{"id": st.pipeline.id, "iid": st.pipeline.iid, "ref": st.pipeline.ref, "sha": st.pipeline.sha, "status": st.pipeline.status}
	return obj{
		"id": st.id, "name": st.name, "stage": st.stage(), "status": st.state, "ref": st.pipeline.ref, "tag": st.pipeline.tag,
		"coverage": st.coverage, "allow_failure": st.mayFail, "created_at": stamp(st.created), "started_at": stampOrNull(st.started),
		"finished_at": stampOrNull(st.finished), "duration": nil, "queued_duration": nil, "user": s.userObj(st.user), "pipeline": p,
	}
}
