package backport

import (
	"context"
	"fmt"
)

// resolving says how far a pick goes where git sees a conflict.
type resolving int

const (
	resolveNone  resolving = iota // git's word stands
	resolveAgree                  // two ways of settling it must give the same text
	resolveGuess                  // one way is enough: drafts
)

// maxSettled bounds how often an edit is held against a line or an edit of the branch. What people review is far below.
const maxSettled = 1 << 27

// merge settles a file. The two ways know different things: one goes by the lines of the base and never looks at what
// stands around an edit; the other goes by that alone and never asks what the branch did to the base. Each by itself is
// wrong too often to be more than a draft. Where both come to the same text, the edits' place is certain, and what git
// objects to is only that they are near each other.
func (r resolving) merge(base, branch []string, ours, theirs []edit) (string, bool) {
	if len(theirs)*(len(ours)+len(branch)) > maxSettled {
		return "", false
	}
	merged, ok := mergeEdits(base, ours, theirs)
	if ok && r == resolveGuess {
		return merged, true
	}
	placed, found := placeEdits(base, branch, ours, theirs)
	if r == resolveGuess {
		return placed, found
	}
	return merged, ok && found && merged == placed
}

// resolved settles every conflicted path of a merge, or gives "".
func (s *session) resolved(ctx context.Context, m merged, ours, theirs SHA, how resolving) (SHA, error) {
	files, order := conflicts(m, ours, theirs)
	if len(order) > maxShown {
		return "", nil
	}
	settled := map[string]entry{}
	for _, path := range order {
		blob, err := s.file(ctx, *files[path], how)
		if err != nil || blob == "" {
			return "", err
		}
		at, err := s.rd.find(m.tree, path)
		if KindOf(err) == ErrNoObject {
			return "", nil // git put the path aside under another name
		}
		if err != nil {
			return "", err
		}
		at.sha = blob
		settled[path] = at
	}
	return s.graft(s.rd, m.tree, settled)
}

// file settles one file, or gives "".
func (s *session) file(ctx context.Context, f ConflictFile, how resolving) (SHA, error) {
	if f.Kind != ConflictContent || f.Base.OID == "" || f.Ours.OID == "" || f.Theirs.OID == "" {
		return "", nil
	}
	var sides [3][]string
	for i, st := range []Stage{f.Base, f.Ours, f.Theirs} {
		body, err := s.rd.object("blob", st.OID)
		if KindOf(err) == ErrTooLarge {
			return "", nil
		}
		if err != nil {
			return "", err
		}
		sides[i] = splitLines(string(body))
	}
	ours, err := s.edits(ctx, f.Base.OID, f.Ours.OID, sides[1])
	if err != nil {
		return "", err
	}
	theirs, err := s.edits(ctx, f.Base.OID, f.Theirs.OID, sides[2])
	if err != nil {
		return "", err
	}
	text, ok := how.merge(sides[0], sides[1], ours, theirs)
	if !ok {
		return "", nil
	}
	return s.write("blob", []byte(text))
}

// edits lists what turns one blob into another, in order.
func (e *Embargoed) edits(ctx context.Context, from, to SHA, lines []string) ([]edit, error) {
	spans, err := e.spans(ctx, from, to, "--diff-algorithm=histogram")
	if err != nil {
		return nil, err
	}
	var list []edit
	for _, sp := range spans {
		if sp.new.First-1+sp.new.Count > len(lines) {
			return nil, fmt.Errorf("compare sides: %w", ErrGit)
		}
		list = append(list, edit{sp.old.First - 1, sp.old.First - 1 + sp.old.Count, lines[sp.new.First-1 : sp.new.First-1+sp.new.Count]})
	}
	return list, nil
}
