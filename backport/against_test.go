//go:build unix

package backport

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// benchClone makes the subject of a comparison from a local clone: ten branches over its history, as far apart as stable
// branches are, and two fixes on its newest commit. One is of a file that no branch has changed, the other of one that each
// branch has changed elsewhere. BACKPORT_BENCH names the clone; without it the subject is made up.
func benchClone(b *testing.B) (w *work, untouched, merged SHA, onto []SHA) {
	b.Helper()
	from := os.Getenv("BACKPORT_BENCH")
	if from == "" {
		w, merged, onto = benchRepo(b, 10)
		w.git("switch", "--quiet", "--detach", "HEAD~1")
		w.write("dir39/file999.c", lines(60, "1", "fixed"))
		return w, w.commit("Fix"), merged, onto
	}
	w = &work{t: b, dir: b.TempDir()}
	w.git("clone", "--quiet", "--shared", "--no-tags", from, ".")
	total, err := strconv.Atoi(w.git("rev-list", "--count", "--first-parent", "HEAD"))
	if err != nil {
		b.Fatal(err)
	}
	w.git("branch", "main-of-bench")
	for i := range 10 {
		name := fmt.Sprintf("stable-%d", i)
		w.git("branch", name, "HEAD~"+strconv.Itoa((i+1)*min(total/20, 500)))
		onto = append(onto, w.sha(name))
	}
	files := w.lasting(onto, 2)
	for i := range onto {
		w.git("switch", "--quiet", fmt.Sprintf("stable-%d", i))
		w.write(files[1], w.read(files[1])+fmt.Sprintf("on branch %d\n", i))
		onto[i] = w.commit("On the branch")
	}
	fix := func(path string) SHA {
		w.git("switch", "--quiet", "--detach", "main-of-bench")
		w.write(path, "fixed\n"+w.read(path))
		return w.commit("Fix")
	}
	return w, fix(files[0]), fix(files[1]), onto
}

func (w *work) read(path string) string {
	w.t.Helper()
	text, err := os.ReadFile(filepath.Join(w.dir, path))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text)
}

// lasting are the first n files of some length that are the same on all branches.
func (w *work) lasting(onto []SHA, n int) (files []string) {
	w.t.Helper()
	seen := map[string]int{}
	for _, tip := range append(slices.Clone(onto), w.sha("HEAD")) {
		for line := range strings.Lines(w.git("ls-tree", "-r", string(tip))) {
			if line = strings.TrimSpace(line); strings.HasPrefix(line, "100644") {
				seen[line]++
			}
			_, path, _ := strings.Cut(line, "\t")
			if seen[line] == len(onto)+1 && !strings.HasPrefix(path, `"`) && strings.Count(w.read(path), "\n") > 20 {
				files = append(files, path)
			}
			if len(files) == n {
				return files
			}
		}
	}
	w.t.Fatal("too few files have lasted")
	return nil
}

// BenchmarkAgainst plans one branch and ten in memory, in a kept work tree with git cherry-pick, and with a shallow clone and
// git cherry-pick for each, in turn. Each begins with asking the remote what is new: once for all here, and for each
// branch there, where each is a job of its own. The kept tree goes back to main after each, as cherry_picker does. Here the
// branches are sorted and each follows the newer one, as in production, in an advisory's store that nothing was done in yet.
// Figures are medians: x-kept and x-clone say how many times longer the others take, cpu-ms/ask is what asking the remote
// takes of the processor, cpu-ms/after-others what each branch does beside it, when two other tools have just used the machine,
// cpu-ms/pick the same in twenty plans one after the other. Load is the machine's before and after.
func BenchmarkAgainst(b *testing.B) {
	w, untouched, merged, onto := benchClone(b)
	w.git("branch", "untouched", string(untouched))
	w.git("branch", "merged", string(merged))
	stores := testStores(b)
	public, err := stores.Public(b.Context(), "acme/tool")
	if err != nil {
		b.Fatal(err)
	}
	if err := public.Fetch(b.Context(), w.remote()); err != nil {
		b.Fatal(err)
	}
	kept := &work{t: b, dir: b.TempDir()}
	kept.git("clone", "--quiet", "file://"+w.dir, ".")
	for _, name := range []string{"untouched", "merged"} {
		for _, n := range []int{1, len(onto)} {
			b.Run(name+"-"+strconv.Itoa(n), func(b *testing.B) { against(b, w, stores, public, kept, name, onto[:n]) })
		}
	}
}

