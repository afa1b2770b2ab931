package backport

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// threeBranches has main with line 20 of a.c rewritten, and two older branches, newer and older, without that.
func threeBranches(t *testing.T) *work {
	w := newWork(t)
	w.write("a.c", lines(40))
	w.commit("Start")
	w.git("branch", "older")
	w.git("branch", "newer")
	w.write("a.c", lines(40, "20", "rewritten 20"))
	w.commit("Rewrite")
	return w
}

// fixed commits a.c with a fix on a branch.
func (w *work) fixed(branch string, edits ...string) SHA {
	w.git("switch", "--quiet", branch)
	w.write("a.c", lines(40, edits...))
	return w.commit("Fix")
}

func plan(t *testing.T, e *Embargoed, p Plan) Planned {
	t.Helper()
	p.Committer, p.Message.Record = bot(), true
	got, err := e.Plan(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	again, err := e.Plan(t.Context(), p)
	if err != nil || fmt.Sprint(again) != fmt.Sprint(got) {
		t.Errorf("the same plan gives %v, then %v: %v", got, again, err)
	}
	run, end := e.Keeping(t.Context())
	defer end()
	run.Foresee(t.Context(), p, []SHA{p.Onto, p.Main[0]})
	again, err = run.Plan(t.Context(), p)
	if err != nil || fmt.Sprint(again) != fmt.Sprint(got) {
		t.Errorf("foreseen, the same plan gives %v, not %v: %v", again, got, err)
	}
	return got
}

func (w *work) show(e *Embargoed, commit SHA, path string) string {
	w.t.Helper()
	rd := e.reader(w.t.Context())
	defer rd.Close()
	c, err := rd.commit(commit)
	if err != nil {
		w.t.Fatal(err)
	}
	at, err := rd.find(c.tree, path)
	if err != nil {
		w.t.Fatal(err)
	}
	body, err := rd.object("blob", at.sha)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(body)
}

func TestPlanChain(t *testing.T) {
	w := threeBranches(t)
	main := w.fixed("main", "20", "rewritten and fixed 20")
	chain := w.fixed("newer", "20", "fixed 20")
	e := testStore(t, w)
	if r := pick(t, e, w.sha("older"), main); r.Conflict == nil {
		t.Fatalf("main's fix applies: %v", r)
	}
	got := plan(t, e, Plan{Main: []SHA{main}, Chain: []SHA{chain}, Onto: w.sha("older")})
	if got.Result.Picked == nil || got.Method != MethodChain || got.Agreement != AgreementSingle || got.Review() {
		t.Fatalf("%v %q", got, got.Agreement)
	}
	if text := w.show(e, got.Result.Picked.Head, "a.c"); text != lines(40, "20", "fixed 20") {
		t.Error(text)
	}
	c, err := e.Commit(t.Context(), got.Result.Picked.Head)
	if err != nil || !strings.Contains(c.Message.Reveal(), "(cherry picked from commit "+string(main)+")") {
		t.Errorf("the origin is not main's commit: %q %v", c.Message.Reveal(), err)
	}
}

func TestPlanCompares(t *testing.T) {
	for name, c := range map[string]struct {
		newer []string
		want  Agreement
	}{
		"same":   {[]string{"5", "fixed"}, AgreementSame},
		"differ": {[]string{"5", "fixed", "30", "needed on branches"}, AgreementDiffer},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := threeBranches(t)
			main := w.fixed("main", "20", "rewritten 20", "5", "fixed")
			chain := w.fixed("newer", c.newer...)
			e := testStore(t, w)
			got := plan(t, e, Plan{Main: []SHA{main}, Chain: []SHA{chain}, Onto: w.sha("older")})
			if got.Agreement != c.want || got.Method != MethodChain || got.Review() != (c.want == AgreementDiffer) || (got.Other != nil) != got.Review() {
				t.Fatalf("%v %q", got, got.Agreement)
			}
			if text := w.show(e, got.Result.Picked.Head, "a.c"); text != lines(40, c.newer...) {
				t.Error(text)
			}
		})
	}
}

// A newer branch's fix that is not in the store, or is in conflict, leaves main's.
func TestPlanFallsBack(t *testing.T) {
	w := threeBranches(t)
	main := w.fixed("main", "20", "rewritten 20", "5", "fixed")
	w.git("switch", "--quiet", "newer")
	w.write("a.c", lines(40, "6", "other"))
	w.commit("Other")
	chain := w.fixed("newer", "5", "fixed", "6", "other and fixed")
	e := testStore(t, w)
	for _, c := range []SHA{chain, "1111111111111111111111111111111111111111"} {
		got := plan(t, e, Plan{Main: []SHA{main}, Chain: []SHA{c}, Onto: w.sha("older")})
		if got.Result.Picked == nil || got.Method != MethodMain || got.Agreement != AgreementSingle {
			t.Errorf("%v %q", got, got.Agreement)
		}
	}
}

