package backport

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func TestAlreadyApplied(t *testing.T) {
	for name, c := range map[string]struct {
		stable func(w *work, fix SHA) // what happens on stable
		want   How                    // "" means picked
	}{
		"not at all":        {func(*work, SHA) {}, ""},
		"by cherry-pick -x": {func(w *work, fix SHA) { w.git("cherry-pick", "-x", string(fix)) }, HowTrailer},
		"adapted, upstream style": {func(w *work, fix SHA) {
			w.write("a.c", lines(40, "20", "adapted", "38", "stable changed 38"))
			w.commit(fmt.Sprintf("Fix\n\ncommit %s upstream.\n", fix))
		}, HowTrailer},
		"adapted, xen style": {func(w *work, fix SHA) {
			w.write("a.c", lines(40, "20", "adapted", "38", "stable changed 38"))
			w.commit(fmt.Sprintf("Fix\n\nmaster commit: %s\nmaster date: now\n", fix))
		}, HowTrailer},
		"the same change in other words": {func(w *work, fix SHA) {
			w.write("a.c", lines(40, "20", "fixed", "38", "stable changed 38"))
			w.commit("Mend")
		}, HowEmpty},
		"the same patch, changed since": {func(w *work, fix SHA) {
			w.write("a.c", lines(40, "20", "fixed", "38", "stable changed 38"))
			w.commit("Mend")
			w.write("a.c", lines(40, "20", "fixed better", "38", "stable changed 38"))
			w.commit("Mend more")
		}, HowPatch},
		"merged": {func(w *work, fix SHA) { w.git("merge", "--quiet", "-m", "merge", string(fix)) }, HowAncestor},
		"picked and reverted": {func(w *work, fix SHA) {
			w.git("cherry-pick", "-x", string(fix))
			w.git("revert", "--no-edit", "HEAD")
		}, ""},
		"picked, reverted, brought back": {func(w *work, fix SHA) {
			w.git("cherry-pick", "-x", string(fix))
			w.git("revert", "--no-edit", "HEAD")
			w.git("revert", "--no-edit", "HEAD")
		}, HowTrailer},
		"the same patch, undone in silence": {func(w *work, fix SHA) {
			w.write("a.c", lines(40, "20", "fixed", "38", "stable changed 38"))
			w.commit("Mend")
			w.write("a.c", lines(40, "38", "stable changed 38"))
			w.commit("Clean up")
		}, ""},
		"only mentioned": {func(w *work, fix SHA) {
			w.write("z.c", "z\n")
			w.commit(fmt.Sprintf("Prepare for %s\n\nSee commit %s.\n", fix, fix))
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := twoBranches(t)
			w.write("a.c", lines(40, "2", "main changed 2", "20", "fixed"))
			fix := w.commit("Fix")
			w.git("switch", "--quiet", "stable")
			c.stable(w, fix)
			e := testStore(t, w)
			r := pick(t, e, w.sha("stable"), fix)
			if c.want == "" {
				if r.Picked == nil {
					t.Errorf("%+v", r.Applied)
				}
				return
			}
			if r.Applied == nil || r.Applied.How != c.want || len(r.Applied.By) != 1 {
				t.Errorf("%+v, %+v", r, r.Applied)
			}
		})
	}
}

// One of two commits is on the branch: the other is picked.
func TestPartlyApplied(t *testing.T) {
	w := twoBranches(t)
	w.write("a.c", lines(40, "2", "main changed 2", "20", "fixed"))
	one := w.commit("Fix")
	w.write("sub/b.c", lines(20, "5", "fixed"))
	two := w.commit("Fix more")
	w.git("switch", "--quiet", "stable")
	w.git("cherry-pick", "-x", string(one))
	e := testStore(t, w)
	r := pick(t, e, w.sha("stable"), one, two)
	if r.Picked == nil || len(r.Picked.Steps) != 2 || r.Picked.Steps[0].Skipped == nil || r.Picked.Steps[1].To != r.Picked.Head {
		t.Errorf("%+v", r.Picked)
	}
	again := pick(t, e, r.Picked.Head, two)
	if again.Applied == nil || again.Applied.How != HowEmpty {
		t.Errorf("%+v", again)
	}
}

