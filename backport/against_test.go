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

// benchClone makes the subject of a comparison from a local clone: a fix on its newest commit, and ten branches at older
// ones. BACKPORT_BENCH names the clone; without it the subject is made up.
func benchClone(b *testing.B) (w *work, fix SHA, onto []SHA) {
	b.Helper()
	from := os.Getenv("BACKPORT_BENCH")
	if from == "" {
		return benchRepo(b, 10)
	}
	w = &work{t: b, dir: b.TempDir()}
	w.git("clone", "--quiet", "--shared", "--no-tags", from, ".")
	for i := range 10 {
		name := fmt.Sprintf("stable-%d", i)
		w.git("branch", name, "HEAD~"+strconv.Itoa(10*(i+1)))
		onto = append(onto, w.sha(name))
	}
	w.git("switch", "--quiet", "-c", "main-of-bench")
	readme, _, _ := strings.Cut(w.git("ls-files", "README*"), "\n")
	text, err := os.ReadFile(filepath.Join(w.dir, readme))
	if err != nil {
		b.Fatal(err)
	}
	w.write(readme, "fixed\n"+string(text))
	return w, w.commit("Fix"), onto
}

// BenchmarkAgainst plans ten branches in memory, in a kept work tree with git cherry-pick, and with a shallow clone and git
// cherry-pick for each, in turn. All have the fix at hand, and none fetches what it has. x-kept and x-clone say how many
// times longer the others take.
func BenchmarkAgainst(b *testing.B) {
	w, fix, onto := benchClone(b)
	w.git("branch", "fix", string(fix))
	e := testStore(b, w)
	kept := &work{t: b, dir: b.TempDir()}
	kept.git("clone", "--quiet", "file://"+w.dir, ".")
	var memory, inKept, inClones, cpu time.Duration
	for b.Loop() {
		used := cpuTime(b)
		memory += took(func() {
			for _, tip := range onto {
				r, err := e.Plan(b.Context(), Plan{Main: []SHA{fix}, Onto: tip, Committer: bot()})
				if err != nil || r.Result.Picked == nil {
					b.Fatal(r, err)
				}
			}
		})
		cpu += cpuTime(b) - used
		inKept += took(func() {
			for _, tip := range onto {
				kept.git("switch", "--quiet", "--detach", string(tip))
				kept.git("cherry-pick", string(fix))
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
