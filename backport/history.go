package backport

import (
	"bytes"
	"context"
	"fmt"
	"hash/fnv"
	"regexp"
	"slices"
	"strings"
)

// Ref is a branch or a tag.
type Ref struct {
	Name string // whole, such as refs/tags/v1.2
	SHA  SHA    // the commit that it comes to, however many tags lie between; "" where there is none, or it is missing
}

// Refs lists the branches and tags, the remotes' too, sorted by name. Those that only point to another one are left out. With
// clone it is those of that git folder: a store made by [Stores.Borrowing] sees its objects and has no names for them.
func (r *Repo) Refs(ctx context.Context, clone string) ([]Ref, error) {
	if clone == "" {
		clone = r.dir
	}
	args := []string{"for-each-ref", "--format=%(objectname) %(refname) %(symref)", "refs/heads/", "refs/remotes/", "refs/tags/"}
	out, _, err := r.git.run(ctx, call{args: args, dir: clone})
	if err != nil {
		return nil, fmt.Errorf("list refs: %w", err)
	}
	var list []Ref
	var ask strings.Builder
	for line := range strings.Lines(string(out)) {
		f := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 3) // no ref's name holds a space or a line break
		if len(f) == 3 && f[2] == "" {
			list = append(list, Ref{Name: f[1]})
			ask.WriteString(f[0] + "^{commit}\n")
		}
	}
	args = []string{"cat-file", "--batch-check=%(objectname) %(objecttype)"}
	out, _, err = r.git.run(ctx, call{args: args, dir: r.dir, stdin: strings.NewReader(ask.String())})
	if err != nil {
		return nil, fmt.Errorf("read refs: %w", err)
	}
	i := 0
	for line := range strings.Lines(string(out)) {
		if sha, kind, _ := strings.Cut(strings.TrimSpace(line), " "); kind == "commit" && i < len(list) {
			list[i].SHA = SHA(sha)
		}
		i++
	}
	if i != len(list) {
		return nil, fmt.Errorf("read refs: %w", ErrGit)
	}
	return list, nil
}

// Shallow reports whether the history is cut off somewhere, as git clone --depth leaves it.
func (r *Repo) Shallow(ctx context.Context) (bool, error) {
	out, _, err := r.git.run(ctx, call{args: []string{"rev-parse", "--is-shallow-repository"}, dir: r.dir})
	return strings.TrimSpace(string(out)) == "true", wrap("look where history ends", err)
}

// Told is a commit as its place in history and its own words tell it.
type Told struct {
	SHA     SHA
	Parents []SHA
	Origins []SHA  // the commits that it says it was picked from
	Reverts []SHA  // the commits that it says it takes back
	Name    uint64 // a digest of its subject: commits with the same one may be namesakes, see [Repo.Likens]
}

// Walk tells every commit that the tips reach, none before those that build on it.
func (r *Repo) Walk(ctx context.Context, tips []SHA, tell func(Told)) error {
	origin, revert := wordsOfOrigin(), reverted()
	each := func(one []byte) {
		head, message, _ := bytes.Cut(one, []byte("\n"))
		names := strings.Fields(string(head))
		if len(names) == 0 {
			return
		}
		t := Told{SHA: SHA(names[0]), Name: digest(bareSubject(string(message)))}
		for _, p := range names[1:] {
			t.Parents = append(t.Parents, SHA(p))
		}
		if namesCommit(message) {
			t.Origins, t.Reverts = named(origin, string(message)), named(revert, string(message))
		}
		tell(t)
	}
	args := []string{"log", "--stdin", "-z", "--topo-order", "--no-color", "--encoding=UTF-8", "--format=%H %P%n%B"}
	return wrap("walk history", r.stream(ctx, args, onLines(tips), 0, each))
}

// onLines are names for the standard input of git.
func onLines(names []SHA) string {
	var in strings.Builder
	for _, sha := range names {
		in.WriteString(string(sha) + "\n")
	}
	return in.String()
}

// stream runs git on some input, and gives its output piece by piece, so that a long history is never in memory as a whole. No
// piece is larger than an object may be.
func (r *Repo) stream(ctx context.Context, args []string, in string, end byte, each func([]byte)) error {
	if in == "" {
		return nil // git would take HEAD
	}
	cut := func(piece []byte) { each(bytes.TrimSuffix(piece, []byte{end})) }
	_, _, err := r.git.run(ctx, call{args: args, dir: r.dir, stdin: strings.NewReader(in), each: cut, ends: end, limit: maxObject})
	return err
}

// namesCommit reports whether a message holds 40 hex digits in a row: most don't, and need no closer look.
func namesCommit(message []byte) bool {
	run := 0
	for _, c := range message {
		if c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f' {
			if run++; run == 40 {
				return true
			}
		} else {
			run = 0
		}
	}
	return false
}

func digest(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s)) // a hash never fails
	return h.Sum64()
}

// Likens says by what words other commits are the same change as one, and leaves out those that are not. [HowName] is enough to
// suspect a bug, not to trust a fix.
func (r *Repo) Likens(ctx context.Context, sha SHA, others []SHA) (map[SHA]How, error) {
	found := map[SHA]How{}
	const together = 500
	for some := range slices.Chunk(others, together) {
		revs := []string{"--no-walk=unsorted", "--end-of-options", string(sha)}
		for _, other := range some {
			revs = append(revs, string(other))
		}
		var list []namesake
		if err := r.namesakes(ctx, func(n namesake) { list = append(list, n) }, revs...); err != nil {
			return nil, fmt.Errorf("read words: %w", err)
		}
		for _, other := range list {
			if how := list[0].likens(other); how != "" && other.sha != sha {
				found[other.sha] = how
			}
		}
	}
	return found, nil
}

// Blamed lists the commits that a fix names in "Fixes:" lines as those that brought the bug. Those that the store does not have
// are passed over.
func (r *Repo) Blamed(ctx context.Context, fix []SHA) ([]SHA, error) {
	var list []SHA
	line := regexp.MustCompile(`(?mi)^Fixes:[ \t]*(?:commit[ \t]+)?([0-9a-f]{8,40})\b`)
	for _, sha := range fix {
		c, err := r.Commit(ctx, sha)
		if err != nil {
			return nil, err
		}
		for _, m := range line.FindAllStringSubmatch(c.Message.Reveal(), maxBlamed) {
			out, exit, err := r.git.run(ctx, call{args: []string{"rev-parse", "--verify", "--quiet", "--end-of-options", strings.ToLower(m[1]) + "^{commit}"}, dir: r.dir, accept: 1})
			if err != nil && KindOf(err) != ErrNoObject && KindOf(err) != ErrGit { // unknown or ambiguous: no evidence
				return nil, err
			}
			if named := SHA(strings.TrimSpace(string(out))); exit == 0 && named.Valid() && !slices.Contains(list, named) && len(list) < maxBlamed {
				list = append(list, named)
			}
		}
	}
	return list, nil
}
