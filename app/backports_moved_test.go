package app

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/liftgate/liftgate/policy"
)

// stands is what the mirror has under a backport's name.
func (b *bench) stands(branch string) string {
	b.t.Helper()
	tip, _, _ := strings.Cut(b.git("ls-remote", "mirror", "refs/heads/"+policy.BackportRef("LSN-2026-0001", branch)), "\t")
	return tip
}

// A conflict is solved again when the branch moves: where it went away, a clean backport takes its place by itself.
func TestAConflictGoesWithItsBranch(t *testing.T) {
	b := newBench(t)
	_, rework, fix := b.history()
	first := b.plan(fix, nil, "stable-2", "stable-1")
	if again := b.plan(fix, nil, "stable-2", "stable-1"); again["stable-2"].Head != first["stable-2"].Head {
		t.Errorf("nothing moved, and another conflict was made: %+v", again["stable-2"])
	}
	b.git("switch", "-q", "stable-2")
	b.git("cherry-pick", rework)
	b.git("push", "-q", "public", "stable-2")
	second := b.plan(fix, nil, "stable-2", "stable-1")
	got := second["stable-2"]
	if first["stable-2"].State != policy.PickConflict || got.State != policy.PickClean || len(got.Files) > 0 || b.stands("stable-2") != got.Head {
		t.Fatalf("a %s became %+v, and %s stands there", first["stable-2"].State, got, b.stands("stable-2"))
	}
	contains(t, got.Note, "main's fix", "the same change, line by line")
	b.git("fetch", "-q", "mirror", got.Head)
	if text := b.git("show", got.Head+":copy.c") + "\n"; text != source("new", true) {
		t.Errorf("stable-2 got\n%s", text)
	}
	if other := second["stable-1"]; other.State != policy.PickConflict || b.stands("stable-1") != other.Head {
		t.Errorf("stable-1: %+v", other)
	}
}

// A conflict is solved again when the main fix changes: it shows the new one.
func TestAConflictFollowsTheMainFix(t *testing.T) {
	b := newBench(t)
	_, _, fix := b.history()
	first := b.plan(fix, nil, "stable-1")["stable-1"]
	changed := source("new", false)
	b.git("switch", "-q", "topic")
	fix = b.commit("Check it earlier", map[string]string{"copy.c": strings.Replace(changed, "copy new", "check\ncopy new", 1)})
	b.git("push", "-q", "mirror", "topic")
	second := b.plan(fix, nil, "stable-1")["stable-1"]
	if second.State != policy.PickConflict || second.Head == first.Head || b.stands("stable-1") != second.Head {
		t.Fatalf("%+v, %s stands there", second, b.stands("stable-1"))
	}
	b.git("switch", "-q", "--detach", "main")
	fix = b.commit("Count as well", map[string]string{"count.c": "count more\n"})
	b.git("push", "-q", "mirror", "+HEAD:topic")
	b.git("switch", "-q", "stable-1")
	b.commit("Count", map[string]string{"count.c": "count\n"})
	b.git("push", "-q", "public", "stable-1")
	third := b.plan(fix, nil, "stable-1")["stable-1"]
	if third.State != policy.PickClean || b.stands("stable-1") != third.Head {
		t.Errorf("the fix conflicts no more: %+v, %s stands there", third, b.stands("stable-1"))
	}
}

// Where the newer branch's fix and main's both apply and differ, the newer branch's is taken, somebody has to approve it, and
// both results are shown.
func TestTwoWaysThatDiffer(t *testing.T) {
	b := newBench(t)
	_, rework, fix := b.history()
	b.git("switch", "-q", "stable-2")
	b.git("cherry-pick", rework)
	b.git("push", "-q", "public", "stable-2")
	b.plan(fix, nil, "stable-3")
	adapted := strings.Replace(source("new", true), "end\n", "end, and tell\n", 1)
	own3 := own("stable-3", b.push("stable-3", "Tell too", map[string]string{"copy.c": adapted}), false)
	got := b.plan(fix, own3, "stable-3", "stable-2")["stable-2"]
	if got.State != policy.PickClean || got.From != "stable-3" || !strings.Contains(got.Review, "another result") || !strings.Contains(got.Review, "stable-3") {
		t.Fatalf("%+v", got)
	}
	contains(t, got.Note, "as it stands for `stable-3`", "(+)", "(-)", "--- a/copy.c", "-end", "+end, and tell", "Compared with main's fix", "`copy.c`: hunks 1 the same, 1 added", "git range-diff")
	b.git("fetch", "-q", "mirror", got.Head)
	if text := b.git("show", got.Head+":copy.c") + "\n"; text != adapted {
		t.Errorf("stable-2 got\n%s", text)
	}
	_, script, _ := strings.Cut(got.Note, "take main's instead:\n```sh\n")
	script, _, _ = strings.Cut(script, "```")
	b.follow(script)
	b.git("fetch", "-q", "mirror", b.stands("stable-2"))
	if text := b.git("show", "FETCH_HEAD:copy.c") + "\n"; text != source("new", true) {
		t.Errorf("what the note says makes of stable-2\n%s", text)
	}
}

// follow does what a note tells people to do, in a clone of the mirror.
func (b *bench) follow(script string) {
	b.t.Helper()
	b.git("remote", "rename", "mirror", "origin")
	b.git("fetch", "-q", "origin")
	cmd := exec.CommandContext(b.t.Context(), "sh", "-e", "-c", script)
	cmd.Dir = b.dir
	cmd.Env = append(os.Environ(), "GIT_COMMITTER_NAME=Ann", "GIT_COMMITTER_EMAIL=ann@example.org")
	if out, err := cmd.CombinedOutput(); script == "" || err != nil {
		b.t.Fatalf("%s: %v\n%s", script, err, out)
	}
	b.git("remote", "rename", "origin", "mirror")
}

// The commands at a conflict resolve it, in one clone for one branch after the other.
func TestConflictCommandsResolve(t *testing.T) {
	b := newBench(t)
	_, _, fix := b.history()
	for _, branch := range []string{"stable-2", "stable-1"} {
		got := b.plan(fix, nil, branch)[branch]
		_, script, _ := strings.Cut(got.Note, "To resolve it:\n```sh\n")
		script, _, _ = strings.Cut(script, "```")
		b.follow(strings.Replace(script, "# settle the marked places, then", "printf '"+source("old", true)+"' >copy.c", 1))
		head := b.stands(branch)
		b.git("fetch", "-q", "mirror", head)
		if text := b.git("show", head+":copy.c") + "\n"; text != source("old", true) || b.git("rev-parse", head+"^") != b.git("rev-parse", branch) {
			t.Errorf("%s has\n%s", branch, text)
		}
	}
}
