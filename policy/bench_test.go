package policy

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkPlan is one decision about an advisory with twenty stable branches beside main, each with its fix, its checks and
// its candidate: ready and waiting, and at the moment of the lift.
func BenchmarkPlan(b *testing.B) {
	const stable = 20
	w := newWorld(b)
	w.rules.Branches = []BranchRule{{Name: "stable-*"}}
	w.public = []Branch{{"main", sha("main")}}
	for i := range stable {
		w.public = append(w.public, Branch{fmt.Sprintf("stable-1.%d", i), sha("stable", fmt.Sprint(i))})
	}
	w.mirror.Branches = append([]Branch(nil), w.public...)
	w.ready()
	if w.a.Phase != Ready || len(w.a.Moves()) != stable+1 {
		b.Fatalf("%s with %d moves", w.a.Phase, len(w.a.Moves()))
	}
	decide := func(in Input) func(*testing.B) {
		return func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Decide(w.a, in)
			}
		}
	}
	b.Run("waiting", decide(w.input()))
	w.until(w.end().Add(-time.Second))
	w.now = w.end()
	w.a.Embargo, _ = w.a.Embargo.Expire(w.now) // as an earlier turn has stored it
	in := w.input()
	if d := Decide(w.a, in); !d.Release || len(d.Effects) == 0 {
		b.Fatalf("no lift: %v", w.a.Phase)
	}
	b.Run("lift", decide(in))
}
