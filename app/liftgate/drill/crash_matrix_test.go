package drill

import (
	"fmt"
	"maps"
	"slices"
	"testing"
)

// TestCrashMatrix spoils every write of the case in every way, and starts the server again where it was killed. Every case
// must end as the unspoilt one does.
//
// A default run spoils the first write of every kind in one case, each in its own way, and in further cases the same in
// the other ways, so that every kind meets every mishap; and the last of every kind in one way. LIFTGATE_FULL=1 spoils
// every single write in every way, each in a case of its own.
func TestCrashMatrix(t *testing.T) {
	all := effectsOfCase(t)
	counts := map[string]int{}
	for _, e := range all {
		counts[e.kind] = max(counts[e.kind], e.n)
	}
	kinds := slices.Sorted(maps.Keys(counts))
	t.Logf("%d writes of %d kinds", len(all), len(kinds))
	if full() {
		for _, e := range all {
			for _, m := range mishaps {
				spoilt(t, fmt.Sprintf("%s %s", e, m), map[effect]mishap{e: m})
			}
		}
		return
	}
	for turn := range mishaps {
		first, last := map[effect]mishap{}, map[effect]mishap{}
		for i, kind := range kinds {
			m := mishaps[(i+turn)%len(mishaps)]
			first[effect{kind, 1}] = m
			if counts[kind] > 1 {
				last[effect{kind, counts[kind]}] = m
			}
		}
		spoilt(t, fmt.Sprintf("first/%d", turn), first)
		if turn == 0 && !testing.Short() {
			spoilt(t, fmt.Sprintf("last/%d", turn), last)
		}
	}
}

// effectsOfCase plays the case unspoilt and lists its writes.
func effectsOfCase(t *testing.T) []effect {
	t.Helper()
	c := newCase(t)
	s := &saboteur{}
	c.Sandbox.Fail(s.fault)
	c.serve()
	c.play()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all
}

// crashLanes is how many cases are played at once; most of a case is waiting for git.
const crashLanes = 4

var crashLane = make(chan struct{}, crashLanes)

// inLane waits for a lane and keeps it until the test ends.
func inLane(t *testing.T) {
	crashLane <- struct{}{}
	t.Cleanup(func() { <-crashLane })
}

// spoilt plays one case with the mishaps given.
func spoilt(t *testing.T, name string, plan map[effect]mishap) {
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		inLane(t)
		playSpoilt(t, plan)
	})
}

func playSpoilt(t *testing.T, plan map[effect]mishap) {
	t.Helper()
	c := newCase(t)
	s := &saboteur{plan: func(e effect, _ int) mishap { return plan[e] }}
	if slices.Contains(slices.Collect(maps.Values(plan)), killedThen) {
		p := newProcess(c.World)
		s.kill = func() { p.killAndRestart(t) }
		c.Sandbox.Fail(s.fault)
		c.serveAsProcess(p)
	} else {
		c.Sandbox.Fail(s.fault)
		c.serve()
	}
	c.play()
	if len(s.done()) < len(plan) {
		t.Logf("%d of %d mishaps happened", len(s.done()), len(plan))
	}
	if t.Failed() {
		t.Log(s.done())
	}
}
