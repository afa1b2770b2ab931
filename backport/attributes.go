package backport

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// attributesDir holds, inside a store, one folder per distinct set of .gitattributes files. Git reads attributes from a
// work tree only; given a folder with nothing but them it merges as a checkout would, and checks nothing out. Without
// this a file marked merge=binary is merged as text, and a pick is clean that git cherry-pick refuses.
const attributesDir = "attributes"

const (
	attributesName  = ".gitattributes"
	maxAttributes   = 4 << 20
	maxTreeDepth    = 256
	maxTreesVisited = 1 << 20
	maxPathsFound   = 16 << 20 // bytes: a tree may hold another one ten times, and that one the next
)

// attributes finds the .gitattributes of trees. What it learned of a subtree holds for every tree that contains it, so
// one finder serves all picks of a run and reads each subtree once.
type attributes struct {
	rd    *reader
	seen  map[SHA][]attributeFile
	paths int // bytes of those found
}

func newAttributes(rd *reader) *attributes {
	return &attributes{rd: rd, seen: map[SHA][]attributeFile{}}
}

type attributeFile struct {
	path string
	blob SHA
}

// find lists the regular .gitattributes files at and below a tree. A symbolic link is not followed: git doesn't either.
func (a *attributes) find(tree SHA, depth int) ([]attributeFile, error) {
	if list, ok := a.seen[tree]; ok {
		return list, nil
	}
	if depth == 0 && a.paths > maxPathsFound/2 { // what was found in other trees is not this one's fault
		a.seen, a.paths = map[SHA][]attributeFile{}, 0
	}
	if depth > maxTreeDepth || len(a.seen) > maxTreesVisited {
		return nil, fmt.Errorf("find attributes: %w", ErrTooLarge)
	}
	entries, err := a.rd.tree(tree)
	if err != nil {
		return nil, fmt.Errorf("find attributes: %w", err)
	}
	var list []attributeFile
	for _, e := range entries {
		switch {
		case e.mode == modeTree && safeName(e.name):
			below, err := a.find(e.sha, depth+1)
			if err != nil {
				return nil, err
			}
			for _, f := range below {
				if a.paths += len(e.name) + 1 + len(f.path); a.paths > maxPathsFound {
					return nil, fmt.Errorf("find attributes: %w", ErrTooLarge)
				}
				list = append(list, attributeFile{e.name + "/" + f.path, f.blob})
			}
		case e.name == attributesName && e.file():
			list = append(list, attributeFile{attributesName, e.sha})
		}
	}
	a.seen[tree] = list
	return list, nil
}

// safeName refuses what git refuses to check out, so that a made-up tree can't write outside the folder.
func safeName(name string) bool {
	return name != "" && name != "." && name != ".." && !strings.EqualFold(name, ".git") && !strings.ContainsAny(name, "/\\\x00") && filepath.IsLocal(name)
}

// of lists those of a tree that a merge may ask for: where it is of plain changes, those in the folders above them.
func (a *attributes) of(tree SHA, list []change, plain bool) ([]attributeFile, error) {
	if !plain {
		return a.find(tree, 0)
	}
	var found []attributeFile
	for _, c := range list {
		above := ""
		for at := tree; ; {
			entries, err := a.rd.tree(at)
			if err != nil {
				return nil, fmt.Errorf("find attributes: %w", err)
			}
			if i := slices.IndexFunc(entries, func(x entry) bool { return x.name == attributesName && x.file() }); i >= 0 {
				found = append(found, attributeFile{above + attributesName, entries[i].sha})
			}
			name, _, more := strings.Cut(c.path[len(above):], "/")
			if !more || !safeName(name) {
				break
			}
			at = entries[slices.IndexFunc(entries, func(x entry) bool { return x.name == name })].sha
			above += name + "/"
		}
	}
	slices.SortFunc(found, func(x, y attributeFile) int { return strings.Compare(x.path, y.path) })
	return slices.Compact(found), nil
}

// workTree gives a folder that holds .gitattributes files alone, "" for none. Folders are named after their content and
// kept, so that the picks of one branch share one.
func (e *Embargoed) workTree(a *attributes, files []attributeFile) (string, error) {
	if len(files) == 0 {
		return "", nil
	}
	sum := sha256.New()
	for _, f := range files {
		fmt.Fprintf(sum, "%s %s\x00", f.blob, f.path)
	}
	base := filepath.Join(e.dir, attributesDir)
	dir := filepath.Join(base, hex.EncodeToString(sum.Sum(nil)[:20]))
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	if err := os.MkdirAll(base, 0o700); err != nil {
		return "", fmt.Errorf("write attributes: %w", err)
	}
	aside, err := os.MkdirTemp(base, "making-")
	if err != nil {
		return "", fmt.Errorf("write attributes: %w", err)
	}
	if err := a.fill(aside, files); err != nil {
		_ = os.RemoveAll(aside) // the first error says more
		return "", err
	}
	if err := os.Rename(aside, dir); err != nil {
		_ = os.RemoveAll(aside) // as above
		if !errors.Is(err, fs.ErrExist) {
			return "", fmt.Errorf("write attributes: %w", ErrGit) // the system's error would quote names; ErrExist: another pick was faster
		}
	}
	return dir, nil
}

func (a *attributes) fill(dir string, files []attributeFile) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("write attributes: %w", err)
	}
	defer root.Close() // only read from here on
	total := 0
	for _, f := range files {
		body, err := a.rd.object("blob", f.blob)
		if err != nil {
			return fmt.Errorf("write attributes: %w", err)
		}
		if total += len(body); total > maxAttributes {
			return fmt.Errorf("write attributes: %w", ErrTooLarge)
		}
		if err := root.MkdirAll(path.Dir(f.path), 0o700); err != nil {
			return fmt.Errorf("write attributes: %w", ErrGit) // as above: no names
		}
		if err := root.WriteFile(f.path, body, 0o600); err != nil {
			return fmt.Errorf("write attributes: %w", ErrGit)
		}
	}
	return nil
}
