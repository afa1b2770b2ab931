package drill

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox"
	"github.com/liftgate/liftgate/policy"
)

// TestForgeTrouble plays the case with a forge that answers every so often with an error, for a few requests in a row, once
// to reads and once to writes. A default run plays writes on GitHub, and mixes the errors, as the usual one does;
// LIFTGATE_CASES=all plays a case for each.
func TestForgeTrouble(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, forge string) {
		for _, writes := range []bool{false, true} {
			names := []string{"403", "404", "409", "422", "429", "500", "limited", "nothing"}
			if !writes {
				// To a read, 404 is an answer like any other: what is not there is not there.
				names = slices.DeleteFunc(names, func(name string) bool { return name == "404" })
			}
			if !usual() && (!writes || forge != onGitHub) {
				continue
			}
			if !all() {
				playTroubled(t, forge, "all", writes, names)
				continue
			}
			for _, name := range names {
				playTroubled(t, forge, name, writes, []string{name})
			}
		}
	})
}

// troubles are the answers by name.
func troubles(t town) map[string]sandbox.Fault {
	return map[string]sandbox.Fault{
		"403": sandbox.Refused(403), "404": sandbox.Refused(404), "409": sandbox.Refused(409), "422": sandbox.Refused(422),
		"429": sandbox.Refused(429), "500": sandbox.Refused(500), "limited": t.limited(7 * time.Second), "nothing": sandbox.AppliedThenDropped(),
	}
}

// playTroubled plays the case where every so often a few requests in a row are answered otherwise, with each answer in turn.
func playTroubled(t *testing.T, forge, name string, writes bool, names []string) {
	t.Run(fmt.Sprintf("%s/writes=%v", name, writes), func(t *testing.T) {
		t.Parallel()
		every, run := int64(70), int64(4)
		if writes {
			every, run = 7, 2
		}
		var asked atomic.Int64
		c := newCaseOn(t, forge)
		answers := troubles(c.town)
		c.town.fail(func(r sandbox.Call) sandbox.Fault {
			if !c.town.ours(r.Scope) || r.Write != writes {
				return sandbox.Fault{}
			}
			n := asked.Add(1)
			if n%every >= run {
				return sandbox.Fault{}
			}
			return answers[names[n/every%int64(len(names))]]
		})
		c.numbers.Fail(recordTrouble(writes))
		c.serve()
		c.play()
	})
}

// recordTrouble answers every second request to CVE Services otherwise, or not at all.
func recordTrouble(writes bool) func(sandbox.Call) sandbox.Fault {
	var asked atomic.Int64
	return func(r sandbox.Call) sandbox.Fault {
		if r.Scope.Actor == allocator || r.Write != writes {
			return sandbox.Fault{}
		}
		n := asked.Add(1)
		if n%2 == 0 {
			return sandbox.Fault{}
		}
		return recordRefusals[n/2%int64(len(recordRefusals))]
	}
}

// playBefore plays up to a scene, with the mirror's CI at work from then on.
func (c *crashCase) playBefore(name string) {
	c.t.Helper()
	c.t.Cleanup(c.robot(c.t.Context()))
	c.playScenes(c.scenes()[:c.sceneAt(name)])
}

// playFrom plays a scene and what follows, and checks the end.
func (c *crashCase) playFrom(name string) {
	c.t.Helper()
	c.playScenes(c.scenes()[c.sceneAt(name):])
	c.checkEnd()
}

func (c *crashCase) sceneAt(name string) int {
	c.t.Helper()
	i := slices.IndexFunc(c.scenes(), func(s scene) bool { return s.name == name })
	if i < 0 {
		c.t.Fatal("there is no scene", name)
	}
	return i
}

func (c *crashCase) playScenes(scenes []scene) {
	c.t.Helper()
	for _, s := range scenes {
		if err := c.playOne(c.t.Context(), s); err != nil {
			c.t.Fatal(s.name+":", err, c.where())
		}
	}
}

const (
	sceneReview   = "reviewers approve every fix"
	sceneApproach = "the last rehearsals pass"
	sceneLift     = "the embargo ends, everything lands"
)

// TestPublicBranchTrouble does something to a public branch before the end of the embargo. The desk says so, the lift holds
// at its time, and once it is mended everything lands.
func TestPublicBranchTrouble(t *testing.T) {
	t.Parallel()
	onMost(t, playBranchTrouble)
}

func playBranchTrouble(t *testing.T, forge string) {
	const branch = "stable-1.0"
	cases := map[string]struct {
		break_, mend func(c *crashCase)
		says         string
	}{
		"protected": {
			break_: func(c *crashCase) { c.guard(branch) },
			mend:   func(c *crashCase) { c.unguard() },
			says:   branch,
		},
		"deleted": {
			break_: func(c *crashCase) { c.pushPublic(":refs/heads/" + branch) },
			mend:   func(c *crashCase) { c.pushPublic(c.before[branch] + ":refs/heads/" + branch) },
			says:   branch,
		},
		"rewound": {
			break_: func(c *crashCase) { c.pushPublic("+" + c.rewound(branch) + ":refs/heads/" + branch) },
			mend:   func(c *crashCase) { c.pushPublic("+" + c.before[branch] + ":refs/heads/" + branch) },
			says:   branch + " was rewound in public",
		},
	}
	for name, try := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCaseOn(t, forge)
			c.serve()
			c.playBefore(sceneApproach)
			try.break_(c)
			broken := c.publicTips()
			a := c.stateNow()
			c.Clock.AdvanceTo(a.Embargo.End.Add(-time.Hour))
			c.untilStatus(try.says)
			c.Clock.AdvanceTo(a.Embargo.End)
			c.staysHeld(broken)
			try.mend(c)
			c.playFrom(sceneLift)
		})
	}
}

