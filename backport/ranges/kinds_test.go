package ranges

import (
	"slices"
	"testing"

	"github.com/liftgate/liftgate/backport"
)

// The kinds of history that branches really have, each with the truth as a person would tell it.

func TestPicksOfPicksAreFollowed(t *testing.T) {
	w := newWork(t)
	w.tag("v1")
	w.cut("one", "main")
	w.cut("two", "main")
	w.on("main")
	bug := w.change("bug", "Bring the bug")
	fix := w.change("fix", "Fix the bug")
	w.on("two")
	w.pick(bug)
	w.tag("v2.1")
	// Picked from the pick, whose own words are lost.
	w.git("cherry-pick", "--no-commit", string(fix))
	w.commit("Fix, adapted\n\n(cherry picked from commit " + string(fix) + ")")
	adapted := w.sha("HEAD")
	w.tag("v2.2")
	w.on("one")
	w.change("other", "Other work")
	w.write("bug", "Bring the bug, differently")
	w.commit("An old bug\n\n(cherry picked from commit " + string(bug) + ")")
	w.tag("v1.1")
	w.write("fix", "Fix, differently")
	w.commit("An old fix\n\n(cherry picked from commit " + string(adapted) + ")")
	w.tag("v1.2")
	w.expect(Query{Introduced: shas(bug), Fix: shas(fix)},
		"main: fixed",
		"one: fixed, vulnerable v1.1, fixed v1.2",
		"two: fixed, vulnerable v2.1, fixed v2.2")
}

func TestRevertedBugIsNone(t *testing.T) {
	w := newWork(t)
	bug := w.change("bug", "Bring the bug")
	w.tag("v1.0")
	w.cut("v1.0-maint", "v1.0")
	gone := w.revert(bug)
	w.tag("v1.0.1")
	w.on("main")
	fix := w.change("fix", "Fix the bug")
	w.tag("v1.1")
	a := w.expect(Query{Introduced: shas(bug), Fix: shas(fix)},
		"main: fixed, vulnerable v1.0, fixed v1.1",
		"v1.0-maint: fixed, fixed v1.0.1")
	if !slices.Equal(a.Branches[1].Fixed.Changes, shas(gone)) {
		t.Errorf("fixed by %v, want the revert %s", a.Branches[1].Fixed.Changes, gone)
	}
}

// The fix is often nothing but the revert; on a branch it names the commit of main.
func TestRevertAsTheFix(t *testing.T) {
	w := newWork(t)
	w.cut("old", "main")
	w.on("main")
	bug := w.change("bug", "Bring the bug")
	w.tag("v1.0")
	fix := w.revert(bug)
	w.tag("v1.1")
	w.on("old")
	w.tag("v0.1")
	w.pick(bug)
	w.tag("v0.2")
	w.pick(fix)
	w.tag("v0.3")
	w.expect(Query{Introduced: shas(bug), Fix: shas(fix)},
		"main: fixed, vulnerable v1.0, fixed v1.1",
		"old: fixed, vulnerable v0.2, fixed v0.3")
}

func TestRevertedFixAndItsReturn(t *testing.T) {
	w := newWork(t)
	bug := w.change("bug", "Bring the bug")
	w.tag("v1")
	fix := w.change("fix", "Fix the bug")
	w.tag("v2")
	w.tag("v2.1")
	gone := w.revert(fix)
	w.tag("v3")
	w.revert(gone)
	w.tag("v4")
	w.revert(w.sha("HEAD~1"))
	w.tag("v5")
	w.pick(fix)
	w.tag("v6")
	a := w.expect(Query{Introduced: shas(bug), Fix: shas(fix)}, "main: fixed, vulnerable v1 v3 v5, fixed v2 v4 v6")
	if undone := slices.ContainsFunc(a.Branches[0].Fix, func(s Sign) bool { return s.By == fix && s.Undone }); !undone {
		t.Errorf("signs %v do not tell that the first fix was taken back", a.Branches[0].Fix)
	}
}

func TestBugThatComesAgain(t *testing.T) {
	for name, again := range map[string]func(*work, backport.SHA) backport.SHA{
		"picked again":   func(w *work, bug backport.SHA) backport.SHA { w.pick(bug); return bug },
		"another commit": func(w *work, _ backport.SHA) backport.SHA { return w.change("other", "Bring it again, another way") },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWork(t)
			bug := w.change("bug", "Bring the bug")
			w.tag("v1")
			fix := w.change("fix", "Fix the bug")
			w.tag("v2")
			second := again(w, bug)
			w.tag("v3")
			last := w.change("fix2", "Fix the bug once more")
			w.tag("v4")
			w.cut("stable", "v3")
			w.pick(last)
			w.tag("v3.1")
			q := Query{Introduced: shas(bug), Fix: shas(fix, last), Branches: []string{"main", "stable"}}
			want := []string{"main: fixed, vulnerable v1 v3, fixed v2 v4", "stable: fixed, fixed v3.1"}
			if second == bug { // two commits of one change tell no rounds apart: both fixes are wanted, and the first came too early
				q.Fix = shas(last)
				want[0] = "main: fixed, vulnerable v1 v2 v3, fixed v4"
			} else {
				q.Introduced = append(q.Introduced, second)
			}
			w.expect(q, want...)
		})
	}
}

