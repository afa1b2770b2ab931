package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/liftgate/liftgate/policy"
)

func TestDoorbells(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open()
		ring := func(delivery, name string) {
			t.Helper()
			d := policy.Doorbell{Forge: "github", Delivery: delivery, Repo: "org/cache-private", At: testStart,
				Object: policy.Object{Kind: policy.ObjectBranch, Name: name}}
			if err := s.Ring(t.Context(), d); err != nil {
				t.Fatal(err)
			}
		}
		undone := func(want int) []Bell {
			t.Helper()
			bells, err := s.Doorbells(t.Context(), 100)
			if err != nil || len(bells) != want {
				t.Fatalf("%d doorbells, %v; want %d", len(bells), err, want)
			}
			return bells
		}
		ring("d1", "fix-overflow")
		ring("d1", "fix-overflow")
		bell := undone(1)[0]
		want := policy.Object{Kind: policy.ObjectBranch, Name: "fix-overflow"}
		if bell.Object != want || bell.Repo != "org/cache-private" || bell.Delivery != "d1" || !bell.At.Equal(testStart) || bell.Press != nil {
			t.Errorf("doorbell = %+v", bell)
		}
		if err := s.Answer(t.Context(), []int64{bell.ID}, testStart); err != nil {
			t.Fatal(err)
		}
		ring("d1", "fix-overflow") // a redelivery of what is done does nothing
		undone(0)
		ring("", "")
		ring("", "")
		bells := undone(2)
		if err := s.Answer(t.Context(), []int64{bells[0].ID, bells[1].ID}, testStart); err != nil {
			t.Fatal(err)
		}
		if err := s.Forget(t.Context(), testStart.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		ring("d1", "fix-overflow") // forgotten, so new
		undone(1)
	})
}

func TestPresses(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open()
		id := begin(t, s, "GHSA-1").ID
		other := begin(t, s, "GHSA-2").ID
		commit(t, s, id, func(turn *Turn) {
			turn.Decision.Advisory.Cells = []policy.Cell{{Branch: "main", Fix: policy.Fix{Head: "aaaa"}}}
		})
		for i, head := range []string{"aaaa", "old"} {
			d := policy.Doorbell{Forge: "github", Delivery: fmt.Sprint("d", i), At: testStart,
				Press: &policy.Press{Actor: "mia", Button: policy.ButtonLift, Head: head}}
			if err := s.Ring(t.Context(), d); err != nil {
				t.Fatal(err)
			}
		}
		l := load(t, s, id)
		if len(l.Presses) != 1 || l.Presses[0].Actor != "mia" || l.Presses[0].Verb != policy.VerbLift || l.Presses[0].ID != "press:d0" {
			t.Fatalf("presses = %+v", l.Presses)
		}
		if got := load(t, s, other).Presses; len(got) != 0 {
			t.Errorf("presses of another advisory = %v", got)
		}
		commit(t, s, id, func(turn *Turn) { turn.Doorbells = l.Bells })
		if got := load(t, s, id).Presses; len(got) != 0 {
			t.Errorf("presses after the commit = %v", got)
		}
		bells, err := s.Doorbells(t.Context(), 10)
		if err != nil || len(bells) != 1 {
			t.Fatalf("doorbells = %v, %v", bells, err)
		}
		console := policy.Doorbell{Forge: "console", Delivery: "c1", At: testStart,
			Press: &policy.Press{Actor: "mia", Button: policy.ButtonRehearse, Args: policy.Embargoed("words")}}
		if err := s.RingFor(t.Context(), console, id); err != nil {
			t.Fatal(err)
		}
		if got := load(t, s, id).Presses; len(got) != 1 || got[0].Verb != policy.VerbRehearse || got[0].Args.Reveal() != "words" {
			t.Errorf("presses from the console = %+v", got)
		}
	})
}

// TestBounces: a bounce rests until the decision that saw it, at the advisory that it was rung for, and comes once.
func TestBounces(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open()
		id, other := begin(t, s, "GHSA-1").ID, begin(t, s, "GHSA-2").ID
		want := policy.Bounce{List: "devel@example.org", Version: 2, Try: 1, Delayed: true, Why: "4.4.1 timed out"}
		ring := func() {
			t.Helper()
			if err := s.RingFor(t.Context(), policy.Doorbell{Forge: "mail", Delivery: id + "/" + want.Key(), At: testStart, Bounce: &want}, id); err != nil {
				t.Fatal(err)
			}
		}
		ring()
		ring()
		l := load(t, s, id)
		if len(l.Bounces) != 1 || l.Bounces[0] != want || len(l.Bells) != 1 || len(l.Presses) != 0 {
			t.Fatalf("loaded = %+v", l)
		}
		if got := load(t, s, other); len(got.Bounces)+len(got.Bells) != 0 {
			t.Errorf("bounces of another advisory = %+v", got.Bounces)
		}
		commit(t, s, id, func(turn *Turn) { turn.Doorbells = l.Bells })
		ring()
		if got := load(t, s, id).Bounces; len(got) != 0 {
			t.Errorf("bounces after the commit = %v", got)
		}
	})
}
