package sandbox

import (
	"bytes"
	"strconv"
	"strings"
	"time"
)

// Commit is one commit object.
type Commit struct {
	SHA, Tree         string
	Parents           []string
	Author, Committer Person
	Message           string
}

// Person signs a commit.
type Person struct {
	Name, Email string
	When        time.Time
}

const commitFormat = "--format=%H%x00%T%x00%P%x00%an%x00%ae%x00%at%x00%cn%x00%ce%x00%ct%x00%B%x01"

func parseCommits(out string) []*Commit {
	var list []*Commit
	for part := range strings.SplitSeq(out, "\x01") {
		f := strings.SplitN(strings.TrimPrefix(part, "\n"), "\x00", 10)
		if len(f) != 10 {
			continue
		}
		at := func(s string) time.Time { return time.Unix(int64(number(s)), 0).UTC() }
		list = append(list, &Commit{
			SHA: f[0], Tree: f[1], Parents: strings.Fields(f[2]),
			Author: Person{f[3], f[4], at(f[5])}, Committer: Person{f[6], f[7], at(f[8])},
			Message: strings.TrimRight(f[9], "\n"),
		})
	}
	return list
}

// number reads what git counted; a dash, as for binary files, counts as nothing.
func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

// Commit reads one commit, once; nil when there is none.
func (b *Bare) Commit(sha string) *Commit {
	b.mu.Lock()
	c := b.commits[sha]
	b.mu.Unlock()
	if c != nil {
		return c
	}
	list := b.Log(1, sha)
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

// Log lists commits, oldest first. When there are more than limit, the oldest are left out.
func (b *Bare) Log(limit int, args ...string) []*Commit {
	all := append([]string{"log", "--reverse", "--topo-order", commitFormat, "--max-count=" + strconv.Itoa(limit)}, args...)
	out, err := b.Run(all...)
	if err != nil {
		return nil
	}
	list := parseCommits(out)
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range list {
		b.commits[c.SHA], b.kinds[c.SHA] = c, "commit"
	}
	return list
}

// FileChange is one file that differs between two commits.
type FileChange struct {
	Status         string // added, removed, modified, renamed, copied or changed
	Name, Old      string // Old is the name before a rename or copy
	SHA            string // of the blob, as it is or was
	OldMode, Mode  string
	Added, Removed int
	Patch          string // from the first @@ on
}

var changeWords = map[byte]string{'A': "added", 'D': "removed", 'M': "modified", 'R': "renamed", 'C': "copied", 'T': "changed"}

// Diff lists the files that differ between two commits, with their patches.
func (b *Bare) Diff(from, to string) []FileChange {
	raw, err := b.Run("diff-tree", "-r", "-M", "-z", "--no-abbrev", from, to)
	if err != nil {
		return nil
	}
	counts, err := b.Run("diff-tree", "-r", "-M", "--numstat", from, to)
	if err != nil {
		return nil
	}
	text, err := b.Run("diff-tree", "-r", "-M", "-p", from, to)
	if err != nil {
		return nil
	}
	files := parseChanges(raw)
	patches, numbers := strings.Split("\n"+text, "\ndiff --git ")[1:], strings.Split(counts, "\n")
	for n := range files {
		if n < len(numbers) {
			if c := strings.Fields(numbers[n]); len(c) > 1 {
				files[n].Added, files[n].Removed = number(c[0]), number(c[1])
			}
		}
		if n < len(patches) {
			if at := strings.Index(patches[n], "\n@@"); at >= 0 {
				files[n].Patch = patches[n][at+1:]
			}
		}
	}
	return files
}

// parseChanges reads diff-tree's raw list with NULs.
func parseChanges(raw string) []FileChange {
	var files []FileChange
	fields := strings.Split(raw, "\x00")
	for i := 0; i+1 < len(fields); i += 2 {
		meta := strings.Fields(fields[i])
		if len(meta) != 5 {
			break
		}
		letter := meta[4][0]
		f := FileChange{Status: changeWords[letter], Name: fields[i+1], SHA: meta[3], OldMode: strings.TrimPrefix(meta[0], ":"), Mode: meta[1]}
		if letter == 'D' {
			f.SHA = meta[2]
		}
		if (letter == 'R' || letter == 'C') && i+2 < len(fields) {
			f.Old, f.Name = fields[i+1], fields[i+2]
			i++
		}
		files = append(files, f)
	}
	return files
}

// Entry is one line of a tree.
type Entry struct {
	Mode, Kind, SHA, Name string
	Size                  int
}

// Tree lists what lies at a path of a commit: the entries of a folder given with a final slash (or of the root, given as
// nothing), or the one entry that the path names.
func (b *Bare) Tree(rev, path string) []Entry {
	args := []string{"ls-tree", "-l", "-z", rev}
	if path != "" {
		args = append(args, "--", path)
	}
	out, err := b.Run(args...)
	if err != nil {
		return nil
	}
	var list []Entry
	for part := range strings.SplitSeq(out, "\x00") {
		meta, name, has := strings.Cut(part, "\t")
		f := strings.Fields(meta)
		if has && len(f) == 4 {
			list = append(list, Entry{f[0], f[1], f[2], name, number(f[3])})
		}
	}
	return list
}

// Blob reads a file's content by its hash.
func (b *Bare) Blob(sha string) ([]byte, error) {
	var out bytes.Buffer
	if err := b.pipe(nil, nil, &out, "cat-file", "blob", sha); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
