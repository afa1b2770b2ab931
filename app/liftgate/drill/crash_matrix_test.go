package drill

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestCrashMatrix spoils every write of the case in every way, and starts the server again where it was killed. Every case
// must end as the unspoilt one does.
//
// One case spoils one write of each kind, its n-th, each in another way; three more do the same in the other ways. So every
// write meets every mishap while the case is played four times as often as the most frequent kind is written. A default
// run plays the first of each kind, every turn of it on one forge; the usual one on both, and a later write of each kind that is
// drawn; LIFTGATE_CASES=all plays all.
func TestCrashMatrix(t *testing.T) {
	t.Parallel()
	onEach(t, crashMatrix)
}

func crashMatrix(t *testing.T, forge string) {
	writes := effectsOfCase(t, forge)
	counts := map[string]int{}
	for _, e := range writes {
		counts[e.kind] = max(counts[e.kind], e.n)
	}
	kinds := slices.Sorted(maps.Keys(counts))
	t.Logf("%d writes of %d kinds", len(writes), len(kinds))
	if usual() && !all() {
		spoilt(t, forge, "drawn", drawn(t, kinds, counts))
	}
	for n := 1; n <= slices.Max(slices.Collect(maps.Values(counts))); n++ {
		for turn := range mishaps {
			if (turn%2 == 0) == (forge == onGitHub) && n == 1 || usual() && n == 1 || all() {
				spoilt(t, forge, fmt.Sprintf("%d/%d", n, turn), nth(n, turn, kinds, counts))
			}
		}
	}
}

// nth plans a mishap for the n-th write of each kind, from kind to kind another.
func nth(n, turn int, kinds []string, counts map[string]int) map[effect]mishap {
	plan := map[effect]mishap{}
	for i, kind := range kinds {
		if n <= counts[kind] {
			plan[effect{kind, n}] = mishaps[(i+turn)%len(mishaps)]
		}
	}
	return plan
}

// drawn plans a mishap for a later write of each kind.
func drawn(t *testing.T, kinds []string, counts map[string]int) map[effect]mishap {
	t.Helper()
	plan := map[effect]mishap{}
	for _, kind := range kinds {
		if counts[kind] > 1 {
			plan[effect{kind, 2 + rand.IntN(counts[kind]-1)}] = mishaps[rand.IntN(len(mishaps))]
		}
	}
	t.Logf("drawn: %v", plan)
	return plan
}

// effectsOfCase plays the case unspoilt and lists its writes.
func effectsOfCase(t *testing.T, forge string) []effect {
	t.Helper()
	c := newCaseOn(t, forge)
	s := &saboteur{}
	c.spoils(s)
	c.serve()
	c.play()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all
}

// spoilt plays one case with the mishaps given.
func spoilt(t *testing.T, forge, name string, plan map[effect]mishap) {
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		playSpoilt(t, forge, plan)
	})
}

func playSpoilt(t *testing.T, forge string, plan map[effect]mishap) {
	t.Helper()
	var change []func(*Setting)
	if all() { // the forge's description has been held to in the default cases, and costs half as much again
		change = append(change, func(s *Setting) { s.Watch = Watch{} })
	}
	c := newCaseOn(t, forge, change...)
	s := &saboteur{plan: func(e effect, _ int) mishap { return plan[e] }}
	c.spoils(s)
	if slices.Contains(slices.Collect(maps.Values(plan)), killedThen) {
		p := newProcess(c.World)
		s.kill = func() { p.killAndRestart(t) }
		c.serveAsProcess(p)
	} else {
		c.serve()
	}
	c.play()
	done := s.done()
	if len(done) < len(plan) { // how often some kinds are written depends on the time that it takes, but not whether they are
		t.Logf("%d of %d mishaps happened", len(done), len(plan))
	}
	for e, m := range plan {
		if hit := fmt.Sprintf("%s %s", e, m); e.n == 1 && !slices.Contains(done, hit) {
			t.Errorf("this did not happen: %s", hit)
		}
	}
	if t.Failed() {
		t.Log(done)
	}
}
