package backport

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/liftgate/liftgate/policy"
)

// Applied looks for signs that commits are on a branch already: in its history, picked from by its own word, as the
// same patch, or under the same name, and not reverted since. Only commits with such signs are in the result. A pick weighs them against the
// trees: a branch may have undone a patch without saying so.
func (r *Repo) Applied(ctx context.Context, commits []SHA, onto SHA) (map[SHA]Applied, error) {
	found, err := r.appliedByWord(ctx, commits, onto)
	if err != nil {
		return nil, fmt.Errorf("look for earlier picks: %w", err)
	}
	for _, c := range commits {
		if _, ok := found[c]; ok {
			continue
		}
		a, err := r.appliedByPatch(ctx, c, onto)
		if err == nil && a == nil {
			a, err = r.appliedByName(ctx, c, onto, false)
		}
		if err != nil {
			return nil, fmt.Errorf("look for earlier picks: %w", err)
		}
		if a != nil {
			found[c] = *a
		}
	}
	return found, nil
}

// wordsOfOrigin are the lines by which projects name the commit that a backport comes from.
func wordsOfOrigin() *regexp.Regexp {
	return regexp.MustCompile(`(?mi)^[ \t]*(?:\((?:cherry[- ]picked|backported) from commit ([0-9a-f]{40})|\[ upstream commit ([0-9a-f]{40}) \]|commit ([0-9a-f]{40}) upstream\.?|(?:master|upstream|main) commit: ([0-9a-f]{40}))`)
}

func reverted() *regexp.Regexp {
	return regexp.MustCompile(`(?m)^\s*This reverts commit ([0-9a-f]{40})`)
}

func named(re *regexp.Regexp, message string) []SHA {
	var list []SHA
	for _, m := range re.FindAllStringSubmatch(message, -1) {
		list = append(list, SHA(strings.Clone(strings.Join(m[1:], "")))) // the message is not kept with it
	}
	return list
}

// appliedByWord finds commits that are ancestors of onto, or that a commit there says it was picked from.
func (r *Repo) appliedByWord(ctx context.Context, commits []SHA, onto SHA) (map[SHA]Applied, error) {
	found := map[SHA]Applied{}
	if commits = r.kept.heard(commits, onto); len(commits) == 0 {
		return found, nil
	}
	for _, c := range commits {
		in, err := r.Ancestor(ctx, c, onto)
		if err != nil {
			return nil, err
		}
		if in {
			gone, err := r.undone(ctx, c, onto)
			if err != nil {
				return nil, err
			}
			if !gone {
				found[c] = Applied{By: []SHA{c}, How: HowAncestor}
			}
		}
	}
	mentions, err := r.mentions(ctx, commits, onto, commits)
	if err != nil {
		return nil, err
	}
	for _, m := range mentions {
		for _, origin := range named(wordsOfOrigin(), m.message) {
			if _, done := found[origin]; done || !slices.Contains(commits, origin) {
				continue
			}
			gone, err := r.undone(ctx, m.sha, onto)
			if err != nil {
				return nil, err
			}
			if !gone {
				found[origin] = Applied{By: []SHA{m.sha}, How: HowTrailer, Words: subject(m.message)}
			}
		}
	}
	return found, nil
}

func subject(message string) policy.Text {
	first, _, _ := strings.Cut(message, "\n")
	return policy.Embargoed(first)
}

type mention struct {
	sha     SHA
	message string
}

// mentions lists the commits of onto whose message holds one of the SHAs, newest first. What every one of since builds on
// is left out: nothing there can come from them.
func (r *Repo) mentions(ctx context.Context, shas []SHA, onto SHA, since []SHA) ([]mention, error) {
	args := []string{"log", "-z", "--no-color", "--format=%H%n%B", "--fixed-strings"}
	for _, s := range shas {
		args = append(args, "--grep="+string(s))
	}
	args = append(args, "--end-of-options", string(onto))
	for _, s := range since {
		args = append(args, "^"+string(s)+"^@") // all its parents, if it has any
	}
	var list []mention
	_, _, err := r.git.run(ctx, call{args: args, dir: r.dir, each: func(record []byte) {
		if sha, message, ok := strings.Cut(string(bytes.TrimSuffix(record, []byte{0})), "\n"); ok {
			list = append(list, mention{SHA(sha), message})
		}
	}})
	return list, err
}

