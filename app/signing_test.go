package app

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/liftgate/liftgate/backport/signing"
	"github.com/liftgate/liftgate/policy"
)

// signingKey makes a key, and a file by which git knows it as Liftgate's.
func signingKey(t *testing.T) (key *signing.Key, allowed string) {
	t.Helper()
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		t.Skip("ssh-keygen is not installed")
	}
	file := filepath.Join(t.TempDir(), "id")
	if out, err := exec.CommandContext(t.Context(), "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if key, err = signing.Parse(text); err != nil {
		t.Fatal(err)
	}
	public, err := os.ReadFile(file + ".pub")
	if err == nil {
		err = os.WriteFile(file+".allowed", append([]byte("liftgate@localhost "), public...), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return key, file + ".allowed"
}

// All that the engine makes of a fix is signed, wherever it is made the same: a backport, one that follows a resolution, and
// the candidate of the resolution itself. Candidates that stay as they are keep what they have.
func TestWhatIsMadeIsSigned(t *testing.T) {
	key, allowed := signingKey(t)
	made := func() []string {
		b := newBench(t)
		b.committer.Signer, b.committer.SignOff = key, true
		_, _, fix := b.history()
		branches := []string{"stable-3", "stable-2", "stable-1"}
		first := b.plan(fix, nil, branches...)
		resolved := b.push("stable-2", "Resolve", map[string]string{"copy.c": source("old", true)})
		second := b.plan(fix, own("stable-2", resolved, false), branches...)
		backports := []string{first["stable-3"].Head, second["stable-1"].Head}
		candidates := b.candidates(map[string]string{"main": fix, "stable-3": backports[0], "stable-2": resolved})
		if candidates[0] != fix || candidates[1] != backports[0] {
			t.Error("a candidate was made anew where the fix could stay")
		}
		heads := append(backports, candidates[2])
		for _, head := range heads {
			b.git("fetch", "-q", "mirror", head)
			b.git("-c", "gpg.ssh.allowedSignersFile="+allowed, "verify-commit", head)
			if text := b.git("log", "-1", "--format=%B", head); strings.Count(text, "Signed-off-by: Liftgate <liftgate@localhost>") != 1 {
				t.Errorf("not signed off once: %s", text)
			}
		}
		return heads
	}
	if once, again := made(), made(); !slices.Equal(once, again) {
		t.Errorf("the same plan gave %v, then %v", once, again)
	}
}

// candidates builds those of main, stable-3 and stable-2, of the fixes given.
func (b *bench) candidates(fixes map[string]string) (heads []string) {
	b.t.Helper()
	var do policy.BuildCandidates
	for _, branch := range []string{"main", "stable-3", "stable-2"} {
		do.Parts = append(do.Parts, policy.Part{
			Branch: branch, Main: branch == "main", Tip: b.git("rev-parse", branch), Fix: fixes[branch], Ref: "liftgate/LSN-2026-0001/candidate/" + branch,
		})
	}
	results, err := b.buildCandidates(b.t.Context(), do)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, r := range results {
		heads = append(heads, r.SHA)
	}
	return heads
}
