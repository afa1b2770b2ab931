package backport

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
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
	unheard := slices.DeleteFunc(slices.Clone(commits), func(sha SHA) bool { _, ok := found[sha]; return ok })
	list, err := r.series(ctx, unheard)
	if err != nil {
		return nil, fmt.Errorf("look for earlier picks: %w", err)
	}
	for _, series := range list {
		same, err := r.appliedByPatch(ctx, series, onto)
		if err != nil {
			return nil, fmt.Errorf("look for earlier picks: %w", err)
		}
		maps.Copy(found, same)
	}
	for _, c := range unheard {
		if _, ok := found[c]; ok {
			continue
		}
		a, err := r.appliedByName(ctx, c, onto, false)
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

// appliedByPatch finds commits of onto with the same patch ids as those of a series, made since onto left its line. One walk looks
// for all of them.
func (r *Repo) appliedByPatch(ctx context.Context, series []SHA, onto SHA) (map[SHA]Applied, error) {
	want, err := r.patchesOf(ctx, series)
	if err != nil {
		return nil, err
	}
	first, err := r.Commit(ctx, series[0])
	if err != nil {
		return nil, err
	}
	args := append([]string{"log", "-p", "--no-merges", "--full-diff", "--format=commit %H"}, diffOptions()...)
	args = append(args, "--end-of-options", string(onto))
	for _, p := range first.Parents {
		args = append(args, "^"+string(p))
	}
	there, paths := map[PatchID][]SHA{}, map[string]bool{}
	for _, p := range want {
		if p.id != "" && p.path != "" {
			there[p.id], paths[p.path] = nil, true
		}
	}
	if len(paths) == 0 {
		return nil, nil
	}
	// The same patch touches the same paths, so the history of any one of them is enough to search.
	args = append(append(args, "--"), slices.Sorted(maps.Keys(paths))...)
	err = r.patches(ctx, args, nil, func(sha SHA, p patch) {
		if list, ok := there[p.id]; ok && !slices.Contains(series, sha) {
			there[p.id] = append(list, sha) // newest first
		}
	})
	if KindOf(err) == ErrTooLarge {
		return nil, nil // a patch too large to compare: the trees decide alone
	}
	if err != nil {
		return nil, err
	}
	found := map[SHA]Applied{}
	for _, sha := range series {
		a, err := r.standing(ctx, sha, there[want[sha].id], onto)
		if err != nil {
			return nil, err
		}
		if a != nil {
			found[sha] = *a
		}
	}
	return found, nil
}

// standing is the first of some commits with sha's patch that was not undone and is not another change.
func (r *Repo) standing(ctx context.Context, sha SHA, same []SHA, onto SHA) (*Applied, error) {
	for _, by := range same {
		gone, err := r.undone(ctx, by, onto)
		if err != nil {
			return nil, err
		}
		if gone {
			continue
		}
		found, err := r.Commit(ctx, by)
		if err != nil {
			return nil, err
		}
		message := found.Message.Reveal()
		other, err := r.older(ctx, sha, named(wordsOfOrigin(), message))
		if err != nil {
			return nil, err
		}
		if !other {
			return &Applied{By: []SHA{by}, How: HowPatch, Words: subject(message)}, nil
		}
	}
	return nil, nil
}

// older reports whether one of the commits that something was picked from is what sha builds on, and does not bring back. The
// same lines in another place make the same patch: often enough a fix does once more what the commit before it forgot to.
func (r *Repo) older(ctx context.Context, sha SHA, origins []SHA) (bool, error) {
	if slices.Contains(origins, sha) {
		return false, nil
	}
	for _, origin := range origins {
		before, err := r.Ancestor(ctx, origin, sha)
		if KindOf(err) == ErrNoObject {
			continue // of a branch that is not here
		}
		if err != nil {
			return false, err
		}
		if !before {
			continue
		}
		if gone, err := r.undone(ctx, origin, sha); err != nil || !gone {
			return err == nil, err
		}
	}
	return false, nil
}

// series splits commits into those of which each one builds on the one before: what onto has since the first of them left is
// all that any of them can be found in.
func (r *Repo) series(ctx context.Context, commits []SHA) (list [][]SHA, err error) {
	rd := r.reader(ctx)
	defer rd.Close()
	for i, sha := range commits {
		c, err := rd.commit(sha)
		if err != nil {
			return nil, err
		}
		if i > 0 && slices.Contains(c.parents, commits[i-1]) {
			list[len(list)-1] = append(list[len(list)-1], sha)
		} else {
			list = append(list, []SHA{sha})
		}
	}
	return list, nil
}

// patches sums up the patches of the commits of a log, in its order and as it comes.
func (r *Repo) patches(ctx context.Context, log []string, commits io.Reader, each func(SHA, patch)) error {
	at, h := SHA(""), newPatchHash()
	end := func() {
		if at != "" {
			each(at, patch{h.id(), h.path})
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
