package sandbox

import (
	"bytes"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// ErrConflict is a merge that git cannot do alone.
var ErrConflict = errors.New("merge conflict")

// CommitTree writes a commit as the web interface would; nobody as author is the forge itself.
func (b *Bare) CommitTree(tree, message string, author *Person, parents ...string) (string, error) {
	args := []string{"commit-tree", tree}
	for _, p := range parents {
		args = append(args, "-p", p)
	}
	stamp := strconv.FormatInt(b.depot.Now().Unix(), 10) + " +0000"
	env := []string{"GIT_COMMITTER_DATE=" + stamp, "GIT_AUTHOR_DATE=" + stamp}
	if author != nil {
		env = append(env, "GIT_AUTHOR_NAME="+author.Name, "GIT_AUTHOR_EMAIL="+author.Email)
		if !author.When.IsZero() {
			env = append(env, "GIT_AUTHOR_DATE="+strconv.FormatInt(author.When.Unix(), 10)+" +0000")
		}
	}
	return b.RunWith(env, strings.NewReader(message), args...)
}

// MergeTree gives the tree that two commits merge to, or [ErrConflict].
func (b *Bare) MergeTree(base, head string) (string, error) {
	out, err := b.Run("merge-tree", "--write-tree", base, head)
	if err != nil {
		return "", ErrConflict
	}
	tree, _, _ := strings.Cut(out, "\n")
	return tree, nil
}

// Merge writes a merge commit of head onto base.
func (b *Bare) Merge(base, head, message string, by *Person) (string, error) {
	tree, err := b.MergeTree(base, head)
	if err != nil {
		return "", err
	}
	return b.CommitTree(tree, message, by, base, head)
}

// Squash writes all that head adds to base as one commit.
func (b *Bare) Squash(base, head, message string, by *Person) (string, error) {
	tree, err := b.MergeTree(base, head)
	if err != nil {
		return "", err
	}
	return b.CommitTree(tree, message, by, base)
}

// Rebase writes the commits of head anew on top of base.
func (b *Bare) Rebase(base, head string) (string, error) {
	tip := base
	for _, c := range b.Log(1000, "--no-merges", base+".."+head) {
		if len(c.Parents) != 1 {
			return "", ErrConflict
		}
		// A commit on the new tip's tree whose parent is the old parent makes merge-tree replay exactly one change.
		pivot, err := b.CommitTree(tip+"^{tree}", "pivot", nil, c.Parents[0])
		if err != nil {
			return "", err
		}
		tree, err := b.MergeTree(pivot, c.SHA)
		if err != nil {
			return "", err
		}
		if tip, err = b.CommitTree(tree, c.Message, &c.Author, tip); err != nil {
			return "", err
		}
	}
	return tip, nil
}

// CommitFile writes a commit that sets one file on top of a tip, which is "" in an empty repository.
func (b *Bare) CommitFile(tip, path string, data []byte, message string, by *Person) (sha, blob string, err error) {
	if blob, err = b.RunWith(nil, bytes.NewReader(data), "hash-object", "-w", "--stdin"); err != nil {
		return "", "", err
	}
	file := filepath.Join(b.Dir, "index-"+rand.Text())
	defer func() { _ = os.Remove(file) }() // a leftover is only litter
	index := []string{"GIT_INDEX_FILE=" + file}
	var parents []string
	if tip != "" {
		parents = append(parents, tip)
		if _, err = b.RunWith(index, nil, "read-tree", tip); err != nil {
			return "", "", err
		}
	}
	if _, err = b.RunWith(index, nil, "update-index", "--add", "--cacheinfo", "100644,"+blob+","+path); err != nil {
		return "", "", err
	}
	tree, err := b.RunWith(index, nil, "write-tree")
	if err != nil {
		return "", "", err
	}
	sha, err = b.CommitTree(tree, message, by, parents...)
	return sha, blob, err
}
