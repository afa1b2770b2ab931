package backport

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// newHistory is an empty repository.
func newHistory(t *testing.T, rt *rapid.T) *history {
	dir, err := os.MkdirTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	h := &history{work: &work{t: t, dir: dir}, rt: rt}
	h.git("init", "--quiet", "--template=", "--initial-branch=main")
	return h
}

// TestPickIsCherryPick makes random histories and compares each pick with the real git cherry-pick -x in a work tree:
// the same commit, down to its SHA, or the same paths in conflict with the same stages.
func TestPickIsCherryPick(t *testing.T) {
	if !flagGiven("rapid.checks") {
		defer setChecks(t, "12")() // each makes a repository: few by default
	}
	rapid.Check(t, func(rt *rapid.T) {
		h := newHistory(t, rt)
		commits, stable := h.make()
		e := testStore(t, h.work)
		r, err := e.Pick(t.Context(), Pick{Commits: commits, Onto: stable, Message: Message{Record: true}, Committer: bot(), Unseen: true})
		if err != nil {
			rt.Fatal(err)
		}
		h.compare(r, commits)
	})
}

// TestPlansTogether plans random histories branch by branch, each from the fix of the one before: one run over all of them, which
// remembers and foresees, comes to what each plan comes to by itself.
func TestPlansTogether(t *testing.T) {
	if !flagGiven("rapid.checks") {
		defer setChecks(t, "5")() // as above
	}
	rapid.Check(t, func(rt *rapid.T) {
		h := newHistory(t, rt)
		fix, stable := h.make()
		tips := []SHA{stable}
		for range 1 + h.int("branches", 2) {
			h.git("switch", "--quiet", "--detach", []string{"stable", "stable~1", "main", string(fix[0]) + "~1"}[h.int("from", 4)])
			if h.int("picked", 4) == 0 && h.cherryPick("-x", string(fix[0])) != nil {
				_, _ = h.try("cherry-pick", "--abort") // it may conflict, or be a merge
			}
			h.edits("other", 1+h.int("edits", 2))
			tips = append(tips, h.sha("HEAD"))
			h.git("branch", fmt.Sprint("other", len(tips)))
		}
		e := testStore(t, h.work)
		run, end := e.Keeping(t.Context())
		defer end()
		p := Plan{Main: fix, Message: Message{Record: true}, Committer: bot()}
		run.Foresee(t.Context(), p, tips)
		for _, p.Onto = range tips {
			want, err := e.Plan(t.Context(), p)
			if err != nil {
				rt.Fatal(err)
			}
			got, err := run.Plan(t.Context(), p)
			if err != nil || !reflect.DeepEqual(got, want) {
				rt.Fatalf("%+v, want %+v: %v", got, want, err)
			}
			if made := want.Result.Picked; made != nil {
				p.Chain = nil
				for _, step := range made.Steps {
					if step.To != "" {
						p.Chain = append(p.Chain, step.To)
					}
				}
			}
		}
	})
}

func flagGiven(name string) bool {
	return flag.Lookup(name).Value.String() != flag.Lookup(name).DefValue
}

func setChecks(t *testing.T, n string) (restore func()) {
	t.Helper()
	was := flag.Lookup("rapid.checks").Value.String()
	if err := flag.Set("rapid.checks", n); err != nil {
		t.Fatal(err)
	}
	return func() { _ = flag.Set("rapid.checks", was) } // it was valid before
}

type history struct {
	*work
	rt *rapid.T
	n  int
}

func (h *history) int(label string, n int) int {
	return rapid.IntRange(0, n-1).Draw(h.rt, label)
}

