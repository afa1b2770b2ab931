package backport

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/liftgate/liftgate/policy"
)

// tagsPerPush is how many tags one push may carry: forges start no pipelines and send no events for more.
const tagsPerPush = 3

// Tag makes tags in the public repository after a landing: New is a commit or tag object of the store, Old must be empty,
// for a public tag is never moved. It is safe to repeat. Tags are not atomic: the result says which are there, and the
// error is for trouble that concerns them all.
func (e *Embargoed) Tag(ctx context.Context, clearance policy.Clearance, remote Remote, tags []RefUpdate) ([]LandedRef, error) {
	if !clearance.Valid() || clearance.Advisory() != e.advisory {
		return nil, fmt.Errorf("tag: %w", ErrNoClearance)
	}
	for _, u := range tags {
		name, ok := strings.CutPrefix(u.Ref, "refs/tags/")
		if !ok || !validRef(u.Ref) || strings.HasPrefix(name, "-") || u.Old != "" || !u.New.Valid() {
			return nil, fmt.Errorf("tag: %w", invalid("want a new tag and a full SHA"))
		}
	}
	list, err := e.lookTags(ctx, remote, tags)
	if err != nil {
		return nil, fmt.Errorf("tag: %w", err)
	}
	open := slices.DeleteFunc(missing(list), func(u RefUpdate) bool {
		return slices.ContainsFunc(list, func(r LandedRef) bool { return r.Ref == u.Ref && r.Now != "" })
	})
	answers := map[string]Reason{}
	for part := range slices.Chunk(open, tagsPerPush) {
		got, err := e.push(ctx, remote, part, pushPlain)
		for _, u := range part {
			if answers[u.Ref] = got[u.Ref]; len(got) == 0 && err != nil {
				answers[u.Ref] = reasonOf(err) // the look below tells whether it arrived all the same
			}
		}
	}
	if list, err = e.lookTags(ctx, remote, tags); err != nil {
		return nil, fmt.Errorf("tag: %w", ErrUnknown)
	}
	for i := range list {
		switch r := &list[i]; {
		case r.There:
		case r.Now != "":
			r.Reason = ReasonStale
		default:
			r.Reason = answers[r.Ref]
		}
	}
	return list, nil
}

// lookTags reads tags as the remote has them, annotated ones unpeeled.
func (e *Embargoed) lookTags(ctx context.Context, remote Remote, tags []RefUpdate) ([]LandedRef, error) {
	list := unseen(tags)
	if len(list) == 0 {
		return nil, nil
	}
	config, err := remote.config(ctx)
	if err != nil {
		return nil, err
	}
	args := []string{"ls-remote", "--quiet", "--refs", "--", remote.URL}
	for _, u := range tags {
		args = append(args, u.Ref)
	}
	out, _, err := e.git.run(ctx, call{args: args, config: config, remote: true})
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(out)) {
		hex, ref, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		for i := range list {
			if list[i].Ref == ref {
				list[i].Now, list[i].There = SHA(hex), SHA(hex) == list[i].New
			}
		}
	}
	return list, nil
}
