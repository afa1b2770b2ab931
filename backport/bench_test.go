package backport

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// benchRepo is a repository of a thousand files with some stable branches.
func benchRepo(b *testing.B, branches int) (w *work, fix SHA, onto []SHA) {
	b.Helper()
	w = newWork(b)
	for i := range 1000 {
		w.write(fmt.Sprintf("dir%d/file%d.c", i%40, i), lines(60, "1", fmt.Sprint(i)))
	}
	w.write(".gitattributes", "*.bin binary\n")
	w.commit("start")
	for i := range branches {
		name := fmt.Sprintf("stable-%d", i)
		w.git("switch", "--quiet", "-c", name)
		for j := range 5 {
			w.write(fmt.Sprintf("dir%d/file%d.c", j, j), lines(60, "10", name))
			w.commit("on " + name)
		}
		onto = append(onto, w.sha(name))
		w.git("switch", "--quiet", "main")
		w.write(fmt.Sprintf("dir%d/file%d.c", i, i+40), lines(60, "10", "main"))
		w.commit("on main")
	}
	w.write("dir1/file1.c", lines(60, "1", "1", "50", "fixed"))
	return w, w.commit("Fix"), onto
}

func BenchmarkPick(b *testing.B) {
	w, fix, onto := benchRepo(b, 1)
	e := testStore(b, w)
	for _, c := range []struct {
		name   string
		unseen bool
	}{{"search", false}, {"unseen", true}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				r, err := e.Pick(b.Context(), Pick{Commits: []SHA{fix}, Onto: onto[0], Committer: bot(), Unseen: c.unseen})
				if err != nil || r.Picked == nil {
					b.Fatal(r, err)
				}
			}
		})
	}
	b.Run("worktree cherry-pick", func(b *testing.B) {
		for b.Loop() {
			w.git("switch", "--quiet", "--detach", string(onto[0]))
			cmd := exec.Command("git", "-C", w.dir, "cherry-pick", string(fix))
			cmd.Env = append(os.Environ(), "GIT_COMMITTER_NAME=x", "GIT_COMMITTER_EMAIL=x@y")
			if out, err := cmd.CombinedOutput(); err != nil {
				b.Fatal(string(out))
			}
			w.git("switch", "--quiet", "main")
		}
	})
}

func BenchmarkPlanTenBranches(b *testing.B) {
	w, fix, onto := benchRepo(b, 10)
	e := testStore(b, w)
	for b.Loop() {
		for _, tip := range onto {
			r, err := e.Pick(b.Context(), Pick{Commits: []SHA{fix}, Onto: tip, Committer: bot()})
			if err != nil || r.Picked == nil {
				b.Fatal(r, err)
			}
		}
	}
}
