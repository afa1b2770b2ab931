package github

import (
	"context"
	"encoding/base64"
	"net/url"
	"strings"

	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/policy"
)

type repository struct {
	FullName      string `json:"full_name"`
	Private       bool   `json:"private"`
	Visibility    string `json:"visibility"`
	Fork          bool   `json:"fork"`
	Archived      bool   `json:"archived"`
	Disabled      bool   `json:"disabled"`
	DefaultBranch string `json:"default_branch"`
	URL           string `json:"html_url"`
}

type branch struct {
	Name   string `json:"name"`
	Commit struct {
		SHA string `json:"sha"`
	} `json:"commit"`
	Protected  bool `json:"protected"`
	Protection *struct {
		Enabled *bool `json:"enabled"`
	} `json:"protection"`
}

// DefaultBranch names the public repository's default branch.
func (f *Forge) DefaultBranch(ctx context.Context) (string, error) {
	var r repository
	if err := f.get(ctx, asLook, f.public.path(), &r); err != nil {
		return "", wire.Told("read the public repository", err)
	}
	return r.DefaultBranch, nil
}

// projectFile is where a project keeps its rules.
const projectFile = ".github/liftgate.yml"

// ProjectFile reads the project's configuration as it stands in one commit of the public repository. The mirror has the
// same file, but whoever may push there could give rights to himself.
//
// An empty commit is that of a default branch that does not exist.
func (f *Forge) ProjectFile(ctx context.Context, commit string) (content []byte, found bool, err error) {
	if commit == "" {
		return nil, false, &policy.Trouble{Kind: policy.TroubleInvalid, Hint: "the public repository has no default branch to read " + projectFile + " from"}
	}
	var file struct {
		Type     string `json:"type"`
		Encoding string `json:"encoding"`
		Content  string `json:"content"`
	}
	err = f.get(ctx, asLook, f.public.path()+"/contents/"+projectFile+"?ref="+url.QueryEscape(commit), &file)
	switch {
	case wire.Gone(err):
		return nil, false, nil
	case err != nil:
		return nil, false, wire.Told("read the project's configuration", err)
	}
	unreadable := &policy.Trouble{Kind: policy.TroubleInvalid, Hint: projectFile + " is not a plain file of less than 1 MiB"}
	if file.Type != "file" || file.Encoding != "base64" { // "none" is for larger files
		return nil, true, wire.Told("read the project's configuration", unreadable)
	}
	content, err = base64.StdEncoding.DecodeString(strings.ReplaceAll(file.Content, "\n", ""))
	if err != nil {
		return nil, true, wire.Told("read the project's configuration", unreadable)
	}
	return content, true, nil
}

// branches lists all branches of a repository.
func (f *Forge) branches(ctx context.Context, as purpose, r repo) ([]policy.Branch, error) {
	found, err := every[branch](ctx, f, as, r.path()+"/branches", nil)
	if err != nil {
		return nil, err
	}
	branches := make([]policy.Branch, len(found))
	for i, b := range found {
		branches[i] = policy.Branch{Name: b.Name, Tip: b.Commit.SHA}
	}
	return branches, nil
}

// mirrorState reads what about the mirror itself would stop all work.
func (f *Forge) mirrorState(ctx context.Context) (m policy.Mirror, err error) {
	var r repository
	if err := f.get(ctx, asDesk, f.mirror.path(), &r); err != nil {
		return m, err
	}
	m.URL = r.URL
	m.Exposed = !r.Private || r.Visibility == "internal" || r.Fork
	var problems []string
	if !r.Private {
		problems = append(problems, "the mirror is public: nothing embargoed may be written there")
	}
	if r.Visibility == "internal" {
		problems = append(problems, "the mirror is internal: everybody in the enterprise can read it; make it private")
	}
	if r.Fork {
		problems = append(problems, "the mirror is a fork: its commits can be reached from the whole fork network; make a detached repository")
	}
	if r.Archived {
		problems = append(problems, "the mirror is archived: nothing can be written there")
	}
	if r.Disabled {
		problems = append(problems, "the mirror is disabled by GitHub")
	}
	if r.FullName != "" && !strings.EqualFold(r.FullName, f.mirror.full()) {
		problems = append(problems, "the mirror was renamed or moved: correct its name in the configuration")
	}
	m.Problems = problems
	return m, nil
}

// permission reads what GitHub lets a person do in the mirror.
func (f *Forge) permission(ctx context.Context, login string) (policy.Permission, error) {
	var got struct {
		Permission string `json:"permission"`
		Role       string `json:"role_name"` // finer, but may be the name of an organisation's own role
	}
	p := policy.Permission{Login: login, Level: "none"}
	err := f.get(ctx, asDesk, f.mirror.path()+"/collaborators/"+url.PathEscape(login)+"/permission", &got)
	switch {
	case wire.Gone(err):
		return p, nil // nobody of that name, or nobody any more
	case err != nil:
		return p, err
	}
	p.Level = levelOf(got.Permission, got.Role)
	return p, nil
}

// levelOf trusts the coarse permission and takes "maintain" from the role, where the two agree.
func levelOf(permission, role string) string {
	switch {
	case permission == "write" && role == "maintain":
		return "maintain"
	case permission == "read" || permission == "write" || permission == "maintain" || permission == "admin":
		return permission
	}
	return "none"
}
