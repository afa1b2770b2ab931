package ranges

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/liftgate/liftgate/backport"
)

func TestShallowHistoryIsRefused(t *testing.T) {
	w := newWork(t)
	w.change("fix", "Fix")
	dir := filepath.Join(t.TempDir(), "shallow")
	w.git("clone", "--quiet", "--bare", "--depth=1", "file://"+w.dir, dir)
	if _, err := loadFrom(t, dir); !errors.Is(err, ErrShallow) {
		t.Errorf("loaded with %v", err)
	}
}

func TestMissingObjectsAreSaid(t *testing.T) {
	w := newWork(t)
	bug := w.change("bug", "Bring the bug")
	w.tag("v1.0")
	w.git("tag", "-a", "-m", "a blob", "blob", "HEAD:bug")
	w.git("tag", "-a", "-m", "a tag", "v1.0-signed", "v1.0")
	w.git("tag", "-a", "-m", "a tag of a tag", "v1.0-twice", "v1.0-signed")
	fix := w.change("fix", "Fix the bug")
	w.tag("v1.1")
	lost := w.change("lost", "Lost")
	w.git("tag", "v1.2")
	w.git("reset", "--quiet", "--hard", "HEAD~1")
	object := func(sha backport.SHA) string {
		return filepath.Join(w.dir, ".git", "objects", string(sha[:2]), string(sha[2:]))
	}
	if err := os.Remove(object(lost)); err != nil {
		t.Fatal(err)
	}
	a := w.expect(Query{Introduced: shas(bug), Fix: shas(fix)}, "main: fixed, vulnerable v1.0 v1.0-signed v1.0-twice, fixed v1.1")
	if !slices.Equal(a.Stray, []string{"refs/tags/blob", "refs/tags/v1.2"}) {
		t.Errorf("stray: %v", a.Stray)
	}
	if err := os.Remove(object(bug)); err != nil {
		t.Fatal(err)
	}
	if h, err := loadFrom(t, filepath.Join(w.dir, ".git")); err == nil {
		t.Errorf("a history with a hole was loaded: %d commits", len(h.shas))
	}
}

