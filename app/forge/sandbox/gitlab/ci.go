package gitlab

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// ci lists the jobs that a commit's pipeline has: those the project is told to have, else those of the commit's own file.
// None means that there is no CI.
func (p *project) ci(sha string) []string {
	switch {
	case p.settings.ciOff:
		return nil
	case p.jobs != nil:
		return p.jobs
	}
	f := p.file(sha, or(p.settings.ciPath, ".gitlab-ci.yml"))
	if f == nil {
		return nil
	}
	var jobs []string
	for _, m := range topKey.FindAllStringSubmatch(string(f.data), -1) {
		if !slices.Contains(keywords(), m[1]) {
			jobs = append(jobs, m[1])
		}
	}
	return jobs
}

// topKey finds the top-level keys of a CI file, which is all of it that the stand-in reads.
var topKey = regexp.MustCompile(`(?m)^([A-Za-z0-9_][^:#\n]*):`)

// keywords are the top-level keys that are no jobs.
func keywords() []string {
	return []string{"stages", "default", "include", "variables", "workflow", "image", "services", "cache", "before_script", "after_script", "spec"}
}

// SetCI gives every commit of a project these jobs, whatever .gitlab-ci.yml says; with no job at all, the files decide again.
// Jobs wait until [Server.FinishJob] ends them.
func (s *Server) SetCI(path string, jobs ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.find(path)
	if err != nil {
		return err
	}
	p.jobs = jobs
	return nil
}

// owedPipeline is one that a push will get, later.
type owedPipeline struct {
	change sandbox.RefChange
	cred   *credential
}

// DelayPipelines keeps back the pipelines that pushes to a project make, as GitLab does while its workers are busy; with
// late false, those that are owed are made. A pipeline that is asked for is never late.
func (s *Server) DelayPipelines(path string, late bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.find(path)
	if err != nil {
		return err
	}
	p.late = late
	if late {
		return nil
	}
	owed := p.owed
	p.owed = nil
	for _, o := range owed {
		(&call{Server: s, project: p, cred: o.cred}).pushedPipeline(o.change)
	}
	return nil
}

// FinishJob ends every unfinished job of that name on a commit, as a runner would; state is success, failed, canceled or
// skipped.
func (s *Server) FinishJob(path, sha, job, state string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.find(path)
	if err != nil {
		return err
	}
	if !ended(state) {
		return fmt.Errorf("finish job: %q is no end", state)
	}
	found := false
	for _, st := range p.statuses {
		if st.pipeline.sha == sha && st.name == job && !ended(st.state) {
			found = true
			st.enter(state, s.now())
			s.advance(p, st.pipeline)
		}
	}
	if !found {
		return fmt.Errorf("finish job: no job %s waits there", job)
	}
	return nil
}

// startPipeline starts a pipeline with the commit's jobs.
func (s *Server) startPipeline(p *project, ch sandbox.RefChange, source string, by *user, jobs []string) *pipeline {
	pl := s.newPipeline(p, ch, source, by)
	for _, job := range jobs {
		p.statuses = append(p.statuses, &commitStatus{id: s.id(), pipeline: pl, name: job, state: "pending", user: by, created: s.now()})
	}
	s.advance(p, pl)
	return pl
}
