package ranges

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/liftgate/liftgate/backport"
)

// TestAnswersAreGits makes random histories with picks, silent copies, reverts and merges, and compares the state of every commit
// with what follows from the words of this file and git's own --contains.
func TestAnswersAreGits(t *testing.T) {
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		if err := flag.Set("rapid.checks", "20"); err != nil { // each makes a repository: few by default
			t.Fatal(err)
		}
		defer func() { _ = flag.Set("rapid.checks", f.DefValue) }() // it was valid before
	}
	rapid.Check(t, func(rt *rapid.T) {
		w := &random{rt: rt, pack: newPack(t)}
		w.grow()
		w.oracle()
		h, err := loadFrom(t, w.dir)
		if err != nil {
			rt.Fatal(err)
		}
		for range 6 {
			w.ask(h)
		}
	})
}

// random is a random history and the truth of it.
type random struct {
	rt    *rapid.T
	pack  *pack
	all   []made
	tips  []int
	dir   string
	holds []map[int]bool // which commits hold this one, itself among them
}

// made is a commit: which change it makes, and which commit it takes back.
type made struct {
	sha     backport.SHA
	parents []int
	files   map[string]string
	of      int // the commit that it copies, or -1
	gone    int // the commit that it takes back, or -1
	silent  bool
	message string
}

func (w *random) int(label string, n int) int { return rapid.IntRange(0, n-1).Draw(w.rt, label) }

func (w *random) grow() {
	w.add(made{of: -1, gone: -1, files: map[string]string{}}, "start")
	w.tips = []int{0}
	for range 12 + w.int("commits", 24) {
		tip := w.int("tip", len(w.tips))
		m := made{parents: []int{w.tips[tip]}, of: -1, gone: -1, files: maps.Clone(w.all[w.tips[tip]].files)}
		earlier := w.int("earlier", len(w.all))
		subject := fmt.Sprintf("commit %d", len(w.all))
		switch kind := w.int("kind", 10); {
		case kind < 3:
			m.files[fmt.Sprint("f", len(w.all))] = subject
		case kind < 5: // with the words of what it copies, as git has it
			m.of, m.gone = earlier, w.all[earlier].gone
			subject += "\n" + strings.TrimPrefix(w.all[earlier].message, "commit") + "\n(cherry picked from commit " + string(w.all[earlier].sha) + ")"
		case kind < 6:
			if name := fmt.Sprint("f", earlier); w.all[earlier].files[name] != "" && m.files[name] == "" {
				m.of, m.files[name], m.silent = earlier, w.all[earlier].files[name], true
			}
		case kind < 8:
			m.gone = earlier
			subject += "\n\nThis reverts commit " + string(w.all[earlier].sha) + "."
		case kind < 9:
			other := w.tips[w.int("other", len(w.tips))]
			if other == w.tips[tip] {
				continue
			}
			m.parents = append(m.parents, other)
			maps.Copy(m.files, w.all[other].files)
		default:
			w.tips = append(w.tips, w.tips[tip])
			tip = len(w.tips) - 1
		}
		w.tips[tip] = w.add(m, subject)
	}
	for i, tip := range w.tips {
		w.pack.refs[fmt.Sprint("refs/heads/b", i)] = w.all[tip].sha
	}
	for i, m := range w.all {
		w.pack.refs[fmt.Sprint("refs/tags/c", i)] = m.sha
	}
}

func (w *random) add(m made, message string) int {
	m.message = message
	var parents []backport.SHA
	for _, p := range m.parents {
		parents = append(parents, w.all[p].sha)
	}
	m.sha = w.pack.commit(m.files, message, parents...)
	w.all = append(w.all, m)
	return len(w.all) - 1
}

// oracle asks git which commits contain which.
func (w *random) oracle() {
	w.dir = w.pack.write()
	for _, m := range w.all {
		holds := map[int]bool{}
		for name := range strings.FieldsSeq(w.pack.run(w.dir, nil, "tag", "--contains", string(m.sha))) {
			var i int
			if _, err := fmt.Sscanf(name, "c%d", &i); err != nil {
				w.rt.Fatal(err)
			}
			holds[i] = true
		}
		w.holds = append(w.holds, holds)
	}
}

// has reports whether commit x holds commit e.
func (w *random) has(x, e int) bool { return w.holds[e][x] }