// Edits that touch but do not overlap make a draft, and only a draft.
func TestPlanDraft(t *testing.T) {
	w := threeBranches(t)
	w.git("switch", "--quiet", "older")
	w.write("a.c", lines(40, "11", "older 11"))
	w.commit("Go on")
	main := w.fixed("main", "20", "rewritten 20", "10", "fixed 10")
	e := testStore(t, w)
	got := plan(t, e, Plan{Main: []SHA{main}, Onto: w.sha("older")})
	if got.Result.Conflict == nil || got.Draft == nil || got.Draft.Method != MethodMain || !got.Review() {
		t.Fatalf("%v", got)
	}
	if text := w.show(e, got.Draft.Head, "a.c"); text != lines(40, "10", "fixed 10", "11", "older 11") {
		t.Error(text)
	}
	// Overlapping edits make none.
	overlap := w.fixed("main", "20", "rewritten 20", "10", "fixed 10", "11", "fixed 11")
	got = plan(t, testStore(t, w), Plan{Main: []SHA{overlap}, Onto: w.sha("older")})
	if got.Result.Conflict == nil || got.Draft != nil {
		t.Errorf("%v, a draft: %v", got, got.Draft != nil)
	}
}

func TestMergeEdits(t *testing.T) {
	base := []string{"1\n", "2\n", "3\n"}
	for name, c := range map[string]struct {
		ours, theirs []edit
		want         string // "" is refused
	}{
		"neighbours":              {[]edit{{0, 1, []string{"a\n"}}}, []edit{{1, 2, []string{"b\n"}}}, "a\nb\n3\n"},
		"insert before a change":  {[]edit{{1, 2, []string{"b\n"}}}, []edit{{1, 1, []string{"new\n"}}}, "1\nnew\nb\n3\n"},
		"insert after a change":   {[]edit{{0, 1, []string{"a\n"}}}, []edit{{1, 1, []string{"new\n"}}}, "a\nnew\n2\n3\n"},
		"the same edit":           {[]edit{{1, 2, nil}}, []edit{{1, 2, nil}}, "1\n3\n"},
		"inserts at one place":    {[]edit{{1, 1, []string{"a\n"}}}, []edit{{1, 1, []string{"b\n"}}}, ""},
		"insert within a removal": {[]edit{{0, 3, nil}}, []edit{{1, 1, []string{"b\n"}}}, ""},
		"overlap":                 {[]edit{{0, 2, nil}}, []edit{{1, 3, nil}}, ""},
		"at both ends":            {[]edit{{0, 0, []string{"first\n"}}}, []edit{{3, 3, []string{"last\n"}}}, "first\n1\n2\n3\nlast\n"},
	} {
		got, ok := mergeEdits(base, c.ours, c.theirs)
		if ok != (c.want != "") || got != c.want {
			t.Errorf("%s: %q %v", name, got, ok)
		}
	}
}

func TestPlaceEdits(t *testing.T) {
	base := splitLines(lines(10))
	ours := append([]string{"new\n"}, base...)
	change := []edit{{4, 5, []string{"fixed\n"}}}
	mine := []edit{{0, 0, []string{"new\n"}}}
	if got, ok := placeEdits(base, ours, mine, change); !ok || got != "new\n"+lines(10, "5", "fixed") {
		t.Errorf("%q %v", got, ok)
	}
	twice := append(splitLines(lines(10)), base...)
	if got, ok := placeEdits(base, twice, nil, change); ok {
		t.Errorf("two places are taken for one: %q", got)
	}
	if got, ok := placeEdits(base, splitLines(lines(10, "5", "other")), nil, change); ok {
		t.Errorf("what is not there is replaced: %q", got)
	}
}

func TestExplain(t *testing.T) {
	w := threeBranches(t)
	rewrite := w.sha("main")
	main := w.fixed("main", "20", "rewritten and fixed 20")
	e := testStore(t, w)
	r := pick(t, e, w.sha("older"), main)
	if err := e.Explain(t.Context(), r.Conflict); err != nil {
		t.Fatal(err)
	}
	missing := r.Conflict.Files[0].Hunks[0].Missing
	if len(missing) != 1 || missing[0].Commit != rewrite || missing[0].Words.Reveal() != "Rewrite" || missing[0].Lines != 1 {
		t.Errorf("%+v", missing)
	}
}

