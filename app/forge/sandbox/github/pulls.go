package github

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

func (c *call) thePull() *issue {
	if i := c.repo.issue(int(c.number("pull_number"))); i != nil && i.pull != nil {
		return i
	}
	return nil
}

// createPull opens a pull request between two branches of one repository; the sandbox has no fork networks.
func (c *call) createPull() reply {
	var in struct {
		Title, Head, Base string
		Body              *string
		Draft             bool
	}
	if rep := c.read(&in); rep != nil {
		return *rep
	}
	owner, head, has := strings.Cut(in.Head, ":")
	if !has {
		owner, head = c.repo.owner.login, in.Head
	}
	sha, base := c.repo.git.Ref("refs/heads/"+head), c.repo.git.Ref("refs/heads/"+in.Base)
	switch {
	case in.Title == "":
		return invalid("PullRequest", "title", "missing_field", "")
	case sha == "" || head == "" || !strings.EqualFold(owner, c.repo.owner.login):
		return invalid("PullRequest", "head", "invalid", "")
	case base == "" || in.Base == "":
		return invalid("PullRequest", "base", "invalid", "")
	case in.Draft && !c.repo.featured():
		return unprocessable("Draft pull requests are not supported in this repository.")
	}
	for _, i := range c.repo.issues {
		if i.pull != nil && i.state == "open" && i.pull.headRef == head && i.pull.baseRef == in.Base {
			return invalid("PullRequest", "", "custom", "A pull request already exists for "+c.repo.owner.login+":"+head+".")
		}
	}
	if c.repo.git.IsAncestor(nil, sha, base) {
		return invalid("PullRequest", "", "custom", "No commits between "+in.Base+" and "+head)
	}
	if _, err := c.repo.git.Run("merge-base", base, sha); err != nil {
		return invalid("PullRequest", "", "custom", "The "+head+" branch has no history in common with "+in.Base)
	}
	i := c.newIssue(in.Title, in.Body)
	i.pull = &pull{id: c.id(), headRef: head, headSHA: sha, headOwner: c.repo.owner, baseRef: in.Base, baseSHA: base, draft: in.Draft}
	c.pinPull(c.repo, i)
	c.tell(i, "opened", nil)
	return created(c.pullObj(c.repo, i, true))
}

// pinPull keeps refs/pull/N/head on the head, as GitHub does; a failure would only hide it from ls-remote.
func (s *Server) pinPull(r *repository, i *issue) {
	_, _ = r.git.Run("update-ref", fmt.Sprintf("refs/pull/%d/head", i.number), i.pull.headSHA)
}

func (c *call) listPulls() reply {
	q := c.r.URL.Query()
	state := q.Get("state")
	if state == "" {
		state = "open"
	}
	head := q.Get("head")
	var list []*issue
	for _, i := range c.repo.issues {
		p := i.pull
		switch {
		case p == nil, state != "all" && i.state != state, q.Get("base") != "" && p.baseRef != q.Get("base"):
		case strings.Contains(head, ":") && head != p.headOwner.login+":"+p.headRef: // GitHub ignores a head without an owner
		default:
			list = append(list, i)
		}
	}
	sortIssues(list, issueCreated, q.Get("direction") == "asc")
	if q.Get("sort") == "updated" {
		sortIssues(list, issueUpdated, q.Get("direction") == "asc")
	}
	var out []obj
	for _, i := range list {
		out = append(out, c.pullObj(c.repo, i, false))
	}
	return c.page(out)
}

func (c *call) getPull() reply {
	i := c.thePull()
	if i == nil {
		return notFound()
	}
	o := c.pullObj(c.repo, i, true)
	i.pull.asked = c.facts(c.repo, i.pull).pair // the next look finds it computed
	return ok(o)
}

func (c *call) editPull() reply {
	i := c.thePull()
	if i == nil {
		return notFound()
	}
	if !c.strong(RoleWrite) && c.cred.user != i.user {
		return failure(http.StatusForbidden, "Must have write rights to Repository.")
	}
	var in issueInput
	if rep := c.read(&in); rep != nil {
		return *rep
	}
	if in.Base != "" && in.Base != i.pull.baseRef {
		sha := c.repo.git.Ref("refs/heads/" + in.Base)
		if sha == "" {
			return invalid("PullRequest", "base", "invalid", "")
		}
		from := obj{"ref": obj{"from": i.pull.baseRef}, "sha": obj{"from": i.pull.baseSHA}}
		i.pull.baseRef, i.pull.baseSHA = in.Base, sha
		c.happened(i, &event{kind: "base_ref_changed"})
		c.tell(i, "edited", obj{"changes": obj{"base": from}})
	}
	if rep := c.edit(i, in); rep != nil {
		return *rep
	}
	return ok(c.pullObj(c.repo, i, true))
}

