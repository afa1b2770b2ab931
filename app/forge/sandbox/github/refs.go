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
	if _, err := c.repo.git.Run("check-ref-format", in.Ref); err != nil {
		return unprocessable(in.Ref + " is not a valid ref name.")
	}
	if c.repo.git.Kind(in.SHA) == "" {
		return unprocessable("Object does not exist")
	}
	if c.repo.git.Ref(in.Ref) != "" {
		return unprocessable("Reference already exists")
	}
	return c.setRef(sandbox.RefChange{Ref: in.Ref, Old: sandbox.Zero, New: in.SHA}, http.StatusCreated)
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
	old := c.repo.git.Ref(full)
	if old == "" {
		return unprocessable("Reference does not exist")
	}
	if c.repo.git.Kind(in.SHA) == "" {
		return unprocessable("Object does not exist")
	}
	if !in.Force && !c.repo.git.IsAncestor(nil, old, in.SHA) {
		return unprocessable("Update is not a fast forward")
	}
	return c.setRef(sandbox.RefChange{Ref: full, Old: old, New: in.SHA}, http.StatusOK)
}

func (c *call) deleteRef() reply {
	full := "refs/" + strings.TrimPrefix(c.params["ref"], "refs/")
	old := c.repo.git.Ref(full)
	if old == "" {
		return unprocessable("Reference does not exist")
	}
	if full == "refs/heads/"+c.repo.defaultBranch {
		return unprocessable("Cannot delete the default branch")
	}
	return c.setRef(sandbox.RefChange{Ref: full, Old: old, New: sandbox.Zero}, http.StatusNoContent)
}

// setRef is the last step of the three: rules, the move itself, and what follows from it.
func (c *call) setRef(change sandbox.RefChange, status int) reply {
	if v := c.judge(c.repo, c.cred, change, nil); v != nil {
		return unprocessable(v.text())
	}
	if c.cred.kind == "installation" && c.touchesWorkflows(c.repo, nil, change) && !c.cred.holds("workflows:write") {
		return notAccessible()
	}
	old, new := strings.TrimPrefix(change.Old, sandbox.Zero), strings.TrimPrefix(change.New, sandbox.Zero)
	if err := c.repo.git.MoveRef(change.Ref, new, old); err != nil {
		return unprocessable("Reference cannot be updated")
	}
	c.moved = []sandbox.RefChange{change}
	c.landed(c.repo, c.cred, c.moved)
	if status == http.StatusNoContent {
		return reply{Status: status}
	}
	return reply{Status: status, Body: refObj(c.Server, c.repo, sandbox.Line{Name: change.Ref, SHA: change.New})}
}
