package ranges

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// The defects of libvirt's old script, which made notices by hand-written rules. SCHEMA.md beside the real notices lists them.

// D1: on a fresh clone without local branches the fixed tag silently vanished.
func TestD1FreshCloneKeepsTheFixedTag(t *testing.T) {
	w := newWork(t)
	bug := w.change("bug", "Bring the bug")
	w.tag("v1.0")
	w.cut("v1.0-maint", "v1.0")
	w.on("main")
	fix := w.change("fix", "Fix the bug")
	w.tag("v1.1")
	w.on("v1.0-maint")
	w.pick(fix)
	w.tag("v1.0.1")
	w.on("main")
	fresh := &work{t: t, dir: t.TempDir()}
	fresh.git("clone", "--quiet", "--origin", "upstream", w.dir, fresh.dir)
	if branches := fresh.git("branch", "--format=%(refname:short)"); branches != "main" {
		t.Fatalf("the clone has branches %q", branches)
	}
	fresh.expect(Query{Introduced: shas(bug), Fix: shas(fix), Branches: []string{"main", "v1.0-maint"}},
		"main: fixed, vulnerable v1.0, fixed v1.1",
		"v1.0-maint: fixed, fixed v1.0.1")
}

// D2: a vulnerable change that was picked to an older branch was not seen, so that branch was not listed.
func TestD2PickedBugIsSeenOnTheOlderBranch(t *testing.T) {
	w := newWork(t)
	w.tag("v1.0")
	w.cut("v1.0-maint", "v1.0")
	w.on("main")
	bug := w.change("bug", "Bring the bug")
	w.tag("v1.1")
	fix := w.change("fix", "Fix the bug")
	w.tag("v1.2")
	w.on("v1.0-maint")
	w.tag("v1.0.1")
	picked := w.pick(bug)
	w.tag("v1.0.2")
	a := w.expect(Query{Introduced: shas(bug), Fix: shas(fix)},
		"main: fixed, vulnerable v1.1, fixed v1.2",
		"v1.0-maint: vulnerable, vulnerable v1.0.2")
	if !slices.Equal(a.Branches[1].Vulnerable.Changes, shas(picked)) {
		t.Errorf("changes %v, want the pick %s", a.Branches[1].Vulnerable.Changes, picked)
	}
}

// D3: a branch with only part of a fix of several commits was called fixed.
func TestD3HalfAFixIsNoFix(t *testing.T) {
	w := newWork(t)
	bug := w.change("bug", "Bring the bug")
	w.tag("v1.0")
	w.cut("v1.0-maint", "v1.0")
	w.on("main")
	one, two := w.change("fix1", "Fix the bug, first half"), w.change("fix2", "Fix the bug, second half")
	w.tag("v1.1")
	w.on("v1.0-maint")
	half := w.pick(one)
	w.tag("v1.0.1")
	q := Query{Introduced: shas(bug), Fix: shas(one, two)}
	a := w.expect(q, "main: fixed, vulnerable v1.0, fixed v1.1", "v1.0-maint: vulnerable, vulnerable v1.0.1, partial")
	if b := a.Branches[1]; !slices.Equal(b.Missing, shas(two)) || b.Fixed.Changes != nil {
		t.Errorf("missing %v and fixed by %v, want missing %s", b.Missing, b.Fixed.Changes, two)
	}
	// Nor does it become one when somebody says that this is what landed.
	q.Landed = landed("v1.0-maint", half)
	w.expect(q, "main: fixed, vulnerable v1.0, fixed v1.1", "v1.0-maint: vulnerable, vulnerable v1.0.1, partial")
	w.pick(two)
	w.tag("v1.0.2")
	w.expect(q, "main: fixed, vulnerable v1.0, fixed v1.1", "v1.0-maint: fixed, vulnerable v1.0.1, fixed v1.0.2")
}

// D4: a second product in a notice was deleted. A product is a repository: each gives its own answer, and neither needs the other.
func TestD4SecondProductHasItsOwnAnswer(t *testing.T) {
	for range 2 {
		w := newWork(t)
		bug := w.change("bug", "Bring the bug")
		w.tag("v1.0")
		fix := w.change("fix", "Fix the bug")
		w.tag("v1.1")
		w.expect(Query{Introduced: shas(bug), Fix: shas(fix)}, "main: fixed, vulnerable v1.0, fixed v1.1")
	}
}

// D5: of several introducing changes only the first counted; the last of several fixes was taken by the order of the list.
func TestD5EveryIntroducingChangeCounts(t *testing.T) {
	w := newWork(t)
	first := w.change("bug1", "Bring the bug")
	w.tag("v1.0")
	w.cut("v1.0-maint", "v1.0")
	w.cut("v0.9-maint", "v1.0~2")
	second := w.change("bug2", "Bring it another way")
	w.tag("v0.9.1")
	w.on("main")
	w.pick(second)
	one := w.change("fix1", "Fix one way")
	w.tag("v1.1")
	two := w.change("fix2", "Fix the other way")
	w.tag("v1.2")
	for _, order := range [][2][]int{{{0, 1}, {0, 1}}, {{1, 0}, {1, 0}}} {
		bugs, fixes := shas(first, second), shas(one, two)
		a := w.expect(Query{Introduced: shas(bugs[order[0][0]], bugs[order[0][1]]), Fix: shas(fixes[order[1][0]], fixes[order[1][1]])},
			"main: fixed, vulnerable v1.0 v1.1, fixed v1.2",
			"v0.9-maint: vulnerable, vulnerable v0.9.1",
			"v1.0-maint: vulnerable")
		if !slices.Equal(a.Branches[0].Fixed.Changes, fixes) {
			t.Errorf("fixed by %v, want the order of history, %v", a.Branches[0].Fixed.Changes, fixes)
		}
	}
}

// D6: no reverts, no re-introduction, no backport with an edited subject, no other tag scheme, no merges, no remote but origin;
// and the tags of branches that could not be mapped by name were dropped.
func TestD6NothingIsMappedByName(t *testing.T) {
	w := newWork(t)
	bug := w.change("bug", "Bring the bug")
	w.tag("release-1.0")
	w.cut("odd/old", "release-1.0")
	w.tag("1.0.1", "1.0.1-rc1")
	w.on("main")
	w.cut("topic", "main")
	fix := w.change("fix", "Fix the bug")
	w.on("main")
	w.merge("topic")
	w.git("branch", "-D", "topic")
	w.tag("REL_1_1")
	w.revert(fix)
	w.tag("REL_1_2")
	w.on("odd/old")
	w.git("cherry-pick", "--no-commit", string(fix))
	w.commit("Backport: close the hole")
	w.tag("1.0.2")
	w.cut("gone", "release-1.0")
	w.tag("nightly-7")
	w.on("main")
	w.git("branch", "-D", "gone")
	q := Query{Introduced: shas(bug), Fix: shas(fix)}
	want := []string{"main: vulnerable, vulnerable release-1.0 REL_1_2, fixed REL_1_1",
		"odd/old: fixed, vulnerable 1.0.1, fixed 1.0.2",
		"others: vulnerable nightly-7, fixed "}
	w.expect(q, want...)
	other := &work{t: t, dir: filepath.Join(t.TempDir(), "clone")}
	if err := os.Mkdir(other.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	other.git("init", "--quiet", "--template=")
	other.git("fetch", "--quiet", "--tags", w.dir, "+refs/heads/*:refs/remotes/forge/*")
	other.expect(q, want...)
}
