package backport

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
)

// maxPublished bounds a patch and a bundle: they are read by people, and kept in a repository for ever.
const maxPublished = 4 << 20

// PatchFile gives the commits after base up to head in the form that git am takes, the same bytes for the same commits. A
// range with merges has no such form: of it there is the difference alone, which git apply takes.
func (r *Repo) PatchFile(ctx context.Context, base, head SHA) ([]byte, error) {
	if err := validSHAs(base, head); err != nil {
		return nil, fmt.Errorf("write patch: %w", err)
	}
	args := []string{"rev-list", "--count", "--min-parents=2", string(base) + ".." + string(head)}
	out, _, err := r.git.run(ctx, call{args: args, dir: r.dir})
	if err != nil {
		return nil, fmt.Errorf("write patch: %w", err)
	}
	how := []string{"--binary", "--full-index", "--no-color", "--no-ext-diff", "--no-textconv", "--diff-algorithm=myers"}
	if strings.TrimSpace(string(out)) == "0" {
		args = append([]string{"format-patch", "--stdout", "--no-signature", "--no-base", "--no-notes", "--numbered", "--subject-prefix=PATCH", "--no-thread", "--no-attach", "--no-to", "--no-cc"}, how...)
		args = append(args, string(base)+".."+string(head), "--")
	} else {
		args = append(append([]string{"diff"}, how...), string(base), string(head), "--")
	}
	out, _, err = r.git.run(ctx, call{args: args, dir: r.dir, limit: maxPublished, config: plainPatches()})
	return out, wrap("write patch", err)
}

// plainPatches keeps what a clone's configuration may say of patches out of them.
func plainPatches() []setting {
	return []setting{
		{"format.signOff", "false"}, {"format.coverLetter", "false"}, {"format.encodeEmailHeaders", "true"}, {"format.from", "false"},
		{"diff.noprefix", "false"}, {"diff.mnemonicPrefix", "false"}, {"diff.renames", "true"}, {"diff.context", "3"}, {"diff.interHunkContext", "0"},
		{"diff.indentHeuristic", "true"}, {"diff.orderFile", "/dev/null"}, {"diff.relative", "false"}, {"i18n.logOutputEncoding", "UTF-8"},
		{"attr.tree", string(emptyTree)},
	}
}

// Bundle gives the commits after base up to head as a bundle with one branch, for whoever has base. What it holds is made anew
// and by one thread, so that the same git gives the same bytes wherever the objects come from; see [SameBundle] for others.
func (r *Repo) Bundle(ctx context.Context, branch string, base, head SHA) ([]byte, error) {
	if !validBranchRef("refs/heads/" + branch) {
		return nil, fmt.Errorf("write bundle: %w", invalid("not a branch"))
	}
	if err := validSHAs(base, head); err != nil {
		return nil, fmt.Errorf("write bundle: %w", err)
	}
	args := []string{"pack-objects", "--quiet", "--stdout", "--revs", "--thin", "--delta-base-offset", "--threads=1", "--window=10", "--depth=50",
		"--compression=9", "--no-reuse-delta", "--no-reuse-object", "--no-use-bitmap-index", "--no-sparse"}
	config := []setting{{"pack.windowMemory", "0"}, {"core.bigFileThreshold", strconv.Itoa(maxPublished)}, {"pack.allowPackReuse", "false"}, {"attr.tree", string(emptyTree)}}
	in := strings.NewReader(string(head) + "\n^" + string(base) + "\n")
	pack, _, err := r.git.run(ctx, call{args: args, dir: r.dir, stdin: in, limit: maxPublished, config: config})
	if err != nil {
		return nil, fmt.Errorf("write bundle: %w", err)
	}
	return append(fmt.Appendf(nil, "# v2 git bundle\n-%s \n%s refs/heads/%s\n\n", base, head, branch), pack...), nil
}

// SameBundle reports whether two bundles bring the same commits: another version of git packs them in other bytes.
func SameBundle(a, b []byte) bool {
	headA, _, _ := bytes.Cut(a, []byte("\n\n"))
	headB, _, _ := bytes.Cut(b, []byte("\n\n"))
	return bytes.Equal(headA, headB)
}
