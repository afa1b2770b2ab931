package backport

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
)

// merged is what git merge-tree answered.
type merged struct {
	tree     SHA
	clean    bool
	stages   []stageLine
	messages []mergeMessage
}

type stageLine struct {
	mode  string
	sha   SHA
	stage int
	path  string
}

// mergeMessage is a remark of the merge about some paths. The kind is git's stable short name; the words are dropped.
type mergeMessage struct {
	paths []string
	kind  string
}

// merge merges two commits in memory, with their merge base as it is in history. Attributes are read from workTree.
func (e *Embargoed) merge(ctx context.Context, ours, theirs SHA, workTree string, config ...setting) (merged, error) {
	args := []string{"merge-tree", "--write-tree", "-z", "--messages", "--allow-unrelated-histories", string(ours), string(theirs)}
	out, exit, err := e.git.run(ctx, call{args: args, dir: e.dir, workTree: workTree, config: config, accept: 1})
	if err != nil {
		return merged{}, err
	}
	m, err := parseMerge(out)
	m.clean = exit == 0
	return m, err
}

// parseMerge reads the output of merge-tree -z: the tree, then a line per conflicted stage, then after an empty field
// the messages: count of paths, paths, kind, words.
func parseMerge(out []byte) (merged, error) {
	// Each field ends in NUL. What follows the last one is advice about submodules, to people at a terminal.
	fields := strings.Split(string(out[:max(bytes.LastIndexByte(out, 0), 0)]), "\x00")
	m := merged{tree: SHA(fields[0])}
	if !m.tree.Valid() {
		return merged{}, fmt.Errorf("read merge: %w", ErrGit)
	}
	rest := fields[1:]
	for len(rest) > 0 && rest[0] != "" {
		head, path, ok := strings.Cut(rest[0], "\t")
		f := strings.Fields(head)
		if !ok || len(f) != 3 {
			return merged{}, fmt.Errorf("read merge: %w", ErrGit)
		}
		stage, err := strconv.Atoi(f[2])
		if err != nil {
			return merged{}, fmt.Errorf("read merge: %w", ErrGit)
		}
		m.stages = append(m.stages, stageLine{f[0], SHA(f[1]), stage, path})
		rest = rest[1:]
	}
	if len(rest) > 0 {
		rest = rest[1:]
	}
	for len(rest) > 0 {
		n, err := strconv.Atoi(rest[0])
		if err != nil || n < 0 || len(rest) < n+3 {
			return merged{}, fmt.Errorf("read merge: %w", ErrGit)
		}
		m.messages = append(m.messages, mergeMessage{rest[1 : n+1], rest[n+1]})
		rest = rest[n+3:]
	}
	return m, nil
}

// synthetic makes merge-tree do a cherry-pick: a commit with the target's tree whose parent is the picked change's base,
// so that this base becomes the one merge base. Its date matters to speed alone: dated before its parent, git would walk
// all of history to find that base. It is derived from the commits, not the clock, so that even conflict markers come
// out the same each time; it is in no result's history.
func (e *Embargoed) synthetic(parent raw, tree SHA, after ...raw) (SHA, error) {
	_, when := stamp(parent.committer)
	for _, c := range after {
		if _, t := stamp(c.committer); t.After(when) {
			when = t
		}
	}
	secs := max(when.Unix(), 0)
	who := "liftgate <liftgate> " + strconv.FormatInt(secs, 10) + " +0000"
	c := raw{tree: tree, author: who, committer: who, message: "base of a pick\n"}
	if parent.sha != "" {
		c.parents = []SHA{parent.sha}
	}
	return e.write("commit", c.body())
}
