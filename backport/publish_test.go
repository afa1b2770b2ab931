package backport

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPublishedFiles: git itself takes the patch and the bundle, and they are the same from a store that is packed.
func TestPublishedFiles(t *testing.T) {
	w := newWork(t)
	w.write("a.c", lines(200))
	w.write("b.bin", "\x00one\n")
	base := w.commit("Begin")
	w.write("a.c", lines(200, "7", "mended"))
	w.commit("Mend line seven\n\nIt was wrong.")
	w.write("b.bin", "\x00two\n")
	w.write("dir/c.c", lines(3))
	head := w.commit("Mend the rest")
	e := testStore(t, w)
	patch, err := e.PatchFile(t.Context(), base, head)
	if err != nil {
		t.Fatal(err)
	}
	bundle, err := e.Bundle(t.Context(), "stable/1", base, head)
	if err != nil {
		t.Fatal(err)
	}
	w.git("config", "diff.noprefix", "true")
	w.git("config", "format.signature", "canary")
	w.git("config", "pack.compression", "0")
	w.git("gc", "--quiet", "--aggressive")
	packed := Repo{git: e.git, dir: filepath.Join(w.dir, ".git")}
	if again, err := packed.PatchFile(t.Context(), base, head); err != nil || !bytes.Equal(patch, again) {
		t.Errorf("another store, another patch (%v):\n%s\n%s", err, patch, again)
	}
	if again, err := packed.Bundle(t.Context(), "stable/1", base, head); err != nil || !bytes.Equal(bundle, again) || !SameBundle(bundle, again) {
		t.Errorf("another store, another bundle: %d and %d bytes, %v", len(bundle), len(again), err)
	}
	if strings.Count(string(patch), "\nSubject: [PATCH ") != 2 || strings.Contains(string(patch), "\n-- \n") {
		t.Errorf("%s", patch)
	}
	at := func(name string, data []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	tree := w.git("rev-parse", string(head)+"^{tree}")
	w.git("config", "--unset", "diff.noprefix")
	w.git("switch", "-q", "--detach", string(base))
	w.git("am", "--quiet", at("main.patch", patch))
	if got := w.git("rev-parse", "HEAD^{tree}"); got != tree {
		t.Error("the patch gives something else")
	}
	other := newWork(t)
	other.git("fetch", "-q", w.dir, string(base))
	file := at("stable-1.bundle", bundle)
	other.git("update-ref", "refs/heads/here", "FETCH_HEAD")
	other.git("bundle", "verify", file)
	other.git("fetch", "-q", file, "refs/heads/stable/1:refs/heads/new")
	if got := other.sha("new"); got != head {
		t.Errorf("the bundle brings %s", got)
	}
	elsewhere, err := e.Bundle(t.Context(), "stable/2", base, head)
	if err != nil || SameBundle(bundle, elsewhere) {
		t.Errorf("the same bundle for another branch (%v)", err)
	}
}

// TestPatchFileOfMerges: a range with a merge is one difference that applies at the base.
func TestPatchFileOfMerges(t *testing.T) {
	w := newWork(t)
	w.write("a.c", lines(20))
	w.commit("Begin")
	w.git("switch", "-q", "--create", "topic")
	w.write("a.c", lines(20, "3", "mended"))
	w.commit("Mend")
	w.git("switch", "-q", "main")
	w.write("a.c", lines(20, "17", "else"))
	base := w.commit("Something else")
	w.git("merge", "-q", "--no-ff", "-m", "Merge", "topic")
	e := testStore(t, w)
	patch, err := e.PatchFile(t.Context(), base, w.sha("HEAD"))
	if err != nil || !strings.HasPrefix(string(patch), "diff --git a/a.c b/a.c\n") || strings.Count(string(patch), "\n@@") != 1 {
		t.Errorf("%v:\n%s", err, patch)
	}
}

// TestPublishedFilesAreBounded: what no reader needs is refused, and so is what is no commit.
func TestPublishedFilesAreBounded(t *testing.T) {
	w := newWork(t)
	w.write("a", "1\n")
	base := w.commit("Begin")
	noise := make([]byte, maxPublished+1<<20)
	for i, state := 0, uint64(1); i < len(noise); i++ {
		state = state*6364136223846793005 + 1442695040888963407
		noise[i] = byte(state >> 56)
	}
	w.write("a", string(noise))
	head := w.commit("Much")
	e := testStore(t, w)
	if _, err := e.PatchFile(t.Context(), base, head); KindOf(err) != ErrTooLarge {
		t.Errorf("patch: %v", err)
	}
	if _, err := e.Bundle(t.Context(), "main", base, head); KindOf(err) != ErrTooLarge {
		t.Errorf("bundle: %v", err)
	}
	if _, err := e.Bundle(t.Context(), "main\nx", base, head); KindOf(err) != ErrInvalid {
		t.Errorf("a name of two lines: %v", err)
	}
	if _, err := e.PatchFile(t.Context(), "--output=x", head); KindOf(err) != ErrInvalid {
		t.Errorf("an option: %v", err)
	}
}
