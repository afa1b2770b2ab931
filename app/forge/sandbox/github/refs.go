package github

import (
	"net/http"
	"strings"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

func (c *call) createRef() reply {
	var in struct{ Ref, SHA string }
	if rep := c.read(&in); rep != nil {
		return *rep
	}
	if !strings.HasPrefix(in.Ref, "refs/") || strings.Count(in.Ref, "/") < 2 || strings.HasPrefix(in.Ref, "refs/pull/") {
		return unprocessable("Reference name must start with 'refs/' and contain at least two slashes.")
	}
	if _, err := c.git(c.repo.dir, "check-ref-format", in.Ref); err != nil {
		return unprocessable(in.Ref + " is not a valid ref name.")
	}
	if _, err := c.git(c.repo.dir, "cat-file", "-e", in.SHA); err != nil || len(in.SHA) != 40 {
		return unprocessable("Object does not exist")
	}
	if c.Server.ref(c.repo, in.Ref) != "" {
		return unprocessable("Reference already exists")
	}
	return c.setRef(sandbox.RefChange{Ref: in.Ref, Old: zero, New: in.SHA}, http.StatusCreated)
}

func (c *call) updateRef() reply {
	var in struct {
		SHA   string
		Force bool
	}
	if rep := c.read(&in); rep != nil {
		return *rep
	}
	full := "refs/" + strings.TrimPrefix(c.params["ref"], "refs/")
	old := c.Server.ref(c.repo, full)
	if old == "" {
		return unprocessable("Reference does not exist")
	}
	if _, err := c.git(c.repo.dir, "cat-file", "-e", in.SHA); err != nil || len(in.SHA) != 40 {
		return unprocessable("Object does not exist")
	}
	if !in.Force && !c.isAncestor(c.repo, nil, old, in.SHA) {
		return unprocessable("Update is not a fast forward")
	}
	return c.setRef(sandbox.RefChange{Ref: full, Old: old, New: in.SHA}, http.StatusOK)
}

func (c *call) deleteRef() reply {
	full := "refs/" + strings.TrimPrefix(c.params["ref"], "refs/")
	old := c.Server.ref(c.repo, full)
	if old == "" {
		return unprocessable("Reference does not exist")
	}
	if full == "refs/heads/"+c.repo.defaultBranch {
		return unprocessable("Cannot delete the default branch")
	}
	return c.setRef(sandbox.RefChange{Ref: full, Old: old, New: zero}, http.StatusNoContent)
}

// setRef is the last step of the three: rules, the move itself, and what follows from it.
func (c *call) setRef(change sandbox.RefChange, status int) reply {
	if v := c.judge(c.repo, c.cred, change, nil); v != nil {
		return unprocessable(v.text())
	}
	if c.cred.kind == "installation" && c.touchesWorkflows(c.repo, nil, change) && !c.cred.holds("workflows:write") {
		return notAccessible()
	}
	old, new := strings.TrimPrefix(change.Old, zero), strings.TrimPrefix(change.New, zero)
	if err := c.moveRef(c.repo, change.Ref, new, old); err != nil {
		return unprocessable("Reference cannot be updated")
	}
	c.moved = []sandbox.RefChange{change}
	c.landed(c.repo, c.cred, c.moved)
	if status == http.StatusNoContent {
		return reply{status: status}
	}
	kind, _ := c.git(c.repo.dir, "cat-file", "-t", change.New) // it exists: the ref points to it
	return reply{status: status, body: refObj(c.Server, c.repo, refLine{change.Ref, change.New, kind})}
}
