package drill

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// The property tests play random cases in a world of their own: people, faults, lost webhooks, moving branches, restarts and
// clock steps, in an order that rapid draws. A script is drawn before it is played, so that a seed always gives the same
// script; what the server makes of it may still differ from run to run in the order of concurrent work.
//
// A default run plays the same few scripts every time. LIFTGATE_CASES=all plays many, from a random seed. A failure names its
// seed: run it again with
//
//	go test ./app/liftgate/drill -run TestProperties -rapid.seed=N -rapid.checks=1 -rapid.nofailfile

const (
	defaultChecks = 2
	usualChecks   = 6
	allChecks     = 60
	defaultSeed   = 20261121
)

// TestProperties checks the nine invariants after every step of random cases.
func TestProperties(t *testing.T) {
	bound(t)
	t.Parallel()
	watches := map[string]Watch{}
	for _, forge := range Forges() {
		watches[forge] = held(t, forge)
	}
	rapid.Check(t, func(t *rapid.T) {
		s := drawScript(t)
		play := newRig(t, t.Context(), s.ground, watches[s.ground.Forge])
		defer play.close()
		play.perform(s)
	})
}

// TestKnownScripts plays what chance hits too rarely to count on, with the same judgement.
func TestKnownScripts(t *testing.T) {
	t.Parallel()
	course := []string{"report", "accept", "cve", "fix", "approve", "ci"}
	scripts := map[string]struct {
		ground ground
		course []string
	}{
		"a guarded branch moves none":      {ground{Stable: 2, Late: true, Guard: true, Hooks: "fine"}, course},
		"an open conflict holds all":       {ground{Stable: 2, Conflicts: 1, Late: true, Holds: true, Hooks: "lost"}, course},
		"two at one end, started by hand":  {ground{Stable: 1, Button: true, Late: true, Hooks: "twice"}, slices.Concat(course, course)},
		"killed before and after each lot": {ground{Stable: 1, Hooks: "late"}, []string{"report", "kill-server", "accept", "cve", "kill-server", "fix", "kill-server", "approve", "kill-server", "ci", "kill-server"}},
	}
	onEach(t, func(t *testing.T, forge string) {
		for i, name := range slices.Sorted(maps.Keys(scripts)) {
			if !usual() && (i%2 == 0) != (forge == onGitHub) {
				continue
			}
			known := scripts[name]
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s := script{ground: known.ground}
				s.ground.Forge = forge
				for i, kind := range known.course {
					s.steps = append(s.steps, step{Kind: kind, Case: i / len(course), B: 1, Wait: kind != "report" || i > 0})
				}
				r := newRig(t, t.Context(), s.ground, held(t, forge))
				defer r.close()
				r.perform(s)
			})
		}
	})
}

// bound sets how much rapid does, where the command line does not say.
func bound(t *testing.T) {
	given := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { given[f.Name] = true })
	set := func(name string, value int) {
		if given[name] {
			return
		}
		if err := flag.Set(name, strconv.Itoa(value)); err != nil {
			t.Fatal(err)
		}
	}
	switch {
	case all():
		set("rapid.checks", allChecks)
	case usual():
		set("rapid.checks", usualChecks)
		set("rapid.seed", defaultSeed)
	default:
		set("rapid.checks", defaultChecks)
		set("rapid.seed", defaultSeed)
	}
	if !given["rapid.nofailfile"] { // a seed says it all, and a failed run leaves nothing behind in the tree
		if err := flag.Set("rapid.nofailfile", "true"); err != nil {
			t.Fatal(err)
		}
	}
}

// script is what happens in one world: all drawn beforehand.
type script struct {
	ground ground
	steps  []step
}

// ground is what the world is made of.
type ground struct {
	Forge     string
	Stable    int    // number of stable branches
	Conflicts uint   // bit k*4+b: the fix of case k conflicts on stable branch b
	Button    bool   // a person starts the lift
	HoldDrift bool   // a public branch that moves at lift time stops it
	Holds     bool   // the mirror refuses merges without the hold
	Hooks     string // what happens to webhooks
	Late      bool   // the end comes before people resolve what is open
	Guard     bool   // and just before it somebody guards one public branch against everybody
}

// step is one thing that happens. What its numbers mean depends on the kind; each is taken modulo what there is.
type step struct {
	Kind string
	Case int
	A, B int
	Wait bool // for the server to have seen it
}

