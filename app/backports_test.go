package app

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/liftgate/liftgate/backport"
	"github.com/liftgate/liftgate/policy"
)

// bench is a public repository and its mirror, both real, a clone that people work in, and the workshop under test.
type bench struct {
	*workshop
	t    *testing.T
	dir  string // the clone; its remotes are public and mirror
	tick int
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, dir: filepath.Join(t.TempDir(), "clone")}
	if err := os.MkdirAll(b.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	b.git("init", "-q", "-b", "main")
	urls := map[string]string{}
	for _, name := range []string{"public", "mirror"} {
		dir := filepath.Join(t.TempDir(), name+".git")
		b.git("init", "-q", "--bare", dir)
		b.git("remote", "add", name, dir)
		urls[name] = "file://" + dir
	}
	stores, err := backport.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	public, err := stores.Public(t.Context(), "tiny/tinyserve")
	if err != nil {
		t.Fatal(err)
	}
	own, err := stores.Embargoed(t.Context(), "tiny/tinyserve", "LSN-2026-0001")
	if err != nil {
		t.Fatal(err)
	}
	b.workshop = &workshop{
		store: own, public: public, from: backport.Remote{URL: urls["public"]}, mirror: backport.Remote{URL: urls["mirror"]},
		committer: backport.Identity{Name: "Liftgate", Email: "liftgate@localhost"},
	}
	return b
}

func (b *bench) git(args ...string) string {
	b.t.Helper()
	b.tick++
	date := fmt.Sprintf("%d +0000", 1_700_000_000+60*b.tick)
	cmd := exec.CommandContext(b.t.Context(), "git", args...)
	cmd.Dir = b.dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "LC_ALL=C",
		"GIT_AUTHOR_NAME=Ann", "GIT_AUTHOR_EMAIL=ann@example.org", "GIT_COMMITTER_NAME=Ann", "GIT_COMMITTER_EMAIL=ann@example.org",
		"GIT_AUTHOR_DATE="+date, "GIT_COMMITTER_DATE="+date)
	out, err := cmd.CombinedOutput()
	if err != nil {
		b.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func (b *bench) commit(message string, files map[string]string) string {
	b.t.Helper()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o600); err != nil {
			b.t.Fatal(err)
		}
	}
	b.git("add", "-A")
	b.git("commit", "-q", "--allow-empty", "-m", message)
	return b.git("rev-parse", "HEAD")
}

// lines are a file's words, one a line.
func lines(words ...string) string { return strings.Join(words, "\n") + "\n" }

// source is the file in which the bug is: what is copied is called by another name after the rework.
func source(name string, fixed bool) string {
	line := "copy " + name
	if fixed {
		line += " of checked size"
	}
	return lines("begin", "one", "two", line, "three", "four", "end")
}

// history makes main with the code reworked after stable-1 and stable-2 were cut, and before stable-3 was. It gives the
// commits that brought the bug and that reworked it, and the head of the main fix, which is in the mirror alone.
func (b *bench) history() (bug, rework, fix string) {
	b.t.Helper()
	b.commit("Begin", map[string]string{"README": "tiny\n"})
	b.git("branch", "stable-0")
	bug = b.commit("Copy values", map[string]string{"copy.c": source("old", false)})
	b.git("branch", "stable-1")
	b.commit("Count", map[string]string{"count.c": "count\n"})
	b.git("branch", "stable-2")
	rework = b.commit("Rework the loop", map[string]string{"copy.c": source("new", false)})
	b.git("branch", "stable-3")
	b.git("push", "-q", "public", "--all")
	b.git("push", "-q", "mirror", "--all")
	b.git("switch", "-q", "-c", "topic")
	fix = b.commit("Check the size", map[string]string{"copy.c": source("new", true)})
	b.git("push", "-q", "mirror", "topic")
	return bug, rework, fix
}

