package gitlab

import (
	"cmp"
	"context"
	"regexp"
	"slices"

	"github.com/liftgate/liftgate/app/forge/reading"
)

const (
	defaultCI   = ".gitlab-ci.yml"
	mostScanned = 50
)

// A CI configuration is looked at as text, line by line or between braces: it need not be YAML that is understood here.
const inJob = `(?:^[ \t]+|[{,][ \t]*)["']?`

var (
	// publishing is what carries something out of the mirror: a site, a release, a deployment, a pipeline elsewhere. Another way
	// may have another name, so no finding is no promise.
	publishing = regexp.MustCompile(`(?m)^["']?pages["']?[ \t]*:|` + inJob + `(?:release|environment|deploy|trigger)["']?[ \t]*:|` +
		inJob + `pages["']?[ \t]*:[ \t]*(?:true\b|\{|#|$)|` + inJob + `stage["']?[ \t]*:[ \t]*["']?(?:deploy|release|publish|pages)`)
	// including is what has GitLab read other files as well.
	including = regexp.MustCompile(`(?m)^[{ \t]*["']?include["']?[ \t]*:`)
)

// publishingRisks names the branches whose CI publishes: a candidate on a copy of such a branch would be published with it.
// Whether a branch is protected does not matter, as fixes and candidates stand on branches that are not.
func (f *Forge) publishingRisks(ctx context.Context, p projectState, scan []branch, maintained []string) ([]string, error) {
	path := cmp.Or(p.CIPath, defaultCI)
	if p.elsewhere() {
		return []string{"the mirror's CI is configured in another place, which is not looked at: its jobs must not publish anything"}, nil
	}
	scan = scanned(scan, maintained)
	type ci struct{ publishes, includes bool }
	found, err := reading.Each(ctx, scan, func(ctx context.Context, b branch) (ci, error) {
		content, _, err := f.file(ctx, f.mirror, path, b.Commit.SHA)
		return ci{publishing.Match(content), including.Match(content)}, err
	})
	if err != nil {
		_, err = unread(err)
		return nil, err
	}
	named := func(is func(ci) bool, words string) []string {
		var names []string
		for i, b := range scan {
			if is(found[i]) {
				names = append(names, b.Name)
			}
		}
		if len(names) == 0 {
			return nil
		}
		return []string{words + ": " + listed(names)}
	}
	return slices.Concat(
		named(func(c ci) bool { return c.publishes }, "the mirror's CI has jobs that publish or deploy, which would show fixes early"),
		named(func(c ci) bool { return c.includes }, "the mirror's CI includes other files, which are not looked at: their jobs must not publish anything"),
	), nil
}

// scanned puts the branches first that are maintained, or most likely to be, and leaves out what is too much.
func scanned(all []branch, maintained []string) []branch {
	rank := func(b branch) int {
		switch {
		case b.Default, slices.Contains(maintained, b.Name):
			return 0
		case b.Guarded:
			return 1
		}
		return 2
	}
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b branch) int { return cmp.Compare(rank(a), rank(b)) })
	return all[:min(len(all), mostScanned)]
}
