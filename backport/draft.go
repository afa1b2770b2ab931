package backport

import (
	"context"
	"fmt"
)

// Draft is a guess at what a person would commit, where no way of picking is clean: edits that touch but do not overlap are
// both taken, and a change whose surroundings moved is put where they are now. It is offered as a draft that says so, and
// nothing but a person's approval makes it ready.
type Draft struct {
	Picked
	Method Method // whose conflict it resolves
}

// drafted adds a draft to a plan that came to a conflict.
func (e *Embargoed) drafted(ctx context.Context, p Plan, planned Planned) (Planned, error) {
	if planned.Result.Conflict == nil {
		return planned, nil
	}
	for _, m := range []Method{MethodChain, MethodMain} {
		if m == MethodChain && len(p.Chain) == 0 {
			continue
		}
		d, err := e.draft(ctx, p.by(m))
		if KindOf(err) == ErrNoObject {
			continue
		}
		if err != nil {
			return Planned{}, fmt.Errorf("draft: %w", err)
		}
		if d != nil {
			planned.Draft = &Draft{*d, m}
			return planned, nil
		}
	}
	return planned, nil
}

// draft picks once more, and settles conflicts as far as that can be guessed.
func (e *Embargoed) draft(ctx context.Context, p Pick) (*Picked, error) {
	s, err := e.session(ctx, p)
	if err != nil {
		return nil, err
	}
	defer s.rd.Close()
	s.lenient, s.quiet = true, true
	r, err := s.all(ctx)
	return r.Picked, err
}

// leniently settles every conflicted path of a merge, or gives "".
func (s *session) leniently(ctx context.Context, m merged, ours, theirs SHA) (SHA, error) {
	files, order := conflicts(m, ours, theirs)
	settled := map[string]entry{}
	for _, path := range order {
		blob, err := s.settled(ctx, *files[path])
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

// settled merges one file with more patience than git has, "" if that fails too.
func (s *session) settled(ctx context.Context, f ConflictFile) (SHA, error) {
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
	text, ok := mergeEdits(sides[0], ours, theirs)
	if !ok {
		text, ok = placeEdits(sides[0], sides[1], ours, theirs)
	}
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
