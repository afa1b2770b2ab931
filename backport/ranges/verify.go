package ranges

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/liftgate/liftgate/backport"
)

// Claim is what a record says of a branch.
type Claim struct {
	Branch            string
	Vulnerable, Fixed Marks
}

// Verify holds what people wrote against the repository, and gives what it does not bear out: first of all a release that is
// called fixed and does not contain the fix. The first claim that has one says what the whole fix is; on other branches copies
// of it count, and what is claimed there.
func (h *History) Verify(ctx context.Context, claims []Claim, tags Tags) ([]*Wrong, error) {
	v := &verifier{h: h}
	q, err := v.query(claims)
	if err != nil {
		return nil, fmt.Errorf("verify ranges: %w", err)
	}
	q.Tags = tags
	if v.in, err = h.inquest(ctx, q); err != nil {
		return nil, fmt.Errorf("verify ranges: %w", err)
	}
	for _, c := range claims {
		v.claim(c)
	}
	if len(q.Branches) > 0 && len(q.Fix) > 0 {
		a, err := h.find(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("verify ranges: %w", err)
		}
		v.unrecorded(claims, a)
	}
	return v.found, nil
}

type verifier struct {
	h     *History
	in    *inquest
	found []*Wrong
}

func (v *verifier) say(w Wrong) { v.found = append(v.found, &w) }

// query asks what the claims answer. Commits and branches that are not there are told, and left out.
func (v *verifier) query(claims []Claim) (Query, error) {
	q := Query{Landed: map[string][]backport.SHA{}}
	for _, c := range claims {
		if _, err := v.h.branch(c.Branch); err == nil {
			q.Branches = append(q.Branches, c.Branch)
		} else if w, ok := errors.AsType[*Wrong](err); ok {
			v.say(*w)
		} else {
			return q, err
		}
		q.Introduced = append(q.Introduced, v.known(c.Branch, c.Vulnerable.Changes)...)
		fix := v.known(c.Branch, c.Fixed.Changes)
		switch {
		case len(fix) == 0:
		case len(q.Fix) == 0:
			q.Fix = fix
		default:
			q.Landed[c.Branch] = append(q.Landed[c.Branch], fix...)
		}
	}
	q.Introduced, q.Branches = unique(q.Introduced), unique(q.Branches)
	return q, nil
}

func (v *verifier) known(branch string, commits []backport.SHA) []backport.SHA {
	return slices.DeleteFunc(slices.Clone(commits), func(sha backport.SHA) bool {
		here := v.h.Has(sha) || len(v.h.copies[sha]) > 0
		if !here {
			v.say(Wrong{Branch: branch, Commit: sha, Problem: NoCommit})
		}
		return !here
	})
}

func (v *verifier) claim(c Claim) {
	if tip, err := v.h.branch(c.Branch); err == nil { // one that is not there was told
		there := v.in.see(tip)
		for _, sha := range slices.Concat(c.Vulnerable.Changes, c.Fixed.Changes) {
			if known := v.in.find(sha); known != nil && len(there.in(known)) == 0 {
				v.say(Wrong{Branch: c.Branch, Commit: sha, Problem: NotThere})
			}
		}
	}
	for _, tag := range c.Fixed.Tags {
		at, ok := v.h.tag(tag)
		if !ok {
			v.say(Wrong{Branch: c.Branch, Tag: tag, Problem: NoTag})
		} else if v.in.at(at).state != Fixed {
			v.say(Wrong{Branch: c.Branch, Tag: tag, Commit: v.in.lacking(at), Problem: NotFixed})
		}
	}
	for _, tag := range c.Vulnerable.Tags {
		at, ok := v.h.tag(tag)
		switch state := v.in.at(at).state; {
		case !ok:
			v.say(Wrong{Branch: c.Branch, Tag: tag, Problem: NoTag})
		case state == Fixed:
			v.say(Wrong{Branch: c.Branch, Tag: tag, Problem: HasFix})
		case state == NotAffected:
			v.say(Wrong{Branch: c.Branch, Tag: tag, Problem: NoBug})
		}
	}
}

// find gives the change that was asked about under this name.
func (in *inquest) find(sha backport.SHA) *change {
	all := slices.Concat(in.brought, in.parts, slices.Concat(in.forms...))
	if i := slices.IndexFunc(all, func(c *change) bool { return in.h.is(c, sha) }); i >= 0 {
		return all[i]
	}
	return nil
}

// lacking is the first part of the fix that a commit has not.
func (in *inquest) lacking(at int32) backport.SHA {
	if _, lacks := in.see(at).whole(in.parts, instance{at: -1}); len(lacks) > 0 {
		return lacks[0]
	}
	return "" // they all came before the bug did
}

// unrecorded tells the releases that belong to a claimed branch and are not named with any.
func (v *verifier) unrecorded(claims []Claim, a *Answer) {
	said := map[string]bool{}
	for _, c := range claims {
		for _, tag := range slices.Concat(c.Vulnerable.Tags, c.Fixed.Tags) {
			said[tag] = true
		}
	}
	for _, b := range a.Branches {
		fixed := slices.ContainsFunc(claims, func(c Claim) bool { return c.Branch == b.Name && len(c.Fixed.Tags) > 0 })
		missing := b.Vulnerable.Tags
		if !fixed { // which of the fixed ones a record names is its own affair
			missing = slices.Concat(missing, b.Fixed.Tags)
		}
		for _, tag := range missing {
			if !said[tag] {
				v.say(Wrong{Branch: b.Name, Tag: tag, Problem: Unrecorded})
			}
		}
	}
}