// plan asks for the stable branches given, as policy would.
func (b *bench) plan(fix string, change func(*policy.PlanBackports), branches ...string) map[string]policy.BackportResult {
	b.t.Helper()
	do := policy.PlanBackports{Source: fix, Main: b.git("rev-parse", "main")}
	for _, branch := range branches {
		ref := policy.BackportRef("LSN-2026-0001", branch)
		was, _, _ := strings.Cut(b.git("ls-remote", "mirror", "refs/heads/"+ref), "\t")
		do.Targets = append(do.Targets, policy.Target{Branch: branch, Onto: b.git("rev-parse", branch), Ref: ref, Was: was})
	}
	if change != nil {
		change(&do)
	}
	results, err := b.planBackports(b.t.Context(), do)
	if err != nil {
		b.t.Fatal(err)
	}
	found := map[string]policy.BackportResult{}
	for _, r := range results {
		found[r.Branch] = r
	}
	return found
}

// push has a person change what stands under a backport's name in the mirror, with a commit on top.
func (b *bench) push(branch, message string, files map[string]string) string {
	b.t.Helper()
	ref := policy.BackportRef("LSN-2026-0001", branch)
	b.git("fetch", "-q", "mirror", "refs/heads/"+ref)
	b.git("switch", "-q", "--detach", "FETCH_HEAD")
	head := b.commit(message, files)
	b.git("push", "-q", "mirror", "HEAD:refs/heads/"+ref)
	return head
}

// own tells the plan of a fix that people made.
func own(branch, head string, behind bool) func(*policy.PlanBackports) {
	return func(do *policy.PlanBackports) {
		for i := range do.Targets {
			if do.Targets[i].Branch == branch {
				do.Targets[i].Own, do.Targets[i].Behind = head, behind
			}
		}
	}
}

// contains fails unless all words are in the text, in their order.
func contains(t *testing.T, text string, words ...string) {
	t.Helper()
	rest := text
	for _, word := range words {
		_, after, found := strings.Cut(rest, word)
		if !found {
			t.Errorf("%q is not where it should be in:\n%s", word, text)
			return
		}
		rest = after
	}
}

// A conflict is shown with all that a person needs. It is resolved once, and the older branches follow.
func TestOlderBranchesFollowAResolution(t *testing.T) {
	b := newBench(t)
	_, rework, fix := b.history()
	branches := []string{"stable-1", "stable-3", "stable-2"} // the engine sorts them itself
	first := b.plan(fix, nil, branches...)
	if got := first["stable-3"]; got.State != policy.PickClean || got.From != "" || got.Review != "" {
		t.Errorf("stable-3: %+v", got)
	}
	contains(t, first["stable-3"].Note, "main's fix", "the same change, line by line")
	for _, branch := range []string{"stable-2", "stable-1"} {
		got := first[branch]
		if got.State != policy.PickConflict || !slices.Equal(got.Files, []string{"copy.c (content)"}) {
			t.Errorf("%s: %+v", branch, got)
		}
		b.git("fetch", "-q", "mirror", got.Head)
		contains(t, b.git("show", got.Head+":copy.c"), "<<<<<<< "+branch, "copy old", "|||||||", "=======", "copy new of checked size", ">>>>>>>")
		contains(t, got.Note, "conflict", "git switch", "--amend", policy.BackportRef("LSN-2026-0001", branch), "`copy.c` (content)",
			"-copy new", "+copy new of checked size", "copy old", "`"+rework[:12]+"` `Rework the loop`")
	}

	resolved := b.push("stable-2", "Resolve", map[string]string{"copy.c": source("old", true)})
	second := b.plan(fix, own("stable-2", resolved, false), branches...)
	if second["stable-2"].Head != "" || second["stable-3"].Head != first["stable-3"].Head {
		t.Errorf("people's own or a settled fix was made again: %+v", second)
	}
	contains(t, second["stable-2"].Note, "by a person", "it differs", "range-diff", "copy old of checked size")
	follower := second["stable-1"]
	if follower.State != policy.PickClean || follower.From != "stable-2" {
		t.Fatalf("stable-1 did not follow: %+v", follower)
	}
	contains(t, follower.Note, "as it stands for `stable-2`")
	b.git("fetch", "-q", "mirror", follower.Head)
	if got, want := b.git("show", follower.Head+":copy.c")+"\n", source("old", true); got != want {
		t.Errorf("stable-1 got\n%s", got)
	}
	if n := b.git("rev-list", "--count", "stable-1.."+follower.Head); n != "1" {
		t.Errorf("the conflict and its resolution are %s commits, not one", n)
	}
	contains(t, b.git("log", "-1", "--format=%B", follower.Head), "Check the size", "(cherry picked from commit "+fix+")")
}

