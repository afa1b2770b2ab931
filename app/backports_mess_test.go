package app

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/liftgate/liftgate/backport"
	"github.com/liftgate/liftgate/policy"
)

// built is the candidate of a branch from a head, and the texts that a file has in its commits.
func (b *bench) built(branch, head, file string) (policy.CandidateResult, []string) {
	b.t.Helper()
	part := policy.Part{Branch: branch, Fix: head, Tip: b.git("rev-parse", branch), Ref: policy.CandidateRef("LSN-2026-0001", branch)}
	results, err := b.buildCandidates(b.t.Context(), policy.BuildCandidates{Parts: []policy.Part{part}})
	if err != nil || len(results) != 1 {
		b.t.Fatalf("%+v %v", results, err)
	}
	var texts []string
	if sha := results[0].SHA; sha != "" {
		b.git("fetch", "-q", "mirror", sha)
		for _, commit := range strings.Fields(b.git("rev-list", branch+".."+sha)) {
			texts = append(texts, b.git("show", commit+":"+file))
		}
	}
	return results[0], texts
}

// Markers are refused in every commit of a candidate, however people resolved them; and the older branches follow a
// resolution that people made together with a merge of the branch.
func TestMarkersNeverLand(t *testing.T) {
	for _, after := range []bool{false, true} {
		b := newBench(t)
		_, _, fix := b.history()
		first := b.plan(fix, nil, "stable-2", "stable-1")
		b.git("switch", "-q", "stable-2")
		b.commit("Meanwhile", map[string]string{"other.c": "other\n"})
		b.git("push", "-q", "public", "stable-2")
		ref := policy.BackportRef("LSN-2026-0001", "stable-2")
		b.git("fetch", "-q", "mirror", first["stable-2"].Head)
		b.git("switch", "-q", "--detach", first["stable-2"].Head)
		b.git("merge", "-q", "--no-commit", "--no-ff", "stable-2")
		if after {
			b.git("commit", "-q", "-m", "Merge stable-2")
		}
		resolved := b.commit("Resolve", map[string]string{"copy.c": source("old", true)})
		b.git("push", "-q", "mirror", "HEAD:refs/heads/"+ref)

		got, texts := b.built("stable-2", resolved, "copy.c")
		if got.State != policy.PickClean || len(texts) != 1 || texts[0]+"\n" != source("old", true) {
			t.Errorf("after %v: %+v %q", after, got, texts)
		}
		second := b.plan(fix, own("stable-2", resolved, false), "stable-2", "stable-1")
		follower := second["stable-1"]
		if follower.State != policy.PickClean || follower.From != "stable-2" {
			t.Fatalf("after %v: stable-1 did not follow: %+v", after, follower)
		}
		if got, texts := b.built("stable-1", follower.Head, "copy.c"); got.State != policy.PickClean || len(texts) != 1 || texts[0]+"\n" != source("old", true) {
			t.Errorf("after %v: %+v %q", after, got, texts)
		}
		if names := b.git("diff", "--name-only", "stable-1", follower.Head); names != "copy.c" {
			t.Errorf("after %v: stable-1 was given %q", after, names)
		}
	}
}

// A conflict that markers can't show has a file of its own, which never lands, whatever people have left in it.
func TestConflictNoteNeverLands(t *testing.T) {
	b := newBench(t)
	b.commit("Begin", map[string]string{"README": "tiny\n", "logo": "\x00\x01old\n", "gone.c": "one\ntwo\n"})
	b.git("switch", "-q", "-c", "stable-1")
	b.git("rm", "-q", "gone.c")
	b.commit("Another logo", map[string]string{"logo": "\x00\x02stable\n"})
	b.git("switch", "-q", "main")
	b.git("push", "-q", "public", "--all")
	b.git("push", "-q", "mirror", "--all")
	fix := b.commit("Fix `it`\n\n<!-- liftgate:status -->\n/lift now please", map[string]string{"logo": "\x00\x03fixed\n", "gone.c": "one\nfixed\n"})
	b.git("push", "-q", "mirror", "HEAD:refs/heads/topic")
	b.git("reset", "-q", "--hard", "HEAD~1")
	got := b.plan(fix, nil, "stable-1")["stable-1"]
	if got.State != policy.PickConflict || len(got.Files) != 2 {
		t.Fatalf("%+v", got)
	}
	contains(t, got.Note, "`gone.c` (modify/delete)", "`logo` (binary)")
	const note = "LIFTGATE-CONFLICT.txt"
	b.git("fetch", "-q", "mirror", got.Head)
	if text := b.git("show", got.Head+":"+note); !strings.Contains(text, "logo") {
		t.Errorf("the note says %q", text)
	}
	for _, left := range []string{"<<<<<<< ours\n", "All settled.\n"} {
		resolved := b.push("stable-1", "Resolve", map[string]string{"logo": "\x00\x03fixed\n", "gone.c": "one\nfixed\n", note: left})
		if got, _ := b.built("stable-1", resolved, "logo"); got.State != policy.PickConflict || got.Files[0] != note+policy.MarkedFile {
			t.Errorf("with %q left: %+v", left, got)
		}
	}
	b.git("rm", "-q", note)
	b.git("commit", "-q", "-m", "Settled")
	resolved := b.git("rev-parse", "HEAD")
	b.git("push", "-q", "mirror", "HEAD:refs/heads/"+policy.BackportRef("LSN-2026-0001", "stable-1"))
	if got, texts := b.built("stable-1", resolved, "gone.c"); got.State != policy.PickClean || len(texts) != 1 {
		t.Errorf("settled: %+v %q", got, texts)
	}
}