// maxReverts bounds how often a change may have been reverted and brought back before we stop following.
const maxReverts = 8

// undone reports whether a commit of onto was reverted there, and the revert itself was not.
func (r *Repo) undone(ctx context.Context, sha, onto SHA) (bool, error) {
	return r.undoneAfter(ctx, sha, onto, maxReverts)
}

func (r *Repo) undoneAfter(ctx context.Context, sha, onto SHA, depth int) (bool, error) {
	list, err := r.mentions(ctx, []SHA{sha}, onto, []SHA{sha})
	if err != nil {
		return false, err
	}
	for _, m := range list {
		if m.sha == sha || !slices.Contains(named(reverted(), m.message), sha) {
			continue
		}
		if depth == 0 {
			return true, nil // the careful answer: the trees will tell
		}
		back, err := r.undoneAfter(ctx, m.sha, onto, depth-1)
		if err != nil || !back {
			return !back, err
		}
	}
	return false, nil
}

// appliedByPatch finds a commit of onto with the same patch id, made since onto left the commit's line.
func (r *Repo) appliedByPatch(ctx context.Context, sha, onto SHA) (*Applied, error) {
	want, path, err := r.patch(ctx, sha)
	if err != nil {
		if KindOf(err) == ErrTooLarge {
			return nil, nil // a patch too large to compare: the trees decide alone
		}
		return nil, err
	}
	if want == "" || path == "" {
		return nil, nil
	}
	c, err := r.Commit(ctx, sha)
	if err != nil {
		return nil, err
	}
	args := append([]string{"log", "-p", "--no-merges", "--full-diff", "--format=commit %H"}, diffOptions()...)
	args = append(args, "--end-of-options", string(onto))
	for _, p := range c.Parents {
		args = append(args, "^"+string(p))
	}
	// The same patch touches the same paths, so the history of any one of them is enough to search.
	list, err := r.withPatch(ctx, append(args, "--", path), want)
	if err != nil {
		if KindOf(err) == ErrTooLarge {
			return nil, nil // as above
		}
		return nil, err
	}
	for _, by := range list {
		gone, err := r.undone(ctx, by, onto)
		if err != nil {
			return nil, err
		}
		if gone || by == sha {
			continue
		}
		found, err := r.Commit(ctx, by)
		if err != nil {
			return nil, err
		}
		return &Applied{By: []SHA{by}, How: HowPatch, Words: subject(found.Message.Reveal())}, nil
	}
	return nil, nil
}

// withPatch lists the commits of a log whose patch has the id, newest first.
func (r *Repo) withPatch(ctx context.Context, log []string, want PatchID) ([]SHA, error) {
	var list []SHA
	err := r.patches(ctx, log, nil, func(sha SHA, id PatchID) {
		if id == want {
			list = append(list, sha)
		}
	})
	return list, err
}

// patches computes the patch ids of the commits of a log, in its order and as it comes.
func (r *Repo) patches(ctx context.Context, log []string, commits io.Reader, each func(SHA, PatchID)) error {
	at, h := SHA(""), newPatchHash()
	end := func() {
		if at != "" {
			each(at, h.id())
		}
	}
	scan := diffScan{
		commit: func(sha SHA) { end(); at, h = sha, newPatchHash() },
		header: func(line []byte) { h.header(line) },
		body:   func(_ byte, line []byte, _ int) { h.add(string(line)) },
	}
	_, _, err := r.git.run(ctx, call{args: log, dir: r.dir, stdin: commits, each: scan.line, ends: '\n'})
	if err == nil {
		end()
	}
	return err
}
