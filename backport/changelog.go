package backport

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
)

// isChangelog reports whether a path is by its name the file that tells users what changed.
func isChangelog(name string) bool {
	word, ext, _ := strings.Cut(strings.ToLower(path.Base(name)), ".")
	if !slices.Contains([]string{"", "adoc", "markdown", "md", "org", "rdoc", "rst", "txt"}, ext) {
		return false
	}
	word = strings.NewReplacer("-", "", "_", "").Replace(word)
	return slices.Contains([]string{"changelog", "changes", "history", "news", "releasenotes", "releases"}, word)
}

// entered settles a conflict of the newer branch's fix in changelogs alone, where main's fix applies and has none of its
// entry. Each branch's changelog is its own, so their tops never agree, while people write the entry for the branches and
// not for main. Taking main's fix would drop it without a word. The entry is put where it stands on the newer branch; that
// all else is as main's fix has it shows that nothing but text was guessed, and a person reviews it.
func (e *Embargoed) entered(ctx context.Context, p Plan, chain, main Planned) (Planned, error) {
	if chain.Result.Conflict == nil || main.Result.Picked == nil {
		return compare(chain, main), nil
	}
	for _, f := range chain.Result.Conflict.Files {
		if !isChangelog(f.Path.Reveal()) { // looked at, never shown
			return compare(chain, main), nil
		}
	}
	guess, err := e.draft(ctx, p.by(MethodChain))
	if err != nil || guess == nil {
		return compare(chain, main), wrap("settle changelog", err)
	}
	paths, err := e.changed(ctx, main.Result.Picked.Tree, guess.Tree)
	if err != nil {
		return Planned{}, fmt.Errorf("settle changelog: %w", err)
	}
	if slices.ContainsFunc(paths, func(p string) bool { return !isChangelog(p) }) {
		return compare(chain, main), nil
	}
	guess.Settled = true
	chain.Result = Result{Picked: guess}
	return compare(chain, main), nil
}

// changed lists the paths in which two trees differ.
func (r *Repo) changed(ctx context.Context, a, b SHA) ([]string, error) {
	out, _, err := r.git.run(ctx, call{args: []string{"diff-tree", "-r", "-z", "--no-renames", "--name-only", "--end-of-options", string(a), string(b)}, dir: r.dir})
	return strings.FieldsFunc(string(out), func(c rune) bool { return c == 0 }), err
}
