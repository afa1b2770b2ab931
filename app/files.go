package app

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/liftgate/liftgate/app/mail"
	"github.com/liftgate/liftgate/app/notice"
	"github.com/liftgate/liftgate/backport"
	"github.com/liftgate/liftgate/policy"
)

// The kinds of files of a fix, which are the endings of their names.
const (
	patchFile  = "patch"
	bundleFile = "bundle"
)

// Bounds of what goes with one notice, and with one mail: every kind of list takes that much beside the longest text.
const (
	maxNoticeFiles = 32 << 20
	maxMailFiles   = 384 << 10
)

// attach makes the files of the fix that the project asks for, of each branch that moved, and has the record name them. A file
// that is too large is left out, and told. A bundle of the same commits that is there already is kept: another git would write
// it in other bytes.
func (s *shelf) attach(ctx context.Context, repo *backport.Repo, r *notice.Record, kinds []string, moves []policy.Move) (files map[string][]byte, left []string, err error) {
	if len(kinds) == 0 || len(moves) == 0 {
		return nil, nil, nil
	}
	there, err := s.filesOf(ctx, r)
	if err != nil {
		return nil, nil, err
	}
	files, size := map[string][]byte{}, 0
	for _, move := range moves {
		for _, kind := range kinds {
			data, err := fileOfFix(ctx, repo, kind, move)
			if size += len(data); backport.KindOf(err) == backport.ErrTooLarge || size > maxNoticeFiles {
				left = append(left, kind+" of "+move.Branch)
				size -= len(data)
				continue
			}
			if err != nil {
				return nil, nil, err
			}
			if old := there[r.Folder()+r.FileName(move.Branch, kind)]; kind == bundleFile && backport.SameBundle(old, data) {
				data = old
			}
			maps.Copy(files, r.AddFile(move.Branch, kind, data))
		}
	}
	return files, left, nil
}

func fileOfFix(ctx context.Context, repo *backport.Repo, kind string, move policy.Move) ([]byte, error) {
	if kind == bundleFile {
		return repo.Bundle(ctx, move.Branch, backport.SHA(move.Old), backport.SHA(move.New))
	}
	return repo.PatchFile(ctx, backport.SHA(move.Old), backport.SHA(move.New))
}

// filesOf are the files that lie beside a notice.
func (s *shelf) filesOf(ctx context.Context, r *notice.Record) (map[string][]byte, error) {
	return s.public.Files(ctx, s.tip, func(path string) bool { return strings.HasPrefix(path, r.Folder()) })
}

// attachments are the patches that fit into a mail. Its text names all files.
func attachments(look notice.Look, r *notice.Record, files map[string][]byte) []mail.Attachment {
	var list []mail.Attachment
	size := 0
	for _, f := range r.Files {
		data := files[r.Folder()+f.Name]
		if !f.IsPatch() || len(data) == 0 || size+len(data) > maxMailFiles {
			continue
		}
		size += len(data)
		list = append(list, mail.Attachment{Name: look.Name(r) + "-" + f.Name, Type: "text/x-patch", Data: data})
	}
	return list
}

// attach makes the files that a later version adds.
func (o outlook) attach(ctx context.Context, p Project, r *notice.Record, facts policy.Facts) (map[string][]byte, error) {
	i := slices.IndexFunc(r.Products, func(one notice.Product) bool { return one.Repository == p.Public })
	if i < 0 || len(facts.Look.Files) == 0 {
		return nil, nil
	}
	product := r.Products[i]
	product.Branches = slices.DeleteFunc(slices.Clone(product.Branches), func(b notice.Branch) bool {
		return slices.ContainsFunc(b.Fixed.Changes, func(sha string) bool { return !o.history.Has(backport.SHA(sha)) })
	}) // what is on no branch any more may not be here
	moves, err := unfiled(ctx, &o.public.Repo, r, product, facts.Fixed)
	if err != nil {
		return nil, err
	}
	r.Files = slices.Clone(r.Files) // the record before keeps its own
	// What is left out is in nobody's way.
	files, _, err := o.shelf.attach(ctx, &o.public.Repo, r, facts.Look.Files, moves)
	return files, err
}

// unfiled are the branches that have the fix by now, and no file of it: by the lift, or by what has become of it since.
func unfiled(ctx context.Context, repo *backport.Repo, r *notice.Record, product notice.Product, lifted []policy.Move) ([]policy.Move, error) {
	var moves []policy.Move
	for _, b := range product.Branches {
		if len(b.Fixed.Changes) == 0 || slices.ContainsFunc(r.Files, func(f notice.FixFile) bool { return f.Branch == b.Name }) {
			continue
		}
		i := slices.IndexFunc(lifted, func(m policy.Move) bool { return m.Branch == b.Name })
		if i >= 0 {
			moves = append(moves, lifted[i])
			continue
		}
		move, err := chain(ctx, repo, b)
		if err != nil {
			return nil, err
		}
		if move.New != "" {
			moves = append(moves, move)
		}
	}
	return moves, nil
}

// chain is the move that the fix of a branch is, if it is commits that follow one another and nothing else.
func chain(ctx context.Context, repo *backport.Repo, b notice.Branch) (policy.Move, error) {
	move := policy.Move{Branch: b.Name}
	parents := map[string]bool{}
	for _, sha := range b.Fixed.Changes {
		c, err := repo.Commit(ctx, backport.SHA(sha))
		if err != nil {
			return policy.Move{}, err
		}
		if len(c.Parents) != 1 {
			return policy.Move{}, nil
		}
		parent := string(c.Parents[0])
		parents[parent] = true
		if slices.Contains(b.Fixed.Changes, parent) {
			continue
		}
		if move.Old != "" { // it has two beginnings
			return policy.Move{}, nil
		}
		move.Old = parent
	}
	for _, sha := range b.Fixed.Changes {
		if !parents[sha] {
			if move.New != "" { // or two ends
				return policy.Move{}, nil
			}
			move.New = sha
		}
	}
	return move, nil
}
