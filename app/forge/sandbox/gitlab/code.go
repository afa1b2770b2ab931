package gitlab

import (
	"slices"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// code is what a project keeps about its repository beside git itself: protected branches, merge requests, pipelines.
type code struct {
	repo            *sandbox.Bare
	protected       []*protectedBranch
	checks          []*statusCheck
	merges          []*mergeRequest
	lastMerge       int64 // iid of the newest merge request
	pipelines       []*pipeline
	statuses        []*commitStatus
	files           map[[2]string]*file // by commit and path, what was read of git once
	contained       map[[2]string]bool  // pairs of commits: whether the first contains the second
	jobs            []string            // what every pipeline runs, instead of what .gitlab-ci.yml says
	late            bool                // pipelines of pushes are kept back
	owed            []owedPipeline      // meanwhile
	needsApprovals  int                 // Premium
	resetsApprovals bool                // Premium: a push takes approvals away
}

// codeRoutes serves branches, commits, files, merge requests, statuses and pipelines.
func codeRoutes() []route {
	const (
		in      = "/api/v4/projects/{id}"
		branch  = in + "/repository/branches/{branch}"
		commits = in + "/repository/commits"
		file    = in + "/repository/files/{file_path}"
		guarded = in + "/protected_branches"
		mr      = in + "/merge_requests/{merge_request_iid}"
	)
	list := []route{
		{method: "GET", pattern: in + "/repository/branches", handle: (*call).listBranches},
		{method: "POST", pattern: in + "/repository/branches", level: Developer, handle: (*call).createBranch},
		{method: "GET", pattern: branch, handle: (*call).getBranch},
		{method: "DELETE", pattern: branch, level: Developer, handle: (*call).deleteBranch},
		{method: "GET", pattern: commits, handle: (*call).listCommits},
		{method: "GET", pattern: commits + "/{sha}", handle: (*call).getCommit},
		{method: "GET", pattern: commits + "/{sha}/refs", handle: (*call).commitRefs},
		{method: "GET", pattern: commits + "/{sha}/statuses", handle: (*call).listStatuses},
		{method: "GET", pattern: commits + "/{sha}/merge_requests", handle: (*call).commitMerges},
		{method: "GET", pattern: in + "/repository/tags", handle: (*call).listTags},
		{method: "GET", pattern: in + "/repository/tags/{tag_name}", handle: (*call).getTag},
		{method: "GET", pattern: file, handle: (*call).getFile},
		{method: "GET", pattern: file + "/raw", handle: (*call).rawFile},
		{method: "POST", pattern: in + "/statuses/{sha}", level: Developer, handle: (*call).createStatus},
		{method: "GET", pattern: in + "/pipelines", handle: (*call).listPipelines},
		{method: "GET", pattern: in + "/pipelines/latest", handle: (*call).latestPipeline},
		{method: "GET", pattern: in + "/pipelines/{pipeline_id}", handle: (*call).getPipeline},
		{method: "GET", pattern: in + "/pipelines/{pipeline_id}/jobs", handle: (*call).pipelineJobs},
		{method: "POST", pattern: in + "/pipeline", level: Developer, handle: (*call).createPipeline},
		{method: "GET", pattern: guarded, level: Maintainer, handle: (*call).listProtected},
		{method: "POST", pattern: guarded, level: Maintainer, discreet: true, handle: (*call).protect},
		{method: "GET", pattern: guarded + "/{name}", level: Maintainer, handle: (*call).getProtected},
		{method: "PATCH", pattern: guarded + "/{name}", level: Maintainer, discreet: true, handle: (*call).editProtected},
		{method: "DELETE", pattern: guarded + "/{name}", level: Maintainer, discreet: true, handle: (*call).unprotect},
		{method: "GET", pattern: in + "/merge_requests", handle: (*call).listMerges},
		{method: "POST", pattern: in + "/merge_requests", level: Developer, handle: (*call).createMerge},
		{method: "GET", pattern: mr, handle: ofMerge((*call).getMerge)},
		{method: "PUT", pattern: mr, handle: ofMerge((*call).editMerge)},
		{method: "PUT", pattern: mr + "/merge", handle: ofMerge((*call).acceptMerge)},
		{method: "GET", pattern: mr + "/approvals", handle: ofMerge((*call).getApprovals)},
		{method: "POST", pattern: mr + "/approve", level: Developer, handle: ofMerge((*call).approve)},
		{method: "POST", pattern: mr + "/unapprove", level: Developer, handle: ofMerge((*call).unapprove)},
		{method: "GET", pattern: mr + "/reviewers", handle: ofMerge((*call).getReviewers)},
		{method: "GET", pattern: mr + "/versions", handle: ofMerge((*call).mergeVersions)},
		{method: "GET", pattern: mr + "/commits", handle: ofMerge((*call).mergeCommits)},
		{method: "GET", pattern: mr + "/pipelines", handle: ofMerge((*call).mergePipelines)},
	}
	list = slices.Concat(list, noteRoutes("merge_requests", (*call).theMergeIssuable),
		historyRoutes("merge_requests", "merge_request_iid", (*call).theMergeIssuable))
	for i, r := range list {
		if !r.writes() {
			list[i].handle = ofReaders(r.handle)
		}
	}
	return list
}

// ofReaders keeps a route from those who see a project and not its code: guests of a private one.
func ofReaders(handle func(*call) reply) func(*call) reply {
	return func(c *call) reply {
		if !c.project.readsCode(c.cred.user) {
			return forbidden()
		}
		return handle(c)
	}
}
