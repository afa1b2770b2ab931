package backport

import (
	"context"
	"fmt"
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
	var list []SHA
	for i := 0; i < len(commits); {
		last, err := e.resolution(ctx, onto, commits, i)
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
func (e *Embargoed) resolution(ctx context.Context, onto SHA, commits []SHA, i int) (int, error) {
	for at := i; at < len(commits); at++ {
		markers, err := e.HasMarkers(ctx, commits[at], onto)
		if err != nil {
			return 0, err
		}
		if len(markers) == 0 {
			return at, nil
		}
		if at == len(commits)-1 {
			break
		}
		next, err := e.Commit(ctx, commits[at+1])
		if err != nil {
			return 0, err
		}
		if len(next.Parents) != 1 || next.Parents[0] != commits[at] {
			break // not one on top of the other
		}
	}
	return i, nil
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
