package gitlab

import (
	"cmp"
	"context"
	"regexp"

	"golang.org/x/sync/errgroup"
)

const (
	defaultCI   = ".gitlab-ci.yml"
	mostScanned = 20
)

// publishing are lines of a CI configuration that carry something out of the mirror: a site, a release, a deployment. What
// is included from elsewhere is not read, so no finding is no promise.
var publishing = regexp.MustCompile(`(?m)^(pages|[ \t]+(release|environment|deploy))[ \t]*:|^[ \t]+stage[ \t]*:[ \t]*["']?(deploy|release|publish)`)

// publishingRisks names the branches whose CI publishes: a candidate on a copy of such a branch would be published with it.
func (f *Forge) publishingRisks(ctx context.Context, p projectState, branches []branch) ([]string, error) {
	path := cmp.Or(p.CIPath, defaultCI)
	if p.elsewhere() {
		return []string{"the mirror's CI is configured in another place, which is not looked at: its jobs must not publish anything"}, nil
	}
	var scan []branch
	for _, b := range branches {
		if (b.Default || b.Guarded) && len(scan) < mostScanned {
			scan = append(scan, b)
		}
	}
	found := make([]bool, len(scan))
	group, gctx := errgroup.WithContext(ctx)
	for i, b := range scan {
		group.Go(func() error {
			content, _, err := f.file(gctx, f.mirror, path, b.Commit.SHA)
			found[i] = publishing.Match(content)
			return err
		})
	}
	if err := group.Wait(); err != nil {
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
