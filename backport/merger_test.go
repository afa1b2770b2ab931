package backport

import (
	"context"
	"fmt"
	"reflect"
	"testing"
	"time"
)

// TestMergerAnswers holds what is read of several merges in a row against each by itself. The questions are all asked before
// the first answer is read, which any git can do.
func TestMergerAnswers(t *testing.T) {
	e, list := someMerges(t)
	proc, err := e.git.talk(t.Context(), call{args: append(mergeTree(), "--stdin"), dir: e.dir})
	if err != nil {
		t.Fatal(err)
	}
	defer proc.end()
	for _, of := range list {
		fmt.Fprintf(proc.in, "%s %s\n", of.ours, of.theirs)
	}
	if err := proc.in.Close(); err != nil {
		t.Fatal(err)
	}
	clean := 0
	for i, of := range list {
		got, err := proc.merged()
		want, err1 := e.merge(t.Context(), of.ours, of.theirs, "")
		if err != nil || err1 != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("merge %d: %v %v\n%+v\n%+v", i, err, err1, got, want)
		}
		if got.clean {
			clean++
		}
	}
	if _, err := proc.merged(); err == nil {
		t.Error("one more answer than questions")
	}
	if clean == 0 || clean == len(list) {
		t.Errorf("%d of %d clean: says little", clean, len(list))
	}
}

// TestMergerUnanswered merges with a git that may be older than it said, and never answers in time: each merge is then done by
// itself, and only the first one waits.
func TestMergerUnanswered(t *testing.T) {
	e, list := someMerges(t)
	run, end := e.Keeping(t.Context())
	defer end()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	run.kept.merger = &merger{git: e.git, ctx: ctx, dir: e.dir}
	for i, of := range append(list, merging{ours: list[0].ours, theirs: noSHA}) {
		got, err := run.merge(t.Context(), of.ours, of.theirs, "")
		want, err1 := e.merge(t.Context(), of.ours, of.theirs, "")
		if (err == nil) != (err1 == nil) || !reflect.DeepEqual(got, want) {
			t.Errorf("merge %d: %v %v\n%+v\n%+v", i, err, err1, got, want)
		}
	}
	if !run.kept.merger.broken || run.kept.merger.proc != nil {
		t.Error("what fails is asked again")
	}
}

// someMerges are clean ones and conflicts, with paths and remarks of several kinds.
func someMerges(t *testing.T) (e *Embargoed, list []merging) {
	t.Helper()
	w := newWork(t)
	w.write("a", lines(30, "1", "a"))
	w.write("dir/name with\nlines", lines(30, "1", "b"))
	w.write("gone", "gone\n")
	base := w.commit("base")
	w.write("a", lines(30, "1", "ours"))
	w.write("gone", "changed\n")
	ours := w.commit("ours")
	sides := []func(){
		func() { w.write("a", lines(30, "30", "end")) },
		func() { w.write("a", lines(30, "1", "theirs")); w.write("dir/name with\nlines", "") },
		func() { w.git("rm", "--quiet", "gone"); w.git("mv", "dir", "moved") },
		func() { w.git("rm", "--quiet", "a"); w.write("a/below", "x\n") },
		func() { w.write("new", "new\n") },
	}
	for i, side := range sides {
		w.git("switch", "--quiet", "-c", fmt.Sprint("side-", i), string(base))
		side()
		list = append(list, merging{ours: ours, theirs: w.commit(fmt.Sprint("side ", i))})
	}
	return testStore(t, w), list
}