func (c *call) pullCommits() reply {
	i := c.thePull()
	if i == nil {
		return notFound()
	}
	var list []obj
	for _, cm := range c.repo.git.Log(250, c.facts(c.repo, i.pull).base+".."+i.pull.headSHA) {
		list = append(list, c.commitObj(c.repo, cm))
	}
	return c.page(list)
}

func (c *call) pullFiles() reply {
	i := c.thePull()
	if i == nil {
		return notFound()
	}
	var list []obj
	for _, f := range c.repo.git.Diff(c.facts(c.repo, i.pull).base, i.pull.headSHA) {
		list = append(list, c.fileObj(c.repo, i.pull.headSHA, f))
	}
	return c.page(list)
}

// commitPulls lists the pull requests that contain a commit.
func (c *call) commitPulls() reply {
	sha := c.repo.git.Rev(c.params["commit_sha"])
	if sha == "" {
		return unprocessable("No commit found for SHA: " + c.params["commit_sha"])
	}
	var list []obj
	for _, i := range c.repo.issues {
		if p := i.pull; p != nil && (p.mergeSHA == sha || c.repo.git.IsAncestor(nil, sha, p.headSHA) && !c.repo.git.IsAncestor(nil, sha, p.baseSHA)) {
			list = append(list, c.pullObj(c.repo, i, false))
		}
	}
	return c.page(list)
}

func (c *call) pullMerged() reply {
	if i := c.thePull(); i != nil && i.pull.merged {
		return reply{Status: http.StatusNoContent}
	}
	return notFound()
}

// mergePull is the merge button: guard, rules, conflict, then a real merge.
func (c *call) mergePull() reply {
	i := c.thePull()
	if i == nil {
		return notFound()
	}
	var in struct {
		Title   string `json:"commit_title"`
		Message string `json:"commit_message"`
		SHA     string
		Method  string `json:"merge_method"`
	}
	if rep := c.read(&in); rep != nil {
		return *rep
	}
	p := i.pull
	tip := c.repo.git.Ref("refs/heads/" + p.baseRef)
	no := func(message string) reply { return failure(http.StatusMethodNotAllowed, message) }
	switch {
	case in.Method == "":
		in.Method = "merge"
	case !slices.Contains([]string{"merge", "squash", "rebase"}, in.Method):
		return unprocessable("Invalid request.\n\nmerge_method is not one of merge, squash, rebase.")
	}
	switch {
	case in.SHA != "" && in.SHA != p.headSHA:
		return failure(http.StatusConflict, "Head branch was modified. Review and try the merge again.")
	case i.state != "open" || tip == "":
		return no("Pull Request is not mergeable")
	case p.draft:
		return no("Pull Request is still a draft")
	}
	if c.cred.kind == "installation" && c.touchesWorkflows(c.repo, nil, sandbox.RefChange{Ref: "refs/heads/" + p.baseRef, Old: tip, New: p.headSHA}) && !c.cred.holds("workflows:write") {
		return failure(http.StatusForbidden, "refusing to allow a GitHub App to create or update workflow without `workflows` permission")
	}
	if v := c.judgeMerge(c.repo, c.cred, p, tip); v != nil {
		return no(v.text())
	}
	message := mergeMessage(c.repo, i, in.Method, in.Title, in.Message)
	sha, err := c.repo.merged(in.Method, tip, p.headSHA, message, c.cred.actor())
	if err != nil {
		return no("Pull Request is not mergeable")
	}
	if err := c.repo.git.MoveRef("refs/heads/"+p.baseRef, sha, tip); err != nil {
		return failure(http.StatusConflict, "Base branch was modified. Review and try the merge again.")
	}
	c.markMerged(i, c.cred.actor(), sha, tip)
	c.moved = []sandbox.RefChange{{Ref: "refs/heads/" + p.baseRef, Old: tip, New: sha}}
	c.landed(c.repo, c.cred, c.moved)
	return ok(obj{"sha": sha, "merged": true, "message": "Pull Request successfully merged"})
}

func mergeMessage(r *repository, i *issue, method, title, body string) string {
	if title == "" {
		title = fmt.Sprintf("Merge pull request #%d from %s/%s", i.number, i.pull.headOwner.login, i.pull.headRef)
		if method == "squash" {
			title = fmt.Sprintf("%s (#%d)", i.title, i.number)
		}
	}
	if body == "" && method == "merge" {
		body = i.title
	}
	if body == "" {
		return title + "\n"
	}
	return title + "\n\n" + body + "\n"
}

// markMerged closes a pull request as merged and tells so.
func (c *call) markMerged(i *issue, by *account, sha, base string) {
	p := i.pull
	p.baseSHA = base // facts of a merged pull request compare with the tip before the merge
	p.merged, p.mergedBy, p.mergedAt, p.mergeSHA = true, by, c.now(), sha
	c.happened(i, &event{kind: "merged", actor: by, commit: sha})
	c.shut(i, by, "")
	c.tell(i, "closed", nil)
}

func issueCreated(i *issue) time.Time { return i.created }
func issueUpdated(i *issue) time.Time { return i.updated }
