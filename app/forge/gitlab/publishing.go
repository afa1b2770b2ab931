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

// publishing are lines of a CI configuration that carry something out of the mirror: a site, a release, a deployment. What
// is included from elsewhere is not read, so no finding is no promise.
var publishing = regexp.MustCompile(`(?m)^(pages|[ \t]+(release|environment|deploy))[ \t]*:|^[ \t]+stage[ \t]*:[ \t]*["']?(deploy|release|publish)`)

// publishingRisks names the branches whose CI publishes: a candidate on a copy of such a branch would be published with it.
// Whether a branch is protected does not matter, as fixes and candidates stand on branches that are not.
func (f *Forge) publishingRisks(ctx context.Context, p projectState, scan []branch, maintained []string) ([]string, error) {
	path := cmp.Or(p.CIPath, defaultCI)
	if p.elsewhere() {
		return []string{"the mirror's CI is configured in another place, which is not looked at: its jobs must not publish anything"}, nil
	}
	scan = scanned(scan, maintained)
	found, err := reading.Each(ctx, scan, func(ctx context.Context, b branch) (bool, error) {
		content, _, err := f.file(ctx, f.mirror, path, b.Commit.SHA)
		return publishing.Match(content), err
	})
	if err != nil {
		_, err = unread(err)
		return nil, err
	}
	var names []string
	for i, b := range scan {
		if found[i] {
			names = append(names, b.Name)
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	return []string{"the mirror's CI has jobs that publish or deploy, which would show fixes early: " + listed(names)}, nil
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
