package sandbox

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
)

// fork makes a base with two branches that change different files, and one that contradicts the first.
func fork(t *testing.T, b *Bare) (base, left, right, other string) {
	t.Helper()
	file := func(parent, path, text string) string {
		t.Helper()
		sha, _, err := b.CommitFile(parent, path, []byte(text), "Set "+path, &Person{Name: "Ada", Email: "ada@example.org"})
		return must(t, sha, err)
	}
	base = file("", "a", "one\n")
	left = file(base, "a", "two\n")
	right = file(file(base, "b", "b\n"), "c", "c\n")
	other = file(base, "a", "three\n")
	return base, left, right, other
}

func TestMerges(t *testing.T) {
	b := create(t)
	base, left, right, other := fork(t, b)
	by := &Person{Name: "Grace", Email: "grace@example.org"}
	for _, tt := range []struct {
		name  string
		merge func(base, head string) (string, error)
		want  []string // subjects on top of left
	}{
		{"merge", func(x, y string) (string, error) { return b.Merge(x, y, "Merge it", by) }, []string{"Set b", "Set c", "Merge it"}},
		{"squash", func(x, y string) (string, error) { return b.Squash(x, y, "All of it", by) }, []string{"All of it"}},
		{"rebase", b.Rebase, []string{"Set b", "Set c"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sha, err := tt.merge(left, right)
			if err != nil {
				t.Fatal(err)
			}
			var subjects []string
			for _, c := range b.Log(10, left+".."+sha) {
				subjects = append(subjects, c.Message)
			}
			slices.Sort(subjects)
			want := slices.Sorted(slices.Values(tt.want))
			if !slices.Equal(subjects, want) {
				t.Errorf("brings %q, want %q", subjects, want)
			}
			var names []string
			for _, e := range b.Tree(sha, "") {
				names = append(names, e.Name)
			}
			if got := strings.Join(names, " "); got != "a b c" || !b.IsAncestor(nil, left, sha) {
				t.Errorf("holds %q", got)
			}
			if _, err := tt.merge(left, other); !errors.Is(err, ErrConflict) {
				t.Errorf("a contradiction gives %v", err)
			}
		})
	}
	if got := b.MergeBase(left, right); got != base {
		t.Errorf("the merge base is %q", got)
	}
}

func TestHistory(t *testing.T) {
	b := create(t)
	base, left, right, _ := fork(t, b)
	c := b.Commit(left)
	if c == nil || c.Message != "Set a" || c.Author.Name != "Ada" || c.Committer.Name != "Forge" || !slices.Equal(c.Parents, []string{base}) {
		t.Errorf("the commit reads %+v", c)
	}
	if got := b.Commit(strings.Repeat("1", 40)); got != nil {
		t.Errorf("a commit from nowhere: %+v", got)
	}
	changes := b.Diff(left, right)
	var got []string
	for _, f := range changes {
		got = append(got, f.Status+" "+f.Name)
	}
	if !slices.Equal(got, []string{"modified a", "added b", "added c"}) || changes[0].Added != 1 || !strings.HasPrefix(changes[0].Patch, "@@") {
		t.Errorf("the difference is %q: %+v", got, changes)
	}
	text, err := b.Blob(changes[1].SHA)
	if err != nil || string(text) != "b\n" {
		t.Errorf("the file is %q (%v)", text, err)
	}
}

// What nobody can reach is still there to be found by a stranger who knows its hash.
func TestDumpHasTheUnreachable(t *testing.T) {
	b := create(t)
	grow(t, b, "", "refs/heads/main")
	if _, _, err := b.CommitFile("", "file", []byte("canary\n"), "Nowhere", nil); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := b.DumpObjects(&out); err != nil || !strings.Contains(out.String(), "canary\n") {
		t.Errorf("the dump lacks the canary (%v)", err)
	}
	other := create(t)
	if err := other.Import(b.Dir, "refs/heads/main:refs/heads/copy"); err != nil || other.Ref("refs/heads/copy") != b.Ref("refs/heads/main") {
		t.Errorf("imported %q (%v)", other.Ref("refs/heads/copy"), err)
	}
}

func TestQuarantineKeepsObjectsOut(t *testing.T) {
	b, from := create(t), create(t)
	sha := grow(t, from, "", "refs/heads/main")
	var pack bytes.Buffer
	if err := from.pipe(nil, strings.NewReader(sha+"\n"), &pack, "pack-objects", "--revs", "--stdout", "-q"); err != nil {
		t.Fatal(err)
	}
	env, drop, err := b.Quarantine(t.Context(), pack.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.RunWith(env, nil, "cat-file", "-e", sha); err != nil {
		t.Errorf("the pushed commit is not to be seen: %v", err)
	}
	drop()
	if kind := b.Kind(sha); kind != "" {
		t.Errorf("the commit got in as a %s", kind)
	}
	if _, _, err := b.Quarantine(t.Context(), []byte("PACK and nonsense")); !errors.Is(err, ErrRefused) {
		t.Errorf("a broken pack gives %v", err)
	}
}
