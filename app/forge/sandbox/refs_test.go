package sandbox

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// create makes an empty repository under test.
func create(t *testing.T) *Bare {
	t.Helper()
	d := &Depot{Dir: t.TempDir(), Name: "Forge", Email: "forge@example.org", Hidden: "refs/hidden",
		Now: func() time.Time { return time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC) }}
	b, err := d.Create(t.Context(), "group/sub/name", "main")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func must(t *testing.T, out string, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// grow writes a commit on top of another and points refs at it.
func grow(t *testing.T, b *Bare, parent string, refs ...string) string {
	t.Helper()
	sha, _, err := b.CommitFile(parent, "file", []byte("after "+parent+"\n"), "More", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, ref := range refs {
		if err := b.MoveRef(ref, sha, b.Ref(ref)); err != nil {
			t.Fatal(err)
		}
	}
	return sha
}

// listed is what git itself says about the refs.
func listed(t *testing.T, b *Bare) map[string]string {
	t.Helper()
	out, err := b.Run("for-each-ref", "--format=%(refname) %(objectname)")
	refs := map[string]string{}
	for line := range strings.Lines(must(t, out, err)) {
		name, sha, _ := strings.Cut(strings.TrimSpace(line), " ")
		refs[name] = sha
	}
	return refs
}

// Loose, packed, both, symbolic and deleted: what is read from the files is what git says.
func TestRefsAreGits(t *testing.T) {
	b := create(t)
	agree := func(when string) {
		t.Helper()
		want := listed(t, b)
		if got := b.Snapshot(); !maps.Equal(got, want) {
			t.Errorf("%s: read %v, git says %v", when, got, want)
		}
		for name, sha := range want {
			if b.Ref(name) != sha {
				t.Errorf("%s: %s is %s, git says %s", when, name, b.Ref(name), sha)
			}
		}
	}
	agree("empty")
	one := grow(t, b, "", "refs/heads/main", "refs/heads/stable/1.0", "refs/tags/light", "refs/hidden/7/head")
	agree("loose")
	for _, args := range [][]string{{"tag", "-a", "-m", "Tag", "heavy", one}, {"pack-refs", "--all"}} {
		out, err := b.Run(args...)
		must(t, out, err)
	}
	agree("packed")
	two := grow(t, b, one, "refs/heads/main", "refs/heads/fresh")
	agree("packed and loose")
	out, err := b.Run("symbolic-ref", "refs/heads/alias", "refs/heads/main")
	must(t, out, err)
	agree("symbolic")
	if err := b.MoveRef("refs/heads/stable/1.0", "", one); err != nil {
		t.Fatal(err)
	}
	agree("deleted")
	for name, want := range map[string]string{
		"main": two, "light": one, "heavy": one, "refs/tags/heavy": one, "alias": two, one: one, one[:9]: one, "HEAD": two,
		"stable/1.0": "", "stable": "", "refs/heads/none": "", "--all": "", "main^": "", "../config": "", strings.Repeat("1", 40): "",
	} {
		if got := b.Rev(name); got != want {
			t.Errorf("Rev(%q) = %q, want %q", name, got, want)
		}
	}
	if kind := b.Kind(b.Ref("refs/tags/heavy")); kind != "tag" {
		t.Errorf("the annotated tag is a %q", kind)
	}
	for _, full := range []string{"HEAD", "config", "refs/../config", "refs/heads", "refs/heads/", "refs//heads/main", "/refs/heads/main"} {
		if got := b.Ref(full); got != "" {
			t.Errorf("Ref(%q) = %q, want nothing", full, got)
		}
	}
	if got := b.Refs("refs/heads/"); !slices.EqualFunc(got, []string{"refs/heads/alias", "refs/heads/fresh", "refs/heads/main"},
		func(l Line, name string) bool { return l.Name == name }) {
		t.Errorf("Refs(refs/heads/) = %v", got)
	}
}

// While git moves and packs refs, a reader sees each of them, and nothing that never was.
func TestRefsWhileGitMovesThem(t *testing.T) {
	b := create(t)
	chain := []string{grow(t, b, "", "refs/heads/main", "refs/heads/still")}
	for range 12 {
		chain = append(chain, grow(t, b, chain[len(chain)-1]))
	}
	ctx, stop := context.WithCancel(t.Context())
	failed := make(chan error, 1)
	go func() {
		defer stop()
		for i := 1; i < len(chain); i++ {
			if err := b.MoveRef("refs/heads/main", chain[i], chain[i-1]); err != nil {
				failed <- err
				return
			}
			if _, err := b.Run("pack-refs", "--all"); err != nil {
				failed <- err
				return
			}
		}
		failed <- nil
	}()
	at := 0
	for ctx.Err() == nil {
		for how, got := range map[string]string{"Ref": b.Ref("refs/heads/main"), "Snapshot": b.Snapshot()["refs/heads/main"]} {
			n := slices.Index(chain, got)
			if n < 0 {
				t.Fatalf("%s gives %q", how, got)
			}
			at = max(at, n)
		}
		if got := b.Snapshot()["refs/heads/still"]; got != chain[0] {
			t.Fatalf("the branch that nobody moves is %q", got)
		}
	}
	if err := <-failed; err != nil {
		t.Fatal(err)
	}
	if got := b.Ref("refs/heads/main"); got != chain[len(chain)-1] {
		t.Error(fmt.Sprint("ends at ", slices.Index(chain, got), " of ", len(chain)-1, ", seen ", at))
	}
}
