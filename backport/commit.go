package backport

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/liftgate/liftgate/policy"
)

// Identity is who makes commits and when, and how they answer for them.
type Identity struct {
	Name    string
	Email   string
	When    time.Time
	SignOff bool   // with a Signed-off-by line
	Signer  Signer // with a signature; nil makes none
}

// who is the identity as a commit has it, cleaned of what would break a header.
func (id Identity) who() (string, error) {
	clean := func(s string) string {
		s = strings.Map(func(r rune) rune {
			if r < 0x20 || r == 0x7f || r == '<' || r == '>' {
				return -1
			}
			return r
		}, s)
		return strings.Trim(s, " .,:;\"'\\")
	}
	name, email := clean(id.Name), clean(id.Email)
	if name == "" || email == "" {
		return "", invalid("a committer needs a name and an address")
	}
	return name + " <" + email + ">", nil
}

// line is the identity as a commit's header has it.
func (id Identity) line() (string, error) {
	who, err := id.who()
	if err != nil {
		return "", err
	}
	if id.When.IsZero() || id.When.Unix() < 0 {
		return "", invalid("a committer needs a date")
	}
	return fmt.Sprintf("%s %d %s", who, id.When.Unix(), id.When.Format("-0700")), nil
}

// Commit is one commit. Names, addresses and the message of an embargoed commit stay in their box.
type Commit struct {
	SHA       SHA
	Tree      SHA
	Parents   []SHA
	Author    policy.Text // "Name <address>"
	Authored  time.Time
	Committer policy.Text
	Committed time.Time
	Message   policy.Text
	Encoding  string // "" is UTF-8
}

// raw is a commit as the store holds it.
type raw struct {
	sha       SHA
	tree      SHA
	parents   []SHA
	author    string // whole header lines: bytes of whatever encoding
	committer string
	encoding  string
	message   string
	signature string // armored; only of what is made here, see [raw.body]
}

func (rd *reader) commit(sha SHA) (raw, error) {
	body, err := rd.object("commit", sha)
	if err != nil {
		return raw{}, err
	}
	c := raw{sha: sha}
	head, message, _ := bytes.Cut(body, []byte("\n\n"))
	c.message = string(message)
	for line := range strings.SplitSeq(string(head), "\n") {
		key, value, _ := strings.Cut(line, " ")
		switch { // what git reads: the first of each, and parents before the author
		case key == "tree" && c.tree == "":
			c.tree = SHA(value)
		case key == "parent" && c.author == "":
			c.parents = append(c.parents, SHA(value))
		case key == "author" && c.author == "":
			c.author = value
		case key == "committer" && c.committer == "":
			c.committer = value
		case key == "encoding" && c.encoding == "":
			c.encoding = value
		}
	}
	if validSHAs(append(slices.Clone(c.parents), c.tree)...) != nil {
		return raw{}, fmt.Errorf("read commit: %w", ErrCorrupt)
	}
	return c, nil
}

// body is the commit's object. Headers that vouch for the original (gpgsig, mergetag) are not carried over.
func (c raw) body() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "tree %s\n", c.tree)
	for _, p := range c.parents {
		fmt.Fprintf(&b, "parent %s\n", p)
	}
	fmt.Fprintf(&b, "author %s\ncommitter %s\n", c.author, c.committer)
	if c.encoding != "" {
		fmt.Fprintf(&b, "encoding %s\n", c.encoding)
	}
	if c.signature != "" {
		fmt.Fprintf(&b, "gpgsig %s\n", strings.ReplaceAll(strings.TrimRight(c.signature, "\n"), "\n", "\n "))
	}
	b.WriteByte('\n')
	b.WriteString(c.message)
	return b.Bytes()
}

// stamp splits an author or committer line into who and when. A broken date is the zero time.
func stamp(line string) (who string, when time.Time) {
	end := strings.LastIndexByte(line, '>')
	who = strings.TrimSpace(line[:end+1])
	f := strings.Fields(line[end+1:])
	if len(f) != 2 {
		return who, time.Time{}
	}
	secs, err := strconv.ParseInt(f[0], 10, 64)
	zone, err2 := strconv.Atoi(f[1])
	if err != nil || err2 != nil {
		return who, time.Time{}
	}
	offset := (zone/100)*3600 + (zone%100)*60
	return who, time.Unix(secs, 0).In(time.FixedZone("", offset))
}

