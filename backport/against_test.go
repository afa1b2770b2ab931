//go:build unix

package backport

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// benchClone makes the subject of a comparison from a local clone: a fix on its newest commit, and ten branches over its
// history, as far apart as stable branches are. BACKPORT_BENCH names the clone; without it the subject is made up.
func benchClone(b *testing.B) (w *work, fix SHA, onto []SHA) {
	b.Helper()
	from := os.Getenv("BACKPORT_BENCH")
	if from == "" {
		return benchRepo(b, 10)
	}
	w = &work{t: b, dir: b.TempDir()}
	w.git("clone", "--quiet", "--shared", "--no-tags", from, ".")
	total, err := strconv.Atoi(w.git("rev-list", "--count", "--first-parent", "HEAD"))
	if err != nil {
		b.Fatal(err)
	}
	for i := range 10 {
		name := fmt.Sprintf("stable-%d", i)
		w.git("branch", name, "HEAD~"+strconv.Itoa((i+1)*min(total/20, 500)))
		onto = append(onto, w.sha(name))
	}
	w.git("switch", "--quiet", "-c", "main-of-bench")
	lasting := w.lasting(onto)
	text, err := os.ReadFile(filepath.Join(w.dir, lasting))
	if err != nil {
		b.Fatal(err)
	}
	w.write(lasting, "fixed\n"+string(text))
	return w, w.commit("Fix"), onto
}

// lasting is a file that is the same on all branches.
func (w *work) lasting(onto []SHA) string {
	w.t.Helper()
	seen := map[string]int{}
	for _, tip := range append(onto, w.sha("HEAD")) {
		for line := range strings.Lines(w.git("ls-tree", "-r", string(tip))) {
			if line = strings.TrimSpace(line); strings.HasPrefix(line, "100644") {
				seen[line]++
			}
			if _, path, _ := strings.Cut(line, "\t"); seen[line] == len(onto)+1 && !strings.HasPrefix(path, `"`) {
				return path
			}
		}
	}
	w.t.Fatal("no file has lasted")
	return ""
}

// BenchmarkAgainst plans ten branches in memory, in a kept work tree with git cherry-pick, and with a shallow clone and git
// cherry-pick for each, in turn. Each begins with asking the remote what is new: once for all here, and for each branch
// there, where each is a job of its own. The kept tree goes back to main after each, as cherry_picker does. x-kept and
// x-clone say how many times longer the others take.
func BenchmarkAgainst(b *testing.B) {
	w, fix, onto := benchClone(b)
	w.git("branch", "fix", string(fix))
	stores := testStores(b)
	e, err := stores.Embargoed(b.Context(), "acme/tool", "LSN-2026-0001")
	if err != nil {
		b.Fatal(err)
	}
	public, err := stores.Public(b.Context(), "acme/tool")
	if err != nil {
		b.Fatal(err)
	}
	if err := public.Fetch(b.Context(), w.remote()); err != nil {
		b.Fatal(err)
	}
	kept := &work{t: b, dir: b.TempDir()}
	kept.git("clone", "--quiet", "file://"+w.dir, ".")
	var memory, inKept, inClones, cpu time.Duration
	for b.Loop() {
		used := cpuTime(b)
		memory += took(func() {
			if err := public.Fetch(b.Context(), w.remote()); err != nil {
				b.Fatal(err)
			}
			for _, tip := range onto {
				r, err := e.Plan(b.Context(), Plan{Main: []SHA{fix}, Onto: tip, Committer: bot()})
				if err != nil || r.Result.Picked == nil {
					b.Fatal(r, err)
				}
			}
		})
		cpu += cpuTime(b) - used
		inKept += took(func() {
			for i := range onto {
				kept.git("fetch", "--quiet", "--no-tags", "origin")
				kept.git("switch", "--quiet", "--create", "backport", fmt.Sprintf("origin/stable-%d", i))
				kept.git("cherry-pick", "-x", string(fix))
				kept.git("switch", "--quiet", "-")
				kept.git("branch", "--quiet", "-D", "backport")
			}
		})
		inClones += took(func() {
			for i := range onto {
				clone := &work{t: b, dir: b.TempDir()}
				clone.git("clone", "--quiet", "--depth=1", "--branch", fmt.Sprintf("stable-%d", i), "file://"+w.dir, ".")
				clone.git("fetch", "--quiet", "--depth=2", "origin", "fix")
				clone.git("cherry-pick", string(fix))
			}
		})
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(memory.Milliseconds())/float64(b.N), "ms/ten")
	b.ReportMetric(float64(cpu.Microseconds())/1000/float64(10*b.N), "cpu-ms/pick")
	b.ReportMetric(inKept.Seconds()/memory.Seconds(), "x-kept")
	b.ReportMetric(inClones.Seconds()/memory.Seconds(), "x-clone")
	b.ReportMetric(float64(m.Sys)/1e6, "MB")
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