// make gives the commits of a fix on main and the tip of stable.
func (h *history) make() (fix []SHA, stable SHA) {
	if h.int("attributes", 3) == 0 {
		h.write(".gitattributes", []string{"*.c merge=union\n", "f1* -merge\n", "d/* merge=binary\n"}[h.int("which", 3)])
	}
	for i := range 4 {
		h.write(fmt.Sprintf("f%d.c", i), lines(12))
	}
	h.write("d/g.c", lines(15, "3", "g"))
	h.commit("start")
	h.git("branch", "stable")
	h.edits("main", 1+h.int("main edits", 3))
	before := h.sha("HEAD")
	if h.int("merge fix", 4) == 0 {
		h.git("switch", "--quiet", "-c", "side")
		h.edits("side", 2)
		h.git("switch", "--quiet", "main")
		h.git("merge", "--quiet", "--no-ff", "-m", "Merge side\n\nBody.", "side")
		fix = []SHA{h.sha("HEAD")}
	} else {
		h.edits("fix", 1+h.int("fix commits", 3))
		fix = nil
		for sha := range strings.FieldsSeq(h.git("rev-list", "--reverse", string(before)+"..HEAD")) {
			fix = append(fix, SHA(sha))
		}
	}
	h.git("switch", "--quiet", "stable")
	h.edits("stable", 1+h.int("stable edits", 3))
	return fix, h.sha("HEAD")
}

func (h *history) edits(label string, n int) {
	for range n {
		for range 1 + h.int("ops", 2) {
			h.edit(label)
		}
		messages := []string{"Change", "Change\n\nWhy.\n", "Change\n\nSigned-off-by: A <a@b.c>\n", "Change\n\nNot: a\ntrailer at all\nhere\n",
			"Change  \n\n\n\nWhy.   \n\n(cherry picked from commit " + strings.Repeat("a", 40) + ")\nand words\n", "Ünï: x", "Change\n\nFixes: #1\n cont\n\n", "a: b\n"}
		h.commit(messages[h.int("message", len(messages))])
	}
}

// edit changes one thing in the work tree; where the path is gone it adds one.
func (h *history) edit(label string) {
	h.n++
	paths := strings.Split(h.git("ls-files"), "\n")
	paths = slices.DeleteFunc(paths, func(p string) bool { return p == ".gitattributes" || p == "" })
	if len(paths) == 0 {
		h.write(fmt.Sprintf("new%d.c", h.n), lines(5))
		return
	}
	p := paths[h.int("path", len(paths))]
	full := filepath.Join(h.dir, p)
	info, err := os.Lstat(full)
	if err != nil {
		return // removed by an earlier edit of the same commit
	}
	switch op := h.int("op", 12); {
	case op < 6 && info.Mode().IsRegular():
		body, err := os.ReadFile(full)
		if err != nil {
			h.t.Fatal(err)
		}
		all := strings.SplitAfter(string(body), "\n")
		i := h.int("line", len(all))
		all[i] = fmt.Sprintf("%s %d\n", label, h.int("value", 3))
		h.write(p, strings.Join(all, ""))
	case op == 6:
		if err := os.Chmod(full, 0o755); err != nil && info.Mode().IsRegular() {
			h.t.Fatal(err)
		}
	case op == 7:
		h.try("mv", p, []string{"moved.c", "d/moved.c", "e/moved.c"}[h.int("to", 3)]) // refused if the place is taken: no change
	case op == 8:
		h.git("rm", "--quiet", "--force", "--", p)
	case op == 9:
		h.git("rm", "--quiet", "--force", "--", p)
		h.link(full)
	case op == 10:
		h.try("mv", "d", "dd")
	default:
		fresh := fmt.Sprintf("new%d.c", h.int("new", 3))
		_ = os.Remove(filepath.Join(h.dir, fresh)) // it may be a link by now, and lead to itself
		h.write(fresh, lines(5, "1", label))
	}
}

func (h *history) link(full string) {
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		h.t.Fatal(err)
	}
	if err := os.Symlink("f0.c", full); err != nil {
		h.t.Fatal(err)
	}
}