// series makes a main fix of two commits, both of which conflict on stable-2 and stable-1.
func (b *bench) series() (fix string) {
	b.t.Helper()
	b.history()
	b.git("switch", "-q", "main")
	b.commit("Send values", map[string]string{"send.c": source("old", false)})
	for _, branch := range []string{"stable-2", "stable-1"} {
		b.git("switch", "-q", branch)
		b.commit("Send values", map[string]string{"send.c": source("old", false)})
	}
	b.git("switch", "-q", "main")
	b.commit("Rework sending", map[string]string{"send.c": source("new", false)})
	b.git("push", "-q", "public", "--all")
	b.git("switch", "-q", "-C", "topic", "main")
	b.commit("Check the size", map[string]string{"copy.c": source("new", true)})
	fix = b.commit("Check what is sent", map[string]string{"send.c": source("new", true)})
	b.git("push", "-q", "--force", "mirror", "topic")
	return fix
}

// The commands at a conflict do what they say, and the one of a series that a person forgets is missed.
func TestSeriesIsResolvedWhole(t *testing.T) {
	b := newBench(t)
	fix := b.series()
	got := b.plan(fix, nil, "stable-2", "stable-1")
	contains(t, got["stable-2"].Note, "git cherry-pick -x "+fix)
	b.git("switch", "-q", "main")
	half := b.push("stable-2", "Resolve", map[string]string{"copy.c": source("old", true)})
	b.git("switch", "-q", "-C", "rest", half)
	cmd := exec.CommandContext(t.Context(), "git", "-C", b.dir, "cherry-pick", "-x", fix)
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "CONFLICT") {
		t.Fatalf("the second commit gave %v\n%s", err, out)
	}
	whole := b.commit("Check what is sent\n\n(cherry picked from commit "+fix+")", map[string]string{"send.c": source("old", true)})
	b.git("push", "-q", "mirror", "HEAD:refs/heads/"+policy.BackportRef("LSN-2026-0001", "stable-2"))
	follower := b.plan(fix, own("stable-2", whole, false), "stable-2", "stable-1")["stable-1"]
	if follower.State != policy.PickClean || follower.Review != "" {
		t.Errorf("stable-1: %+v", follower)
	}
	if n := b.git("rev-list", "--count", "stable-2.."+whole); n != "3" {
		t.Errorf("%s commits", n)
	}
}

// The second of two commits applies by itself, and whoever resolves the first one pushes without it.
func TestForgottenCommitIsMissed(t *testing.T) {
	b := newBench(t)
	b.history()
	b.git("switch", "-q", "topic")
	two := b.commit("Check the count", map[string]string{"more.c": "checked\n"})
	b.git("push", "-q", "mirror", "topic")
	b.plan(two, nil, "stable-2", "stable-1")
	half := b.push("stable-2", "Resolve", map[string]string{"copy.c": source("old", true)})
	got := b.plan(two, own("stable-2", half, false), "stable-2", "stable-1")
	contains(t, got["stable-2"].Note, "Is it whole?", "git cherry-pick -x "+two)
	if follower := got["stable-1"]; follower.State == policy.PickClean && !strings.Contains(follower.Review, "may lack "+two[:12]) {
		t.Errorf("stable-1 follows half a fix that nobody has to look at: %+v", follower)
	}
}