func (c raw) commit() Commit {
	out := Commit{SHA: c.sha, Tree: c.tree, Parents: c.parents, Message: policy.Embargoed(c.message), Encoding: c.encoding}
	who, when := stamp(c.author)
	out.Author, out.Authored = policy.Embargoed(who), when
	who, when = stamp(c.committer)
	out.Committer, out.Committed = policy.Embargoed(who), when
	return out
}

// Commit reads one commit.
func (r *Repo) Commit(ctx context.Context, sha SHA) (Commit, error) {
	rd := r.reader(ctx)
	defer rd.Close()
	c, err := rd.commit(sha)
	if err != nil {
		return Commit{}, err
	}
	return c.commit(), nil
}

// Has reports whether the store can see the commit.
func (r *Repo) Has(ctx context.Context, sha SHA) (bool, error) {
	_, err := r.Commit(ctx, sha)
	if KindOf(err) == ErrNoObject {
		return false, nil
	}
	return err == nil, err
}

// Ancestor reports whether a is b or an ancestor of it.
func (r *Repo) Ancestor(ctx context.Context, a, b SHA) (bool, error) {
	if err := validSHAs(a, b); err != nil {
		return false, fmt.Errorf("compare commits: %w", err)
	}
	_, exit, err := r.git.run(ctx, call{args: []string{"merge-base", "--is-ancestor", "--end-of-options", string(a), string(b)}, dir: r.dir, accept: 1})
	if err != nil {
		return false, fmt.Errorf("compare commits: %w", err)
	}
	return exit == 0, nil
}

// MergeBase is the best common ancestor, "" when there is none.
func (r *Repo) MergeBase(ctx context.Context, a, b SHA) (SHA, error) {
	if err := validSHAs(a, b); err != nil {
		return "", fmt.Errorf("find merge base: %w", err)
	}
	out, exit, err := r.git.run(ctx, call{args: []string{"merge-base", "--end-of-options", string(a), string(b)}, dir: r.dir, accept: 1})
	if err != nil || exit == 1 {
		return "", wrap("find merge base", err)
	}
	return SHA(strings.TrimSpace(string(out))), nil
}

// Range is what a fix adds to a branch.
type Range struct {
	Commits []Commit // along first parents, oldest first. A merge of a side branch is in it, to be picked as one change
	Updates []SHA    // merges of the branch itself into the fix ("update branch"), oldest first. Not part of the fix
}

// maxRange bounds a fix. One that has more commits was opened against the wrong branch.
const maxRange = 2000

// Commits gives the commits of head that the branch base does not have.
func (r *Repo) Commits(ctx context.Context, base, head SHA) (Range, error) {
	if err := validSHAs(base, head); err != nil {
		return Range{}, fmt.Errorf("list commits: %w", err)
	}
	args := []string{"rev-list", "--parents", "--topo-order", "--max-count=" + strconv.Itoa(maxRange+1), "--end-of-options", string(head), "^" + string(base)}
	out, _, err := r.git.run(ctx, call{args: args, dir: r.dir})
	if err != nil {
		return Range{}, fmt.Errorf("list commits: %w", err)
	}
	parents := map[SHA][]SHA{}
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		list := make([]SHA, 0, len(f)-1)
		for _, p := range f[1:] {
			list = append(list, SHA(p))
		}
		parents[SHA(f[0])] = list
	}
	if len(parents) > maxRange {
		return Range{}, fmt.Errorf("list commits: %w", ErrTooLarge)
	}
	rd := r.reader(ctx)
	defer rd.Close()
	var found Range
	for at := head; ; {
		list, ours := parents[at]
		if !ours {
			break
		}
		// A merge whose other side is wholly the branch's brings nothing of the fix: picked onto an older branch it would
		// drag in all that the branch gained meanwhile.
		update := len(list) > 1 && !slices.ContainsFunc(list[1:], func(p SHA) bool { _, in := parents[p]; return in })
		if update {
			found.Updates = append(found.Updates, at)
		} else {
			c, err := rd.commit(at)
			if err != nil {
				return Range{}, fmt.Errorf("list commits: %w", err)
			}
			found.Commits = append(found.Commits, c.commit())
		}
		if len(list) == 0 {
			break
		}
		at = list[0]
	}
	slices.Reverse(found.Commits)
	slices.Reverse(found.Updates)
	return found, nil
}

// wrap adds what was being done, and leaves nil alone.
func wrap(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}