// What people made for an earlier main fix teaches the older branches nothing.
func TestNothingIsLearntFromWhatIsBehind(t *testing.T) {
	b := newBench(t)
	_, _, fix := b.history()
	b.plan(fix, nil, "stable-2", "stable-1")
	resolved := b.push("stable-2", "Resolve", map[string]string{"copy.c": source("old", true)})
	after := b.plan(fix, own("stable-2", resolved, true), "stable-2", "stable-1")
	if got := after["stable-1"]; got.State != policy.PickConflict {
		t.Errorf("stable-1: %+v", got)
	}
	half := b.push("stable-2", "Break it again", map[string]string{"copy.c": "<<<<<<< ours\nold\n=======\nnew\n>>>>>>> theirs\n"})
	after = b.plan(fix, own("stable-2", half, false), "stable-2", "stable-1")
	if got := after["stable-1"]; got.State != policy.PickConflict {
		t.Errorf("stable-1 followed a fix with markers: %+v", got)
	}
}

// A branch that may need no fix is named with the evidence, and nothing is left out because of it.
func TestBranchesWithoutTheBugAreNamed(t *testing.T) {
	b := newBench(t)
	bug, _, fix := b.history()
	name := func(do *policy.PlanBackports) { do.Introduced = []string{bug} }
	got := b.plan(fix, name, "stable-3", "stable-0")
	if got["stable-3"].Spared != "" {
		t.Errorf("stable-3 has the bug, and is called spared: %s", got["stable-3"].Spared)
	}
	contains(t, got["stable-0"].Spared, bug[:12], "is not on it")
	if got["stable-0"].State != policy.PickConflict {
		t.Errorf("stable-0: %+v", got["stable-0"])
	}
	contains(t, b.plan(fix, nil, "stable-0")["stable-0"].Spared, "none of the 1 files")

	do := policy.PlanBackports{Source: fix, Main: b.git("rev-parse", "main"), Introduced: []string{strings.Repeat("ab", 20)}}
	if _, err := b.planBackports(t.Context(), do); err == nil || !strings.Contains(policy.AsTrouble(err).Hint, "/introduced") {
		t.Errorf("an unknown commit gave %v", err)
	}
}

// Another change under the fix's name and date is no proof that the fix is there.
func TestWhatWordsAloneSayIsUnsure(t *testing.T) {
	b := newBench(t)
	_, _, fix := b.history()
	b.git("switch", "-q", "stable-2")
	b.commit("Check the size", map[string]string{"copy.c": source("old", true)})
	b.git("commit", "-q", "--amend", "--no-edit", "--date", b.git("log", "-1", "--format=%ad", "--date=raw", fix))
	b.git("push", "-q", "public", "stable-2")
	got := b.plan(fix, nil, "stable-3", "stable-2")
	if r := got["stable-2"]; r.State != policy.PickApplied || !r.Unsure || !strings.Contains(r.Spared, "(author)") {
		t.Errorf("stable-2: %+v", r)
	}
	contains(t, got["stable-3"].Note, "Does the branch have the bug?", "not known")
}