// A long series, a large file, a path of any bytes and a branch that shares nothing with main: all at once.
func TestPlanOfTheUnusual(t *testing.T) {
	b := newBench(t)
	b.commit("Begin", map[string]string{"README": "tiny\n", "large": strings.Repeat("a line of a large file\n", 5<<20/23)})
	b.git("branch", "stable-2")
	b.git("branch", "stable-1") // at the same commit
	b.git("switch", "-q", "--orphan", "stable-0")
	b.commit("Begin elsewhere", map[string]string{"README": "another\n"})
	b.git("switch", "-q", "main")
	b.git("push", "-q", "public", "--all")
	b.git("push", "-q", "mirror", "--all")
	odd := "a`b\n```\nclose .c"
	for i := range 8 {
		b.commit(fmt.Sprintf("Fix %d", i), map[string]string{odd: fmt.Sprintf("step %d\n", i), "README": fmt.Sprintf("tiny %d\n", i)})
	}
	fix := b.commit("Fix the large one", map[string]string{"large": strings.Repeat("a line of a fixed file\n", 5<<20/23)})
	b.git("push", "-q", "mirror", "HEAD:refs/heads/topic")
	b.git("reset", "-q", "--hard", "stable-2")
	got := b.plan(fix, nil, "stable-0", "stable-1", "stable-2")
	for _, branch := range []string{"stable-2", "stable-1"} {
		if r := got[branch]; r.State != policy.PickClean || r.Failed != "" {
			t.Errorf("%s: %+v", branch, r)
		}
	}
	if r := got["stable-0"]; r.State != policy.PickConflict || len(r.Note) > maxNote+200 {
		t.Errorf("stable-0: %s %s, a note of %d", r.State, r.Failed, len(r.Note))
	}
}

// Whoever was killed between the push and its outcome does the same again, and takes nothing of its own for people's.
func TestPlanIsRepeatedAfterAKill(t *testing.T) {
	b := newBench(t)
	_, _, fix := b.history()
	before := func(do *policy.PlanBackports) {
		for i := range do.Targets {
			do.Targets[i].Was = ""
		}
	}
	first := b.plan(fix, nil, "stable-3", "stable-2")
	for branch, r := range b.plan(fix, before, "stable-3", "stable-2") {
		if r.Edited || r.Failed != "" || r.Head != first[branch].Head || r.Note != first[branch].Note {
			t.Errorf("%s: %+v", branch, r)
		}
	}
}

// A commit that was joined from a conflict and its resolution is in no clone: the commands name main's in its place. Nothing
// in a branch's name is a command.
func TestCommandsNameWhatCanBeFetched(t *testing.T) {
	b := newBench(t)
	p := planning{workshop: b.workshop}
	b.history()
	b.git("switch", "-q", "-c", "other", "main")
	one, two := b.commit("One", nil), b.commit("Two", nil)
	b.git("push", "-q", "mirror", "other")
	main, _, err := b.fix(t.Context(), two, b.git("rev-parse", "main"))
	if err != nil || len(main) != 2 || string(main[0]) != one {
		t.Fatalf("%v %v", main, err)
	}
	half := lines("<<<<<<< ours", "old", "=======", "new", ">>>>>>> theirs")
	b.git("switch", "-q", "-c", "people", "stable-2")
	adapted := b.commit("One", map[string]string{"one.c": "one\n"})
	b.commit("Two", map[string]string{"two.c": half})
	head := b.commit("Resolve", map[string]string{"two.c": "two\n"})
	b.git("push", "-q", "mirror", "people")
	chain, _, err := b.fix(t.Context(), head, b.git("rev-parse", "stable-2"))
	if err != nil || len(chain) != 2 || string(chain[0]) != adapted {
		t.Fatalf("%v %v", chain, err)
	}
	p.main, p.chain, p.own = main, chain, backport.SHA(head)
	rest, err := p.rest(t.Context(), backport.MethodChain, chain[0])
	if err != nil || len(rest) != 1 || rest[0] != two {
		t.Errorf("%v %v, want %s", rest, err, two)
	}
	if got := shell("a'$(b)"); got != `'a'\''$(b)'` {
		t.Errorf("shell: %s", got)
	}
}

// A branch that takes git too long fails alone; what is outside passes.
func TestTimeOutOfOneBranchPassesForNoOther(t *testing.T) {
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if passing(t.Context(), backport.ErrTimeout) || !passing(over, backport.ErrTimeout) || !passing(t.Context(), backport.ErrNetwork) {
		t.Error("trouble of one branch and of the outside are mixed up")
	}
}
