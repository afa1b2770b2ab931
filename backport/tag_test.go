package backport

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/liftgate/liftgate/policy"
)

func TestTag(t *testing.T) {
	l := newLifting(t)
	clearance := cleared("LSN-2026-0001")
	if got, err := l.land(t); err != nil || !got.Landed {
		t.Fatal(got, err)
	}
	l.work.git("push", "--quiet", l.public, string(l.refs[0].Old)+":refs/tags/taken")
	var tags []RefUpdate
	for _, name := range []string{"v1", "v2", "v3", "v4", "taken"} {
		tags = append(tags, RefUpdate{Ref: "refs/tags/" + name, New: l.refs[0].New})
	}
	before := l.pushes()
	for range 2 {
		got, err := l.store.Tag(t.Context(), clearance, l.remote("tool.git"), tags)
		if err != nil || len(got) != 5 {
			t.Fatal(got, err)
		}
		for _, r := range got {
			if taken := r.Ref == "refs/tags/taken"; r.There == taken || (r.Reason == ReasonStale) != taken {
				t.Errorf("%+v", r)
			}
		}
	}
	if n := l.pushes() - before; n != 2 {
		t.Errorf("%d pushes", n)
	}
	if _, err := l.store.Tag(t.Context(), policy.Clearance{}, l.remote("tool.git"), tags); !errors.Is(err, ErrNoClearance) {
		t.Error(err)
	}
	for _, u := range []RefUpdate{{"refs/heads/x", "", l.refs[0].New}, {"refs/tags/x", l.refs[0].Old, l.refs[0].New}, {"refs/tags/-x", "", l.refs[0].New}, {"refs/tags/x", "", ""}} {
		if _, err := l.store.Tag(t.Context(), clearance, l.remote("tool.git"), []RefUpdate{u}); !errors.Is(err, ErrInvalid) {
			t.Error(u, err)
		}
	}
}

// Packing keeps what an embargoed store may borrow, even when the public branch has left it.
func TestPackKeepsEverything(t *testing.T) {
	w := twoBranches(t)
	w.write("gone.c", "gone\n")
	gone := w.commit("will be rewound")
	s := testStores(t)
	p, err := s.Public(t.Context(), "acme/tool")
	if err == nil {
		err = p.Fetch(t.Context(), w.remote())
	}
	if err != nil {
		t.Fatal(err)
	}
	w.git("reset", "--quiet", "--hard", "HEAD~1")
	for range 2 {
		if err := p.Fetch(t.Context(), w.remote()); err != nil {
			t.Fatal(err)
		}
		if err := p.Pack(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if !sees(p.dir, gone) {
		t.Error("a commit that no branch reaches is lost")
	}
	if packs, err := filepath.Glob(filepath.Join(p.dir, "objects", "pack", "*.pack")); err != nil || len(packs) == 0 {
		t.Error("nothing was packed", err)
	}
	for _, index := range []string{"pack/multi-pack-index", "info/commit-graphs/commit-graph-chain"} {
		if _, err := os.Stat(filepath.Join(p.dir, "objects", index)); err != nil {
			t.Error(err)
		}
	}
}

func TestResetMirror(t *testing.T) {
	w := twoBranches(t)
	mirror := bare(t)
	m := Remote{URL: "file://" + mirror}
	e := testStore(t, w)
	main, before := w.sha("main"), w.sha("main~1")
	w.git("push", "--quiet", mirror, "main")
	for i, c := range []struct {
		u     RefUpdate
		state PushedState
	}{
		{RefUpdate{"refs/heads/main", main, before}, PushMoved},
		{RefUpdate{"refs/heads/main", main, before}, PushNothing},
		{RefUpdate{"refs/heads/main", main, w.sha("stable")}, PushRefused},
	} {
		if got, err := e.ResetMirror(t.Context(), m, c.u); err != nil || got.State != c.state {
			t.Errorf("%d: %+v %v", i, got, err)
		}
	}
	if _, err := e.ResetMirror(t.Context(), m, RefUpdate{"refs/heads/main", main, ""}); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
	script(t, mirror, "update", "#!/bin/sh\nexit 1\n")
	got, err := e.ResetMirror(t.Context(), m, RefUpdate{"refs/heads/main", before, main})
	if err != nil || got.Reason != ReasonProtected {
		t.Errorf("%+v %v", got, err)
	}
	if err := os.RemoveAll(mirror); err != nil {
		t.Fatal(err)
	}
	if _, err := e.ResetMirror(t.Context(), m, RefUpdate{"refs/heads/main", before, main}); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
}
