package gitlab

import (
	"fmt"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// resultRef is where GitLab keeps what a merge request comes to.
func (m *mergeRequest) resultRef() string { return fmt.Sprintf("refs/merge-requests/%d/merge", m.iid) }

// startResult starts the pipeline of a merge request's merged result, where the project is set so (Premium). It runs for a
// commit of GitLab's own, so that what is reported about the head is not in it.
func (c *call) startResult(m *mergeRequest) {
	m.result = nil
	f, jobs := c.facts(m), c.project.ci(m.head)
	if c.tier == "free" || !c.project.settings.mergedResults || !f.clean || len(jobs) == 0 {
		return
	}
	repo, by := c.project.repo, &sandbox.Person{Name: c.cred.user.name, Email: c.cred.user.email()}
	commit, err := repo.Merge(f.tip, m.head, fmt.Sprintf("Merge %s into %s\n", m.head, f.tip), by)
	if err != nil {
		return // then the head's own pipeline counts, as in GitLab
	}
	ch := sandbox.RefChange{Ref: m.resultRef(), Old: repo.Ref(m.resultRef()), New: commit}
	if repo.MoveRef(ch.Ref, ch.New, ch.Old) == nil {
		m.result = c.startPipeline(c.project, ch, "merge_request_event", c.cred.user, jobs)
	}
}

// headPipeline is the one that GitLab judges a merge request by.
func (p *project) headPipeline(m *mergeRequest) *pipeline {
	if m.result != nil {
		return m.result
	}
	return p.newestPipeline(m.head, m.source)
}