func (c *crashCase) stateNow() policy.Advisory {
	c.t.Helper()
	a, err := c.state(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	return a
}

func (c *crashCase) publicTips() map[string]string {
	c.t.Helper()
	found, err := tips(c.t.Context(), c.World, c.Public.Dir)
	if err != nil {
		c.t.Fatal(err)
	}
	return found
}

// untilStatus waits until Liftgate says something at the desk.
func (c *crashCase) untilStatus(words string) {
	c.t.Helper()
	err := c.until(c.t.Context(), "words at the desk: "+words, func() (bool, error) {
		said, err := c.as(maintainer).comments(c.t.Context(), c.desk)
		return slices.ContainsFunc(said, func(s comment) bool {
			return s.Ours && strings.Contains(s.Body, words) && strings.Contains(s.Body, "The lift waits for")
		}), err
	})
	if err != nil {
		c.t.Fatal(err, c.where())
	}
}

// staysHeld looks on for an hour of the drill's time: nothing public moves.
func (c *crashCase) staysHeld(want map[string]string) {
	c.t.Helper()
	until := c.Clock.Now().Add(time.Hour)
	_ = c.until(c.t.Context(), "an hour", func() (bool, error) {
		for name, sha := range c.publicTips() {
			if want[name] != sha {
				c.t.Fatalf("%s moved to %s while the lift had to hold", name, sha)
			}
		}
		c.Clock.Advance(time.Minute)
		return c.Clock.Now().After(until), nil
	})
	if a := c.stateNow(); a.Phase == policy.Published || a.Phase == policy.Lifting && !a.Lift.Landed.IsZero() {
		c.t.Errorf("the lift did not hold: %s", a.Phase)
	}
}

// quiet waits until Liftgate has nothing to do and has written nothing for a while.
func (c *crashCase) quiet() error {
	calm, seen := 0, 0
	return c.until(c.t.Context(), "quiet", func() (bool, error) {
		loaded, err := c.Store.Load(c.t.Context(), c.advisory)
		n := c.writes()
		if n != seen || len(loaded.Pending)+len(loaded.Outcomes) > 0 || err != nil && c.enduring {
			calm, seen = 0, n
			return false, nil
		}
		calm++
		return calm > 30, err
	})
}

// writes counts what Liftgate has written so far, tokens aside.
func (c *crashCase) writes() int {
	n := 0
	for _, r := range c.town.requests() {
		if c.ours(r) && r.Method != http.MethodGet && r.Route != "git-upload-pack" && !strings.HasSuffix(r.Path, "/access_tokens") {
			n++
		}
	}
	return n
}

// guard protects a public branch against everybody; unguard takes all such protection away again.
func (c *crashCase) guard(branch string) {
	c.t.Helper()
	thaw, err := c.town.freeze(branch)
	if err != nil {
		c.t.Fatal(err)
	}
	c.thaws = append(c.thaws, thaw)
}

func (c *crashCase) unguard() {
	c.t.Helper()
	for _, thaw := range c.thaws {
		if err := thaw(); err != nil {
			c.t.Fatal(err)
		}
	}
}

// rewound is another commit with the content of a branch, as somebody makes who rewrites its history.
func (c *crashCase) rewound(branch string) string {
	c.t.Helper()
	git := &clone{dir: c.Public.Dir, author: maintainer, now: c.Clock.Now}
	sha, err := git.git(c.t.Context(), "commit-tree", "-m", "Rewritten", c.before[branch]+"^{tree}")
	if err != nil {
		c.t.Fatal(err)
	}
	return sha
}

// pushPublic pushes to the public repository as its owner, whom the rules let pass or who takes them off for it.
func (c *crashCase) pushPublic(refspec string) {
	c.t.Helper()
	ctx := c.t.Context()
	boss := c.as(maintainer)
	work, err := boss.clone(ctx, c.Public.CloneURL)
	if err != nil {
		c.t.Fatal(err)
	}
	source, _, _ := strings.Cut(strings.TrimPrefix(refspec, "+"), ":")
	if source != "" {
		if _, err := work.git(ctx, "fetch", "-q", "origin", source); err != nil {
			c.t.Fatal(err)
		}
	}
	_, branch, _ := strings.Cut(refspec, ":refs/heads/")
	guard, err := c.evidence().unguard(branch)
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := work.git(ctx, "push", "-q", "origin", refspec); err != nil {
		c.t.Fatal(err)
	}
	if err := guard(); err != nil {
		c.t.Fatal(err)
	}
}
