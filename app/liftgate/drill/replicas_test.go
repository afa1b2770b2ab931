package drill

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/liftgate/server"
	"github.com/liftgate/liftgate/app/store"
	"github.com/liftgate/liftgate/app/store/storetest"
)

// TestTwoEngines plays the case with two servers on one PostgreSQL, which crashes and comes back in the middle of a write to
// the mirror and in the middle of the lift's push. Every end is the usual one.
func TestTwoEngines(t *testing.T) {
	t.Parallel()
	onMost(t, playReplicas)
}

func playReplicas(t *testing.T, forge string) {
	pg, err := storetest.StartOwn()
	if err != nil {
		t.Skipf("no PostgreSQL to stop and start: %v", err)
	}
	t.Cleanup(pg.Close)
	c := newCaseOn(t, forge, func(s *Setting) {
		s.Database = pg.Database(t)
		s.Pace.Sweep = 5 * time.Second
		s.Pace.Hurry = 0 // a jump of the clock ends the lease of whatever is under way at the other engine
	})
	c.enduring = true
	var away sync.WaitGroup
	crash := &saboteur{
		ours: c.town.ours,
		plan: func(e effect, _ int) mishap {
			if e == (effect{"push candidate tinyserve-security", 1}) || e == (effect{"push branches tinyserve", 1}) {
				return killedThen
			}
			return ""
		},
		kill: func() { away.Go(func() { crashed(t, pg) }) },
	}
	c.town.fail(crash.fault)
	c.serve()
	second := c.secondServer("second")
	t.Cleanup(func() {
		if err := second.stop(); err != nil {
			t.Error("stop the second server:", err)
		}
	})
	c.playBefore(sceneApproach)
	for _, s := range c.scenes()[c.sceneAt(sceneApproach):] {
		if err := c.quiet(); err != nil {
			t.Fatal(err)
		}
		c.playScenes([]scene{s})
	}
	away.Wait()
	c.checkEnd()
	if len(crash.done()) != 2 {
		t.Errorf("PostgreSQL crashed at %v", crash.done())
	}
	for _, name := range []string{"server=drill", "server=second"} {
		if !strings.Contains(c.logged(), name) {
			t.Errorf("%s did nothing", name)
		}
	}
}

// crashed ends PostgreSQL as a crash does, and starts it again after a moment.
func crashed(t *testing.T, pg *storetest.Server) {
	if err := pg.Stop(); err != nil {
		t.Error("stop PostgreSQL:", err)
	}
	moment, cancel := context.WithTimeout(t.Context(), 700*time.Millisecond)
	defer cancel()
	<-moment.Done()
	if err := pg.Start(); err != nil {
		t.Error("start PostgreSQL:", err)
	}
}

// secondServer starts a replica: the same keys and database, and a folder of its own.
func (c *crashCase) secondServer(name string) *running {
	c.t.Helper()
	other := c.config
	other.Keys.Keyset, other.Keys.Identity = server.KeyFiles(c.config)
	other.Data = filepath.Join(c.Dir, name)
	if err := os.MkdirAll(other.Data, 0o700); err != nil {
		c.t.Fatal(err)
	}
	r, err := c.startWith(c.t.Context(), name, other)
	if err != nil {
		c.t.Fatal("start the second server:", err)
	}
	return r
}

// TestOneServerPerSQLite starts a second server on the same file. It refuses to run, and the first one goes on. It is about
// the database, so that one forge is enough.
func TestOneServerPerSQLite(t *testing.T) {
	t.Parallel()
	c := newCase(t)
	c.serve()
	if err := c.engaged(); err != nil {
		t.Fatal(err)
	}
	second := c.secondServer("second")
	if err := second.stopped(); !errors.Is(err, store.ErrInUse) {
		t.Errorf("the second server ended with %v", err)
	}
	if err := c.arrive(t.Context()); err != nil {
		t.Error("the first server:", err)
	}
}

// engaged waits until the server is at work.
func (c *crashCase) engaged() error {
	return c.until(c.t.Context(), "the server", func() (bool, error) {
		for _, r := range c.town.requests() {
			if c.ours(r) {
				return true, nil
			}
		}
		return false, nil
	})
}
