package drill

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox"
	"github.com/liftgate/liftgate/policy"
)

// killSeed decides where the process is killed.
const killSeed = 42

// TestSIGKILL plays the case with the real program, by the real clock, and kills it without warning in the middle of
// requests that a seed draws, before or after they are served. Started again each time, it comes to the usual end.
func TestSIGKILL(t *testing.T) {
	t.Parallel()
	onMost(t, playKilled)
}

// killPatience is a few leases long: what a killed process had claimed rests until its lease ends, by the real clock.
const killPatience = 3 * time.Minute

func playKilled(t *testing.T, forge string) {
	c := newCaseOn(t, forge, func(s *Setting) { s.Pace = Pace{Look: 20 * time.Millisecond} })
	c.approaches = nil
	c.plot.patience = killPatience
	p := &process{w: c.World, says: "http://", command: serveCommand(t, c.World)}
	k := &killer{ours: c.town.ours, random: rand.New(rand.NewPCG(killSeed, 0)), kill: func() { p.killAndRestart(t) }}
	k.draw()
	c.town.fail(k.fault)
	if err := p.begin(t.Context()); err != nil {
		t.Fatal("start the program:", err)
	}
	c.playBefore(sceneLift)
	if err := c.as(manager).comment(t.Context(), c.desk, "/lift now the drill ends here"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), killPatience)
	defer cancel()
	if err := c.untilState(ctx, "the lift", func(a policy.Advisory) bool { return a.Phase == policy.Published }); err != nil {
		t.Fatal(err, c.where())
	}
	k.stop()
	c.playFrom(sceneClose)
	t.Logf("killed %d times", p.kills)
	if p.kills < 5 {
		t.Errorf("killed %d times only", p.kills)
	}
}

// serveCommand builds the program and writes its configuration.
func serveCommand(t *testing.T, w *World) func() *exec.Cmd {
	t.Helper()
	program := filepath.Join(w.Dir, "liftgate")
	build := exec.Command("go", "build", "-o", program, "github.com/liftgate/liftgate/app/liftgate")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	if err := w.configure(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(w.Dir, "liftgate.yml")
	text := w.Document(fmt.Sprintf("listen: 127.0.0.1:0\ndata: %q\ndatabase: %q\n", w.config.Data, w.config.Database))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return func() *exec.Cmd { return exec.Command(program, "serve", "--config", file) }
}

// killer kills in the middle of every so manieth request of Liftgate's, by lot before or after it is served.
type killer struct {
	ours   func(sandbox.TokenScope) bool
	kill   func()
	random *rand.Rand

	mu    sync.Mutex
	left  int // requests until the next kill
	after bool
	over  bool
}

// draw decides about the next kill.
func (k *killer) draw() { k.left, k.after = 30+k.random.IntN(90), k.random.IntN(3) > 0 }

func (k *killer) fault(r sandbox.Call) sandbox.Fault {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.ours(r.Scope) || k.over {
		return sandbox.Fault{}
	}
	// Once the count is over the next write is it: to die in the middle of a read is nothing.
	if k.left--; k.left > 0 || !r.Write || strings.HasSuffix(r.Route, "/access_tokens") {
		return sandbox.Fault{}
	}
	after := k.after
	k.draw()
	if after {
		f := sandbox.AppliedThenDropped()
		f.After = k.kill
		return f
	}
	f := sandbox.Refused(502) // nobody is left to hear it
	f.Before = k.kill
	return f
}

func (k *killer) stop() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.over = true
}
