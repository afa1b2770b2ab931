package gitlab

import (
	"net/http"
	"net/url"
	"slices"
	"time"
)

// statusCheck is an external status check (Ultimate): a service outside, by whose word merge requests stand or fall. The
// stand-in tells no service about anything; whoever may answer does it unasked.
type statusCheck struct {
	id        int64
	name, url string
	branches  []*protectedBranch // whose merge requests it judges; none means all
}

// statusAnswer is one answer for one head; the newest counts.
type statusAnswer struct {
	id      int64
	check   *statusCheck
	sha     string
	status  string // passed, failed or pending
	retried bool
	created time.Time
}

// statusPatience is how long an answer may be pending before it counts as failed.
const statusPatience = 2 * time.Minute

func statusCheckRoutes() []route {
	const all = "/api/v4/projects/{id}/external_status_checks"
	const mr = "/api/v4/projects/{id}/merge_requests/{merge_request_iid}"
	return []route{
		{method: "GET", pattern: all, signedIn: true, handle: ofUltimate((*call).listStatusChecks)},
		{method: "POST", pattern: all, discreet: true, handle: ofUltimate((*call).createStatusCheck)},
		{method: "DELETE", pattern: all + "/{check_id}", discreet: true, handle: ofUltimate((*call).deleteStatusCheck)},
		{method: "GET", pattern: mr + "/status_checks", signedIn: true, handle: ofUltimate(ofMerge((*call).mergeStatusChecks))},
		{method: "POST", pattern: mr + "/status_check_responses", level: Developer, handle: ofUltimate(ofMerge((*call).answerStatusCheck))},
		{method: "POST", pattern: mr + "/status_checks/{external_status_check_id}/retry", level: Developer, handle: ofUltimate(ofMerge((*call).retryStatusCheck))},
	}
}

// ofUltimate answers as a GitLab does that was not paid for status checks: "unauthorized".
func ofUltimate(handle func(*call) reply) func(*call) reply {
	return func(c *call) reply {
		if c.tier != "ultimate" {
			return unauthorized()
		}
		return handle(c)
	}
}

func (k *statusCheck) judges(branch string) bool {
	return len(k.branches) == 0 || slices.ContainsFunc(k.branches, func(b *protectedBranch) bool { return b.matches(branch) })
}

// statusOf is what a check says about a merge request's head.
func (s *Server) statusOf(k *statusCheck, m *mergeRequest) string {
	var newest *statusAnswer
	for _, a := range m.answers {
		if a.check == k && a.sha == m.head {
			newest = a
		}
	}
	switch {
	case newest == nil, newest.retried:
		return "pending"
	case newest.status == "pending" && s.now().Sub(newest.created) > statusPatience:
		return "failed"
	}
	return newest.status
}

// judged tells whether every check that there is for a merge request's target has passed its head.
func (s *Server) judged(m *mergeRequest) bool {
	return !slices.ContainsFunc(m.project.checks, func(k *statusCheck) bool {
		return k.judges(m.target) && s.statusOf(k, m) != "passed"
	})
}

func (c *call) statusCheckObj(k *statusCheck) obj {
	branches := []obj{}
	for _, b := range k.branches {
		branches = append(branches, obj{"id": b.id, "project_id": c.project.id, "name": b.name, "created_at": stamp(c.project.created),
			"updated_at": stamp(c.project.created), "code_owner_approval_required": false})
	}
	return obj{"id": k.id, "name": k.name, "project_id": c.project.id, "external_url": k.url, "hmac": false, "protected_branches": branches}
}

func (c *call) listStatusChecks() reply {
	if c.level() < Maintainer {
		return unauthorized()
	}
	var list []obj
	for _, k := range c.project.checks {
		list = append(list, c.statusCheckObj(k))
	}
	return c.page(list)
}

func (c *call) createStatusCheck() reply {
	k := &statusCheck{name: c.in.required("name"), url: c.in.required("external_url")}
	ids := c.in.numbers("protected_branch_ids")
	if rep := c.in.refused(); rep != nil {
		return *rep
	}
	for _, b := range c.project.protected {
		if slices.Contains(ids, b.id) {
			k.branches = append(k.branches, b)
		}
	}
	u, err := url.Parse(k.url)
	switch {
	case c.level() < Maintainer:
		return unauthorized()
	case k.name == "", slices.ContainsFunc(c.project.checks, func(other *statusCheck) bool { return other.name == k.name || other.url == k.url }):
		return invalid(http.StatusUnprocessableEntity, "name", "has already been taken")
	case err != nil, u.Scheme != "http" && u.Scheme != "https":
		return invalid(http.StatusUnprocessableEntity, "external_url", "is not a valid URL")
	}
	k.id = c.id()
	c.project.checks = append(c.project.checks, k)
	return created(c.statusCheckObj(k))
}

func (c *call) theStatusCheck(id int64) *statusCheck {
	return first(c.project.checks, func(k *statusCheck) bool { return k.id == id })
}

func (c *call) deleteStatusCheck() reply {
	k := c.theStatusCheck(c.pathNumber("check_id"))
	switch {
	case c.level() < Maintainer:
		return unauthorized()
	case k == nil:
		return notFound("")
	}
	c.project.checks = slices.DeleteFunc(c.project.checks, func(other *statusCheck) bool { return other == k })
	return noContent()
}

func (c *call) mergeStatusChecks(m *mergeRequest) reply {
	if c.level() < Developer {
		return forbidden()
	}
	var list []obj
	for _, k := range c.project.checks {
		if k.judges(m.target) {
			list = append(list, obj{"id": k.id, "name": k.name, "external_url": k.url, "status": c.statusOf(k, m)})
		}
	}
	return c.page(list)
}

// answerStatusCheck takes anybody's word who may push: GitLab neither asks nor keeps whose it is.
func (c *call) answerStatusCheck(m *mergeRequest) reply {
	c.in.required("external_status_check_id")
	sha, status, k := c.in.required("sha"), c.in.oneOf("status", "passed", "failed", "pending"), c.theStatusCheck(c.in.number("external_status_check_id", 0))
	c.in.required("status")
	switch rep := c.in.refused(); {
	case rep != nil:
		return *rep
	case k == nil:
		return notFound("")
	case sha != m.head:
		return said(http.StatusConflict, "SHA does not match HEAD of source branch: "+m.head)
	}
	a := &statusAnswer{id: c.id(), check: k, sha: sha, status: status, created: c.now()}
	m.answers = append(m.answers, a)
	return created(obj{"id": a.id, "merge_request": c.mergeObj(m, false), "external_status_check": c.statusCheckObj(k)})
}

// retryStatusCheck has the service asked again, which leaves the check pending until it answers.
func (c *call) retryStatusCheck(m *mergeRequest) reply {
	k := c.theStatusCheck(c.pathNumber("external_status_check_id"))
	switch {
	case k == nil:
		return notFound("")
	case c.statusOf(k, m) != "failed":
		return said(http.StatusUnprocessableEntity, "External status check must be failed")
	}
	for _, a := range m.answers {
		a.retried = a.retried || a.check == k && a.sha == m.head
	}
	return reply{Status: http.StatusAccepted, Body: obj{"message": "202 Accepted"}}
}
