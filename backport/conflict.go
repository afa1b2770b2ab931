package backport

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/liftgate/liftgate/policy"
)

// Conflict is a pick that git could not do by itself, as data: nothing of it was written to any branch.
type Conflict struct {
	Commit SHA    // the commit that conflicts
	Onto   SHA    // what it was picked onto: the target, with the commits before it
	Done   []Step // the commits before it
	// Head is a commit on Onto that shows the conflict, with markers in zdiff3 form, for a person to resolve. [Repo.HasMarkers]
	// finds it out; it must never become ready.
	Head  SHA
	Files []ConflictFile
}

// ConflictFile is one path in conflict. The path is embargoed: it says where the bug is.
type ConflictFile struct {
	Path   policy.Text
	Kind   ConflictKind
	Base   Stage
	Ours   Stage // the target's
	Theirs Stage // the picked commit's
	Hunks  []Hunk
}

// Stage is one side of a conflicted path; the zero value means that the side has no such path.
type Stage struct {
	Mode string
	OID  SHA
}

// ConflictKind says why a path is in conflict.
type ConflictKind string

// The kinds of conflict.
const (
	ConflictContent      ConflictKind = "content"        // both sides changed the same lines
	ConflictAddAdd       ConflictKind = "add/add"        // both sides added the path
	ConflictModifyDelete ConflictKind = "modify/delete"  // one side deleted what the other changed
	ConflictRename       ConflictKind = "rename"         // renamed in different ways, or renamed and deleted
	ConflictDirectory    ConflictKind = "directory"      // a folder was renamed; where the path belongs is a guess
	ConflictFileDir      ConflictKind = "file/directory" // a file on one side, a folder on the other
	ConflictMode         ConflictKind = "mode"           // the sides differ in kind: file, link, submodule
	ConflictBinary       ConflictKind = "binary"
	ConflictLink         ConflictKind = "symlink"
	ConflictSubmodule    ConflictKind = "submodule"
)

// Lines is a range of lines in one side's file, from 1. Count may be 0: then First is the line before which they'd be.
type Lines struct{ First, Count int }

// Hunk is one place in a file where both sides differ from the base and from each other.
type Hunk struct {
	Ours, Base, Theirs             Lines
	OursText, BaseText, TheirsText policy.Text
	// Missing are commits that the target lacks and that wrote these lines, most likely first. Set by [Repo.Explain].
	Missing []Suspect
}

// conflict describes a merge that was not clean. A second merge with markers too long for any file to hold by chance
// gives the hunks, and the tree to show to people.
func (e *Embargoed) conflict(ctx context.Context, rd *reader, m merged, ours, theirs SHA, workTree string) (list []ConflictFile, shown SHA, err error) {
	files, order := conflicts(m, ours, theirs)
	for _, path := range order {
		list = append(list, *files[path])
	}
	shown, err = e.hunks(ctx, rd, list, ours, theirs, workTree)
	return list, shown, err
}

// conflicts sorts the stages of a merge by path.
func conflicts(m merged, ours, theirs SHA) (files map[string]*ConflictFile, order []string) {
	files = map[string]*ConflictFile{}
	for _, s := range m.stages {
		path := original(s.path, ours, theirs)
		f := files[path]
		if f == nil {
			f = &ConflictFile{Path: policy.Embargoed(path)}
			files[path] = f
			order = append(order, path)
		}
		stage := Stage{s.mode, s.sha}
		switch s.stage {
		case 1:
			f.Base = stage
		case 2:
			f.Ours = stage
		case 3:
			f.Theirs = stage
		}
	}
	for i := range m.messages {
		for j, p := range m.messages[i].paths {
			m.messages[i].paths[j] = original(p, ours, theirs)
		}
	}
	kinds := kindsOf(m.messages)
	for path, f := range files {
		f.Kind = f.kind(kinds[path])
	}
	slices.Sort(order)
	return files, order
}

// original undoes the renaming by which git makes room when two sides want one path for different things: it appends
// "~" and the commit.
func original(path string, sides ...SHA) string {
	for _, s := range sides {
		if i := strings.LastIndex(path, "~"+string(s)); i > 0 {
			return path[:i]
		}
	}
	return path
}