func TestBugPickedAfterTheFixIsOpen(t *testing.T) {
	w := newWork(t)
	w.cut("old", "main")
	w.on("main")
	bug := w.change("bug", "Bring the bug")
	fix := w.change("fix", "Fix the bug")
	w.on("old")
	w.pick(fix)
	w.tag("v0.1")
	w.pick(bug)
	w.tag("v0.2")
	w.expect(Query{Introduced: shas(bug), Fix: shas(fix)}, "main: fixed", "old: vulnerable, vulnerable v0.2, fixed v0.1")
}

func TestMergesBringBugsAndFixes(t *testing.T) {
	w := newWork(t)
	w.tag("v1")
	w.cut("feature", "main")
	bug := w.change("bug", "Bring the bug")
	w.on("main")
	w.change("work", "Work")
	w.tag("v2")
	came := w.merge("feature")
	w.tag("v3")
	w.cut("stable", "main")
	fix := w.change("fix", "Fix the bug")
	w.tag("v3.1")
	w.on("main")
	w.change("more", "More work")
	w.merge("stable") // fixes go up, as git's own project does it
	w.tag("v4")
	w.cut("undo", "v3")
	w.revert(came, "--mainline", "1")
	w.tag("v3.0.1")
	w.expect(Query{Introduced: shas(bug), Fix: shas(fix), Branches: []string{"main", "stable", "undo"}},
		"main: fixed, vulnerable v3, fixed v4",
		"stable: fixed, fixed v3.1",
		"undo: fixed, fixed v3.0.1")
}

// The fix may be named by its merge, and be one commit elsewhere.
func TestMergeThatWentElsewhereAsOneCommit(t *testing.T) {
	w := newWork(t)
	bug := w.change("bug", "Bring the bug")
	w.git("branch", "squashed")
	w.git("branch", "picked")
	w.cut("topic", "main")
	w.change("fix1", "Fix, first half")
	w.change("fix2", "Fix, second half")
	w.on("main")
	fix := w.merge("topic")
	w.git("branch", "-D", "topic")
	w.on("squashed")
	w.git("cherry-pick", "--mainline", "1", "--no-commit", string(fix))
	w.commit("Close the hole")
	w.on("picked")
	w.git("cherry-pick", "-x", "--mainline", "1", string(fix))
	w.cut("half", string(bug))
	half := w.pick(w.sha(string(fix) + "^2~1"))
	w.cut("apart", "half")
	w.pick(w.sha(string(fix) + "^2"))
	a := w.expect(Query{Introduced: shas(bug), Fix: shas(fix), Landed: landed("half", half)},
		"main: fixed", "apart: fixed", "half: vulnerable, partial", "picked: fixed", "squashed: fixed")
	if !slices.Equal(a.Branches[0].Fixed.Changes, shas(fix)) {
		t.Errorf("main is fixed by %v, want the merge", a.Branches[0].Fixed.Changes)
	}
}

func TestBranchCutAfterTheFix(t *testing.T) {
	w := newWork(t)
	bug := w.change("bug", "Bring the bug")
	w.tag("v1")
	fix := w.change("fix", "Fix the bug")
	w.tag("v2")
	w.cut("v2-maint", "v2")
	w.tag("v2.1")
	w.cut("v0-maint", "main~4")
	w.tag("v0.1")
	a := w.expect(Query{Introduced: shas(bug), Fix: shas(fix)},
		"main: fixed, vulnerable v1, fixed v2",
		"v0-maint: not affected",
		"v2-maint: fixed, inherited")
	if b := a.Branches[2]; b.Vulnerable.Changes != nil || b.Fixed.Changes != nil {
		t.Errorf("a branch that was cut after the fix has changes %v", b)
	}
}

func TestEditedSubjectsAndOtherAuthors(t *testing.T) {
	w := newWork(t)
	bug := w.change("bug", "Bring the bug")
	fix := w.change("fix", "Check the length of names")
	for branch, backported := range map[string]func(){
		"author": func() { w.git("commit", "--quiet", "--amend", "--reuse-message="+string(fix)) }, // another patch, the same words
		"patch": func() {
			w.git("commit", "--quiet", "--amend", "--author=Bob <bob@example.org>", "--date=now", "-m", "Harden the parser")
		},
		"trailer": func() { w.git("commit", "--quiet", "--amend", "-m", "Harden\n\n[ Upstream commit "+string(fix)+" ]") },
	} {
		w.cut(branch, string(bug))
		w.git("cherry-pick", string(fix))
		if branch != "patch" {
			w.write("adapted", branch)
			w.git("add", ".")
		}
		backported()
		a, err := w.load().Find(t.Context(), Query{Introduced: shas(bug), Fix: shas(fix), Branches: []string{"main", branch}})
		if err != nil {
			t.Fatal(err)
		}
		if b := a.Branches[1]; b.State != Fixed || len(b.Fix) != 1 || string(b.Fix[0].How) != branch {
			t.Errorf("%s: %s by %v", branch, b.State, b.Fix)
		}
	}
}

