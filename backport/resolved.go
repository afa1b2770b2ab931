package backport

import (
	"context"
	"fmt"
	"slices"
)

// Resolved joins each commit of a fix that shows a conflict, as [Conflict.Head] does, with those after it that resolve it:
// people often commit a resolution on top instead of changing the commit. The result has the first one's author and
// message and the last one's date, so that no branch ever holds a commit with markers on its way to one without. Its
// committer is the last one's too, unless by signs: a signature is of the committer.
// A fix whose conflict is not resolved is given as it is. Commits are oldest first, the first one on onto.
func (e *Embargoed) Resolved(ctx context.Context, onto SHA, commits []SHA, by Identity) ([]SHA, error) {
	rd := e.reader(ctx)
	defer rd.Close()
	list, err := e.resolved(ctx, rd, onto, commits, by)
	return list, wrap("join a conflict with its resolution", err)
}

func (e *Embargoed) resolved(ctx context.Context, rd *reader, onto SHA, commits []SHA, by Identity) ([]SHA, error) {
	marked := make([]bool, len(commits))
	for i, sha := range commits {
		markers, err := e.HasMarkers(ctx, sha, onto)
		if err != nil {
			return nil, err
		}
		marked[i] = len(markers) > 0
	}
	var list []SHA
	for i := 0; i < len(commits); {
		last, err := resolution(rd, commits, marked, i)
		if err != nil {
			return nil, err
		}
		sha := commits[i]
		if last > i {
			if sha, err = e.join(rd, commits[i], commits[last], by); err != nil {
				return nil, err
			}
		}
		list = append(list, sha)
		i = last + 1
	}
	return list, nil
}

// resolution is the place of the first commit from i on that leaves no marker of what the fix did: i itself, usually.
func resolution(rd *reader, commits []SHA, marked []bool, i int) (int, error) {
	last := slices.Index(marked[i:], false) + i
	for at := i + 1; at <= last; at++ {
		next, err := rd.commit(commits[at])
		if err != nil {
			return 0, err
		}
		if len(next.parents) != 1 || next.parents[0] != commits[at-1] {
			return i, nil // not one on top of the other
		}
	}
	return max(i, last), nil
}

// join makes one commit of a first and a last one.
func (e *Embargoed) join(rd *reader, first, last SHA, by Identity) (SHA, error) {
	next, err := rd.commit(first)
	if err != nil {
		return "", err
	}
	end, err := rd.commit(last)
	if err != nil {
		return "", err
	}
	next.tree, next.committer = end.tree, end.committer
	if by.Signer != nil {
		_, by.When = stamp(end.committer)
		if next.committer, err = by.line(); err != nil {
			return "", err
		}
	}
	if next.message, err = by.signedOff(next.message); err != nil {
		return "", err
	}
	sha, err := e.finish(next, by)
	if err != nil {
		return "", fmt.Errorf("write commit: %w", err)
	}
	return sha, nil
}