func against(b *testing.B, w *work, stores *Stores, public *Public, kept *work, name string, onto []SHA) {
	var memory, inKept, inClones, asked, cpu, inARow []time.Duration
	fix := w.sha(name)
	load := loadOf()
	advisories := 0
	store := func() *Embargoed {
		advisories++
		e, err := stores.Embargoed(b.Context(), "acme/tool", fmt.Sprintf("LSN-%s-%d-%d", name, len(onto), advisories))
		if err != nil {
			b.Fatal(err)
		}
		return e
	}
	for b.Loop() {
		e := store()
		used := cpuTime(b)
		memory = append(memory, took(func() {
			if err := public.Fetch(b.Context(), w.remote()); err != nil {
				b.Fatal(err)
			}
			asked = append(asked, cpuTime(b)-used)
			used = cpuTime(b)
			planAll(b, e, fix, onto)
		}))
		cpu = append(cpu, cpuTime(b)-used)
		inKept = append(inKept, took(func() {
			for i := range onto {
				kept.git("fetch", "--quiet", "--no-tags", "origin")
				kept.git("switch", "--quiet", "--create", "backport", fmt.Sprintf("origin/stable-%d", i))
				kept.git("cherry-pick", "-x", string(fix))
				kept.git("switch", "--quiet", "-")
				kept.git("branch", "--quiet", "-D", "backport")
			}
		}))
		inClones = append(inClones, took(func() {
			for i := range onto {
				clone := &work{t: b, dir: b.TempDir()}
				clone.git("clone", "--quiet", "--depth=1", "--branch", fmt.Sprintf("stable-%d", i), "file://"+w.dir, ".")
				clone.git("fetch", "--quiet", "--depth=2", "origin", name)
				clone.git("cherry-pick", "-x", string(fix))
			}
		}))
	}
	for range 20 {
		e := store()
		used := cpuTime(b)
		planAll(b, e, fix, onto)
		inARow = append(inARow, cpuTime(b)-used)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.Logf("load %s, then %s", load, loadOf())
	b.ReportMetric(float64(median(memory).Microseconds())/1000, "ms/plan")
	b.ReportMetric(float64(median(asked).Microseconds())/1000, "cpu-ms/ask")
	b.ReportMetric(float64(median(cpu).Microseconds())/1000/float64(len(onto)), "cpu-ms/after-others")
	b.ReportMetric(float64(median(inARow).Microseconds())/1000/float64(len(onto)), "cpu-ms/pick")
	b.ReportMetric(median(inKept).Seconds()/median(memory).Seconds(), "x-kept")
	b.ReportMetric(median(inClones).Seconds()/median(memory).Seconds(), "x-clone")
	b.ReportMetric(float64(m.Sys)/1e6, "MB")
}

// planAll plans a fix for all branches, newest first, each from the next newer one's fix and from main's.
func planAll(b *testing.B, e *Embargoed, fix SHA, onto []SHA) {
	run, end := e.Keeping(b.Context())
	defer end()
	order, err := run.NewestFirst(b.Context(), fix, onto)
	if err != nil {
		b.Fatal(err)
	}
	p := Plan{Main: []SHA{fix}, Message: Message{Record: true}, Committer: bot()}
	run.Foresee(b.Context(), p, onto)
	for _, i := range order {
		p.Onto = onto[i]
		r, err := run.Plan(b.Context(), p)
		if err != nil || r.Result.Picked == nil {
			b.Fatal(r, err)
		}
		p.Chain = []SHA{r.Result.Picked.Head}
	}
}

func median(list []time.Duration) time.Duration {
	slices.Sort(list)
	return list[len(list)/2]
}

// loadOf is the machine's load, where it tells.
func loadOf() string {
	text, err := os.ReadFile("/proc/loadavg")
	first, _, _ := strings.Cut(string(text), " ")
	if err != nil {
		return "unknown"
	}
	return first
}

func took(do func()) time.Duration {
	start := time.Now()
	do()
	return time.Since(start)
}

// cpuTime is what this process and the ended ones that it started have used.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var sum int64
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if err := syscall.Getrusage(who, &u); err != nil {
			b.Fatal(err)
		}
		sum += u.Utime.Nano() + u.Stime.Nano()
	}
	return time.Duration(sum)
}
