package ranges

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/backport"
)

// BenchmarkNotices asks about 50 notices in a repository of 40 branches and 500 tags, and about the commits of each answer with
// git tag --contains and git branch --contains, one by one. It reports the time of a notice, with its share of reading the
// history and without, and how many times longer git takes: with all commits given to it, and with the search for them, by one
// git log --grep for each commit of the question. With BACKPORT_BENCH the repository is that one, a bare clone, and the notices
// are about fixes that it really picked to its branches.
//
//	go test ./backport/ranges -run '^$' -bench Notices -benchtime 1x
//	BACKPORT_BENCH=~/src/xen.git go test ./backport/ranges -run '^$' -bench Notices -benchtime 1x
func BenchmarkNotices(b *testing.B) {
	dir := os.Getenv("BACKPORT_BENCH")
	if dir == "" {
		dir = benchPack(b).write()
	}
	for b.Loop() {
		began := time.Now()
		h, err := loadFrom(b, dir)
		if err != nil {
			b.Fatal(err)
		}
		notices := picked(h)
		if len(notices) == 0 {
			b.Skip("the repository has no picks that say where they come from")
		}
		if _, err := h.Find(b.Context(), notices[0]); err != nil { // reads what commits change, once for all
			b.Fatal(err)
		}
		loaded := time.Since(began)
		began = time.Now()
		var answers []*Answer
		for _, q := range notices {
			a, err := h.Find(b.Context(), q)
			if err != nil {
				b.Fatal(err)
			}
			answers = append(answers, a)
		}
		found := time.Since(began)
		byGit := min(3, len(notices)) // all would take minutes
		var searched, contained time.Duration
		for i := range byGit {
			began = time.Now()
			for _, sha := range slices.Concat(notices[i].Introduced, notices[i].Fix) {
				(&pack{t: b}).run(dir, nil, "log", "--all", "--fixed-strings", "--grep="+string(sha), "--format=%H")
			}
			searched += time.Since(began)
			began = time.Now()
			compare(b, dir, notices[i], answers[i])
			contained += time.Since(began)
		}
		each := func(d time.Duration, n int) float64 { return float64(d.Microseconds()) / 1000 / float64(n) }
		slow, slowest, fast := each(contained, byGit), each(contained+searched, byGit), each(loaded+found, len(notices))
		b.ReportMetric(float64(len(notices)), "notices")
		b.ReportMetric(float64(len(h.shas)), "commits")
		b.ReportMetric(float64(len(answers[0].Branches)), "branches")
		b.ReportMetric(each(loaded, 1), "ms/load")
		b.ReportMetric(each(found, len(notices)), "ms/notice")
		b.ReportMetric(fast, "ms/notice-with-load")
		b.ReportMetric(slow, "ms/notice-by-git")
		b.ReportMetric(slow/fast, "times-faster")
		b.ReportMetric(slowest/fast, "times-faster-with-search")
		b.ReportMetric(0, "ns/op")
	}
}

// picked makes notices of the 50 commits that were picked to most branches: each is a fix, of a bug that came 200 commits before.
func picked(h *History) []Query {
	var origins []backport.SHA
	for origin, copies := range h.copies {
		if at, here := h.at[origin]; here && at > 200 && len(copies) > 0 {
			origins = append(origins, origin)
		}
	}
	slices.SortFunc(origins, func(a, b backport.SHA) int {
		if d := len(h.copies[b]) - len(h.copies[a]); d != 0 {
			return d
		}
		return strings.Compare(string(a), string(b))
	})
	var list []Query
	for _, fix := range origins[:min(50, len(origins))] {
		bug := h.at[fix]
		for range 200 {
			if below := h.below(bug); len(below) > 0 {
				bug = below[0]
			}
		}
		list = append(list, Query{Introduced: []backport.SHA{h.shas[bug]}, Fix: []backport.SHA{fix}, Tags: Tags{PreReleases: true}})
	}
	return list
}