// What was written anew for a branch is known from people alone.
func TestLandedFixThatNobodyCouldFind(t *testing.T) {
	w := newWork(t)
	bug := w.change("bug", "Bring the bug")
	w.tag("v1.0")
	w.cut("v1.0-maint", "v1.0")
	w.on("main")
	one, two := w.change("fix1", "Fix, first half"), w.change("fix2", "Fix, second half")
	w.on("v1.0-maint")
	own := w.change("own", "Close the hole")
	w.tag("v1.0.1")
	q := Query{Introduced: shas(bug), Fix: shas(one, two)}
	w.expect(q, "main: fixed, vulnerable v1.0", "v1.0-maint: vulnerable, vulnerable v1.0.1")
	q.Landed = landed("v1.0-maint", own)
	a := w.expect(q, "main: fixed, vulnerable v1.0", "v1.0-maint: fixed, fixed v1.0.1")
	if !slices.Equal(a.Branches[1].Fixed.Changes, shas(own)) {
		t.Errorf("fixed by %v", a.Branches[1].Fixed.Changes)
	}
}

func TestNobodyKnowsWhatBroughtTheBug(t *testing.T) {
	w := newWork(t)
	w.tag("v1")
	w.cut("old", "v1")
	w.on("main")
	fix := w.change("fix", "Fix the bug")
	w.tag("v2")
	a := w.expect(Query{Fix: shas(fix)}, "main: fixed, fixed v2", "old: unknown")
	if len(a.Introduced) != 0 {
		t.Errorf("introduced by %v", a.Introduced)
	}
	w.cut("named", "v1")
	bug := w.change("bug", "Bring the bug")
	w.tag("v1.5")
	named := w.change("fix2", "Fix it\n\nFixes: "+bug.Short()+" (\"Bring the bug\")")
	w.tag("v1.6")
	w.expect(Query{Fix: shas(named), Branches: []string{"named", "old"}}, "named: fixed, vulnerable v1.5, fixed v1.6", "old: not affected")
}

// A fix on a branch where nothing that brought the bug was found is a sign that somebody knew more.
func TestFixWithoutTheBugIsUnsure(t *testing.T) {
	w := newWork(t)
	w.cut("old", "main")
	w.tag("v0.1")
	w.on("main")
	bug := w.change("bug", "Bring the bug")
	fix := w.change("fix", "Fix the bug")
	w.on("old")
	w.pick(fix)
	w.tag("v0.2")
	w.expect(Query{Introduced: shas(bug), Fix: shas(fix)}, "main: fixed", "old: fixed, fixed v0.2, unsure")
}

func TestTagsOfEveryScheme(t *testing.T) {
	w := newWork(t)
	bug := w.change("bug", "Bring the bug")
	w.tag("v1.9", "release-1.9", "1.9", "v1.9-rc1", "1.9.0.beta2", "v1_9_0rc3", "1.9-alpha", "1.9-pre", "1.9-preview.1", "prefix-1", "v1.9-march")
	fix := w.change("fix", "Fix the bug")
	w.tag("v1.10", "v1.10-rc1")
	q := Query{Introduced: shas(bug), Fix: shas(fix)}
	w.expect(q, "main: fixed, vulnerable 1.9 prefix-1 release-1.9 v1.9 v1.9-march, fixed v1.10")
	q.Tags = Tags{Pattern: "v*", PreReleases: true}
	w.expect(q, "main: fixed, vulnerable v1.9 v1.9-march v1.9-rc1 v1_9_0rc3, fixed v1.10 v1.10-rc1")
	q.Tags.Pattern = "[a"
	if _, err := w.load().Find(t.Context(), q); err == nil {
		t.Error("a broken pattern was taken")
	}
}

// The server has a store of its own, with the public branches and tags.
func TestPublicStoreHasItsOwnNames(t *testing.T) {
	w := newWork(t)
	bug := w.change("bug", "Bring the bug")
	w.tag("v1")
	fix := w.change("fix", "Fix the bug")
	w.tag("v2")
	stores, err := backport.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	public, err := stores.Public(t.Context(), "acme/tool")
	if err != nil {
		t.Fatal(err)
	}
	if err := public.Fetch(t.Context(), backport.Remote{URL: "file://" + w.dir}); err != nil {
		t.Fatal(err)
	}
	h, err := Load(t.Context(), &public.Repo, "")
	if err != nil {
		t.Fatal(err)
	}
	a, err := h.Find(t.Context(), Query{Introduced: shas(bug), Fix: shas(fix)})
	if err != nil {
		t.Fatal(err)
	}
	if got := answer(a); got != "main: fixed, vulnerable v1, fixed v2\n" {
		t.Error(got)
	}
}