func TestPatchID(t *testing.T) {
	w := twoBranches(t)
	at := w.sha("HEAD")
	change := func(text, path string, mode bool) SHA {
		w.git("reset", "--quiet", "--hard", string(at))
		w.write(path, text)
		if mode {
			if err := os.Chmod(filepath.Join(w.dir, path), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		w.git("add", "--all")
		w.git("commit", "--quiet", "--allow-empty", "-m", "change")
		sha := w.sha("HEAD")
		w.git("update-ref", "refs/heads/keep/"+string(sha), string(sha))
		return sha
	}
	base := lines(40, "2", "main changed 2")
	one := change(lines(40, "2", "main changed 2", "20", "x"), "a.c", false)
	same := change(lines(40, "2", "main changed 2", "20", "x"), "a.c", false)
	moved := func() SHA {
		w.git("reset", "--quiet", "--hard", string(at))
		w.write("a.c", "first\n"+base)
		w.commit("shift")
		w.write("a.c", "first\n"+lines(40, "2", "main changed 2", "20", "x"))
		sha := w.commit("change, one line further down")
		w.git("update-ref", "refs/heads/keep/moved", string(sha))
		return sha
	}()
	differ := map[string]SHA{
		"white space": change(lines(40, "2", "main changed 2", "20", " x"), "a.c", false),
		"other path":  change(lines(20, "20", "x"), "sub/b.c", false),
		"mode":        change(lines(40, "2", "main changed 2", "20", "x"), "a.c", true),
		"binary 1":    change("\x00one", "bin", false),
		"binary 2":    change("\x00two", "bin", false),
		"nothing":     change(base, "a.c", false),
	}
	e := testStore(t, w)
	for name, sha := range map[string]SHA{"same": same, "moved": moved} {
		if patchID(t, e, sha) != patchID(t, e, one) {
			t.Error(name)
		}
	}
	seen := map[PatchID]string{}
	for name, sha := range differ {
		id := patchID(t, e, sha)
		if (id == "") != (name == "nothing") {
			t.Errorf("%s: %q", name, id)
		}
		if seen[id] != "" {
			t.Errorf("%s is taken for %s", name, seen[id])
		}
		seen[id] = name
	}
	if id := patchID(t, e, one); seen[id] != "" {
		t.Errorf("one is taken for %s", seen[id])
	}
}

func patchID(t *testing.T, e *Embargoed, sha SHA) PatchID {
	t.Helper()
	ids, err := e.PatchIDs(t.Context(), []SHA{sha})
	if err != nil {
		t.Fatal(err)
	}
	return ids[sha]
}

func TestHasMarkers(t *testing.T) {
	w := newWork(t)
	w.write("a.c", "<<<<<<< old\n")
	before := w.commit("has one already")
	w.write("title.rst", "Title\n=======\n\n>>>>>>>>> quoted deeply\n> > >\n<<<<<< six\n")
	w.write("odd \"näme\n", "x\n<<<<<<< HEAD\na\n=======\nb\n>>>>>>> fix\r\n")
	after := w.commit("adds")
	e := testStore(t, w)
	got, err := e.HasMarkers(t.Context(), after, before)
	if err != nil || len(got) != 3 {
		t.Fatalf("%v %v", got, err)
	}
	if got[0].Path.Reveal() != "odd \"näme\n" || got[0].Line != 2 || got[1].Line != 6 || got[2].Path.Reveal() != "title.rst" {
		t.Errorf("%q %d %d %q", got[0].Path.Reveal(), got[0].Line, got[1].Line, got[2].Path.Reveal())
	}
}

// A patch of which git shows no line is known by its path all the same: binary, or a change of mode.
func TestAppliedWithoutLines(t *testing.T) {
	binary := func(w *work, path string) { w.write(path, "\x00fixed") }
	for path, change := range map[string]func(w *work, path string){
		"a.bin":       binary,
		"a \"ü\" b":   binary,
		"a b/a.bin":   binary,
		"program.bin": func(w *work, path string) { w.git("update-index", "--chmod=+x", path) },
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			w := newWork(t)
			w.git("config", "core.fileMode", "false")
			w.write(path, "\x00one")
			w.commit("Start")
			w.git("branch", "stable")
			change(w, path)
			fix := w.commit("Fix")
			w.git("switch", "--quiet", "stable")
			w.write("z.c", "z\n")
			w.commit("Go on")
			change(w, path)
			mend := w.commit("Mend")
			found, err := testStore(t, w).Applied(t.Context(), []SHA{fix}, w.sha("stable"))
			if a, ok := found[fix]; err != nil || !ok || a.How != HowPatch || a.By[0] != mend {
				t.Errorf("%v, %v", found, err)
			}
		})
	}
}

