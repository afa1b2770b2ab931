package app

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/notice"
	"github.com/liftgate/liftgate/backport"
	"github.com/liftgate/liftgate/policy"
)

// shelved gives a way to a notices repository that has nothing but its first commit.
func (b *bench) shelved() (open func() *shelf, dir string) {
	b.t.Helper()
	dir = filepath.Join(b.t.TempDir(), "notices.git")
	b.git("init", "-q", "--bare", dir)
	b.git("switch", "-q", "--orphan", "notices")
	b.commit("Begin", map[string]string{"README": "notices\n"})
	b.git("push", "-q", dir, "HEAD:refs/heads/main")
	b.git("switch", "-q", "main")
	stores, err := backport.Open(b.t.Context(), b.t.TempDir())
	if err != nil {
		b.t.Fatal(err)
	}
	return func() *shelf {
		b.t.Helper()
		s, err := openShelf(b.t.Context(), stores, tiny.Notices, backport.Remote{URL: "file://" + dir}, "main")
		if err != nil {
			b.t.Fatal(err)
		}
		return s
	}, dir
}

func (s *shelf) commit(t *testing.T, files map[string][]byte) string {
	t.Helper()
	by := backport.Identity{Name: "Liftgate", Email: "liftgate@localhost", When: time.Unix(1_790_000_000, 0)}
	head, err := s.put(t.Context(), clearedFor(t, noticeID), backport.Revision{Parent: s.tip, Files: files, Message: "one", Committer: by})
	if err != nil {
		t.Fatal(err)
	}
	return head
}

// TestFilesOfFix: what people download is what landed, a second try changes nothing, and another git's bundle stays.
func TestFilesOfFix(t *testing.T) {
	b := newBench(t)
	_, _, fix := b.history()
	tip := b.git("rev-parse", "main")
	b.git("push", "-q", "public", fix+":refs/heads/main")
	if err := b.knowFix(t.Context(), policy.Move{Old: tip, New: fix}); err != nil {
		t.Fatal(err)
	}
	open, dir := b.shelved()
	moves := []policy.Move{{Branch: "main", Old: tip, New: fix}, {Branch: "stable/1", Old: tip, New: fix}}
	r, err := notice.Parse([]byte(draftWords))
	if err != nil {
		t.Fatal(err)
	}
	attach := func(s *shelf) map[string][]byte {
		t.Helper()
		files, left, err := s.attach(t.Context(), &b.store.Repo, r, []string{"patch", "bundle"}, moves)
		if err != nil || len(left) > 0 || len(files) != 8 || len(r.Files) != 4 {
			t.Fatalf("%d files, %v, %q, %v", len(files), r.Files, left, err)
		}
		return files
	}
	s := open()
	first := s.commit(t, attach(s))
	if s = open(); s.commit(t, attach(s)) != first {
		t.Error("the second try is another commit")
	}
	out := t.TempDir()
	b.git("clone", "-q", "-b", "main", dir, out)
	check := exec.CommandContext(t.Context(), "sha256sum", "-c", "main.patch.sha256", "main.bundle.sha256", "stable-1.patch.sha256", "stable-1.bundle.sha256")
	check.Dir = filepath.Join(out, "2026", "0001")
	if said, err := check.CombinedOutput(); err != nil {
		t.Errorf("%s", said)
	}
	b.git("bundle", "verify", filepath.Join(check.Dir, "stable-1.bundle"))
	b.git("switch", "-q", "--detach", tip)
	b.git("apply", "--check", filepath.Join(check.Dir, "main.patch"))

	bundle, err := os.ReadFile(filepath.Join(check.Dir, "main.bundle"))
	if err != nil {
		t.Fatal(err)
	}
	others := append(slices.Clone(bundle), "packed by another git"...)
	s.commit(t, map[string][]byte{"2026/0001/main.bundle": others})
	s = open()
	if files := attach(s); !bytes.Equal(files["2026/0001/main.bundle"], others) || !bytes.Equal(files["2026/0001/stable-1.bundle"], s.mustFile(t, "2026/0001/stable-1.bundle")) {
		t.Error("the bundle that was there is not kept")
	}
	moves[0].New, moves[0].Old = tip, b.git("rev-parse", tip+"^")
	if files := attach(s); bytes.Equal(files["2026/0001/main.bundle"], others) {
		t.Error("the bundle of something else is kept")
	}
}

