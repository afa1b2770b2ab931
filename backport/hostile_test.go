package backport

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// object stores what no work tree would give.
func (w *work) object(kind, body string) SHA {
	w.t.Helper()
	cmd := exec.Command("git", "-C", w.dir, "hash-object", "-t", kind, "-w", "--stdin", "--literally")
	cmd.Stdin = strings.NewReader(body)
	out, err := cmd.Output()
	if err != nil {
		w.t.Fatal(err)
	}
	return SHA(strings.TrimSpace(string(out)))
}

// tree stores entries in the order given.
func (w *work) tree(entries ...entry) SHA {
	w.t.Helper()
	var b strings.Builder
	for _, x := range entries {
		id, err := x.sha.bytes()
		if err != nil {
			w.t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s %s\x00%s", x.mode, x.name, id)
	}
	return w.object("tree", b.String())
}

// made stores a commit of a tree, and keeps it under a branch.
func (w *work) made(branch string, tree SHA, parents ...SHA) SHA {
	w.t.Helper()
	body := "tree " + string(tree) + "\n"
	for _, p := range parents {
		body += "parent " + string(p) + "\n"
	}
	sha := w.object("commit", body+"author x <x@y> 1700000000 +0000\ncommitter x <x@y> 1700000000 +0000\n\nCANARY on "+branch+"\n")
	w.git("update-ref", "refs/heads/"+branch, string(sha))
	return sha
}

// A made-up tree must not write outside the folder of attributes, nor stop the pick.
func TestHostileTrees(t *testing.T) {
	w := twoBranches(t)
	w.write("a.c", lines(40, "2", "main changed 2", "20", "fixed"))
	fix := w.commit("Fix")
	inner := w.tree(entry{modeFile, ".gitattributes", w.object("blob", "* merge=binary\n")})
	for _, name := range []string{"..", ".git", "../../x", "line\nfeed", "\xff\xfe", "-x", "a b\t\"c\\"} {
		list := []entry{{modeTree, name, inner}, {modeFile, "a.c", w.sha("stable:a.c")}}
		if name > "a.c" {
			list[0], list[1] = list[1], list[0]
		}
		tip := w.made("hostile", w.tree(list...), w.sha("stable"))
		e := testStore(t, w)
		_, err := e.Pick(t.Context(), Pick{Commits: []SHA{fix}, Onto: tip, Committer: bot()})
		if err != nil && (strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "CANARY")) {
			t.Errorf("%q: %v", name, err)
		}
		err = filepath.WalkDir(filepath.Dir(e.dir), func(path string, d os.DirEntry, err error) error {
			if err == nil && d.Name() == ".gitattributes" && !strings.HasPrefix(path, filepath.Join(e.dir, attributesDir)) {
				t.Errorf("%q wrote %s", name, path)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// Names that hold a slash, or nothing, are no names: two paths would look like one.
func TestHostileNames(t *testing.T) {
	for _, name := range []string{"a/b", "/", "a/", ""} {
		w := newWork(t)
		of := func(text string) SHA {
			return w.tree(entry{modeFile, name, w.object("blob", text)}, entry{modeFile, "z", w.object("blob", "z\n")})
		}
		base := w.made("base", of("one\n"))
		fix, tip := w.made("main", of("two\n"), base), w.made("stable", of("three\n"), base)
		e, err := testStores(t).Borrowing(t.Context(), "acme/tool", "LSN-2026-0001", filepath.Join(w.dir, ".git")) // a fetch would look at some
		if err != nil {
			t.Fatal(err)
		}
		_, err = e.Pick(t.Context(), Pick{Commits: []SHA{fix}, Onto: tip, Committer: bot()})
		if KindOf(err) != ErrCorrupt {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// Folders within folders, each of them ten times the same one, are few objects and a hundred million paths.
func TestHostileRepetition(t *testing.T) {
	w := newWork(t)
	bomb := w.tree(entry{modeFile, attributesName, w.object("blob", "* text\n")})
	for range 8 {
		var list []entry
		for i := range 10 {
			list = append(list, entry{modeTree, fmt.Sprint("d", i), bomb})
		}
		bomb = w.tree(list...)
	}
	of := func(text string, more ...entry) SHA {
		return w.tree(append([]entry{{modeTree, "d", bomb}, {modeFile, "f", w.object("blob", text)}}, more...)...)
	}
	file := entry{modeFile, "g", w.object("blob", "g\n")}
	base := w.made("base", of("one\n"))
	fix, plain, tip := w.made("main", of("two\n", file), base), w.made("plain", of("two\n"), base), w.made("stable", of("other\n"), base)
	small := w.made("small", w.tree(entry{modeTree, "d", w.tree(entry{modeFile, attributesName, w.object("blob", "* -text\n")})}, entry{modeFile, "f", w.object("blob", "one\n")}), base)
	run, end := testStore(t, w).Keeping(t.Context())
	defer end()
	if _, err := run.Pick(t.Context(), Pick{Commits: []SHA{fix}, Onto: tip, Committer: bot()}); KindOf(err) != ErrTooLarge {
		t.Error(err)
	}
	if r := pick(t, run, tip, plain); r.Conflict == nil { // only the folders above the file matter
		t.Error(r)
	}
	if r := pick(t, run, small, fix); r.Picked == nil { // and one branch's trouble is not another's
		t.Error(r)
	}
}

// Of a conflict in very many files all are named, and those that nobody would read are not taken apart.
func TestConflictInManyFiles(t *testing.T) {
	w := newWork(t)
	of := func(text string) SHA {
		var list []entry
		blob := w.object("blob", text)
		for i := range maxShown + 1 {
			list = append(list, entry{modeFile, fmt.Sprintf("f%04d", i), blob})
		}
		return w.tree(list...)
	}
	base := w.made("base", of("one\n"))
	fix, tip := w.made("main", of("two\n"), base), w.made("stable", of("three\n"), base)
	e := testStore(t, w)
	c := pick(t, e, tip, fix).Conflict
	if c == nil || len(c.Files) != maxShown+1 || len(c.Files[maxShown-1].Hunks) != 1 || len(c.Files[maxShown].Hunks) != 0 {
		t.Fatalf("%+v", c)
	}
	if note := w.show(e, c.Head, conflictNote); !strings.Contains(note, fmt.Sprintf("content: f%04d\n", maxShown)) {
		t.Error(note)
	}
}

// A commit may say things twice, which git lets pass. What people were shown is what git reads.
func TestHostileHeaders(t *testing.T) {
	w := twoBranches(t)
	w.write("sub/b.c", lines(20, "5", "something else"))
	evil := w.commit("Something else")
	w.git("branch", "evil")
	w.git("reset", "--quiet", "--hard", "main~1")
	w.write("sub/b.c", lines(20, "5", "fixed"))
	w.commit("Fix")
	head, message, _ := strings.Cut(w.git("cat-file", "commit", "HEAD"), "\n\n")
	second := "\ntree " + w.git("rev-parse", string(evil)+"^{tree}") + "\nparent " + string(evil) + "\nauthor E <e@e> 1 +0000\ncommitter E <e@e> 1 +0000"
	fix := w.object("commit", head+second+"\n\n"+message+"\n")
	w.git("reset", "--quiet", "--hard", string(fix))
	w.git("fsck", "--strict", string(fix))
	w.same(t, fix, w.sha("stable"), 0)
}
