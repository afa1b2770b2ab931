package backport

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// twoBranches makes main and stable that share a file, with some commits of their own. It is made once and copied.
func twoBranches(t testing.TB) *work {
	t.Helper()
	w := &work{t: t, dir: t.TempDir(), tick: 100}
	if err := os.CopyFS(w.dir, os.DirFS(template())); err != nil {
		t.Fatal(err)
	}
	return w
}

// template builds what twoBranches copies, in a folder that TestMain removes.
var template = sync.OnceValue(func() string {
	dir, err := os.MkdirTemp("", "backport-")
	if err != nil {
		panic(err)
	}
	w := &work{t: panics{}, dir: dir}
	w.git("init", "--quiet", "--template=", "--initial-branch=main")
	w.write("a.c", lines(40))
	w.write("sub/b.c", lines(20))
	w.commit("start")
	w.git("branch", "stable")
	w.write("a.c", lines(40, "2", "main changed 2"))
	w.commit("main moves on")
	w.git("switch", "--quiet", "stable")
	w.write("a.c", lines(40, "38", "stable changed 38"))
	w.commit("stable moves on")
	w.git("switch", "--quiet", "main")
	return dir
})

// panics stands in for a test while the template is made: it has no test of its own to fail.
type panics struct{ testing.TB }

func (panics) Helper()                   {}
func (panics) Fatalf(f string, a ...any) { panic(fmt.Sprintf(f, a...)) }
func (panics) Fatal(a ...any)            { panic(fmt.Sprint(a...)) }

func TestMain(m *testing.M) {
	if url := os.Getenv(fetchURL); url != "" {
		fetchUntilKilled(url, os.Getenv(fetchDir))
	}
	code := m.Run()
	_ = os.RemoveAll(template()) // a leftover in the temporary folder harms nobody
	os.Exit(code)
}

func TestPickEqualsCherryPick(t *testing.T) {
	w := twoBranches(t)
	w.write("a.c", lines(40, "2", "main changed 2", "20", "fixed"))
	fix := w.commit("Fix the bug\n\nLong story.\n\nSigned-off-by: Ann <ann@example.org>\n")
	tip := w.sha("stable")
	e := testStore(t, w)
	r, err := e.Pick(t.Context(), Pick{Commits: []SHA{fix}, Onto: tip, Message: Message{Record: true}, Committer: bot()})
	if err != nil || r.Picked == nil {
		t.Fatalf("%+v, %v", r, err)
	}
	w.git("switch", "--quiet", "stable")
	w.git("cherry-pick", "-x", string(fix))
	if got, want := r.Picked.Tree, w.sha("HEAD^{tree}"); got != want {
		t.Errorf("tree %s, cherry-pick made %s", got, want)
	}
	got, err := e.Commit(t.Context(), r.Picked.Head)
	if err != nil {
		t.Fatal(err)
	}
	if want := w.git("log", "-1", "--format=%B"); got.Message.Reveal() != want+"\n" {
		t.Errorf("message %q, cherry-pick made %q", got.Message.Reveal(), want)
	}
	again, err := e.Pick(t.Context(), Pick{Commits: []SHA{fix}, Onto: tip, Message: Message{Record: true}, Committer: bot()})
	if err != nil || again.Picked.Head != r.Picked.Head {
		t.Errorf("a second run made %v, %v", again.Picked, err)
	}
}

func TestConflict(t *testing.T) {
	w := twoBranches(t)
	w.write("a.c", lines(40, "2", "main changed 2", "20", "fixed", "38", "fixed too"))
	fix := w.commit("Fix")
	e := testStore(t, w)
	r, err := e.Pick(t.Context(), Pick{Commits: []SHA{fix}, Onto: w.sha("stable"), Committer: bot()})
	if err != nil || r.Conflict == nil || len(r.Conflict.Files) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	f := r.Conflict.Files[0]
	if f.Path.Reveal() != "a.c" || f.Kind != ConflictContent || len(f.Hunks) != 1 {
		t.Fatalf("%+v", f)
	}
	h := f.Hunks[0]
	if h.Ours != (Lines{38, 1}) || h.OursText.Reveal() != "stable changed 38\n" || h.TheirsText.Reveal() != "fixed too\n" || h.BaseText.Reveal() != "line 38\n" {
		t.Errorf("%+v", h)
	}
}