func (s *shelf) mustFile(t *testing.T, path string) []byte {
	t.Helper()
	files, err := s.public.Files(t.Context(), s.tip, func(p string) bool { return p == path })
	if err != nil || files[path] == nil {
		t.Fatalf("%s: %v", path, err)
	}
	return files[path]
}

// TestLargeFiles: a file that nobody would read is left out and told, and the others are there.
func TestLargeFiles(t *testing.T) {
	b := newBench(t)
	base := b.commit("Begin", map[string]string{"README": "tiny\n"})
	small := b.commit("Small", map[string]string{"a": "1\n"})
	noise := make([]byte, 5<<20)
	if _, err := rand.NewChaCha8([32]byte{}).Read(noise); err != nil {
		t.Fatal(err)
	}
	large := b.commit("Large", map[string]string{"noise": string(noise)})
	b.git("push", "-q", "public", "HEAD:refs/heads/main")
	if err := b.public.Fetch(t.Context(), b.from); err != nil {
		t.Fatal(err)
	}
	open, _ := b.shelved()
	r := &notice.Record{ID: "2026-0001"}
	moves := []policy.Move{{Branch: "main", Old: base, New: large}, {Branch: "stable-1", Old: base, New: small}}
	files, left, err := open().attach(t.Context(), &b.public.Repo, r, []string{"patch", "bundle"}, moves)
	if err != nil || !slices.Equal(left, []string{"patch of main", "bundle of main"}) || len(files) != 4 || len(r.Files) != 2 {
		t.Errorf("%v, %q, %v", r.Files, left, err)
	}
}

// TestLaterFiles: a branch that got the fix later has files where its fix is a chain of commits, and is left alone where it is not.
func TestLaterFiles(t *testing.T) {
	b := newBench(t)
	b.history()
	b.git("switch", "-q", "main")
	base := b.git("rev-parse", "main")
	one := b.commit("One", map[string]string{"one": "1\n"})
	two := b.commit("Two", map[string]string{"two": "2\n"})
	b.commit("Between", map[string]string{"else": "3\n"})
	four := b.commit("Four", map[string]string{"four": "4\n"})
	b.git("push", "-q", "public", "HEAD:refs/heads/main")
	if err := b.public.Fetch(t.Context(), b.from); err != nil {
		t.Fatal(err)
	}
	product := notice.Product{}
	for _, changes := range [][]string{{two, one}, {one, four}, {one}, nil, {four}, {two}} {
		name := "b" + string(rune('0'+len(product.Branches)))
		product.Branches = append(product.Branches, notice.Branch{Name: name, Fixed: notice.Marks{Changes: changes}})
	}
	r := &notice.Record{ID: "2026-0001"}
	r.AddFile("b2", "patch", []byte("there\n"))
	lifted := []policy.Move{{Branch: "b4", Old: base, New: four}}
	got, err := unfiled(t.Context(), &b.public.Repo, r, product, lifted)
	want := []policy.Move{{Branch: "b0", Old: base, New: two}, {Branch: "b4", Old: base, New: four}, {Branch: "b5", Old: one, New: two}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, want %v; %v", got, want, err)
	}
}

// TestAttachments: patches go with a mail as far as every list takes them.
func TestAttachments(t *testing.T) {
	r := &notice.Record{ID: "2026-0001"}
	files := map[string][]byte{}
	for branch, size := range map[string]int{"main": 100, "large": maxMailFiles} {
		for path, data := range r.AddFile(branch, "patch", []byte(strings.Repeat("x", size))) {
			files[path] = data
		}
	}
	r.AddFile("gone", "patch", nil)
	r.AddFile("main", "bundle", []byte("PACK"))
	slices.SortFunc(r.Files, func(a, b notice.FixFile) int { return -strings.Compare(a.Name, b.Name) })
	list := attachments(notice.Libvirt(), r, files)
	if len(list) != 1 || list[0].Name != "LSN-2026-0001-main.patch" || len(list[0].Data) != 100 {
		t.Errorf("%+v", list)
	}
}