// family are a commit and its copies.
func (w *random) family(c int) []int {
	list := []int{c}
	for i := range w.all { // copies are made later
		if slices.Contains(list, w.all[i].of) && !slices.Contains(list, i) {
			list = append(list, i)
		}
	}
	return list
}

// stands reports whether commit x has e, of the family of c, and nothing took it back.
func (w *random) stands(c, e, x int) bool {
	if !w.has(x, e) {
		return false
	}
	family := w.family(c)
	for r := range w.all {
		gone := w.all[r].gone
		if gone < 0 || r == e || !w.has(x, r) || !w.has(r, e) {
			continue
		}
		merge := len(w.all[gone].parents) > 1 && e != gone && w.has(gone, e) && !w.has(w.all[gone].parents[0], e)
		if (slices.Contains(family, gone) || merge) && w.stands(w.root(r), r, x) {
			return false
		}
	}
	return true
}

// root is the revert that another one copies in the end.
func (w *random) root(r int) int {
	for w.all[r].of >= 0 {
		r = w.all[r].of
	}
	return r
}

func (w *random) state(x int, bugs, fix []int) State {
	seen := false
	for _, bug := range bugs {
		var needed []int
		for _, f := range fix {
			again := slices.ContainsFunc(bugs, func(other int) bool {
				return other != f && w.has(f, other) && slices.ContainsFunc(fix, func(first int) bool {
					return first != bug && other != first && w.has(first, bug) && w.has(other, first)
				})
			})
			if !w.has(bug, f) && !again {
				needed = append(needed, f)
			}
		}
		for _, e := range w.family(bug) {
			seen = seen || w.has(x, e)
			mended := len(needed) > 0 && !slices.ContainsFunc(needed, func(f int) bool {
				return !slices.ContainsFunc(w.family(f), func(q int) bool { return w.stands(f, q, x) && !w.has(e, q) })
			})
			if w.stands(bug, e, x) && !mended {
				return Vulnerable
			}
		}
	}
	whole := !slices.ContainsFunc(fix, func(f int) bool {
		return !slices.ContainsFunc(w.family(f), func(q int) bool { return w.stands(f, q, x) })
	})
	if seen || whole {
		return Fixed
	}
	return NotAffected
}

func (w *random) ask(h *History) {
	var bugs, fix []int
	var q Query
	one := func(label string) int {
		i := w.int(label, len(w.all))
		for w.all[i].silent || len(w.all[i].parents) > 1 {
			// That it copies the other one is known from the other one alone; and a fix that is a merge has its own test.
			i = max(w.all[i].of, w.all[i].parents[0])
		}
		return i
	}
	for i := range 1 + w.int("bugs", 2) {
		bugs = append(bugs, one(fmt.Sprint("bug", i)))
		q.Introduced = append(q.Introduced, w.all[bugs[i]].sha)
	}
	for i := range 1 + w.int("fixes", 2) {
		fix = append(fix, one(fmt.Sprint("fix", i)))
		q.Fix = append(q.Fix, w.all[fix[i]].sha)
	}
	for i := range w.tips {
		q.Branches = append(q.Branches, fmt.Sprint("b", i))
	}
	a, err := h.Find(w.rt.Context(), q)
	if err != nil {
		w.rt.Fatal(err)
	}
	said := map[string]State{}
	for i, b := range a.Branches {
		if want := w.state(w.tips[i], bugs, fix); b.State != want {
			w.rt.Errorf("bugs %v, fix %v: branch at %d is %s, want %s\n%s", bugs, fix, w.tips[i], b.State, want, w)
		}
		for _, tag := range b.Vulnerable.Tags {
			said[tag] = Vulnerable
		}
		for _, tag := range b.Fixed.Tags {
			said[tag] = Fixed
		}
	}
	for x, m := range w.all {
		want, got := w.state(x, bugs, fix), said[fmt.Sprint("c", x)]
		if want == Fixed && got == "" && slices.ContainsFunc(m.parents, func(p int) bool { return w.state(p, bugs, fix) == Fixed }) || want == NotAffected {
			want = "" // not the first of its line; or of no interest
		}
		if got != want {
			w.rt.Errorf("bugs %v, fix %v: commit %d is %q, want %q\n%s", bugs, fix, x, got, want, w)
		}
	}
}

// String shows the history of a failure.
func (w *random) String() string {
	var b strings.Builder
	for i, m := range w.all {
		fmt.Fprintf(&b, "%d %s parents %v copies %d reverts %d\n", i, m.sha[:7], m.parents, m.of, m.gone)
	}
	return b.String()
}
