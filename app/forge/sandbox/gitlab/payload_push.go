package gitlab

import (
	"maps"
	"slices"
	"strings"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// heard tells whether any webhook waits for an event; the bodies cost runs of git.
func (p *project) heard(event string) bool {
	return slices.ContainsFunc(p.hooks, func(h *hook) bool { return h.events[event] })
}

// ringPush tells webhooks about one ref of a push.
func (c *call) ringPush(ch sandbox.RefChange) {
	p, by := c.project, c.cred.user
	event, kind := onPush, "push"
	if strings.HasPrefix(ch.Ref, "refs/tags/") {
		event, kind = onTag, "tag_push"
	}
	if !p.heard(event) {
		return
	}
	body := obj{
		"object_kind": kind, "event_name": kind, "before": ch.Old, "after": ch.New, "ref": ch.Ref, "checkout_sha": nil, "message": nil,
		"user_id": by.id, "user_name": by.name, "user_username": by.username, "user_email": "", "user_avatar": c.avatar(by),
		"ref_protected": len(p.protections(strings.TrimPrefix(ch.Ref, "refs/heads/"))) > 0,
		"project_id":    p.id, "repository": c.hookRepository(p), "commits": []obj{}, "total_commits_count": 0,
		"push_options": obj{},
	}
	maps.Copy(body["repository"].(obj), obj{"git_http_url": c.web(p) + ".git", "git_ssh_url": c.hookProject(p)["git_ssh_url"], "visibility_level": rank(p.visibility)})
	if ch.New != sandbox.Zero {
		body["checkout_sha"] = p.repo.Rev(ch.New)
		list := c.pushedCommits(ch)
		body["total_commits_count"] = len(list)
		commits := []obj{}
		for _, cm := range list[max(len(list)-20, 0):] {
			commits = append(commits, c.pushedCommit(cm))
		}
		body["commits"] = commits
	}
	c.ring(p, event, by, body)
}

// pushedCommits lists what is new with a push. A fresh branch brings what no other has.
func (c *call) pushedCommits(ch sandbox.RefChange) []*sandbox.Commit {
	if ch.Old == sandbox.Zero {
		return c.project.repo.Log(100, ch.New, "--not", "--exclude="+strings.TrimPrefix(ch.Ref, "refs/heads/"), "--branches")
	}
	return c.project.repo.Log(100, ch.Old+".."+ch.New)
}

// hookCommit is a commit in the body of a webhook.
func (s *Server) hookCommit(p *project, cm *sandbox.Commit) obj {
	if cm == nil {
		return nil
	}
	return obj{
		"id": cm.SHA, "message": cm.Message + "\n", "title": title(cm.Message), "timestamp": cm.Committer.When.Format("2006-01-02T15:04:05-07:00"),
		"url": s.web(p) + "/-/commit/" + cm.SHA, "author": obj{"name": cm.Author.Name, "email": cm.Author.Email},
	}
}

func (c *call) pushedCommit(cm *sandbox.Commit) obj {
	o := c.hookCommit(c.project, cm)
	for _, k := range []string{"added", "modified", "removed"} {
		o[k] = []string{}
	}
	if len(cm.Parents) != 1 {
		return o
	}
	for _, f := range c.project.repo.Diff(cm.Parents[0], cm.SHA) {
		k := map[string]string{"added": "added", "removed": "removed"}[f.Status]
		k = or(k, "modified")
		o[k] = append(o[k].([]string), f.Name)
	}
	return o
}

// ringPipeline tells webhooks that a pipeline entered a status.
func (s *Server) ringPipeline(p *project, pl *pipeline) {
	if !p.heard(onPipeline) {
		return
	}
	attributes := obj{
		"id": pl.id, "iid": pl.iid, "name": nil, "ref": pl.ref, "tag": pl.tag, "sha": pl.sha, "before_sha": pl.before, "source": pl.source,
		"status": pl.status, "detailed_status": pl.status, "stages": []string{}, "created_at": hookStamp(pl.created), "finished_at": nil,
		"duration": nil, "queued_duration": nil, "variables": []obj{}, "url": s.pipelineWeb(p, pl), "protected_ref": len(p.protections(pl.ref)) > 0,
	}
	if !pl.finished.IsZero() {
		attributes["finished_at"] = hookStamp(pl.finished)
	}
	stages, builds := []string{}, []obj{}
	for _, st := range p.latestStatuses(pl) {
		if !slices.Contains(stages, st.stage()) {
			stages = append(stages, st.stage())
		}
		builds = append(builds, s.hookBuild(st))
	}
	attributes["stages"] = stages
	body := obj{
		"object_kind": "pipeline", "object_attributes": attributes, "merge_request": nil, "commit": s.hookCommit(p, p.repo.Commit(pl.sha)), "builds": builds,
	}
	for _, m := range p.merges {
		if m.state == "opened" && m.source == pl.ref && m.head == pl.sha {
			a := s.mergeAttributes(m)
			maps.DeleteFunc(a, func(k string, _ any) bool {
				return !slices.Contains([]string{"id", "iid", "title", "source_branch", "source_project_id", "target_branch", "target_project_id",
					"state", "merge_status", "detailed_merge_status", "url"}, k)
			})
			body["merge_request"] = a
		}
	}
	s.ring(p, onPipeline, pl.user, body)
}

func (s *Server) hookBuild(st *commitStatus) obj {
	o := obj{
		"id": st.id, "stage": st.stage(), "name": st.name, "status": st.state, "created_at": hookStamp(st.created), "started_at": nil,
		"finished_at": nil, "duration": nil, "queued_duration": nil, "failure_reason": nil, "when": "on_success", "manual": false,
		"allow_failure": st.mayFail, "user": s.hookUser(st.user), "runner": nil, "artifacts_file": obj{"filename": nil, "size": nil}, "environment": nil,
	}
	if !st.finished.IsZero() {
		o["finished_at"] = hookStamp(st.finished)
	}
	return o
}
