package github

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

type checkSuite struct {
	id      int64
	app     *app
	sha     string
	created time.Time
}

type checkRun struct {
	id                       int64
	suite                    *checkSuite
	app                      *app
	name, sha                string
	status, conclusion       string
	started, completed       time.Time
	details, external        string
	title, summary, longText string
	actions                  []checkAction
}

type checkAction struct {
	Label       string `json:"label"`
	Description string `json:"description"`
	Identifier  string `json:"identifier"`
}

type runInput struct {
	Name        *string
	HeadSHA     string     `json:"head_sha"`
	DetailsURL  *string    `json:"details_url"`
	ExternalID  *string    `json:"external_id"`
	Status      string     `json:"status"`
	Conclusion  string     `json:"conclusion"`
	StartedAt   *time.Time `json:"started_at"`
	CompletedAt *time.Time `json:"completed_at"`
	Output      *struct {
		Title, Summary *string
		Text           *string
	}
	Actions *[]checkAction
}

var conclusions = []string{"action_required", "cancelled", "failure", "neutral", "success", "skipped", "timed_out"}

// check refuses what GitHub refuses; the limits on buttons are the ones that people run into.
func (in *runInput) check() *reply {
	var rep reply
	switch {
	case in.Status != "" && !slices.Contains([]string{"queued", "in_progress", "completed"}, in.Status):
		rep = unprocessable("Invalid request.\n\n" + in.Status + " is not a member of [\"queued\", \"in_progress\", \"completed\"].")
	case in.Conclusion != "" && !slices.Contains(conclusions, in.Conclusion):
		rep = unprocessable("Invalid request.\n\nFor 'properties/conclusion', the value is not one of the conclusions.")
	case in.Status == "completed" && in.Conclusion == "":
		rep = unprocessable("Invalid request.\n\n\"conclusion\" is required when status is completed.")
	case in.Output != nil && (in.Output.Summary == nil || in.Output.Title == nil):
		rep = unprocessable("Invalid request.\n\n\"title\" and \"summary\" weren't supplied.")
	case in.Output != nil && len(*in.Output.Summary) > 65535:
		rep = unprocessable("Invalid request.\n\nOnly 65535 characters are allowed; the summary is longer.")
	case in.Actions != nil && len(*in.Actions) > 3:
		rep = unprocessable("Invalid request.\n\nNo more than 3 actions are allowed.")
	default:
		if in.Actions != nil {
			for _, a := range *in.Actions {
				if a.Label == "" || a.Identifier == "" || len(a.Label) > 20 || len(a.Description) > 40 || len(a.Identifier) > 20 {
					rep = unprocessable("Invalid request.\n\nAn action needs a label of at most 20, a description of at most 40 and an identifier of at most 20 characters.")
					return &rep
				}
			}
		}
		return nil
	}
	return &rep
}

func (c *call) onlyApps() *reply {
	if c.cred.kind == "installation" {
		return nil
	}
	rep := failure(http.StatusForbidden, "You must authenticate via a GitHub App.")
	return &rep
}

func (c *call) createCheckRun() reply {
	if rep := c.onlyApps(); rep != nil {
		return *rep
	}
	var in runInput
	if rep := c.read(&in); rep != nil {
		return *rep
	}
	if rep := in.check(); rep != nil {
		return *rep
	}
	switch {
	case in.Name == nil || *in.Name == "" || in.HeadSHA == "":
		return unprocessable("Invalid request.\n\n\"name\", \"head_sha\" weren't supplied.")
	case len(in.HeadSHA) != 40 || c.repo.git.Commit(in.HeadSHA) == nil:
		return unprocessable("No commit found for SHA: " + in.HeadSHA)
	}
	suite := c.suite(in.HeadSHA)
	run := &checkRun{id: c.id(), suite: suite, app: c.cred.app, name: *in.Name, sha: in.HeadSHA, status: "queued"}
	c.repo.runs = append(c.repo.runs, run)
	c.fill(run, in)
	c.ringRun(run, "created")
	if run.status == "completed" {
		c.ringRun(run, "completed")
	}
	return created(c.runObj(c.repo, run))
}

func (c *call) suite(sha string) *checkSuite {
	for _, s := range c.repo.suites {
		if s.app == c.cred.app && s.sha == sha {
			return s
		}
	}
	s := &checkSuite{id: c.id(), app: c.cred.app, sha: sha, created: c.now()}
	c.repo.suites = append(c.repo.suites, s)
	return s
}

