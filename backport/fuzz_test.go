package backport

import (
	"strings"
	"testing"
)

// FuzzReaders feeds what a hostile repository could make git print to everything that reads it: no input may panic, and
// what is accepted must be whole.
func FuzzReaders(f *testing.F) {
	sha := strings.Repeat("a", 40)
	f.Add(sha + "\x00100644 " + sha + " 1\ta b\nc\x00\x001\x00a b\nc\x00CONFLICT (contents)\x00words\n\x00advice\n")
	f.Add("commit " + sha + "\n\ndiff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ \"b/\\303\\204\"\n@@ -1,2 +1 @@ f\n-a\n b\n\\ No newline\n@@ -9 +9,0 @@\n-x\n")
	f.Add("!\trefs/heads/a:refs/heads/a\t[remote rejected] (pre-receive hook declined)\n=\t" + sha + ":refs/heads/b\t[up to date]\nDone\n")
	f.Add(sha + "\trefs/heads/x\n" + sha + "\trefs/tags/v1^{}\n")
	f.Add(strings.Repeat("<", hunkMarker) + " a\nx\n" + strings.Repeat("|", hunkMarker) + "\ny\n" + strings.Repeat("=", hunkMarker) + "\nz\n" + strings.Repeat(">", hunkMarker) + " b\n")
	f.Add("Name <a@b> 12 +0100")
	f.Fuzz(func(t *testing.T, in string) {
		if m, err := parseMerge([]byte(in)); err == nil && !m.tree.Valid() {
			t.Error("a merge without a tree")
		}
		h := newPatchHash()
		diffScan{commit: func(SHA) {}, header: h.header, body: func(_ byte, line []byte, _ int) { h.add(string(line)) }}.run([]byte(in))
		for ref := range parsePush(in) {
			_ = ref
		}
		if tips, err := parseTips([]byte(in), []string{"refs/heads/*"}); err == nil {
			for _, s := range tips.Branches {
				if !s.Valid() {
					t.Error("a tip without a SHA")
				}
			}
		}
		for _, h := range parseHunks([]byte(in)).hunks {
			if h.Ours.First < 1 || h.Ours.Count < 0 || h.Base.Count < 0 || h.Theirs.Count < 0 {
				t.Errorf("%+v", h)
			}
		}
		stamp(in)
		headerPath([]byte(in))
		gitPath([]byte(in))
		if once := cleanSpace(in); cleanSpace(once) != once {
			t.Error("cleaning is not done at once")
		}
		endsInTrailers(in)
		if kind := classify(in); kind == "" {
			t.Error("an error without a kind")
		}
	})
}
