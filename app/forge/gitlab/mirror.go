package gitlab

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/policy"
)

type projectState struct {
	FullPath      string          `json:"path_with_namespace"`
	Visibility    string          `json:"visibility"`
	Archived      bool            `json:"archived"`
	DefaultBranch string          `json:"default_branch"`
	URL           string          `json:"web_url"`
	ForkedFrom    json.RawMessage `json:"forked_from_project"` // absent unless it is a fork
	Deletion      string          `json:"marked_for_deletion_on"`
	Issues        string          `json:"issues_access_level"`
	MergeRequests string          `json:"merge_requests_access_level"`
	Repository    string          `json:"repository_access_level"`
	NeedsPipeline *bool           `json:"only_allow_merge_if_pipeline_succeeds"`
	NeedsJudged   *bool           `json:"only_allow_merge_if_all_status_checks_passed"` // only where GitLab has such checks
	CIPath        string          `json:"ci_config_path"`
	AutoDevOps    *bool           `json:"auto_devops_enabled"`
	Builds        string          `json:"builds_access_level"`
	MergedResults bool            `json:"merge_pipelines_enabled"`
	MergeTrains   bool            `json:"merge_trains_enabled"`
}

// elsewhere reports whether CI is configured outside the project.
func (p projectState) elsewhere() bool {
	return strings.Contains(p.CIPath, "@") || strings.Contains(p.CIPath, "://")
}

func (p projectState) fork() bool { return len(p.ForkedFrom) > 0 && string(p.ForkedFrom) != "null" }

func (p projectState) renamed(from place) bool {
	return p.FullPath != "" && !strings.EqualFold(p.FullPath, string(from))
}

type branch struct {
	Name    string `json:"name"`
	Default bool   `json:"default"`
	Guarded bool   `json:"protected"`
	CanPush bool   `json:"can_push"`
	Commit  struct {
		SHA string `json:"id"`
	} `json:"commit"`
}

// DefaultBranch names the public project's default branch.
func (f *Forge) DefaultBranch(ctx context.Context) (string, error) {
	var p projectState
	if err := f.get(ctx, asBot, f.public.path(), &p); err != nil {
		return "", wire.Told("read the public project", err)
	}
	return p.DefaultBranch, nil
}

// branches lists all branches of a project.
func (f *Forge) branches(ctx context.Context, at place) ([]branch, error) {
	return every[branch](ctx, f, at.path()+"/repository/branches", nil)
}

func tips(branches []branch) []policy.Branch {
	list := make([]policy.Branch, len(branches))
	for i, b := range branches {
		list[i] = policy.Branch{Name: b.Name, Tip: b.Commit.SHA}
	}
	return list
}

// mirrorState reads what about the mirror itself would stop all work, its branches, and what people should look at.
func (f *Forge) mirrorState(ctx context.Context, maintained []string) (m policy.Mirror, warnings []string, err error) {
	var p projectState
	if err := f.get(ctx, asBot, f.mirror.path(), &p); err != nil {
		return m, nil, err
	}
	branches, err := f.branches(ctx, f.mirror)
	if err != nil {
		return m, nil, err
	}
	m = policy.Mirror{URL: p.URL, Exposed: p.Visibility != "private" || p.fork(), Problems: f.problems(p), Branches: tips(branches)}
	m.Risks, warnings, err = f.surveyed(ctx, p, branches, maintained)
	return m, warnings, err
}

// problems are what stops all work in the mirror.
func (f *Forge) problems(p projectState) []string {
	var problems []string
	for _, one := range []struct {
		is    bool
		words string
	}{
		{p.Visibility == "public", "the mirror is public: nothing embargoed may be written there"},
		{p.Visibility == "internal", "the mirror is internal: everybody who has an account can read it; make it private"},
		{p.Visibility != "public" && p.Visibility != "internal" && p.Visibility != "private",
			"GitLab does not say who can read the mirror: the token's user must be a member there"},
		{p.fork(), "the mirror is a fork: the public project counts it for everybody, and comparing copies commits there; " +
			"remove the fork relation"},
		{p.Archived, "the mirror is archived: nothing can be written there"},
		{p.Deletion != "", "the mirror is to be deleted: nothing should be written there"},
		{p.Issues == "disabled", "issues are switched off in the mirror: there is no place for desks"},
		{p.MergeRequests == "disabled", "merge requests are switched off in the mirror: there is no place for fixes"},
		{p.renamed(f.mirror), "the mirror was renamed or moved: correct its path in the configuration"},
	} {
		if one.is {
			problems = append(problems, one.words)
		}
	}
	return problems
}