// pick picks with the defaults of these tests.
func pick(t testing.TB, e *Embargoed, onto SHA, commits ...SHA) Result {
	t.Helper()
	r, err := e.Pick(t.Context(), Pick{Commits: commits, Onto: onto, OntoName: "stable", Committer: bot()})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// rawCommit is the commit object as git reads it.
func rawCommit(t testing.TB, e *Embargoed, sha SHA) string {
	t.Helper()
	out, err := exec.Command("git", "--git-dir", e.dir, "cat-file", "commit", string(sha)).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestConflictHead(t *testing.T) {
	w := twoBranches(t)
	w.git("switch", "--quiet", "stable")
	w.write(".gitattributes", "*.c conflict-marker-size=5\n") // theirs are of our length all the same
	w.commit("Short markers")
	w.git("switch", "--quiet", "main")
	w.write("a.c", lines(40, "2", "main changed 2", "38", "fixed"))
	w.git("rm", "--quiet", "sub/b.c")
	fix := w.commit("Fix")
	w.git("switch", "--quiet", "stable")
	w.write("sub/b.c", lines(20, "1", "kept"))
	tip := w.commit("uses b")
	e := testStore(t, w)
	c := pick(t, e, tip, fix).Conflict
	if c == nil || c.Head == "" || len(c.Files) != 2 || c.Files[1].Kind != ConflictModifyDelete {
		t.Fatalf("%+v", c)
	}
	out, err := exec.Command("git", "--git-dir", e.dir, "show", string(c.Head)+":a.c").Output()
	want := "<<<<<<< stable (target)\nstable changed 38\n||||||| before the fix\nline 38\n=======\nfixed\n>>>>>>> " + fix.Short() + " (fix)\n"
	if err != nil || !strings.Contains(string(out), want) {
		t.Errorf("%s %v", out, err)
	}
	marks, err := e.HasMarkers(t.Context(), c.Head, tip)
	if err != nil || len(marks) != 5 || marks[0].Path.Reveal() != conflictNote {
		t.Errorf("%v %v", marks, err)
	}
	if ok, err := e.Ancestor(t.Context(), tip, c.Head); !ok || err != nil {
		t.Error("not on the target", err)
	}
	if out, err := exec.Command("git", "--git-dir", e.dir, "fsck", "--strict", string(c.Head)).CombinedOutput(); err != nil {
		t.Errorf("%s %v", out, err)
	}
	if marks, err := e.HasMarkers(t.Context(), fix, tip); err != nil || len(marks) != 0 {
		t.Error(marks, err)
	}
}

func TestConflictKinds(t *testing.T) {
	for i, c := range []struct {
		kind       ConflictKind
		path       string
		fix, other func(w *work)
	}{
		{ConflictAddAdd, "n.c", func(w *work) { w.write("n.c", "a\n") }, func(w *work) { w.write("n.c", "b\n") }},
		{ConflictModifyDelete, "a.c", func(w *work) { w.git("rm", "-q", "a.c") }, func(w *work) { w.write("a.c", lines(40, "3", "x")) }},
		{ConflictModifyDelete, "a.c", func(w *work) { w.write("a.c", lines(40, "3", "x")) }, func(w *work) { w.git("rm", "-q", "a.c") }},
		{ConflictRename, "a.c", func(w *work) { w.git("mv", "a.c", "b.c") }, func(w *work) { w.git("mv", "a.c", "c.c") }},
		{ConflictBinary, "bin", func(w *work) { w.write("bin", "\x00a") }, func(w *work) { w.write("bin", "\x00b") }},
		{ConflictMode, "a.c", func(w *work) { w.git("rm", "-q", "a.c"); w.symlink("a.c", "x") }, func(w *work) { w.write("a.c", lines(40, "3", "x")) }},
		{ConflictLink, "ln", func(w *work) { w.git("rm", "-q", "ln"); w.symlink("ln", "x") }, func(w *work) { w.git("rm", "-q", "ln"); w.symlink("ln", "y") }},
		{ConflictFileDir, "dd", func(w *work) { w.write("dd", "x\n") }, func(w *work) { w.write("dd/y", "y\n") }},
		{ConflictSubmodule, "mod", func(w *work) { w.gitlink("mod", "2") }, func(w *work) { w.gitlink("mod", "3") }},
	} {
		t.Run(strings.ReplaceAll(string(c.kind), "/", "-")+" "+strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			w := newWork(t)
			w.write("a.c", lines(40))
			w.write("bin", "\x00")
			w.symlink("ln", "z")
			w.git("add", "--all")
			w.gitlink("mod", "1")
			w.git("commit", "-qm", "start")
			w.git("branch", "stable")
			c.fix(w)
			w.git("add", "--all", "--", ":!mod")
			w.git("commit", "-qm", "fix")
			w.git("switch", "--quiet", "--force", "stable")
			c.other(w)
			w.git("add", "--all", "--", ":!mod")
			w.git("commit", "-qm", "other")
			e := testStore(t, w)
			got := pick(t, e, w.sha("stable"), w.sha("main")).Conflict
			if got == nil || len(got.Files) == 0 || got.Head == "" {
				t.Fatalf("%+v", got)
			}
			for _, f := range got.Files {
				if f.Path.Reveal() == c.path {
					if f.Kind != c.kind {
						t.Errorf("%s", f.Kind)
					}
					return
				}
			}
			t.Errorf("%s is not among the files", c.path)
		})
	}
}

func (w *work) symlink(path, to string) {
	w.t.Helper()
	_ = os.Remove(filepath.Join(w.dir, path)) // it may not be there
	if err := os.Symlink(to, filepath.Join(w.dir, path)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *work) gitlink(path, digit string) {
	w.git("update-index", "--add", "--cacheinfo", "160000,"+strings.Repeat(digit, 40)+","+path)
}

// What a pick keeps of the original, byte for byte.
func TestPickKeeps(t *testing.T) {
	w := twoBranches(t)
	for name, c := range map[string]struct{ head, message string }{
		"latin-1":       {"encoding ISO-8859-1\n", "F\xfcr alle\n"},
		"empty":         {"", ""},
		"no end":        {"", "no newline at the end"},
		"spaces":        {"", "  odd  \n\n\n\n# not a comment\n\n"},
		"signed":        {"gpgsig -----BEGIN SSH SIGNATURE-----\n x\n -----END SSH SIGNATURE-----\n", "signed\n"},
		"header inside": {"", "x\n\nencoding trick\ntree trick\n"},
	} {
		t.Run(name, func(t *testing.T) {
			w.write("a.c", lines(40, "2", "main changed 2", "20", name))
			w.git("add", "--all")
			const author = "J\xc3\xbcrgen <j@example.org> 1234567890 -0330"
			object := "tree " + string(w.sha(w.git("write-tree"))) + "\nparent " + string(w.sha("HEAD")) + "\nauthor " + author + "\ncommitter x <x@y> 1700000000 +0000\n" + c.head + "\n" + c.message
			cmd := exec.Command("git", "-C", w.dir, "hash-object", "-t", "commit", "-w", "--stdin")
			cmd.Stdin = strings.NewReader(object)
			out, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			fix := SHA(strings.TrimSpace(string(out)))
			w.git("update-ref", "refs/heads/fix", string(fix))
			e := testStore(t, w)
			r := pick(t, e, w.sha("stable"), fix)
			if r.Picked == nil {
				t.Fatalf("%+v", r)
			}
			want := "tree " + string(r.Picked.Tree) + "\nparent " + string(w.sha("stable")) + "\nauthor " + author + "\ncommitter Liftgate <bot@example.org> 1800000000 +0000\n"
			if name == "latin-1" {
				want += c.head
			}
			if got := rawCommit(t, e, r.Picked.Head); got != want+"\n"+c.message {
				t.Errorf("%q, want %q", got, want+"\n"+c.message)
			}
		})
	}
}

func TestPickRootAndMainline(t *testing.T) {
	w := twoBranches(t)
	w.git("switch", "--quiet", "--orphan", "other")
	w.write("o.c", "other\n")
	root := w.commit("unrelated root")
	w.git("switch", "--quiet", "main")
	w.git("merge", "--quiet", "--allow-unrelated-histories", "--no-ff", "-m", "merge", "other")
	merge := w.sha("HEAD")
	e := testStore(t, w)
	tip := w.sha("stable")
	byRoot, byMerge := pick(t, e, tip, root), pick(t, e, tip, merge)
	if byRoot.Picked == nil || byMerge.Picked == nil || byRoot.Picked.Tree != byMerge.Picked.Tree {
		t.Errorf("%+v %+v", byRoot, byMerge)
	}
	r, err := e.Pick(t.Context(), Pick{Commits: []SHA{merge}, Onto: root, Mainline: 2, Committer: bot()})
	if err != nil || r.Picked == nil || r.Picked.Tree != w.sha("main^{tree}") {
		t.Errorf("%+v %v", r, err)
	}
	if _, err = e.Pick(t.Context(), Pick{Commits: []SHA{merge}, Onto: tip, Mainline: 3, Committer: bot()}); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
	for _, p := range []Pick{{Onto: tip, Committer: bot()}, {Commits: []SHA{"--all"}, Onto: tip, Committer: bot()}, {Commits: []SHA{root}, Onto: "stable", Committer: bot()},
		{Commits: []SHA{root}, Onto: tip}, {Commits: []SHA{root}, Onto: tip, Committer: Identity{Name: "<>", Email: "x", When: bot().When}}} {
		if _, err := e.Pick(t.Context(), p); !errors.Is(err, ErrInvalid) {
			t.Errorf("%+v: %v", p, err)
		}
	}
	if _, err := e.Pick(t.Context(), Pick{Commits: []SHA{SHA(strings.Repeat("1", 40))}, Onto: tip, Committer: bot()}); !errors.Is(err, ErrNoObject) {
		t.Error(err)
	}
}

// A bare merge ignores .gitattributes: what a checkout calls a conflict would come out clean, and wrong.
func TestAttributesOfTheTarget(t *testing.T) {
	for name, c := range map[string]struct {
		path, text string
		link       bool
		clean      bool
	}{
		"binary at the top":     {".gitattributes", "a.c merge=binary\n", false, false},
		"binary in the folder":  {"sub/.gitattributes", "*.c -merge\n", false, true}, // a.c is elsewhere
		"binary in its folder":  {"deep/er/.gitattributes", "*.c -merge\n", false, false},
		"binary in one above":   {"deep/.gitattributes", "d.c -merge\n", false, false},
		"a folder decides else": {"deep/er/.gitattributes", "*.c merge\n", false, true},
		"a symbolic link":       {".gitattributes", "a.c merge=binary\n", true, true},
		"unknown driver":        {".gitattributes", "*.c merge=evil filter=evil diff=evil\n", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := twoBranches(t)
			w.git("config", "merge.evil.driver", "touch "+w.dir+"/pwned")
			w.write("deep/er/d.c", lines(40))
			w.commit("Deep")
			w.git("switch", "--quiet", "stable")
			w.write("deep/er/d.c", lines(40, "38", "stable changed 38"))
			w.commit("Deep, too")
			w.git("switch", "--quiet", "main")
			w.write("a.c", lines(40, "2", "main changed 2", "20", "fixed"))
			w.write("deep/er/d.c", lines(40, "20", "fixed"))
			fix := w.commit("Fix")
			w.git("switch", "--quiet", "stable")
			if c.link {
				w.write("real", c.text)
				w.symlink(c.path, "real")
			} else {
				w.write(c.path, c.text)
			}
			tip := w.commit("attributes")
			e := testStore(t, w)
			r := pick(t, e, tip, fix)
			if clean := r.Picked != nil; clean != c.clean {
				t.Errorf("%+v", r)
			}
			if _, err := os.Stat(w.dir + "/pwned"); err == nil {
				t.Error("a driver ran")
			}
		})
	}
}
