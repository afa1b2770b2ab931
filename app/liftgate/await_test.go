package main

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app"
	"github.com/liftgate/liftgate/app/store"
	"github.com/liftgate/liftgate/policy"
)

// watched is a desk whose turns are counted, and whose pauses take no time: something else may happen in each.
type watched struct {
	*desk
	t         *testing.T
	looks     int
	turns     []int             // at which look each turn was
	act       func(n int) error // what the nth turn does; nil: it commits
	meanwhile func(look int)
	errs      interface{ String() string }
}

func watch(t *testing.T) *watched {
	t.Helper()
	dir := t.TempDir()
	if err := seedDatabase(dir); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(dir, "data")
	keys, err := store.LoadKeys(filepath.Join(data, "keyset.age"), filepath.Join(data, "identity.txt"), false)
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Options{URL: "sqlite:" + filepath.Join(data, "liftgate.db"), Keys: keys, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	c, _, errs := captured(func() time.Time { return viewTime })
	w := &watched{t: t, errs: errs}
	c.pause = func(context.Context, time.Duration) {
		w.looks++
		if w.meanwhile != nil {
			w.meanwhile(w.looks)
		}
	}
	w.desk = &desk{console: c, store: s, id: "LSN-2026-0002", actor: "mia", wait: time.Minute}
	w.desk.projects = []app.Project{{Project: policy.Project{Name: "demo", Mirror: "octo/app-security"}}}
	w.desk.turn = func(context.Context, string) error {
		w.turns = append(w.turns, w.looks)
		if w.act != nil {
			return w.act(len(w.turns))
		}
		return w.commit()
	}
	return w
}

// commit is a turn: it answers what was pressed and changes nothing else.
func (w *watched) commit() error {
	loaded, err := w.load(w.t.Context())
	if err != nil {
		return err
	}
	a := loaded.Advisory
	for _, press := range loaded.Presses {
		a.Applied = append(a.Applied, press.ID)
	}
	return w.store.Commit(w.t.Context(), store.Turn{
		Before: loaded.Version, Decision: policy.Decision{Advisory: a}, Doorbells: loaded.Bells, Now: viewTime,
	})
}

func (w *watched) until(refresh bool, done func(sight) bool) {
	w.t.Helper()
	if _, err := w.await(w.t.Context(), refresh, done); err != nil {
		w.t.Error(err)
	}
}

func after(look *int, n int) func(sight) bool { return func(sight) bool { return *look >= n } }

// A wait of two minutes, which is six hundred looks, runs a turn now and then.
func TestAwaitSparesTheForge(t *testing.T) {
	w := watch(t)
	w.until(false, after(&w.looks, 600))
	if want := []int{pace, 3 * pace, 7 * pace, 7*pace + long, 7*pace + 2*long}; !slices.Equal(w.turns, want) {
		t.Errorf("turns at %v, want %v", w.turns, want)
	}
}

// What is pressed is answered at once where nobody else does it, and the answer is not waited for.
func TestAwaitAlone(t *testing.T) {
	w := watch(t)
	if err := w.press(t.Context(), policy.ButtonRehearse, ""); err != nil {
		t.Error(err)
	}
	if !slices.Equal(w.turns, []int{0}) {
		t.Errorf("turns at %v", w.turns)
	}
	w.until(true, func(s sight) bool { return s.fresh && s.atRest })
	if len(w.turns) != 2 || w.looks > 3*calm {
		t.Errorf("after %d looks: turns at %v", w.looks, w.turns)
	}
}

// A turn that fails is tried again less and less often, although something is due, and why is said once.
func TestAwaitTrouble(t *testing.T) {
	w := watch(t)
	w.act = func(n int) error {
		if n < 4 {
			return errors.New("the forge is away")
		}
		return w.commit()
	}
	if err := w.press(t.Context(), policy.ButtonRehearse, ""); err != nil {
		t.Error(err)
	}
	if want := []int{0, pace, 3 * pace, 7 * pace}; !slices.Equal(w.turns, want) {
		t.Errorf("turns at %v, want %v", w.turns, want)
	}
	if said := strings.Count(w.errs.String(), "the forge is away"); said != 1 {
		t.Errorf("said %d times: %s", said, w.errs)
	}
}

// A turn that changes nothing is no reason for another one at once.
func TestAwaitFutile(t *testing.T) {
	w := watch(t)
	w.act = func(int) error { return nil }
	if _, err := w.desk.ring(t.Context(), policy.ButtonRehearse, ""); err != nil {
		t.Fatal(err)
	}
	w.until(false, after(&w.looks, 2*pace))
	if len(w.turns) > 3 {
		t.Errorf("turns at %v", w.turns)
	}
}

// Beside a server no turn is run: it is told what is wanted, and its work is waited for.
func TestAwaitBesideAServer(t *testing.T) {
	w := watch(t)
	w.act = func(int) error { return store.ErrInUse }
	w.meanwhile = func(look int) {
		if look == 7 {
			if err := w.commit(); err != nil {
				t.Error(err)
			}
		}
	}
	w.until(true, func(s sight) bool { return s.fresh && s.atRest })
	if w.looks < 7+calm {
		t.Errorf("at rest after %d looks", w.looks)
	}
	bells, err := w.store.Doorbells(t.Context(), 10)
	if err != nil || len(bells) != 1 || bells[0].Repo != "octo/app-security" || bells[0].Object.Kind != policy.ObjectIssue {
		t.Errorf("the server is told %+v, %v", bells, err)
	}
	if said := strings.Count(w.errs.String(), "another process"); said != 1 {
		t.Errorf("said %d times: %s", said, w.errs)
	}
}

// On PostgreSQL a replica has the first word for five seconds. If none is there the command goes on by itself.
func TestAwaitReplicas(t *testing.T) {
	t.Run("there", func(t *testing.T) {
		w := watch(t)
		w.shared = true
		w.meanwhile = func(look int) {
			if look%10 == 0 {
				if err := w.commit(); err != nil {
					t.Error(err)
				}
			}
		}
		w.until(true, after(&w.looks, 200))
		if len(w.turns) != 0 {
			t.Errorf("turns at %v", w.turns)
		}
	})
	t.Run("none", func(t *testing.T) {
		w := watch(t)
		w.shared = true
		if err := w.press(t.Context(), policy.ButtonRehearse, ""); err != nil {
			t.Error(err)
		}
		w.until(true, func(s sight) bool { return s.fresh })
		if want := []int{pace, pace + 1}; !slices.Equal(w.turns, want) {
			t.Errorf("turns at %v, want %v", w.turns, want)
		}
	})
}