// A store that borrows sees a clone's objects, shallow ones too, and leaves the clone alone.
func TestBorrowing(t *testing.T) {
	w := threeBranches(t)
	main := w.fixed("main", "20", "rewritten 20", "5", "fixed")
	shallow := &work{t: t, dir: t.TempDir()}
	shallow.git("clone", "--quiet", "--depth=2", "--no-single-branch", "file://"+w.dir, ".")
	for _, clone := range []*work{w, shallow} {
		before := clone.git("count-objects", "-v") + clone.git("for-each-ref")
		e, err := testStores(t).Borrowing(t.Context(), "local/clone", "pick", filepath.Join(clone.dir, ".git"))
		if err != nil {
			t.Fatal(err)
		}
		got := plan(t, e, Plan{Main: []SHA{main}, Onto: w.sha("older")})
		if got.Result.Picked == nil {
			t.Errorf("%v", got)
		}
		if after := clone.git("count-objects", "-v") + clone.git("for-each-ref"); after != before {
			t.Errorf("the clone changed: %s, before %s", after, before)
		}
	}
}

// What is foreseen for several branches is what each plan comes to by itself, whether the fix is there or conflicts.
func TestForesee(t *testing.T) {
	w := threeBranches(t)
	fix := w.fixed("main", "20", "rewritten 20", "5", "fixed")
	w.git("switch", "--quiet", "-c", "picked", "newer")
	w.git("commit", "--quiet", "--allow-empty", "-m", "Start of picked")
	clean, moved := w.sha("newer"), w.sha("picked")
	w.git("switch", "--quiet", "-c", "conflicting", "newer")
	w.write("a.c", lines(40, "5", "otherwise"))
	conflicting := w.commit("Otherwise")
	e := testStore(t, w)
	run, end := e.Keeping(t.Context())
	defer end()
	p := Plan{Main: []SHA{fix}, Committer: bot(), Message: Message{Record: true}}
	run.Foresee(t.Context(), p, []SHA{clean, conflicting, moved, SHA(strings.Repeat("1", 40))})
	if len(run.kept.merges) != 2 || len(run.kept.silent) != 3 { // two trees, three tips, and one that is nowhere
		t.Errorf("%d merges and %d searches were foreseen", len(run.kept.merges), len(run.kept.silent))
	}
	for _, tip := range []SHA{clean, conflicting, moved} {
		p.Onto = tip
		want, err := e.Plan(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		got, err := run.Plan(t.Context(), p)
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%v, want %v: %v", got, want, err)
		}
	}
	w.git("switch", "--quiet", "newer")
	w.git("cherry-pick", "-x", string(fix))
	there := w.sha("newer")
	e = testStore(t, w)
	run, end2 := e.Keeping(t.Context())
	defer end2()
	run.Foresee(t.Context(), p, []SHA{there, conflicting})
	p.Onto = there
	if r, err := run.Plan(t.Context(), p); err != nil || r.Result.Applied == nil || r.Result.Applied.How != HowTrailer {
		t.Errorf("where it is picked already: %v, %v", r, err)
	}
}

// A branch whose tip is not there comes last, and the others are sorted all the same.
func TestNewestFirstWithoutATip(t *testing.T) {
	w := threeBranches(t)
	e := testStore(t, w)
	gone := SHA(strings.Repeat("1", 40))
	order, err := e.NewestFirst(t.Context(), w.sha("main"), []SHA{gone, w.sha("older"), w.sha("main")})
	if err != nil || !slices.Equal(order, []int{2, 1, 0}) {
		t.Errorf("%v, %v", order, err)
	}
}

// What people read of a difference counts hunks, not lines: the same, changed, dropped, added, and in another file.
func TestCompareCountsHunks(t *testing.T) {
	w := newWork(t)
	w.write("a.c", lines(60))
	w.write("b.c", lines(60))
	base := w.commit("Start")
	w.write("a.c", lines(60, "5", "same", "20", "one way", "40", "dropped"))
	w.write("b.c", lines(60, "10", "moved"))
	fix := w.commit("Fix")
	w.git("switch", "--quiet", "-c", "branch", string(base))
	w.write("d.c", lines(60))
	tip := w.commit("Add d.c")
	w.write("a.c", lines(60, "5", "same", "20", "another way", "30", "added"))
	w.write("d.c", lines(60, "10", "moved"))
	head := w.commit("Fix")
	e := testStore(t, w)
	d, err := e.Compare(t.Context(), base, fix, tip, head)
	if err != nil || d.Same {
		t.Fatal(d.Same, err)
	}
	var got []string
	for _, f := range d.Files {
		got = append(got, fmt.Sprint(f.Path.Reveal(), f.Same, f.Changed, f.Dropped, f.Added, f.Moved))
	}
	if want := []string{"a.c1 2 0 0 0", "d.c0 0 0 0 1"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	huge := strings.ReplaceAll(lines(maxHunks+1), "\n", "\n\n")
	w.write("a.c", huge)
	tip = w.commit("Add lines")
	w.write("a.c", strings.ReplaceAll(huge, "line", "no line"))
	head = w.commit("Fix")
	if d, err = testStore(t, w).Compare(t.Context(), base, fix, tip, head); err != nil || len(d.Files) != 0 {
		t.Error("hunks that nobody would read are compared each with each", len(d.Files), err)
	}
}
