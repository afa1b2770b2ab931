package github

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

type commitStatus struct {
	id                  int64
	sha, state, context string
	description, target string
	creator             *account
	app                 *app
	created             time.Time
}

func (c *call) createStatus() reply {
	var in struct {
		State, Description, Context string
		TargetURL                   string `json:"target_url"`
	}
	if rep := c.read(&in); rep != nil {
		return *rep
	}
	sha := c.params["sha"]
	switch {
	case !slices.Contains([]string{"error", "failure", "pending", "success"}, in.State):
		return invalid("Status", "state", "custom", "state is not included in the list")
	case len(sha) != 40 || c.repo.git.Commit(sha) == nil:
		return unprocessable("No commit found for SHA: " + sha)
	case len([]rune(in.Description)) > 140:
		return invalid("Status", "description", "custom", "description is too long (maximum is 140 characters)")
	case in.Context == "":
		in.Context = "default"
	}
	n := 0
	for _, st := range c.repo.statuses {
		if st.sha == sha && strings.EqualFold(st.context, in.Context) {
			n++
		}
	}
	if n >= 1000 {
		return invalid("Status", "", "custom", "This SHA and context has reached the maximum number of statuses.")
	}
	st := &commitStatus{id: c.id(), sha: sha, state: in.State, context: in.Context, description: in.Description, target: in.TargetURL,
		creator: c.cred.actor(), app: c.cred.via(), created: c.now()}
	c.repo.statuses = append(c.repo.statuses, st)
	c.ringStatus(st)
	return created(c.statusObj(c.repo, st))
}

func (s *Server) statusObj(r *repository, st *commitStatus) obj {
	return obj{
		"id": st.id, "node_id": nodeID("Status", st.id), "url": s.api("repos/%s/statuses/%s", r.full(), st.sha),
		"avatar_url": s.URL() + "/avatars/" + st.creator.login, "state": st.state, "description": nullable(st.description),
		"target_url": nullable(st.target), "context": st.context, "created_at": stamp(st.created), "updated_at": stamp(st.created),
		"creator": s.userObj(st.creator),
	}
}

func (c *call) ringStatus(st *commitStatus) {
	branches := []obj{}
	for _, b := range c.repo.git.Refs("refs/heads/") {
		if b.SHA == st.sha && len(branches) < 10 {
			branches = append(branches, obj{"name": strings.TrimPrefix(b.Name, "refs/heads/"), "protected": false,
				"commit": obj{"sha": b.SHA, "url": c.api("repos/%s/commits/%s", c.repo.full(), b.SHA)}})
		}
	}
	c.emit(c.repo, "status", "", st.creator, obj{
		"id": st.id, "sha": st.sha, "name": c.repo.full(), "target_url": nullable(st.target), "context": st.context,
		"description": nullable(st.description), "state": st.state, "created_at": stamp(st.created), "updated_at": stamp(st.created),
		"commit": c.commitObj(c.repo, c.repo.git.Commit(st.sha)), "branches": branches, "avatar_url": c.URL() + "/avatars/" + st.creator.login,
	})
}

func (c *call) listStatuses() reply {
	sha := c.repo.git.Rev(c.params["ref"])
	if sha == "" {
		return notFound()
	}
	var list []obj
	for _, st := range slices.Backward(c.repo.statuses) {
		if st.sha == sha {
			list = append(list, c.statusObj(c.repo, st))
		}
	}
	return c.page(list)
}

// combinedStatus is the latest status of each context, and what they come to together.
func (c *call) combinedStatus() reply {
	sha := c.repo.git.Rev(c.params["ref"])
	if sha == "" {
		return notFound()
	}
	seen := map[string]bool{}
	list, state := []obj{}, "pending"
	worst := 0
	for _, st := range slices.Backward(c.repo.statuses) {
		key := strings.ToLower(st.context)
		if st.sha != sha || seen[key] {
			continue
		}
		seen[key] = true
		worst = max(worst, map[string]int{"success": 1, "pending": 2, "failure": 3, "error": 3}[st.state])
		o := c.statusObj(c.repo, st)
		delete(o, "creator")
		list = append(list, o)
	}
	if worst > 0 {
		state = [...]string{"", "success", "pending", "failure"}[worst]
	}
	part, h := c.cut(len(list))
	return reply{Status: http.StatusOK, Header: h, Body: obj{
		"state": state, "statuses": list[part[0]:part[1]], "sha": sha, "total_count": len(list), "repository": c.repoObj(c.repo),
		"commit_url": c.api("repos/%s/commits/%s", c.repo.full(), sha), "url": c.api("repos/%s/commits/%s/status", c.repo.full(), sha),
	}}
}