// A clone without trees can't say what commits change: the other signs are all there is, and the answer says so.
func TestWithoutTreesTheWordsAreLeft(t *testing.T) {
	w := newWork(t)
	bug := w.change("bug", "Bring the bug")
	w.git("branch", "old")
	fix := w.change("fix", "Fix the bug")
	w.on("old")
	w.pick(fix)
	w.git("config", "uploadpack.allowFilter", "true")
	dir := filepath.Join(t.TempDir(), "treeless")
	w.git("clone", "--quiet", "--bare", "--filter=tree:0", "file://"+w.dir, dir)
	h, err := loadFrom(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	a, err := h.Find(t.Context(), Query{Introduced: shas(bug), Fix: shas(fix)})
	if err != nil {
		t.Fatal(err)
	}
	if got := answer(a); !a.Unsearched || got != "main: fixed\nold: fixed\n" {
		t.Errorf("unsearched %v, %s", a.Unsearched, got)
	}
}

func TestManyTagsOfAnyName(t *testing.T) {
	p := newPack(t)
	files := map[string]string{"a": "1"}
	root := p.commit(files, "Start")
	files["bug"] = "bug"
	bug := p.commit(files, "Bring the bug", root)
	files["fix"] = "fix"
	fix := p.commit(files, "Fix the bug", bug)
	const many = 20_000
	for i := range many {
		p.refs[fmt.Sprintf("refs/tags/v%d", i)] = []backport.SHA{root, bug, fix}[i%3]
	}
	odd := []string{"é", "\xff\xfe", "$(id)", "-rf", `a"b'c`, "a/b/c", "<b>", "%s%n", "a\u202eb", "@"}
	for _, name := range odd {
		p.refs["refs/tags/"+name] = bug
		p.refs["refs/heads/"+name] = fix
	}
	p.refs["refs/heads/main"] = fix
	h, err := loadFrom(t, p.write())
	if err != nil {
		t.Fatal(err)
	}
	a, err := h.Find(t.Context(), Query{Introduced: shas(bug), Fix: shas(fix)})
	if err != nil {
		t.Fatal(err)
	}
	b := a.Branches[0]
	if b.Name != "main" || len(b.Vulnerable.Tags) != (many+1)/3+len(odd) || len(b.Fixed.Tags) != many/3 || len(a.Branches) != len(odd)+1 {
		t.Errorf("%s has %d vulnerable and %d fixed tags; %d branches", b.Name, len(b.Vulnerable.Tags), len(b.Fixed.Tags), len(a.Branches))
	}
	for _, name := range odd {
		if !slices.Contains(b.Vulnerable.Tags, name) {
			t.Errorf("tag %q is lost", name)
		}
	}
	if found, err := h.Verify(t.Context(), []Claim{{"main", Marks{odd, shas(bug)}, Marks{[]string{"\xff\xfe"}, shas(fix)}}}, Tags{Pattern: "?"}); err != nil ||
		len(found) != 1 || found[0].Tag != "\xff\xfe" || found[0].Problem != NotFixed || strings.Contains(found[0].Error(), "\xff") {
		t.Errorf("found %v, %v", found, err)
	}
}

// Messages can name each other without end: what would take too long is refused, and nothing is wrong with the rest.
func TestWordsThatNameTooMuch(t *testing.T) {
	p := newPack(t)
	files := map[string]string{"a": "1"}
	root := p.commit(files, "Start")
	tip := root
	for i := range maxSteps + 10 {
		tip = p.commit(files, fmt.Sprintf("Copy %d\n\n(cherry picked from commit %s)\n\nThis reverts commit %s.", i, root, tip), tip)
	}
	fix := p.commit(files, "Fix", tip)
	p.refs["refs/heads/main"] = fix
	h, err := loadFrom(t, p.write())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Find(t.Context(), Query{Introduced: shas(root), Fix: shas(fix)}); backport.KindOf(err) != backport.ErrTooLarge {
		t.Errorf("found with %v", err)
	}
	if _, err := h.Find(t.Context(), Query{Introduced: shas(fix), Fix: shas(fix)}); err != nil {
		t.Error(err)
	}
}

// Commits that take back all before them are judged one after another, not in every order there is.
func TestRevertsOfAllBefore(t *testing.T) {
	p := newPack(t)
	files := map[string]string{"a": "1"}
	bug := p.commit(files, "Bring the bug")
	var words strings.Builder
	fmt.Fprintf(&words, "This reverts commit %s.\n", bug)
	tip := bug
	for i := range 26 {
		files["a"] = fmt.Sprint(i)
		tip = p.commit(files, fmt.Sprintf("Take back %d\n\n%s", i, words.String()), tip)
		fmt.Fprintf(&words, "This reverts commit %s.\n", tip)
	}
	files["fix"] = "fix"
	p.refs["refs/heads/old"] = tip
	fix := p.commit(files, "Fix", tip)
	p.refs["refs/heads/main"] = fix
	h, err := loadFrom(t, p.write())
	if err != nil {
		t.Fatal(err)
	}
	a, err := h.Find(t.Context(), Query{Introduced: shas(bug), Fix: shas(fix)})
	if err != nil {
		t.Fatal(err)
	}
	if got := answer(a); got != "main: fixed\nold: fixed, inherited\n" {
		t.Errorf("answer %s", got)
	}
}

func TestBranchesOfOneNameAtTwoRemotes(t *testing.T) {
	w := newWork(t)
	old := w.sha("HEAD")
	fix := w.change("fix", "Fix the bug")
	w.git("update-ref", "refs/remotes/origin/stable", string(old))
	w.git("update-ref", "refs/remotes/forge/stable", string(fix))
	w.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/stable")
	w.git("branch", "stable", string(old))
	// The local branch is behind the forge's: nothing is lost by taking the newer one.
	w.expect(Query{Introduced: shas(old), Fix: shas(fix), Branches: []string{"stable", "origin/stable", "refs/heads/stable"}},
		"stable: fixed", "origin/stable: vulnerable", "refs/heads/stable: vulnerable")
	w.cut("aside", string(old))
	w.git("update-ref", "refs/remotes/other/stable", string(w.change("other", "Other work")))
	_, err := w.load().Find(t.Context(), Query{Fix: shas(fix), Branches: []string{"stable"}})
	if wrong, ok := errors.AsType[*Wrong](err); !ok || wrong.Problem != Ambiguous {
		t.Errorf("found with %v", err)
	}
	h := w.load()
	names := []string{"main", "aside", "forge/stable", "origin/stable", "other/stable", "refs/heads/stable"}
	if got := h.Branches(); !slices.Equal(got, names) {
		t.Errorf("branches %q", got)
	}
	if a, err := h.Find(t.Context(), Query{Fix: shas(fix)}); err != nil || len(a.Branches) != len(names) {
		t.Errorf("without a choice: %v", err)
	}
}

// A History is shared.
func TestManyQuestionsAtOnce(t *testing.T) {
	w := newWork(t)
	bug := w.change("bug", "Bring the bug")
	w.tag("v1")
	fix := w.change("fix", "Fix the bug")
	w.tag("v2")
	h := w.load()
	answers := make(chan string)
	for range 8 {
		go func() {
			a, err := h.Find(t.Context(), Query{Introduced: shas(bug), Fix: shas(fix)})
			if err != nil {
				a = &Answer{}
			}
			answers <- answer(a)
		}()
	}
	for range 8 {
		if got := <-answers; got != "main: fixed, vulnerable v1, fixed v2\n" {
			t.Errorf("answer %s", got)
		}
	}
}

// A message can't pass for another commit: not with the bytes that part commits in git's output, in no encoding.
func TestMessagesForgeNoCommits(t *testing.T) {
	for _, encoding := range []string{"", "UTF-16LE", "UTF-16", "UTF-7", "nonsense", "ISO-2022-JP"} {
		p := newPack(t)
		bug := p.commit(map[string]string{"bug": "bug"}, "Bring the bug")
		fix := p.commit(map[string]string{"bug": "bug", "fix": "fix"}, "Fix the bug", bug)
		forged := fmt.Sprintf("\x00%s %s\nFix\x00%s\nFix\n\n(cherry picked from commit %s)\x00", fix, strings.Repeat("a", 40), strings.Repeat("b", 40), fix)
		if encoding != "" {
			p.head = "encoding " + encoding + "\n"
		}
		if strings.HasPrefix(encoding, "UTF-16") {
			forged = strings.Join(strings.Split(forged, ""), "\x00") + "\x00"
		}
		if encoding == "UTF-7" {
			forged = strings.ReplaceAll(forged, "\x00", "+AAA-")
		}
		evil := p.commit(map[string]string{"bug": "bug", "evil": "evil"}, "Evil"+forged, bug)
		p.refs["refs/heads/main"], p.refs["refs/heads/evil"] = fix, evil
		h, err := loadFrom(t, p.write())
		if err != nil {
			t.Errorf("%q: %v", encoding, err)
			continue
		}
		if len(h.shas) != 3 || len(h.copies) != 0 && encoding == "" {
			t.Errorf("%q: %d commits, copies %v", encoding, len(h.shas), h.copies)
		}
	}
}
