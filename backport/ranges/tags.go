package ranges

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/liftgate/liftgate/backport"
)

// Tags says which tags are releases. The zero value takes all but pre-releases.
type Tags struct {
	Pattern     string // as of [path.Match], such as v* or release-*; "" takes every name
	PreReleases bool   // -rc, -alpha, -beta and -pre are releases too
}

// preRelease finds a pre-release by its name, in any spelling: v1.2-rc1, 1.2.0.beta2, v9_11_0rc1.
var preRelease = regexp.MustCompile(`(?i)(?:^|[^a-z])(?:rc|alpha|beta|pre(?:view|release)?)[-._]?[0-9]*(?:[-._+]|$)`)

// release is a tag that counts.
type release struct {
	name string
	at   int32
}

// releases are the tags that count, in the order of history and then of their names.
func (h *History) releases(t Tags) ([]release, error) {
	if _, err := path.Match(t.Pattern, ""); err != nil {
		return nil, fmt.Errorf("the pattern of tags: %w", err)
	}
	var list []release
	for _, r := range h.refs {
		name, isTag := strings.CutPrefix(r.name, "refs/tags/")
		if !isTag || !t.PreReleases && preRelease.MatchString(name) {
			continue
		}
		if fits, _ := path.Match(t.Pattern, name); fits || t.Pattern == "" { // the pattern was tried above
			list = append(list, release{name, r.at})
		}
	}
	slices.SortFunc(list, func(a, b release) int { return cmp.Or(cmp.Compare(a.at, b.at), natural(a.name, b.name)) })
	return list, nil
}

// Released is the first release of the line on which a fix has landed that has it, or "". One in which it was taken back does not
// count.
func (h *History) Released(ctx context.Context, fix backport.SHA, t Tags) (string, error) {
	if !h.Has(fix) {
		return "", nil
	}
	releases, err := h.releases(t)
	if err != nil {
		return "", fmt.Errorf("find the release of a fix: %w", err)
	}
	in, err := h.inquest(ctx, Query{Fix: []backport.SHA{fix}})
	if err != nil {
		return "", fmt.Errorf("find the release of a fix: %w", err)
	}
	for _, r := range releases {
		if in.reach.has(r.at, h.at[fix]) && in.at(r.at).state == Fixed {
			return r.name, nil
		}
	}
	return "", nil
}

// natural compares names with their numbers as numbers: v1.9 before v1.10.
func natural(a, b string) int {
	for a != "" && b != "" {
		m, n := digits(a), digits(b)
		if m == 0 || n == 0 {
			if a[0] != b[0] {
				return cmp.Compare(a[0], b[0])
			}
			a, b = a[1:], b[1:]
			continue
		}
		x, y := strings.TrimLeft(a[:m], "0"), strings.TrimLeft(b[:n], "0")
		if c := cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y), cmp.Compare(m, n)); c != 0 {
			return c
		}
		a, b = a[m:], b[n:]
	}
	return cmp.Compare(len(a), len(b))
}

// digits is how many digits a name begins with.
func digits(s string) int { return len(s) - len(strings.TrimLeft(s, "0123456789")) }