// Each commit of a series is found by its own patch, and one that was taken back is not.
func TestAppliedSeries(t *testing.T) {
	w := twoBranches(t)
	var series []SHA
	for i, at := range []string{"10", "20", "30"} {
		w.write("sub/b.c", lines(40, at, "fixed"))
		w.write(fmt.Sprintf("sub/%d.c", i), lines(5))
		series = append(series, w.commit("Fix, part "+at))
	}
	w.git("switch", "--quiet", "stable")
	for i := range series {
		w.git("cherry-pick", "--no-commit", string(series[i]))
		w.git("commit", "--quiet", "--author", "Somebody <else@example.org>", "-m", "In other words")
	}
	w.git("revert", "--no-edit", "HEAD")
	e := testStore(t, w)
	for _, commits := range [][]SHA{series, {series[2], series[0], series[1]}} {
		found, err := e.Applied(t.Context(), commits, w.sha("stable"))
		if err != nil {
			t.Fatal(err)
		}
		for i, sha := range series {
			a, ok := found[sha]
			if want := i < 2; ok != want || ok && (a.How != HowPatch || a.By[0] != w.sha(fmt.Sprintf("stable~%d", 3-i))) {
				t.Errorf("commit %d: %v %v", i, ok, a)
			}
		}
	}
}

// A fix that does in another place what the commit before it did has its patch, and is not there with it; one that brings
// back what was taken back is.
func TestSamePatchElsewhere(t *testing.T) {
	block := "one\ntwo\nthree\nfour\nfive\nsix\n"
	with := "one\ntwo\nthree\nnew\nfour\nfive\nsix\n"
	for name, c := range map[string]struct {
		main []string // what main makes of the file, the last one being the fix
		want bool
	}{
		"another place": {[]string{with + block, with + with}, false},
		"brought back":  {[]string{with + block, block + block, with + block}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWork(t)
			w.write("a.c", block+block)
			w.commit("Start")
			w.git("branch", "stable")
			w.write("a.c", c.main[0])
			first := w.commit("Bring it")
			fix := first
			for i, text := range c.main[1:] {
				message := "Fix"
				if i+2 < len(c.main) {
					message = fmt.Sprintf("Take it back\n\nThis reverts commit %s.\n", first)
				}
				w.write("a.c", text)
				fix = w.commit(message)
			}
			w.git("switch", "--quiet", "stable")
			w.git("cherry-pick", "-x", string(first))
			e := testStore(t, w)
			if patchID(t, e, first) != patchID(t, e, fix) {
				t.Fatal("not the same patch")
			}
			found, err := e.Applied(t.Context(), []SHA{fix}, w.sha("stable"))
			if _, ok := found[fix]; err != nil || ok != c.want {
				t.Errorf("%v, %v", found, err)
			}
		})
	}
}