func (c *call) fill(run *checkRun, in runInput) {
	set := func(to *string, from *string) {
		if from != nil {
			*to = *from
		}
	}
	set(&run.name, in.Name)
	set(&run.details, in.DetailsURL)
	set(&run.external, in.ExternalID)
	if in.Status != "" {
		run.status = in.Status
		if in.Status != "completed" {
			run.conclusion, run.completed = "", time.Time{}
		}
	}
	if in.StartedAt != nil {
		run.started = *in.StartedAt
	} else if run.started.IsZero() {
		run.started = c.now()
	}
	if in.Conclusion != "" || in.CompletedAt != nil {
		run.status, run.completed = "completed", c.now()
		run.conclusion = in.Conclusion
		if in.CompletedAt != nil {
			run.completed = *in.CompletedAt
		}
	}
	if in.Output != nil {
		set(&run.title, in.Output.Title)
		set(&run.summary, in.Output.Summary)
		set(&run.longText, in.Output.Text)
	}
	if in.Actions != nil {
		run.actions = *in.Actions
	}
}

func (r *repository) run(id int64) *checkRun {
	for _, run := range r.runs {
		if run.id == id {
			return run
		}
	}
	return nil
}

func (c *call) editCheckRun() reply {
	if rep := c.onlyApps(); rep != nil {
		return *rep
	}
	run := c.repo.run(c.number("check_run_id"))
	if run == nil {
		return notFound()
	}
	if run.app != c.cred.app {
		return failure(http.StatusForbidden, "Invalid app_id `"+fmt.Sprint(c.cred.app.id)+"` - check run can only be modified by the GitHub App that created it.")
	}
	var in runInput
	if rep := c.read(&in); rep != nil {
		return *rep
	}
	if rep := in.check(); rep != nil {
		return *rep
	}
	before := run.status
	c.fill(run, in)
	if run.status == "completed" && before != "completed" {
		c.ringRun(run, "completed")
	}
	return ok(c.runObj(c.repo, run))
}

func (c *call) getCheckRun() reply {
	if run := c.repo.run(c.number("check_run_id")); run != nil {
		return ok(c.runObj(c.repo, run))
	}
	return notFound()
}

func (c *call) listCheckRuns() reply {
	sha := c.repo.git.Rev(c.params["ref"])
	if sha == "" {
		return unprocessable("No commit found for SHA: " + c.params["ref"])
	}
	q := c.r.URL.Query()
	var list []*checkRun
	for _, run := range c.repo.runs {
		switch {
		case run.sha != sha, q.Get("check_name") != "" && run.name != q.Get("check_name"), q.Get("status") != "" && run.status != q.Get("status"):
		case q.Get("app_id") != "" && q.Get("app_id") != fmt.Sprint(run.app.id):
		default:
			if q.Get("filter") != "all" { // the latest of a name and App stands for those before it
				list = slices.DeleteFunc(list, func(x *checkRun) bool { return x.name == run.name && x.app == run.app })
			}
			list = append(list, run)
		}
	}
	part, h := c.cut(len(list))
	out := []obj{}
	for _, run := range list[part[0]:part[1]] {
		out = append(out, c.runObj(c.repo, run))
	}
	return reply{Status: http.StatusOK, Header: h, Body: obj{"total_count": len(list), "check_runs": out}}
}

func (c *call) listCheckSuites() reply {
	sha := c.repo.git.Rev(c.params["ref"])
	if sha == "" {
		return unprocessable("No commit found for SHA: " + c.params["ref"])
	}
	list := []obj{}
	for _, s := range c.repo.suites {
		if want := c.r.URL.Query().Get("app_id"); s.sha == sha && (want == "" || want == fmt.Sprint(s.app.id)) {
			list = append(list, c.suiteObj(c.repo, s))
		}
	}
	part, h := c.cut(len(list))
	return reply{Status: http.StatusOK, Header: h, Body: obj{"total_count": len(list), "check_suites": list[part[0]:part[1]]}}
}

func (c *call) getCheckSuite() reply {
	for _, s := range c.repo.suites {
		if s.id == c.number("check_suite_id") {
			return ok(c.suiteObj(c.repo, s))
		}
	}
	return notFound()
}

func (c *call) ringRun(run *checkRun, action string) {
	c.emit(c.repo, "check_run", action, c.cred.actor(), obj{"check_run": c.hookRun(c.repo, run)})
}

// PressButton sends check_run.requested_action to the App whose check run shows the button, as if a person with
// write access had pressed it.
func (s *Server) PressButton(repo string, checkRunID int64, identifier, login string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(repo)
	if err != nil {
		return err
	}
	run, who := r.run(checkRunID), s.account(login)
	switch {
	case run == nil:
		return fmt.Errorf("press button: there is no check run %d in %s", checkRunID, repo)
	case who == nil || r.role(who) < RoleWrite:
		return fmt.Errorf("press button: %s may not write to %s, so GitHub shows no button", login, repo)
	case !slices.ContainsFunc(run.actions, func(a checkAction) bool { return a.Identifier == identifier }):
		return fmt.Errorf("press button: check run %d has no action %q", checkRunID, identifier)
	}
	s.emitTo(run.app, r, "check_run", "requested_action", who, obj{
		"check_run": s.hookRun(r, run), "requested_action": obj{"identifier": identifier}})
	return nil
}
