package backport

import (
	"fmt"
	"strings"
	"testing"
)

func TestAffected(t *testing.T) {
	for name, c := range map[string]struct {
		branch func(w *work, bug, fix SHA) // on branch older, which was cut before the bug
		unsaid bool                        // nobody says what introduced it
		words  string                      // of the fix
		want   Standing
	}{
		"cut before":             {func(*work, SHA, SHA) {}, false, "Fix", NotAffected},
		"picked, with a trailer": {func(w *work, bug, _ SHA) { w.git("cherry-pick", "-x", string(bug)) }, false, "Fix", IsAffected},
		"picked, without a word": {func(w *work, bug, _ SHA) { w.git("cherry-pick", string(bug)) }, false, "Fix", IsAffected},
		"adapted under its name": {func(w *work, bug, _ SHA) {
			w.write("a.c", lines(40, "20", "bug, adapted"))
			w.git("add", "--all")
			w.git("commit", "--quiet", "--reuse-message", string(bug))
		}, false, "Fix", IsAffected},
		"another of that name": {func(w *work, _, _ SHA) {
			w.write("a.c", lines(40, "20", "unlike"))
			w.commit("Bring the bug once more")
		}, false, "Fix", IsAffected},
		"a common name": {func(w *work, _, _ SHA) {
			w.write("a.c", lines(40, "20", "unlike"))
			w.commit("Update notes")
		}, false, "Fix", NotAffected},
		"picked and reverted": {func(w *work, bug, _ SHA) {
			w.git("cherry-pick", "-x", string(bug))
			w.git("revert", "--no-edit", "HEAD")
		}, false, "Fix", NotAffected},
		"reverted and brought back": {func(w *work, bug, _ SHA) {
			w.git("cherry-pick", "-x", string(bug))
			w.git("revert", "--no-edit", "HEAD")
			w.git("revert", "--no-edit", "HEAD")
		}, false, "Fix", IsAffected},
		"an ancestor": {func(w *work, bug, _ SHA) { w.git("merge", "--quiet", "--ff-only", string(bug)) }, false, "Fix", IsAffected},
		"an ancestor, reverted": {func(w *work, bug, _ SHA) {
			w.git("merge", "--quiet", "--ff-only", string(bug))
			w.git("revert", "--no-edit", "HEAD")
		}, false, "Fix", NotAffected},
		"fixed":                 {func(w *work, bug, fix SHA) { w.git("cherry-pick", "-x", string(bug), string(fix)) }, false, "Fix", AlreadyFixed},
		"nobody knows":          {func(*work, SHA, SHA) {}, true, "Fix", NotKnown},
		"the fix says":          {func(*work, SHA, SHA) {}, true, "Fix\n\nFixes: %.12s (\"Bring the bug\")\n", NotAffected},
		"the fix says nonsense": {func(*work, SHA, SHA) {}, true, "Fix\n\nFixes: deadbeefdead\n", NotKnown},
		"the code is not there": {func(w *work, _, _ SHA) { w.git("rm", "--quiet", "a.c"); w.git("commit", "--quiet", "-m", "Drop") }, true, "Fix", NotAffected},
		"the code moved":        {func(w *work, _, _ SHA) { w.write("src/a.c", "x\n"); w.git("rm", "--quiet", "a.c"); w.commit("Move") }, true, "Fix", NotKnown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWork(t)
			w.write("a.c", lines(40))
			w.write("b.c", "b\n")
			w.commit("Start")
			w.git("branch", "older")
			w.write("a.c", lines(40, "20", "bug"))
			bug := w.commit("Bring the bug once more")
			w.write("a.c", lines(40, "20", "fixed"))
			words := c.words
			if strings.Contains(words, "%") {
				words = fmt.Sprintf(words, bug)
			}
			fix := w.commit(words)
			w.git("switch", "--quiet", "older")
			c.branch(w, bug, fix)
			q := Inquiry{Fix: []SHA{fix}, Introduced: []SHA{bug}, Branch: w.sha("older")}
			if c.unsaid {
				q.Introduced = nil
			}
			got, err := testStore(t, w).Affected(t.Context(), q)
			if err != nil || got.Standing != c.want {
				t.Errorf("%v, want %s: %v; %v", got, c.want, err, got.Introduced)
			}
			if got.Standing == AlreadyFixed && (got.Fixed == nil || len(got.Fixed.By) != 1) {
				t.Errorf("fixed by %v", got.Fixed)
			}
		})
	}
}

func TestSameName(t *testing.T) {
	own := namesake{"a", "Ann <ann@example.org>", 7, "Check the length\n\nCVE-2026-1234\n"}
	for name, c := range map[string]struct {
		other namesake
		want  How
	}{
		"author and date":   {namesake{"b", own.author, 7, "[release/1.2] Check the length\n"}, HowAuthor},
		"another date":      {namesake{"b", own.author, 8, "Check the length\n"}, ""}, // too short to tell
		"the same advisory": {namesake{"b", "Bob <bob@example.org>", 8, "Check the length\n\n(cve-2026-1234)\n"}, HowAdvisory},
		"another advisory":  {namesake{"b", "Bob <bob@example.org>", 8, "Check the length\n\nCVE-2026-12345\n"}, ""},
		"another subject":   {namesake{"b", own.author, 7, "Check the width\n\nCVE-2026-1234\n"}, ""},
	} {
		if got := own.likens(c.other); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
