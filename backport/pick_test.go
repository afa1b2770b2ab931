package backport

import (
	"testing"
)

// twoBranches makes main and stable that share a file, with some commits of their own.
func twoBranches(t testing.TB) *work {
	w := newWork(t)
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
	return w
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