// kindsOf maps each path to the worst remark that git made about it.
func kindsOf(messages []mergeMessage) map[string]ConflictKind {
	words := []struct {
		word string
		kind ConflictKind
	}{
		{"submodule", ConflictSubmodule}, {"binary", ConflictBinary}, {"distinct", ConflictMode}, {"file/directory", ConflictFileDir},
		{"rename/", ConflictRename}, {"directory rename", ConflictDirectory}, {"modify/delete", ConflictModifyDelete},
	}
	kinds := map[string]ConflictKind{}
	for _, m := range messages {
		if !strings.HasPrefix(m.kind, "CONFLICT") {
			continue
		}
		for _, w := range words {
			if strings.Contains(m.kind, w.word) {
				for _, p := range m.paths {
					kinds[p] = w.kind
				}
				break
			}
		}
	}
	return kinds
}

// kind combines git's remark with what the stages show.
func (f *ConflictFile) kind(said ConflictKind) ConflictKind {
	modes := []string{f.Base.Mode, f.Ours.Mode, f.Theirs.Mode}
	switch {
	case slices.Contains(modes, modeGitlink):
		return ConflictSubmodule
	case said != "":
		return said
	case slices.Contains(modes, modeLink):
		return ConflictLink
	case f.Ours.OID == "" || f.Theirs.OID == "":
		return ConflictModifyDelete
	case f.Base.OID == "":
		return ConflictAddAdd
	}
	return ConflictContent
}

const hunkMarker = 61 // characters; the size that git is told for the merge that is only read

// maxShown bounds the files whose conflict is shown or settled line by line: each takes a few processes.
const maxShown = 200

// hunks merges once more, in zdiff3 form, and reads the hunks of each textual conflict.
func (e *Embargoed) hunks(ctx context.Context, rd *reader, files []ConflictFile, ours, theirs SHA, workTree string) (SHA, error) {
	if err := e.longMarkers(); err != nil {
		return "", fmt.Errorf("read hunks: %w", err)
	}
	m, err := e.merge(ctx, ours, theirs, workTree, setting{"merge.conflictStyle", "zdiff3"})
	if err != nil {
		return "", fmt.Errorf("read hunks: %w", err)
	}
	for i := range files[:min(len(files), maxShown)] {
		f := &files[i]
		if f.Kind != ConflictContent && f.Kind != ConflictAddAdd {
			continue
		}
		at, err := rd.find(m.tree, f.Path.Reveal())
		if err == nil {
			var body []byte
			if body, err = rd.object("blob", at.sha); err == nil {
				f.Hunks, err = e.locate(ctx, f, parseHunks(body))
			}
		}
		// A path that git put aside under another name, or a file too large to show: the stages still tell the conflict.
		if err != nil && KindOf(err) != ErrNoObject && KindOf(err) != ErrTooLarge {
			return "", fmt.Errorf("read hunks: %w", err)
		}
	}
	return m.tree, nil
}

// longMarkers sees to it that git writes markers of our length in this store. A store's own attributes count more than those of
// any tree, which may ask for other lengths.
func (e *Embargoed) longMarkers() error {
	path := filepath.Join(e.dir, "info", "attributes")
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	aside := path + rand.Text()
	if err := os.WriteFile(aside, fmt.Appendf(nil, "* conflict-marker-size=%d\n", hunkMarker), 0o600); err != nil {
		return err
	}
	return os.Rename(aside, path) // whole, whoever else is at it
}

// find looks a path up in a tree.
func (rd *reader) find(tree SHA, path string) (entry, error) {
	for {
		name, rest, more := strings.Cut(path, "/")
		entries, err := rd.tree(tree)
		if err != nil {
			return entry{}, err
		}
		i := slices.IndexFunc(entries, func(e entry) bool { return e.name == name })
		if i < 0 || more != (entries[i].mode == modeTree) {
			return entry{}, ErrNoObject
		}
		if !more {
			return entries[i], nil
		}
		tree, path = entries[i].sha, rest
	}
}
