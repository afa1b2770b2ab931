package backport

import (
	"maps"
	"slices"
	"testing"
	"time"
)

// TestRevise: files are added in new and old folders, what is there stays, and the same asks give the same commits.
func TestRevise(t *testing.T) {
	w := newWork(t)
	w.write("README", "hello\n")
	w.write("2025/0001.yml", "old\n")
	first := w.commit("first")
	e := testStore(t, w)
	by := Identity{Name: "Liftgate", Email: "liftgate@example.org", When: time.Unix(1, 0).UTC()}
	rev := Revision{Parent: first, Message: "one", Committer: by, Files: map[string][]byte{"2026/0001.yml": []byte("new\n"), "2025/0001.xml": []byte("x\n")}}
	made, err := e.Revise(t.Context(), rev)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := e.Revise(t.Context(), rev); err != nil || again != made {
		t.Errorf("again: %s, %v", again, err)
	}
	rev.Parent = made
	if same, err := e.Revise(t.Context(), rev); err != nil || same != made {
		t.Errorf("nothing to change, and got %s, %v", same, err)
	}
	all, err := e.Files(t.Context(), made, func(string) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"2025/0001.xml", "2025/0001.yml", "2026/0001.yml", "README"}
	if got := slices.Sorted(maps.Keys(all)); !slices.Equal(got, want) || string(all["2026/0001.yml"]) != "new\n" || string(all["README"]) != "hello\n" {
		t.Errorf("%v", got)
	}
	for _, path := range []string{"", "/a", "a//b", "../a", "a/.git/config", "README/x"} {
		if sha, err := e.Revise(t.Context(), Revision{Parent: first, Message: "bad", Committer: by, Files: map[string][]byte{path: nil}}); err == nil {
			t.Errorf("%q was taken: %s", path, sha)
		}
	}
	alone, err := e.Revise(t.Context(), Revision{Message: "alone", Committer: by, Files: map[string][]byte{"notice.yml": []byte("a\n")}})
	if err != nil {
		t.Fatal(err)
	}
	if c, err := e.Commit(t.Context(), alone); err != nil || len(c.Parents) != 0 {
		t.Errorf("%v, %v", c.Parents, err)
	}
}