// compare asks git which branches and tags contain the bug and each copy of the fix, and checks the answer with it.
func compare(b *testing.B, dir string, q Query, a *Answer) {
	b.Helper()
	p := &pack{t: b}
	contain := func(kind string, shas ...backport.SHA) map[string]bool {
		all := map[string]bool{}
		for _, sha := range shas {
			for name := range strings.Lines(p.run(dir, nil, kind, "--format=%(refname:lstrip=2)", "--contains", string(sha))) {
				all[strings.TrimSpace(name)] = true
			}
		}
		return all
	}
	bugs, fixes := slices.Clone(q.Introduced), slices.Clone(q.Fix)
	for _, branch := range a.Branches { // what was found by other signs, git would have to be told too
		for _, s := range branch.Introduced {
			bugs = append(bugs, s.By)
		}
		for _, s := range branch.Fix {
			fixes = append(fixes, s.By)
		}
	}
	bugs, fixes = unique(bugs), unique(fixes)
	ill, well := contain("tag", bugs...), contain("tag", fixes...)
	contain("branch", bugs...)
	fixed := contain("branch", fixes...)
	undone := false
	var open []string
	for _, branch := range a.Branches {
		for _, s := range slices.Concat(branch.Introduced, branch.Fix) {
			undone = undone || s.Undone
		}
		open = append(open, branch.Vulnerable.Tags...)
		if branch.State == Fixed && !fixed[branch.Name] && !undone {
			b.Errorf("%s is fixed, and git knows no fix there", branch.Name)
		}
	}
	open = append(open, a.Others.Vulnerable...)
	for tag := range well {
		delete(ill, tag)
	}
	slices.Sort(open)
	if want := slices.Sorted(maps.Keys(ill)); !undone && !slices.Equal(open, want) {
		b.Errorf("fix %s: %d vulnerable tags, and git says %d", q.Fix[0], len(open), len(want))
	}
}

// benchPack is a main line of 20000 commits from which 40 branches leave, with 500 tags, and 50 fixes that are picked to every
// branch.
func benchPack(b *testing.B) *pack {
	const commits, branches, tags, notices = 20_000, 40, 500, 50
	p := newPack(b)
	files := map[string]string{}
	for i := range 40 {
		files[fmt.Sprintf("file%d.c", i)] = "start\n"
	}
	tip := p.commit(files, "Start")
	edit := func(files map[string]string, i int, message string, parent backport.SHA) backport.SHA {
		files[fmt.Sprintf("file%d.c", i%40)] = strconv.Itoa(i) + "\n"
		return p.commit(files, message, parent)
	}
	type stable struct {
		files map[string]string
		tip   backport.SHA
	}
	var cut []stable
	for i := 1; i <= commits; i++ {
		tip = edit(files, i, fmt.Sprintf("Change %d\n\nBecause of this and that.\n\nSigned-off-by: Ann <ann@example.org>", i), tip)
		if i%(commits/100) == 0 {
			p.refs[fmt.Sprintf("refs/tags/v%d", i)] = tip
		}
		if i%(commits/2/branches) == 0 && i > commits/4 && len(cut) < branches {
			cut = append(cut, stable{maps.Clone(files), tip})
		}
	}
	for n := range notices {
		tip = edit(files, commits+n, fmt.Sprintf("Fix %d", n), tip)
		for i := range cut {
			s := &cut[i]
			s.tip = edit(s.files, commits*2+n*branches+i, fmt.Sprintf("Fix %d\n\n(cherry picked from commit %s)", n, tip), s.tip)
			if n%(notices*branches/(tags-100)) == 0 {
				p.refs[fmt.Sprintf("refs/tags/v%d.%d", i, n)] = s.tip
			}
		}
	}
	p.refs["refs/heads/main"] = tip
	for i, s := range cut {
		p.refs[fmt.Sprintf("refs/heads/stable-%d", i)] = s.tip
	}
	return p
}
