package backport

import (
	"context"
	"fmt"
	"strings"
)

// Bounds of what is read and written as files.
const (
	maxFiles     = 20_000
	maxFilesSize = 64 << 20
)

// Revision asks for a commit of files, made from their contents.
type Revision struct {
	Parent    SHA // "" makes a commit without a past
	Files     map[string][]byte
	Message   string
	Committer Identity // and author
}

// Revise makes a commit that has the parent's files and those given. The parent itself is the answer where it has them
// already. The same Revision gives the same SHA.
func (e *Embargoed) Revise(ctx context.Context, rev Revision) (SHA, error) {
	rd := e.reader(ctx)
	defer rd.Close()
	sha, err := e.revise(rd, rev)
	return sha, wrap("commit files", err)
}

func (e *Embargoed) revise(rd *reader, rev Revision) (SHA, error) {
	next := raw{tree: emptyTree}
	if rev.Parent != "" {
		parent, err := rd.commit(rev.Parent)
		if err != nil {
			return "", err
		}
		next.tree, next.parents = parent.tree, []SHA{rev.Parent}
	}
	leaves := map[string]entry{}
	for path, body := range rev.Files {
		if !validPath(path) {
			return "", invalid("not the path of a file")
		}
		blob, err := e.write("blob", body)
		if err != nil {
			return "", err
		}
		leaves[path] = entry{mode: modeFile, sha: blob}
	}
	tree, err := e.graft(rd, next.tree, leaves)
	if err != nil {
		return "", err
	}
	if tree == next.tree && rev.Parent != "" {
		return rev.Parent, nil
	}
	next.tree = tree
	if next.committer, err = rev.Committer.line(); err != nil {
		return "", err
	}
	next.author = next.committer
	if next.message, err = rev.Committer.signedOff(strings.TrimRight(rev.Message, "\n") + "\n"); err != nil {
		return "", err
	}
	return e.finish(next, rev.Committer)
}

func validPath(path string) bool {
	for name := range strings.SplitSeq(path, "/") {
		if name == "" || name == "." || name == ".." || strings.EqualFold(name, ".git") || strings.ContainsRune(name, 0) {
			return false
		}
	}
	return true
}

// Files reads the regular files of a commit whose path is wanted. More or larger ones than any notice needs are refused.
func (r *Repo) Files(ctx context.Context, commit SHA, want func(path string) bool) (map[string][]byte, error) {
	rd := r.reader(ctx)
	defer rd.Close()
	c, err := rd.commit(commit)
	if err != nil {
		return nil, wrap("read files", err)
	}
	f := &files{rd: rd, want: want, found: map[string][]byte{}}
	if err := f.walk(c.tree, ""); err != nil {
		return nil, wrap("read files", err)
	}
	return f.found, nil
}

type files struct {
	rd    *reader
	want  func(string) bool
	found map[string][]byte
	seen  int
	size  int
}

func (f *files) walk(tree SHA, above string) error {
	entries, err := f.rd.tree(tree)
	if err != nil {
		return err
	}
	if f.seen += len(entries); f.seen > maxFiles {
		return fmt.Errorf("%w: more than %d files", ErrTooLarge, maxFiles)
	}
	for _, x := range entries {
		path := above + x.name
		switch {
		case x.mode == modeTree:
			err = f.walk(x.sha, path+"/")
		case x.file() && f.want(path):
			var body []byte
			if body, err = f.rd.object("blob", x.sha); err == nil {
				f.found[path] = body
				f.size += len(body)
			}
		}
		if err != nil {
			return err
		}
		if f.size > maxFilesSize {
			return fmt.Errorf("%w: more than %d bytes", ErrTooLarge, maxFilesSize)
		}
	}
	return nil
}
