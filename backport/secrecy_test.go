package backport

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"
)

// Whatever is printed by accident, of a pick, a commit or an error, shows nothing of the embargoed work.
func TestNothingEmbargoedIsPrinted(t *testing.T) {
	w := twoBranches(t)
	w.write("CANARY.c", "CANARY\n")
	w.git("add", "--all")
	w.write("a.c", lines(40, "38", "CANARY"))
	fix := w.commit("CANARY")
	w.git("switch", "--quiet", "stable")
	w.write("CANARY.c", "CANARY 2\n")
	tip := w.commit("CANARY")
	e := testStore(t, w)
	r := pick(t, e, tip, fix)
	if r.Conflict == nil || len(r.Conflict.Files) != 2 {
		t.Fatal("no conflict")
	}
	c, err := e.Commit(t.Context(), fix)
	if err != nil {
		t.Fatal(err)
	}
	rng, err := e.Commits(t.Context(), w.sha("main~1"), fix)
	if err != nil {
		t.Fatal(err)
	}
	marks, err := e.HasMarkers(t.Context(), r.Conflict.Head, tip)
	if err != nil || len(marks) == 0 {
		t.Fatal(marks, err)
	}
	var log strings.Builder
	skipped := []Step{{From: fix, Skipped: &Applied{How: HowPatch, Words: c.Message}}}
	for _, x := range []any{r, &r, []Result{r}, skipped, *r.Conflict, r.Conflict.Files, c, rng, marks} {
		b, err := json.Marshal(x)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&log, "%v %+v %#v %q %s %d %s", x, x, x, x, x, x, b)
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "x", x)
	}
	if strings.Contains(log.String(), "CANARY") {
		i := strings.Index(log.String(), "CANARY")
		t.Error("embargoed text was printed:", log.String()[max(0, i-200):i+10])
	}
}

func TestWaitingForALockEnds(t *testing.T) {
	s := testStores(t)
	e, err := s.Embargoed(t.Context(), "acme/tool", "LSN-2026-0001")
	if err != nil {
		t.Fatal(err)
	}
	err = e.exclusive(t.Context(), func(*os.File) error {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		return e.exclusive(ctx, func(*os.File) error { t.Error("the lock was held twice"); return nil })
	})
	if !errors.Is(err, ErrTimeout) || !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if err := e.exclusive(t.Context(), func(*os.File) error { return nil }); err != nil {
		t.Error("the lock never came back:", err)
	}
}

// Output beyond its bound ends git, and a call that takes too long is stopped with its children.
func TestBounds(t *testing.T) {
	w := twoBranches(t)
	e := testStore(t, w)
	_, _, err := e.git.run(t.Context(), call{args: []string{"cat-file", "blob", string(w.sha("main:a.c"))}, dir: e.dir, limit: 10})
	if !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, _, err = e.git.run(ctx, call{args: []string{"-c", "alias.wait=!sleep 30", "wait"}, dir: e.dir})
	if !errors.Is(err, ErrTimeout) || !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}
