package backport

import "slices"

// change is what a commit does to one file, and what the target has under that name.
type change struct {
	path               string
	base, theirs, ours entry
}

// plainChanges compares three trees and lists what turns base into theirs, if all of it is changes of files that ours has too,
// under the same names: no rename can then matter to a merge, nor anything but these files. Only the trees that lead to them are read.
func (rd *reader) plainChanges(base, theirs, ours SHA, depth int) (list []change, plain bool, err error) {
	if base == "" || depth > maxTreeDepth {
		return nil, false, nil
	}
	var sides [3][]entry
	for i, tree := range []SHA{base, theirs, ours} {
		if sides[i], err = rd.tree(tree); err != nil {
			return nil, false, err
		}
	}
	if len(sides[0]) != len(sides[1]) || slices.ContainsFunc(sides[2], func(x entry) bool { return !x.regular() }) {
		return nil, false, nil
	}
	for i, b := range sides[0] {
		t := sides[1][i]
		if b == t {
			continue
		}
		at := slices.IndexFunc(sides[2], func(x entry) bool { return x.name == b.name })
		if b.name != t.name || b.mode != t.mode || at < 0 {
			return nil, false, nil
		}
		o := sides[2][at]
		switch {
		case b.mode == modeTree && o.mode == modeTree:
			below, plain, err := rd.plainChanges(b.sha, t.sha, o.sha, depth+1)
			if err != nil || !plain {
				return nil, false, err
			}
			for _, c := range below {
				c.path = b.name + "/" + c.path
				list = append(list, c)
			}
		case b.file() && o.file():
			list = append(list, change{b.name, b, t, o})
		default:
			return nil, false, nil
		}
	}
	return list, true, nil
}

func (x entry) file() bool { return x.mode == modeFile || x.mode == modeExec }

// regular reports whether the mode is one that git writes today: a merge replaces others.
func (x entry) regular() bool {
	return x.file() || x.mode == modeTree || x.mode == modeLink || x.mode == modeGitlink
}

// takeOver gives the target's tree with the changes, or "" if one of them has to be merged: by the first rule of every
// three-way merge, a file that the target has as it was becomes what the commit made of it.
func (s *session) takeOver(onto SHA, list []change) (SHA, error) {
	changed := map[string]entry{}
	for _, c := range list {
		switch c.ours {
		case c.theirs:
		case c.base:
			changed[c.path] = c.theirs
		default:
			return "", nil
		}
	}
	if len(changed) == 0 {
		return onto, nil
	}
	return s.graft(s.rd, onto, changed)
}
