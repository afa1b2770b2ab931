package backport

import (
	"strings"
	"testing"
)

func TestCandidate(t *testing.T) {
	w := twoBranches(t)
	tip := w.sha("main")
	w.write("a.c", lines(40, "2", "main changed 2", "20", "fixed"))
	one := w.commit("Fix\n\n(cherry picked from commit " + strings.Repeat("a", 40) + ")\n")
	w.write("sub/b.c", lines(20, "5", "fixed"))
	two := w.commit("Fix more\n")
	e := testStore(t, w)
	build := func(c Candidate) *Picked {
		t.Helper()
		c.Commits, c.Committer = []SHA{one, two}, bot()
		r, err := e.Candidate(t.Context(), c)
		if err != nil || r.Picked == nil {
			t.Fatalf("%+v %v", r, err)
		}
		return r.Picked
	}
	message := func(sha SHA) string {
		t.Helper()
		c, err := e.Commit(t.Context(), sha)
		if err != nil {
			t.Fatal(err)
		}
		return c.Message.Reveal()
	}
	if got := build(Candidate{Onto: tip}); got.Head != two {
		t.Errorf("the fix sits on the tip and is its own candidate, not %s", got.Head)
	}
	public := SHA(strings.Repeat("b", 40))
	names := map[SHA]SHA{SHA(strings.Repeat("a", 40)): public}
	got := build(Candidate{Onto: tip, Message: Message{Names: names}})
	if want := "Fix\n\n(cherry picked from commit " + string(public) + ")\n"; message(got.Steps[0].To) != want || message(got.Head) != "Fix more\n" {
		t.Errorf("%q", message(got.Steps[0].To))
	}
	got = build(Candidate{Onto: tip, Message: Message{Record: true, Names: names, Origins: map[SHA]SHA{two: SHA(strings.Repeat("c", 40))}}})
	if strings.Count(message(got.Steps[0].To), "cherry picked") != 1 || !strings.HasSuffix(message(got.Head), "(cherry picked from commit "+strings.Repeat("c", 40)+")\n") {
		t.Errorf("%q %q", message(got.Steps[0].To), message(got.Head))
	}
	// The branch moved: everything is made anew on its tip.
	w.git("switch", "--quiet", "-c", "moved", string(tip))
	w.write("z.c", "z\n")
	moved := w.commit("meanwhile")
	if _, err := e.FetchFix(t.Context(), w.remote(), "refs/heads/moved"); err != nil {
		t.Fatal(err)
	}
	got = build(Candidate{Onto: moved})
	if ok, err := e.Ancestor(t.Context(), moved, got.Head); !ok || err != nil || got.Head == two {
		t.Error(got, err)
	}
	if again := build(Candidate{Onto: moved}); again.Head != got.Head {
		t.Error("a second run differs")
	}
}

func TestCommits(t *testing.T) {
	w := twoBranches(t)
	tip := w.sha("main")
	w.git("switch", "--quiet", "-c", "fix")
	w.write("f.c", "1\n")
	one := w.commit("one")
	w.git("switch", "--quiet", "main")
	w.write("m.c", "m\n")
	newTip := w.commit("main moves")
	w.git("switch", "--quiet", "fix")
	w.git("merge", "--quiet", "--no-ff", "-m", "update branch", "main")
	update := w.sha("HEAD")
	w.git("switch", "--quiet", "-c", "side")
	w.write("g.c", "1\n")
	w.commit("side work")
	w.git("switch", "--quiet", "fix")
	w.write("f.c", "2\n")
	two := w.commit("two")
	w.git("merge", "--quiet", "--no-ff", "-m", "merge side", "side")
	side := w.sha("HEAD")
	e := testStore(t, w)
	got, err := e.Commits(t.Context(), newTip, side)
	if err != nil || len(got.Commits) != 3 || got.Commits[0].SHA != one || got.Commits[1].SHA != two || got.Commits[2].SHA != side || len(got.Updates) != 1 || got.Updates[0] != update {
		t.Errorf("%+v %v", got, err)
	}
	if got, err := e.Commits(t.Context(), side, tip); err != nil || len(got.Commits) != 0 {
		t.Errorf("%+v %v", got, err)
	}
	if base, err := e.MergeBase(t.Context(), newTip, one); err != nil || base != tip {
		t.Error(base, err)
	}
	c := got.Commits[0]
	if c.Author.Reveal() != "Ann Author <ann@example.org>" || c.Authored.IsZero() || len(c.Parents) != 1 {
		t.Errorf("%+v", c)
	}
}

// A developer merged the branch into the fix and settled a conflict there.
func TestCandidateOfAnUpdatedFix(t *testing.T) {
	w := twoBranches(t)
	w.git("switch", "--quiet", "-c", "fix")
	w.write("a.c", lines(40, "2", "main changed 2", "20", "fixed"))
	one := w.commit("Fix\n\nWhy.\n")
	w.git("switch", "--quiet", "main")
	w.write("a.c", lines(40, "2", "main changed 2", "20", "moved on"))
	tip := w.commit("meanwhile")
	w.git("switch", "--quiet", "fix")
	w.try("merge", "main") // conflicts
	w.write("a.c", lines(40, "2", "main changed 2", "20", "moved on, fixed"))
	w.commit("update branch")
	w.write("sub/b.c", lines(20, "5", "fixed"))
	head := w.commit("Fix more\n")
	e := testStore(t, w)
	fix, err := e.Commits(t.Context(), tip, head)
	if err != nil || len(fix.Commits) != 2 || len(fix.Updates) != 1 || fix.Commits[0].SHA != one {
		t.Fatalf("%+v %v", fix, err)
	}
	c := Candidate{Commits: []SHA{one, head}, Onto: tip, Committer: bot()}
	if r, err := e.Candidate(t.Context(), c); err != nil || r.Conflict == nil {
		t.Errorf("%+v %v", r, err)
	}
	c.Head = head
	r, err := e.Candidate(t.Context(), c)
	if err != nil || r.Picked == nil || !r.Picked.Squashed || r.Picked.Tree != w.sha("fix^{tree}") {
		t.Fatalf("%+v %v", r, err)
	}
	got, err := e.Commit(t.Context(), r.Picked.Head)
	if err != nil || got.Message.Reveal() != "Fix\n\nTogether with:\n* Fix more\n\nWhy.\n" || got.Parents[0] != tip {
		t.Errorf("%q %v", got.Message.Reveal(), err)
	}
}