func (s step) String() string {
	return fmt.Sprintf("%s(case %d, %d, %d, wait %t)", s.Kind, s.Case, s.A, s.B, s.Wait)
}

func drawScript(t *rapid.T) script {
	s := script{ground: rapid.Custom(drawGround).Draw(t, "ground")}
	// A case gets nowhere unless somebody works on it: the usual course is laid out, and the rest happens in between.
	course := []string{"report", "accept", "cve", "fix", "ci", "approve", "ci"}
	if rapid.Bool().Draw(t, "two cases") {
		course = []string{"report", "report", "accept", "accept", "fix", "fix", "cve", "approve", "ci", "cve", "ci"}
	}
	for i, kind := range course {
		s.steps = append(s.steps, rapid.SliceOfN(disturbance(), 0, 2).Draw(t, "disturbances")...)
		usual := stepOf(rapid.Just(kind)).Draw(t, "usual")
		usual.Case = i
		s.steps = append(s.steps, usual)
	}
	s.steps = append(s.steps, rapid.SliceOfN(disturbance(), 2, 6).Draw(t, "late disturbances")...)
	return s
}

func drawGround(t *rapid.T) ground {
	return ground{
		Forge:     rapid.SampledFrom(Forges()).Draw(t, "forge"),
		Stable:    rapid.IntRange(1, 2).Draw(t, "stable"),
		Conflicts: rapid.SampledFrom([]uint{0, 1, 1, 2, 17}).Draw(t, "conflicts"),
		Button:    rapid.SampledFrom([]bool{false, false, false, true}).Draw(t, "button"),
		HoldDrift: rapid.SampledFrom([]bool{false, false, true}).Draw(t, "hold on drift"),
		Holds:     rapid.SampledFrom([]bool{true, true, false}).Draw(t, "holds"),
		Hooks:     rapid.SampledFrom([]string{"fine", "fine", "lost", "failed", "twice", "shuffled", "late"}).Draw(t, "webhooks"),
		Late:      rapid.Bool().Draw(t, "end comes first"),
		Guard:     rapid.Bool().Draw(t, "guard"),
	}
}

func disturbance() *rapid.Generator[step] { return stepOf(rapid.SampledFrom(disturbances)) }

func stepOf(kind *rapid.Generator[string]) *rapid.Generator[step] {
	return rapid.Custom(func(t *rapid.T) step {
		return step{
			Kind: kind.Draw(t, "kind"), Case: rapid.IntRange(0, 1).Draw(t, "case"), A: rapid.IntRange(0, 59).Draw(t, "a"),
			B: rapid.IntRange(0, 59).Draw(t, "b"), Wait: rapid.SampledFrom([]bool{true, true, false}).Draw(t, "wait"),
		}
	})
}

// disturbances are drawn between the usual steps; what is here twice happens twice as often.
var disturbances = []string{
	"accept", "reject", "cve", "fix", "amend", "close", "edit", "approve", "object", "merge", "settle-branch", "affects",
	"embargo", "embargo", "restart", "longer", "agree", "decline", "hold", "resume", "rehearse", "lift-now", "lift", "public",
	"outsider", "outsider", "resolve", "again", "ci", "ci-red", "ci",
	"commit", "commit", "rewind", "branch", "eol", "protect", "garble", "move-candidate",
	"fault", "fault", "fault", "fault", "restart-server", "kill-server", "stop-server", "start-server",
	"clock", "clock", "clock", "to-end",
}

// perform plays a script, looks at the invariants all the time, and then has people put everything in order: it must end.
func (r *rig) perform(s script) {
	for i, step := range s.steps {
		r.note("%2d %s", i, step)
		if step.Kind == "to-end" || step.Kind == "lift-now" { // what lands is no secret afterwards
			r.inspect(true)
		}
		if err := r.take(step); err != nil {
			r.t.Fatalf("step %d, %s: %v\n%s", i, step, err, r.told())
		}
		if step.Wait {
			r.settle()
		}
		r.inspect(i%4 == 3)
	}
	r.note("people put everything in order")
	r.mend()
	r.inspectEnd()
}

// take does one step. What a forge refuses a person is no failure of the test.
func (r *rig) take(s step) error {
	do, known := r.kinds()[s.Kind]
	if !known {
		return fmt.Errorf("there is no step %q", s.Kind)
	}
	return do(s)
}
