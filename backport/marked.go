package backport

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Labels of the sides in conflict markers, where git would write bare SHAs of commits that nobody knows.
type labels struct{ ours, base, theirs string }

// conflictNote is a file that is added to a marked tree for conflicts that markers can't show, such as a deleted file. It
// holds a marker itself, so that nobody can call the conflict solved without having read it.
const conflictNote = "LIFTGATE-CONFLICT.txt"

// marked turns the result of a merge with long markers into one for people: markers of the usual length, sides named.
func (e *Embargoed) marked(rd *reader, tree SHA, files []ConflictFile, l labels) (SHA, error) {
	changed := map[string]entry{}
	var silent []string
	for _, f := range files {
		path := f.Path.Reveal() // into the advisory's own store
		if len(f.Hunks) == 0 {
			silent = append(silent, string(f.Kind)+": "+path)
			continue
		}
		at, err := rd.find(tree, path)
		if err != nil {
			return "", err
		}
		body, err := rd.object("blob", at.sha)
		if err != nil {
			return "", err
		}
		if at.sha, err = e.write("blob", relabel(body, l)); err != nil {
			return "", err
		}
		changed[path] = at
	}
	if len(silent) > 0 {
		text := "These paths are in conflict in a way that markers in the file can't show.\nSettle each, then delete this file.\n\n" +
			"<<<<<<< " + l.ours + "\n" + strings.Join(silent, "\n") + "\n>>>>>>> " + l.theirs + "\n"
		blob, err := e.write("blob", []byte(text))
		if err != nil {
			return "", err
		}
		changed[conflictNote] = entry{mode: modeFile, name: conflictNote, sha: blob}
	}
	return e.graft(rd, tree, changed)
}

func relabel(body []byte, l labels) []byte {
	var b bytes.Buffer
	for line := range bytes.Lines(body) {
		eol := line[len(bytes.TrimRight(line, "\r\n")):]
		words, mark := "", byte(0)
		for _, m := range []struct {
			c    byte
			word string
		}{{'<', " " + l.ours}, {'|', " " + l.base}, {'=', ""}, {'>', " " + l.theirs}} {
			if isMarker(line, m.c) {
				words, mark = m.word, m.c
			}
		}
		if mark == 0 {
			b.Write(line)
			continue
		}
		b.WriteString(strings.Repeat(string(mark), 7) + words)
		b.Write(eol)
	}
	return b.Bytes()
}

// graft gives the tree with some paths replaced or added.
func (e *Embargoed) graft(rd *reader, tree SHA, changed map[string]entry) (SHA, error) {
	entries, err := rd.tree(tree)
	if err != nil {
		return "", err
	}
	entries = slices.Clone(entries)
	below := map[string]map[string]entry{}
	for path, leaf := range changed {
		name, rest, more := strings.Cut(path, "/")
		i := slices.IndexFunc(entries, func(x entry) bool { return x.name == name })
		switch {
		case more:
			if below[name] == nil {
				below[name] = map[string]entry{}
			}
			below[name][rest] = leaf
		case i >= 0:
			entries[i].mode, entries[i].sha = leaf.mode, leaf.sha
		default:
			entries = append(entries, entry{leaf.mode, name, leaf.sha})
		}
	}
	for name := range below {
		if !slices.ContainsFunc(entries, func(x entry) bool { return x.name == name }) {
			entries = append(entries, entry{modeTree, name, emptyTree})
		}
	}
	for i, x := range entries {
		if sub, ok := below[x.name]; ok {
			if entries[i].sha, err = e.graft(rd, x.sha, sub); err != nil {
				return "", err
			}
		}
	}
	return e.writeTree(entries)
}

// writeTree stores entries in git's order, in which a folder sorts as if its name ended in a slash.
func (e *Embargoed) writeTree(entries []entry) (SHA, error) {
	key := func(x entry) string {
		if x.mode == modeTree {
			return x.name + "/"
		}
		return x.name
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(key(a), key(b)) })
	var b bytes.Buffer
	for _, x := range entries {
		id, err := x.sha.bytes()
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "%s %s\x00", x.mode, x.name)
		b.Write(id)
	}
	return e.write("tree", b.Bytes())
}

// mark completes a conflict with a commit that shows it.
func (s *session) mark(conflict *Conflict, c, tip raw, longMarkers SHA) error {
	name := s.OntoName
	if name == "" {
		name = tip.sha.Short()
	}
	l := labels{ours: name + " (target)", base: "before the fix", theirs: c.sha.Short() + " (fix)"}
	tree, err := s.marked(s.rd, longMarkers, conflict.Files, l)
	if err != nil {
		return fmt.Errorf("mark conflict: %w", err)
	}
	message, err := s.Committer.signedOff(s.Message.apply(c.message, c.sha, s.keep || s.inherit))
	if err != nil {
		return fmt.Errorf("mark conflict: %w", err)
	}
	next := raw{tree: tree, parents: []SHA{tip.sha}, author: c.author, committer: s.committer, encoding: c.encoding, message: message}
	conflict.Head, err = s.finish(next, s.Committer)
	return err
}