// What conflicts as a whole is explained in words.
func TestConflictsWithoutHunks(t *testing.T) {
	b := newBench(t)
	b.commit("Begin", map[string]string{"a.bin": "\x00one", "b.c": lines("one")})
	b.git("branch", "stable-1")
	b.commit("Go on", map[string]string{"a.bin": "\x00two"})
	b.git("push", "-q", "public", "main")
	b.git("switch", "-q", "-c", "topic")
	fix := b.commit("Fix", map[string]string{"a.bin": "\x00three", "b.c": lines("two")})
	b.git("push", "-q", "mirror", "main", "topic")
	b.git("switch", "-q", "stable-1")
	b.git("rm", "-q", "b.c")
	b.git("commit", "-q", "-m", "Remove b")
	b.git("push", "-q", "public", "stable-1")
	got := b.plan(fix, nil, "stable-1")["stable-1"]
	if got.State != policy.PickConflict {
		t.Fatalf("%+v", got)
	}
	contains(t, got.Note, "It is binary and was changed on both sides.", "The fix changes it, and the branch does not have it.")
}

// A guess is a draft that needs somebody's word; one branch's trouble stops no other; nothing of people's is overwritten;
// and the same plan gives the same commits.
func TestEachBranchStandsForItself(t *testing.T) {
	b := newBench(t)
	_, _, fix := b.history()
	b.git("switch", "-q", "stable-3")
	b.commit("Rename the copy", map[string]string{"copy.c": strings.Replace(source("new", false), "three\n", "three of all\n", 1)})
	b.git("push", "-q", "public", "stable-3")
	lost := own("stable-2", strings.Repeat("cd", 20), false)
	first := b.plan(fix, lost, "stable-3", "stable-2", "stable-1")
	if got := first["stable-3"]; got.State != policy.PickDraft || got.Review == "" {
		t.Errorf("stable-3: %+v", got)
	}
	contains(t, first["stable-3"].Note, "draft", "guess", "range-diff")
	if first["stable-2"].Failed == "" || first["stable-1"].State != policy.PickConflict {
		t.Errorf("a fix that is not there: %+v", first)
	}
	gone := func(do *policy.PlanBackports) { do.Targets[0].Onto = strings.Repeat("cd", 20) }
	if got := b.plan(fix, gone, "stable-2", "stable-1"); got["stable-2"].Failed == "" || got["stable-1"].State != policy.PickConflict {
		t.Errorf("a branch whose tip is nowhere: %+v", got)
	}
	if again := b.plan(fix, lost, "stable-3", "stable-2", "stable-1"); again["stable-3"].Head != first["stable-3"].Head || again["stable-1"].Head != first["stable-1"].Head {
		t.Errorf("the same plan gave other commits: %+v", again)
	}
	theirs := b.push("stable-1", "Resolve", map[string]string{"copy.c": source("old", true)})
	stale := func(do *policy.PlanBackports) {
		do.Targets[0].Was = first["stable-1"].Head
		do.Targets[0].Onto = b.git("rev-parse", "stable-2")
	}
	if got := b.plan(fix, stale, "stable-1"); !got["stable-1"].Edited {
		t.Errorf("stable-1: %+v", got["stable-1"])
	}
	if tip, _, _ := strings.Cut(b.git("ls-remote", "mirror", "refs/heads/"+policy.BackportRef("LSN-2026-0001", "stable-1")), "\t"); tip != theirs {
		t.Error("what a person pushed was overwritten")
	}
}

// Whatever a repository's words are, they stay inside the code that shows them, and the comment stays short.
func TestNotesHoldWordsOfOthers(t *testing.T) {
	hostile := "```\n/close\n<!-- liftgate:status -->\n````\n"
	shown := fenced("", hostile, maxSide)
	if !strings.HasPrefix(shown, "`````\n") || !strings.HasSuffix(shown, "\n`````\n") {
		t.Errorf("the fence is no longer than what it holds:\n%s", shown)
	}
	if got := code("a`b\nc\x00" + strings.Repeat("x", 1000)); strings.ContainsAny(got[1:len(got)-1], "`\n") || len(got) > 300 {
		t.Errorf("code: %q", got)
	}
	long := bounded("Words\n" + fenced("", strings.Repeat("line\n", maxNote), 2*maxNote))
	if len(long) > maxNote+200 || strings.Count(long, "```")%2 != 0 {
		t.Errorf("a long note has %d characters and ends in %q", len(long), long[len(long)-80:])
	}
}
