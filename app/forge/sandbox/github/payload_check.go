package github

import (
	"fmt"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

func (s *Server) runObj(r *repository, run *checkRun) obj {
	u := s.api("repos/%s/check-runs/%d", r.full(), run.id)
	html := fmt.Sprintf("%s/%s/runs/%d", s.URL(), r.full(), run.id)
	details := run.details
	if details == "" {
		details = html
	}
	return obj{
		"id": run.id, "node_id": nodeID("CheckRun", run.id), "head_sha": run.sha, "external_id": run.external, "url": u, "html_url": html,
		"details_url": details, "name": run.name, "status": run.status, "conclusion": nullable(run.conclusion),
		"started_at": stamp(run.started), "completed_at": stamp(run.completed), "check_suite": obj{"id": run.suite.id},
		"output": obj{"title": nullable(run.title), "summary": nullable(run.summary), "text": nullable(run.longText),
			"annotations_count": 0, "annotations_url": u + "/annotations"},
		"app": s.appObj(run.app), "pull_requests": s.minimalPulls(r, run.sha),
	}
}

// minimalPulls are the open pull requests whose head is a commit.
func (s *Server) minimalPulls(r *repository, sha string) []obj {
	list := []obj{}
	ref := func(name, sha string) obj {
		return obj{"ref": name, "sha": sha, "repo": obj{"id": r.id, "url": s.api("repos/%s", r.full()), "name": r.name}}
	}
	for _, i := range r.issues {
		if i.pull != nil && i.state == "open" && i.pull.headSHA == sha {
			list = append(list, obj{"id": i.pull.id, "number": i.number, "url": s.api("repos/%s/pulls/%d", r.full(), i.number),
				"head": ref(i.pull.headRef, sha), "base": ref(i.pull.baseRef, i.pull.baseSHA)})
		}
	}
	return list
}

func (s *Server) suiteObj(r *repository, suite *checkSuite) obj {
	u := s.api("repos/%s/check-suites/%d", r.full(), suite.id)
	status, conclusion, n := "queued", "", 0
	for _, run := range r.runs {
		if run.suite == suite {
			n++
			status = "completed"
			if run.status != "completed" {
				status = "in_progress"
			}
			if !passes(run) || conclusion == "" {
				conclusion = run.conclusion
			}
		}
	}
	if status != "completed" {
		conclusion = ""
	}
	cm := r.git.Commit(suite.sha)
	who := func(p sandbox.Person) obj { return obj{"name": p.Name, "email": p.Email} }
	return obj{
		"id": suite.id, "node_id": nodeID("CheckSuite", suite.id), "head_branch": nil, "head_sha": suite.sha, "status": status,
		"conclusion": nullable(conclusion), "url": u, "before": nil, "after": suite.sha, "pull_requests": s.minimalPulls(r, suite.sha),
		"app": s.appObj(suite.app), "repository": s.repoObj(r), "created_at": stamp(suite.created), "updated_at": stamp(suite.created),
		"head_commit": obj{"id": cm.SHA, "tree_id": cm.Tree, "message": cm.Message, "timestamp": stamp(cm.Committer.When),
			"author": who(cm.Author), "committer": who(cm.Committer)},
		"latest_check_runs_count": n, "check_runs_url": u + "/check-runs",
	}
}

// hookRun is a check run as webhooks write it, with its suite inside.
func (s *Server) hookRun(r *repository, run *checkRun) obj {
	o := s.runObj(r, run)
	suite := s.suiteObj(r, run.suite)
	o["check_suite"] = obj{"id": run.suite.id, "node_id": suite["node_id"], "head_branch": nil, "head_sha": run.sha,
		"status": suite["status"], "conclusion": suite["conclusion"], "url": suite["url"], "before": sandbox.Zero, "after": run.sha,
		"pull_requests": suite["pull_requests"], "app": suite["app"], "created_at": suite["created_at"], "updated_at": suite["updated_at"]}
	return o
}
