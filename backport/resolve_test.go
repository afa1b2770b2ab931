package backport

import (
	"strings"
	"testing"
)

// twice is forty lines, of which the tenth stands there again: as closing braces do.
func twice(after string) string {
	return strings.Replace(lines(40), "line 10\n", "line 10\nline 10\n"+after, 1)
}

// What git takes for a conflict is settled where the base and the surroundings tell the same place, by a plan alone: a pick
// does what git cherry-pick does.
func TestPlanSettles(t *testing.T) {
	w := newWork(t)
	w.write("a.c", twice(""))
	w.commit("Start")
	w.git("branch", "older")
	w.write("a.c", twice("fixed\n"))
	main := w.commit("Fix")
	w.git("switch", "--quiet", "older")
	w.write("a.c", lines(40))
	w.commit("Go on")
	e := testStore(t, w)
	if r := pick(t, e, w.sha("older"), main); r.Conflict == nil {
		t.Fatalf("git sees no conflict: %v", r)
	}
	got := plan(t, e, Plan{Main: []SHA{main}, Onto: w.sha("older")})
	if got.Result.Picked == nil || !got.Result.Picked.Settled || got.Draft != nil {
		t.Fatalf("%v", got)
	}
	if text := w.show(e, got.Result.Picked.Head, "a.c"); text != strings.Replace(lines(40), "line 10\n", "line 10\nfixed\n", 1) {
		t.Error(text)
	}
}

func TestResolving(t *testing.T) {
	base := []string{"{\n", "x\n", "x\n", "}\n"}
	lacking := []edit{{2, 3, nil}}
	insert := []edit{{3, 3, []string{"fixed\n"}}}
	for name, c := range map[string]struct {
		ours   []edit
		branch []string
		theirs []edit
		agree  bool
	}{
		"one place":                {lacking, []string{"{\n", "x\n", "}\n"}, insert, true},
		"another place by context": {[]edit{{2, 3, nil}, {4, 4, []string{"x\n", "}\n"}}}, []string{"{\n", "x\n", "}\n", "x\n", "}\n"}, insert, false},
		"its surroundings changed": {[]edit{{2, 3, []string{"y\n"}}}, []string{"{\n", "x\n", "y\n", "}\n"}, insert, false},
		"overlap":                  {lacking, []string{"{\n", "x\n", "}\n"}, []edit{{2, 3, []string{"fixed\n"}}}, false},
	} {
		text, ok := resolveAgree.merge(base, c.branch, c.ours, c.theirs)
		if ok != c.agree || ok && text != "{\nx\nfixed\n}\n" {
			t.Errorf("%s: %q %v", name, text, ok)
		}
	}
}

// A file that is changed everywhere is not settled: each edit would be held against each line.
func TestResolvingIsBounded(t *testing.T) {
	base := splitLines(lines(40_000))
	var theirs []edit
	for i := range 4000 {
		theirs = append(theirs, edit{i * 10, i*10 + 1, []string{"fixed\n"}})
	}
	if _, ok := resolveGuess.merge(base, base, nil, theirs); ok {
		t.Error("all of it")
	}
	if text, ok := resolveGuess.merge(base, base, nil, theirs[:3000]); !ok || strings.Count(text, "fixed") != 3000 {
		t.Error("most of it", ok)
	}
}

func TestPlanChangelog(t *testing.T) {
	for name, c := range map[string]struct {
		also   string // what the newer branch's fix does besides
		method Method
	}{
		"an entry":      {"", MethodChain},
		"and more code": {"int more;\n", MethodMain},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWork(t)
			w.write("a.c", lines(40))
			w.write("CHANGELOG.md", "## Start\n")
			w.commit("Start")
			w.git("branch", "older")
			w.git("branch", "newer")
			main := w.fixed("main", "5", "fixed")
			w.git("switch", "--quiet", "older")
			w.write("CHANGELOG.md", "## 1.9\n\n## Start\n")
			w.commit("Release 1.9")
			w.git("switch", "--quiet", "newer")
			w.write("CHANGELOG.md", "## 2.3\n\n## Start\n")
			w.commit("Release 2.3")
			w.write("CHANGELOG.md", "* Fixed.\n\n## 2.3\n\n## Start\n")
			if c.also != "" {
				w.write("b.c", c.also)
			}
			chain := w.fixed("newer", "5", "fixed")
			e := testStore(t, w)
			got := plan(t, e, Plan{Main: []SHA{main}, Chain: []SHA{chain}, Onto: w.sha("older")})
			if got.Result.Picked == nil || got.Method != c.method || got.Review() != (c.method == MethodChain) {
				t.Fatalf("%v, review %v", got, got.Review())
			}
			if c.method != MethodChain {
				return
			}
			if text := w.show(e, got.Result.Picked.Head, "CHANGELOG.md"); text != "* Fixed.\n\n## 1.9\n\n## Start\n" || !got.Result.Picked.Settled {
				t.Errorf("%q", text)
			}
		})
	}
}

func TestIsChangelog(t *testing.T) {
	for path, want := range map[string]bool{
		"CHANGELOG.md": true, "lib/CHANGES": true, "NEWS": true, "RELEASE-NOTES.txt": true, "History.rst": true, "RELEASES": true,
		"changes.c": false, "newsletter.md": false, "changelog/tool.go": false, "": false,
	} {
		if isChangelog(path) != want {
			t.Errorf("%q: %v", path, !want)
		}
	}
}
