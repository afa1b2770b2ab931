package drill

import (
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/policy"
)

// TestMirrorMadePublic has somebody open the mirror to everybody in the middle of a case. From the moment that Liftgate sees
// it nothing is written there, and the lift holds; made private again, the case goes on to its usual end.
func TestMirrorMadePublic(t *testing.T) {
	t.Parallel()
	onMost(t, playMirrorMadePublic)
}

func playMirrorMadePublic(t *testing.T, forge string) {
	c := newCaseOn(t, forge)
	c.serve()
	c.playBefore(sceneReview)
	open := func(public bool) {
		if err := c.town.expose(public); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.quiet(); err != nil {
		t.Fatal(err)
	}
	open(true)
	if err := c.until(t.Context(), "a turn that sees it", func() (bool, error) { // the one before it may still write
		return strings.Contains(c.logged(), "nothing is done for "+c.advisory), nil
	}); err != nil {
		t.Fatal(err)
	}
	before := len(c.town.requests())
	if err := c.as(reviewer).comment(t.Context(), c.desk, "/help"); err != nil { // a reason to write
		t.Fatal(err)
	}
	a := c.stateNow()
	c.Clock.AdvanceTo(a.Embargo.End)
	c.staysHeld(c.publicTips())
	for _, r := range c.town.requests()[before:] {
		if r.Public && c.ours(r) {
			t.Errorf("%s %s reached a mirror that everybody can read: %v", r.Method, r.Path, r.Refs)
		}
	}
	if a := c.stateNow(); a.Lift.Gate != policy.GateHeld {
		t.Errorf("the gate is %s", a.Lift.Gate)
	}
	open(false)
	c.playScenes(c.scenes()[c.sceneAt(sceneReview):][:1])
	c.playFrom(sceneLift)
}

// TestPublicMirrorIsRefused names a public repository as the mirror. Nothing is ever written to it.
func TestPublicMirrorIsRefused(t *testing.T) {
	t.Parallel()
	onMost(t, func(t *testing.T, forge string) {
		playRefusedMirror(t, forge, "the mirror is public", func(c *crashCase) error { return c.town.expose(true) })
	})
}

// TestForkedMirrorIsRefused does the same with a private fork of the public repository.
func TestForkedMirrorIsRefused(t *testing.T) {
	t.Parallel()
	onMost(t, func(t *testing.T, forge string) {
		playRefusedMirror(t, forge, "the mirror is a fork", func(c *crashCase) error { return c.evidence().fork() })
	})
}

func playRefusedMirror(t *testing.T, forge, why string, spoil func(*crashCase) error) {
	c := newCaseOn(t, forge)
	if err := spoil(c); err != nil {
		t.Fatal(err)
	}
	c.serve()
	if _, err := c.as(reporter).report(t.Context(), "A flaw", "How to see it."); err != nil {
		t.Fatal(err)
	}
	if err := c.until(t.Context(), "the report to be kept", func() (bool, error) {
		reported, err := c.Store.Advisories(t.Context(), "", true)
		if err != nil || len(reported) != 1 {
			return false, err
		}
		kept, err := c.Store.Load(t.Context(), reported[0].ID)
		return strings.Contains(strings.Join(kept.Advisory.Waiting, "\n"), why), err
	}); err != nil {
		t.Fatal(err)
	}
	until := c.Clock.Now().Add(10 * time.Minute)
	if err := c.until(t.Context(), "ten minutes", func() (bool, error) { return c.Clock.Now().After(until), nil }); err != nil {
		t.Fatal(err)
	}
	if n := c.publicWrites(); n != 0 {
		t.Errorf("%d writes reached a public repository", n)
	}
	found, err := tips(t.Context(), c.World, c.Mirror.Dir)
	if err != nil || len(found) != 0 {
		t.Errorf("the repository has branches: %v, %v", found, err)
	}
	resp, err := http.Get("http://" + c.address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	metrics, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil || !regexp.MustCompile(`(?m)^liftgate_mirror_refused\{.*\} 1$`).Match(metrics) {
		t.Errorf("no metric says that the mirror is refused: %v", err)
	}
}