func (h *history) cherryPick(args ...string) error {
	cmd := exec.Command("git", append([]string{"-C", h.dir, "-c", "merge.renameLimit=7000", "cherry-pick"}, args...)...)
	id := bot()
	cmd.Env = append(h.env(), "GIT_COMMITTER_NAME="+id.Name, "GIT_COMMITTER_EMAIL="+id.Email, fmt.Sprintf("GIT_COMMITTER_DATE=%d +0000", id.When.Unix()))
	cmd.Env = slices.DeleteFunc(cmd.Env, func(s string) bool { return strings.HasPrefix(s, "GIT_AUTHOR_") })
	_, err := cmd.CombinedOutput()
	return err
}

func (h *history) compare(r Result, commits []SHA) {
	start := h.sha("HEAD")
	for _, c := range commits {
		args := []string{"-x", string(c)}
		if _, err := h.try("rev-parse", "--verify", "--quiet", string(c)+"^2"); err == nil {
			args = append([]string{"-m", "1"}, args...)
		}
		if h.cherryPick(args...) == nil {
			continue
		}
		if unmerged := h.git("-c", "core.quotePath=false", "ls-files", "-u"); unmerged != "" {
			h.compareConflict(r, c, unmerged)
			return
		}
		h.git("cherry-pick", "--skip") // empty
	}
	switch head := h.sha("HEAD"); {
	case r.Conflict != nil:
		h.rt.Fatalf("a conflict where git has none: %s", r.Conflict.Commit)
	case head == start && r.Applied == nil:
		h.rt.Fatalf("picked %+v, git found nothing to do", r.Picked)
	case head != start && (r.Picked == nil || r.Picked.Head != head):
		got := ""
		if r.Picked != nil {
			got = h.git("--git-dir", h.dir+"/.git", "show", "--format=raw", "--stat", string(head))
		}
		h.rt.Fatalf("picked %+v, git made %s\n%s", r.Picked, head, got)
	}
}

func (h *history) compareConflict(r Result, c SHA, unmerged string) {
	if r.Conflict == nil || r.Conflict.Commit != c {
		h.rt.Fatalf("%+v, but git has a conflict in %s:\n%s", r, c, unmerged)
	}
	var got []string
	for _, f := range r.Conflict.Files {
		for i, s := range []Stage{f.Base, f.Ours, f.Theirs} {
			if s.OID != "" {
				got = append(got, fmt.Sprintf("%s %s %d\t%s", s.Mode, s.OID, i+1, f.Path.Reveal()))
			}
		}
	}
	want := strings.Split(unmerged, "\n")
	for i := range want {
		want[i], _, _ = strings.Cut(want[i], "~") // a path put aside is named after the commit there
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		h.rt.Fatalf("conflict stages\n%s\ngit has\n%s", strings.Join(got, "\n"), unmerged)
	}
	for _, f := range r.Conflict.Files {
		h.checkHunks(f)
	}
}

// checkHunks verifies that each hunk's line numbers and texts are those of the sides' own files.
func (h *history) checkHunks(f ConflictFile) {
	for _, hunk := range f.Hunks {
		for _, s := range []struct {
			stage Stage
			at    Lines
			text  string
		}{{f.Ours, hunk.Ours, hunk.OursText.Reveal()}, {f.Base, hunk.Base, hunk.BaseText.Reveal()}, {f.Theirs, hunk.Theirs, hunk.TheirsText.Reveal()}} {
			if s.stage.OID == "" || s.at.Count == 0 {
				continue
			}
			out, err := exec.Command("git", "-C", h.dir, "cat-file", "blob", string(s.stage.OID)).Output()
			if err != nil {
				h.rt.Fatal(err)
			}
			all := strings.SplitAfter(string(out), "\n")
			end := min(s.at.First-1+s.at.Count, len(all))
			if got := strings.Join(all[min(s.at.First-1, end):end], ""); strings.TrimSuffix(got, "\n") != strings.TrimSuffix(s.text, "\n") {
				h.rt.Fatalf("lines %v are %q, the hunk says %q\n%s", s.at, got, s.text, out)
			}
		}
	}
}
