package app

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/liftgate/liftgate/backport"
	"github.com/liftgate/liftgate/policy"
)

// tagReleases makes tags at what has landed, with the lift's own token.
func (e *Engine) tagReleases(ctx context.Context, p Project, clearance policy.Clearance, do policy.TagReleases) (policy.Outcome, error) {
	var o policy.Outcome
	w, err := e.workshop(ctx, p, clearance.Advisory())
	if err != nil {
		return o, sortGit(err)
	}
	updates := make([]backport.RefUpdate, len(do.Tags))
	for i, tag := range do.Tags {
		if err := w.know(ctx, tag.At); err != nil {
			return o, sortGit(err)
		}
		updates[i] = backport.RefUpdate{Ref: "refs/tags/" + tag.Name, New: backport.SHA(tag.At)}
	}
	url, user, secret, err := p.Forge.LiftGit(ctx, clearance)
	if err != nil {
		return o, err
	}
	made, err := w.store.Tag(ctx, clearance, remote(url, user, secret), updates)
	if err != nil {
		return o, sortGit(err)
	}
	var trouble error
	for i, tag := range do.Tags {
		switch ref := made[i]; {
		case ref.There:
			o.Tags = append(o.Tags, policy.TagResult{Branch: tag.Branch, Made: true})
		case ref.Reason == backport.ReasonStale:
			o.Tags = append(o.Tags, policy.TagResult{Branch: tag.Branch, Hint: "it is there already, at another commit"})
		case ref.Reason == backport.ReasonNetwork || ref.Reason == backport.ReasonTimeout:
			trouble = &policy.Trouble{Kind: policy.TroubleAway, Hint: "tags: " + string(ref.Reason)}
		case trouble == nil:
			trouble = &policy.Trouble{Kind: policy.TroubleRefused, Hint: "tags: " + string(ref.Reason)}
		}
	}
	return o, trouble
}

// rehearseTags looks whether a tag that the lift will make is there already.
func (e *Engine) rehearseTags(ctx context.Context, p Project, tags []string, result *policy.ProbeResult) error {
	if len(tags) == 0 {
		return nil
	}
	from, err := publicRemote(ctx, p)
	if err != nil {
		return err
	}
	var refs []string
	for _, tag := range tags {
		refs = append(refs, "refs/tags/"+tag[strings.LastIndex(tag, "=")+1:]) // a branch's name may have one too
	}
	tips, err := e.Stores.Tips(ctx, from, refs...)
	if err != nil {
		return sortGit(err)
	}
	taken := slices.DeleteFunc(refs, func(ref string) bool { return tips.Tags[strings.TrimPrefix(ref, "refs/tags/")] == "" })
	for _, ref := range taken {
		result.Problems = append(result.Problems, fmt.Sprintf("the tag %s is there already; /release names another", strings.TrimPrefix(ref, "refs/tags/")))
	}
	if len(taken) == 0 {
		result.Checked = append(result.Checked, "no tag that the lift will make is there already")
	}
	return nil
}
