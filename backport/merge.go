package backport

import (
	"bytes"
	"context"
	"fmt"
	"slices"
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
	of := merging{ours, theirs, workTree}
	if m, ok := e.kept.merge(of, config); ok {
		return m, nil
	}
	if m, ok := e.kept.mergeInTurn(of, config); ok {
		return m, nil
	}
	out, exit, err := e.git.run(ctx, call{args: append(mergeTree(), string(ours), string(theirs)), dir: e.dir, workTree: workTree, config: config, accept: 1})
	if err != nil {
		return merged{}, err
	}
	m, err := parseMerge(out)
	m.clean = exit == 0
	if err == nil && len(config) == 0 {
		e.kept.remember(of, m)
	}
	return m, err
}

func mergeTree() []string {
	return []string{"merge-tree", "--write-tree", "-z", "--messages", "--allow-unrelated-histories"}
}

// mergeAll does merges with one set of attributes in one process, and keeps them.
func (e *Embargoed) mergeAll(ctx context.Context, list []merging) error {
	list = slices.DeleteFunc(slices.Clone(list), func(of merging) bool { _, ok := e.kept.mergeInTurn(of, nil); return ok })
	if len(list) == 0 {
		return nil
	}
	var in strings.Builder
	for _, of := range list {
		fmt.Fprintf(&in, "%s %s\n", of.ours, of.theirs)
	}
	out, _, err := e.git.run(ctx, call{args: append(mergeTree(), "--stdin"), dir: e.dir, workTree: list[0].workTree, stdin: strings.NewReader(in.String())})
	if err != nil {
		return err
	}
	fields := strings.Split(string(out), "\x00")
	for _, of := range list {
		if len(fields) < 2 {
			return fmt.Errorf("read merge: %w", ErrGit)
		}
		m, rest, err := readMerge(fields[1:])
		if err != nil {
			return err
		}
		m.clean = fields[0] == "1"
		e.kept.remember(of, m)
		fields = rest[min(1, len(rest)):]
	}
	return nil
}

// parseMerge reads the output of merge-tree -z for one merge.
func parseMerge(out []byte) (merged, error) {
	// Each field ends in NUL. What follows the last one is advice about submodules, to people at a terminal.
	m, _, err := readMerge(strings.Split(string(out[:max(bytes.LastIndexByte(out, 0), 0)]), "\x00"))
	return m, err
}

// readMerge reads one merge: the tree, then a line per conflicted stage, then after an empty field the messages: count of
// paths, paths, kind, words. With several merges an empty field ends the messages; the rest begins with it.
func readMerge(fields []string) (m merged, rest []string, err error) {
	m.tree = SHA(fields[0])
	if !m.tree.Valid() {
		return merged{}, nil, fmt.Errorf("read merge: %w", ErrGit)
	}
	rest = fields[1:]
	for len(rest) > 0 && rest[0] != "" {
		head, path, ok := strings.Cut(rest[0], "\t")
		f := strings.Fields(head)
		if !ok || len(f) != 3 {
			return merged{}, nil, fmt.Errorf("read merge: %w", ErrGit)
		}
		stage, err := strconv.Atoi(f[2])
		if err != nil {
			return merged{}, nil, fmt.Errorf("read merge: %w", ErrGit)
		}
		m.stages = append(m.stages, stageLine{f[0], SHA(f[1]), stage, path})
		rest = rest[1:]
	}
	if len(rest) > 0 {
		rest = rest[1:]
	}
	for len(rest) > 0 && rest[0] != "" {
		n, err := strconv.Atoi(rest[0])
		if err != nil || n < 0 || n > len(rest)-3 {
			return merged{}, nil, fmt.Errorf("read merge: %w", ErrGit)
		}
		m.messages = append(m.messages, mergeMessage{rest[1 : n+1], rest[n+1]})
		rest = rest[n+3:]
	}
	return m, rest, nil
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

// base gives the commit that the change of c is relative to, and the commit that carries the change. A root commit has
// no base, so both are made up.
func (s *session) base(c raw) (base raw, theirs SHA, err error) {
	if len(c.parents) == 0 {
		empty, err := s.synthetic(raw{committer: c.committer}, emptyTree)
		if err != nil {
			return raw{}, "", err
		}
		base = raw{sha: empty, committer: c.committer}
		theirs, err = s.synthetic(base, c.tree)
		return base, theirs, err
	}
	n := 1
	if len(c.parents) > 1 && s.Mainline != 0 {
		n = s.Mainline
	}
	if n < 1 || n > len(c.parents) {
		return raw{}, "", invalid("no such mainline parent")
	}
	base, err = s.rd.commit(c.parents[n-1])
	return base, c.sha, err
}
