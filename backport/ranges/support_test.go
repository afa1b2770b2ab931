package ranges

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/liftgate/liftgate/backport"
)

// work is a real repository with a work tree, driven by the real git, in which tests make history.
type work struct {
	t    testing.TB
	dir  string
	tick int
}

func newWork(t testing.TB) *work {
	t.Helper()
	w := &work{t: t, dir: t.TempDir()}
	w.git("init", "--quiet", "--template=", "--initial-branch=main")
	w.change("base", "Start")
	return w
}

func (w *work) try(args ...string) (string, error) {
	w.tick++
	date := fmt.Sprintf("%d +0200", 1_700_000_000+w.tick*60)
	cmd := exec.Command("git", append([]string{"-C", w.dir}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "LC_ALL=C", "GIT_EDITOR=true",
		"GIT_AUTHOR_NAME=Ann Author", "GIT_AUTHOR_EMAIL=ann@example.org", "GIT_COMMITTER_NAME=Carl Committer", "GIT_COMMITTER_EMAIL=carl@example.org",
		"GIT_AUTHOR_DATE="+date, "GIT_COMMITTER_DATE="+date)
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

func (w *work) git(args ...string) string {
	w.t.Helper()
	out, err := w.try(args...)
	if err != nil {
		w.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return out
}

func (w *work) sha(rev string) backport.SHA {
	w.t.Helper()
	return backport.SHA(w.git("rev-parse", "--verify", rev+"^{commit}"))
}

// change commits a line of its own in a file of its own, so that picks and reverts never conflict.
func (w *work) change(file, message string) backport.SHA {
	w.t.Helper()
	w.write(file, message)
	return w.commit(message)
}

func (w *work) write(file, text string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, file), []byte(text+"\n"), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

func (w *work) commit(message string) backport.SHA {
	w.t.Helper()
	w.git("add", "--all")
	w.git("commit", "--quiet", "--allow-empty", "-m", message)
	return w.sha("HEAD")
}

// tag makes a commit, as releases do, and tags it.
func (w *work) tag(names ...string) {
	w.t.Helper()
	w.git("commit", "--quiet", "--allow-empty", "-m", "Release "+names[0])
	for _, name := range names {
		w.git("tag", name)
	}
}

func (w *work) cut(branch, from string) { w.t.Helper(); w.git("switch", "--quiet", "-c", branch, from) }
func (w *work) on(branch string)        { w.t.Helper(); w.git("switch", "--quiet", branch) }

// pick copies a commit with git's own words; revert takes one back with them.
func (w *work) pick(sha backport.SHA) backport.SHA {
	w.t.Helper()
	w.git("cherry-pick", "-x", "--allow-empty", "--keep-redundant-commits", string(sha))
	return w.sha("HEAD")
}

func (w *work) revert(sha backport.SHA, more ...string) backport.SHA {
	w.t.Helper()
	w.git(append(append([]string{"revert", "--no-edit"}, more...), string(sha))...)
	return w.sha("HEAD")
}

func (w *work) merge(branch string) backport.SHA {
	w.t.Helper()
	w.git("merge", "--quiet", "--no-ff", "-m", "Merge "+branch, branch)
	return w.sha("HEAD")
}

// load reads the history of a repository's git folder.
func loadFrom(t testing.TB, folder string) (*History, error) {
	t.Helper()
	stores, err := backport.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	own, err := stores.Borrowing(t.Context(), "local/clone", "ranges", folder)
	if err != nil {
		t.Fatal(err)
	}
	return Load(t.Context(), &own.Repo, folder)
}

func (w *work) load() *History {
	w.t.Helper()
	h, err := loadFrom(w.t, filepath.Join(w.dir, ".git"))
	if err != nil {
		w.t.Fatal(err)
	}
	return h
}

// answer is a line for each branch, in words that a test can be written with.
func answer(a *Answer) string {
	var b strings.Builder
	for _, branch := range a.Branches {
		fmt.Fprintf(&b, "%s: %s", branch.Name, branch.State)
		for _, more := range []struct {
			word string
			list []string
		}{{"vulnerable", branch.Vulnerable.Tags}, {"fixed", branch.Fixed.Tags}} {
			if len(more.list) > 0 {
				fmt.Fprintf(&b, ", %s %s", more.word, strings.Join(more.list, " "))
			}
		}
		for _, more := range []struct {
			word string
			is   bool
		}{{"partial", len(branch.Missing) > 0}, {"inherited", branch.Inherited}, {"unsure", branch.Unsure}} {
			if more.is {
				b.WriteString(", " + more.word)
			}
		}
		b.WriteString("\n")
	}
	if len(a.Others.Vulnerable)+len(a.Others.Fixed) > 0 {
		fmt.Fprintf(&b, "others: vulnerable %s, fixed %s\n", strings.Join(a.Others.Vulnerable, " "), strings.Join(a.Others.Fixed, " "))
	}
	return b.String()
}

func shas(list ...backport.SHA) []backport.SHA { return list }

// expect asks and compares. The lines of want are the branches, main first.
func (w *work) expect(q Query, want ...string) *Answer {
	w.t.Helper()
	a, err := w.load().Find(w.t.Context(), q)
	if err != nil {
		w.t.Fatal(err)
	}
	if got := answer(a); got != strings.Join(want, "\n")+"\n" {
		w.t.Errorf("answer\n%swant\n%s", got, strings.Join(want, "\n"))
	}
	return a
}

// landed says what landed on one branch.
func landed(branch string, commits ...backport.SHA) map[string][]backport.SHA {
	return map[string][]backport.SHA{branch: commits}
}
