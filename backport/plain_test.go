package backport

import (
	"bytes"
	"compress/zlib"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What the branch has as the fix found it is taken over without a merge; whatever else there is, git merges. Both give the very
// tree of git cherry-pick.
func TestPickWithoutMerge(t *testing.T) {
	for name, c := range map[string]struct {
		fix, branch func(w *work)
		merges      int
	}{
		"a file as it was":        {func(w *work) { w.write("sub/b.c", lines(20, "5", "fixed")) }, nil, 0},
		"beside others":           {func(w *work) { w.write("sub/b.c", lines(20, "5", "fixed")) }, func(w *work) { w.write("sub/new.c", "new\n") }, 0},
		"one has the fix already": {func(w *work) { w.write("sub/b.c", "1\n"); w.write("sub/c.c", "2\n") }, func(w *work) { w.write("sub/b.c", "1\n") }, 0},
		"one is changed on the branch": {func(w *work) {
			w.write("sub/b.c", "1\n")
			w.write("a.c", lines(40, "2", "main changed 2", "20", "fixed"))
		}, nil, 1},
		"it is renamed on the branch":   {func(w *work) { w.write("sub/b.c", lines(20, "5", "fixed")) }, func(w *work) { w.git("mv", "sub/b.c", "b.c") }, 1},
		"its folder is":                 {func(w *work) { w.write("sub/b.c", lines(20, "5", "fixed")) }, func(w *work) { w.git("mv", "sub", "other") }, 1},
		"it is executable there":        {func(w *work) { w.write("sub/b.c", lines(20, "5", "fixed")) }, func(w *work) { w.chmod("sub/b.c") }, 1},
		"the fix makes it executable":   {func(w *work) { w.chmod("sub/b.c") }, nil, 1},
		"the fix adds a file":           {func(w *work) { w.write("sub/new.c", "new\n") }, nil, 1},
		"the fix removes a file":        {func(w *work) { w.git("rm", "--quiet", "sub/b.c") }, nil, 1},
		"the fix moves a file":          {func(w *work) { w.git("mv", "sub/b.c", "sub/c2.c") }, nil, 1},
		"the fix has a link for a file": {func(w *work) { w.git("rm", "--quiet", "sub/b.c"); w.symlink("sub/b.c", "c.c") }, nil, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := twoBranches(t)
			w.write("sub/c.c", lines(10))
			w.commit("One more file")
			w.git("switch", "--quiet", "stable")
			w.git("cherry-pick", "main")
			if c.branch != nil {
				c.branch(w)
			}
			tip := w.commit("On the branch")
			w.git("switch", "--quiet", "main")
			c.fix(w)
			w.same(t, w.commit("Fix"), tip, c.merges)
		})
	}
}

// A merge writes modes that git no longer has as those of today.
func TestPickOldModes(t *testing.T) {
	w := twoBranches(t)
	tree := exec.Command("git", "-C", w.dir, "cat-file", "tree", "stable^{tree}")
	body, err := tree.Output()
	if err != nil {
		t.Fatal(err)
	}
	hash := exec.Command("git", "-C", w.dir, "hash-object", "-t", "tree", "-w", "--stdin", "--literally")
	hash.Stdin = strings.NewReader(strings.Replace(string(body), "100644 a.c", "100664 a.c", 1))
	old, err := hash.Output()
	if err != nil {
		t.Fatal(err)
	}
	tip := w.git("commit-tree", "-p", "stable", "-m", "Of old", strings.TrimSpace(string(old)))
	w.git("update-ref", "refs/heads/stable", tip)
	w.write("sub/b.c", lines(20, "5", "fixed"))
	w.same(t, w.commit("Fix"), SHA(tip), 1)
}

// same picks onto stable, which is tip, and as git cherry-pick does.
func (w *work) same(t *testing.T, fix, tip SHA, merges int) {
	t.Helper()
	run, end := testStore(t, w).Keeping(t.Context())
	defer end()
	r := pick(t, run, tip, fix)
	if r.Picked == nil {
		t.Fatal(r)
	}
	w.git("switch", "--quiet", "stable")
	w.git("cherry-pick", string(fix))
	if want := w.sha("HEAD^{tree}"); r.Picked.Tree != want {
		t.Errorf("tree %s, git made %s", r.Picked.Tree, want)
	}
	if len(run.kept.merges) != merges {
		t.Errorf("%d merges, want %d", len(run.kept.merges), merges)
	}
}

func (w *work) chmod(path string) {
	w.t.Helper()
	if err := os.Chmod(filepath.Join(w.dir, path), 0o755); err != nil {
		w.t.Fatal(err)
	}
}

// Objects of any size are what zlib reads.
func TestStored(t *testing.T) {
	for _, n := range []int{0, 1, 1<<16 - 1, 1 << 16, 200_000} {
		want := bytes.Repeat([]byte{'x'}, n)
		z, err := zlib.NewReader(bytes.NewReader(stored(want)))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(z); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes: %d, %v", n, len(got), err)
		}
	}
}
