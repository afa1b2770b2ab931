package drill

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/liftgate/liftgate/app/store"
	"github.com/liftgate/liftgate/policy"
)

// tester is what a rig needs of a test; testing.T, testing.B and rapid.T have it.
type tester interface {
	Helper()
	Fatalf(format string, args ...any)
	Logf(format string, args ...any)
}

// rig is a compact world in which everything is watched.
type rig struct {
	*World
	t      tester
	ctx    context.Context
	cancel context.CancelFunc
	ground ground
	stable []string
	hands  *clone // the one working copy; whose credential it uses changes
	cases  []*incident
	wire   *wire // of the server that runs now
	plan   faultPlan
	served atomic.Int64 // requests that the sandbox has served
	logged sink

	mu       sync.Mutex
	ledger   ledger
	trouble  []string // violations that were seen while a request was served
	happened []string
}

// incident is one advisory as the people know it: what they asked for and were entitled to.
type incident struct {
	n        int
	token    string // stands in everything that is embargoed
	ref      string
	id       string
	desk     int
	fix      int
	revision int
}

var sharedKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// newRig makes a world with one server, and watches all of it, beside whoever watches already.
func newRig(t tester, ctx context.Context, g ground, watch Watch) *rig {
	t.Helper()
	r := &rig{t: t, ground: g, ledger: newLedger()}
	r.ctx, r.cancel = context.WithCancel(ctx)
	must := func(err error) {
		if err != nil {
			r.t.Fatalf("make a world: %v", err)
		}
	}
	dir, err := os.MkdirTemp("", "liftgate-prop-")
	must(err)
	key, err := sharedKey()
	must(err)
	watch.PublicWrite, watch.HookTimeout = r.seePublicWrite, 2*time.Second
	for n := range g.Stable {
		r.stable = append(r.stable, fmt.Sprintf("stable-%d", g.Stable-n))
	}
	r.World, err = NewWorld(r.ctx, Setting{
		Dir: dir, Forge: g.Forge, Wall: time.Now, AppKey: key, RequestLog: counter{&r.served}, Rules: r.rules(),
		Log:   slog.New(slog.NewTextHandler(&r.logged, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Pace:  Pace{Look: 10 * time.Millisecond, Tick: 50 * time.Millisecond, Sweep: 1500 * time.Millisecond},
		Watch: watch,
	})
	must(err)
	must(r.plant())
	if g.Holds {
		must(r.town.wantHold([]string{"master", "stable-*"}))
	}
	r.town.fail(r.spoil)
	r.town.failHooks(r.hookFault)
	must(r.serve())
	return r
}

func (r *rig) close() {
	r.town.fail(nil)
	r.town.failHooks(nil)
	err := r.World.Close()
	r.cancel()
	if err := errors.Join(err, os.RemoveAll(r.Dir)); err != nil {
		r.t.Logf("close a world: %v", err)
	}
}

// serve starts a server with a wire of its own, and waits until it works. A predecessor's lock on the database can outlive
// it for as long as a child of this process takes from fork to exec, so that a refusal is tried again.
func (r *rig) serve() error {
	if r.Server != nil {
		return nil
	}
	for tries := 0; ; tries++ {
		err := r.serveOnce()
		if err == nil || !errors.Is(err, store.ErrInUse) || tries == 50 {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (r *rig) serveOnce() error {
	r.wire = &wire{rig: r}
	r.HTTP = r.wire
	ctx, cancel := context.WithCancel(r.ctx)
	run, err := r.start(ctx, "drill")
	if err != nil {
		cancel()
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- run.stopped() }()
	client := http.Client{Timeout: 100 * time.Millisecond}
	for {
		resp, err := client.Get("http://" + run.address + "/livez")
		if err == nil {
			_ = resp.Body.Close() // that there is an answer is all
			break
		}
		select {
		case err := <-ended:
			cancel()
			return err
		default:
		}
	}
	r.Server, r.Store, r.address = run.server, run.server.Store, run.address
	r.stop = func() error { cancel(); return <-ended }
	return r.hookTo(run.address)
}

// kill ends the server as a crash does: what it has under way gets no answer, and nothing more is written down.
func (r *rig) kill() {
	if r.Server == nil {
		return
	}
	r.wire.cut.Store(true)
	_ = r.Store.Close() // from here on every row is as it was
	stop := r.stop
	r.stop, r.Server, r.Store = nil, nil, nil
	_ = stop() // what a dead server says is of no interest
}

// plant makes the repository: a file for each case on every branch, and one that people work on in public.
func (r *rig) plant() error {
	dir := filepath.Join(r.Dir, "hands")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	r.hands = &clone{dir: dir, author: developer, now: r.Clock.Now}
	if err := r.hands.run(r.ctx, "init -q -b master", "config core.fsync none"); err != nil {
		return err
	}
	files := map[string]string{"README": "A small thing.\n", "LOG": "begun\n"}
	for n := range 2 {
		files[fileOf(n)] = strings.Replace(untouched, "HOLE", hole, 1)
	}
	if err := r.hands.write(files); err != nil {
		return err
	}
	if _, err := r.hands.commit(r.ctx, "Begin"); err != nil {
		return err
	}
	for b, branch := range r.stable {
		if err := r.hands.run(r.ctx, "checkout -q -B "+branch+" master"); err != nil {
			return err
		}
		files := map[string]string{"NEWS": branch + "\n"}
		for n := range 2 {
			if b < 4 && r.ground.Conflicts&(1<<(4*n+b)) != 0 {
				files[fileOf(n)] = strings.Replace(untouched, "HOLE", oldHole, 1)
			}
		}
		if err := r.hands.write(files); err != nil {
			return err
		}
		if _, err := r.hands.commit(r.ctx, "Cut "+branch); err != nil {
			return err
		}
	}
	if err := r.town.importGit(r.Public, dir, "refs/heads/*:refs/heads/*"); err != nil {
		return err
	}
	for _, remote := range []string{"mirror " + r.Mirror.CloneURL, "public " + r.Public.CloneURL} {
		if err := r.hands.run(r.ctx, "remote add "+remote); err != nil {
			return err
		}
	}
	return nil
}

const (
	untouched = "int begin;\n\nint work(int a)\n{\n\tprepare(a);\n\nHOLE\n\tfinish(a);\n\treturn a;\n}\n\nint end;\n"
	hole      = "\tunsafe(a);\n"
	oldHole   = "\tancient(a);\n"
)

func fileOf(n int) string { return fmt.Sprintf("src/part%d.c", n) }

// rules is the project's configuration as the ledger has it.
func (r *rig) rules() string {
	var b strings.Builder
	b.WriteString("main: master\nbranches:\n")
	r.mu.Lock()
	defer r.mu.Unlock()
	for branch, eol := range r.ledger.eol {
		fmt.Fprintf(&b, "  - name: %s\n    eol: %s\n", branch, eol.Format(time.RFC3339))
	}
	b.WriteString("  - name: stable-*\npeople:\n  team: [maintainer, developer, reviewer]\n  release_managers: [manager]\n" +
		"  cve_allocators: [allocator]\nchecks:\n  required: [ci/build]\n")
	by, drift := "clock", "rebuild"
	if r.ground.Button {
		by = "button"
	}
	if r.ground.HoldDrift {
		drift = "hold"
	}
	fmt.Fprintf(&b, "lift:\n  by: %s\n  drift: %s\n", by, drift)
	return b.String()
}

// writeRules puts words in the place of the project's configuration.
func (r *rig) writeRules(words string) error {
	r.Rules = words // what a restarted server is given
	aside := filepath.Join(r.Dir, "data", "liftgate.yml~")
	if err := os.WriteFile(aside, []byte(words), 0o600); err != nil {
		return err
	}
	return os.Rename(aside, filepath.Join(r.Dir, "data", "liftgate.yml"))
}

// settle waits until the server has done what it can do now, and not for ever: what rests after a failure waits for the
// clock.
func (r *rig) settle() {
	const quiet, resting = 60 * time.Millisecond, 350 * time.Millisecond
	deadline := time.Now().Add(2 * time.Second)
	last, since := r.served.Load(), time.Now()
	for time.Now().Before(deadline) && r.ctx.Err() == nil {
		if now := r.served.Load(); now != last {
			last, since = now, time.Now()
		}
		if still := time.Since(since); still > resting || still > quiet && !r.due() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// due reports whether the server's rows have something to do now.
func (r *rig) due() bool {
	if r.Store == nil {
		return false
	}
	bells, err := r.Store.Doorbells(r.ctx, 1)
	if err != nil || len(bells) > 0 {
		return err == nil
	}
	due, err := r.Store.Due(r.ctx, r.Clock.Now())
	return err == nil && len(due) > 0
}

// state is an advisory as the store has it; false where there is none yet, or no server.
func (r *rig) state(c *incident) (policy.Advisory, bool) {
	if r.Store == nil || c.id == "" {
		return policy.Advisory{}, false
	}
	loaded, err := r.Store.Load(r.ctx, c.id)
	return loaded.Advisory, err == nil
}

// note remembers what happened, for a failure's text.
func (r *rig) note(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.happened = append(r.happened, r.Clock.Now().Format("Jan 02 15:04:05 ")+fmt.Sprintf(format, args...))
}

// violate remembers a violation; the next inspection fails with it.
func (r *rig) violate(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.trouble = append(r.trouble, fmt.Sprintf(format, args...))
}

// told is the whole story so far.
func (r *rig) told() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return fmt.Sprintf("ground: %+v\n%s", r.ground, strings.Join(r.happened, "\n"))
}

// wire is what the server reaches the forge by. It sees each token asked for, and can be cut.
type wire struct {
	rig *rig
	cut atomic.Bool
}

// RoundTrip implements [http.RoundTripper].
func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	if w.cut.Load() {
		return nil, errors.New("the wire is cut")
	}
	if strings.HasSuffix(req.URL.Path, "/access_tokens") && req.Body != nil {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
		w.rig.seeMint(body)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err == nil && w.cut.Load() {
		_ = resp.Body.Close() // nobody is there to read it
		return nil, errors.New("the wire is cut")
	}
	return resp, err
}

// mint is a token that the server asked for.
type mint struct {
	Repositories []string          `json:"repositories"`
	Permissions  map[string]string `json:"permissions"`
}

func parseMint(body []byte) (m mint, err error) {
	err = json.Unmarshal(body, &m)
	return m, err
}

// counter counts the lines of the request log.
type counter struct{ n *atomic.Int64 }

func (c counter) Write(p []byte) (int, error) { c.n.Add(1); return len(p), nil }

// sink keeps a log, and remembers how much of it was looked at.
type sink struct {
	mu   sync.Mutex
	all  bytes.Buffer
	seen int
}

func (s *sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all.Write(p)
}

// fresh is what was written since the last call.
func (s *sink) fresh() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	words := string(s.all.Bytes()[s.seen:])
	s.seen = s.all.Len()
	return words
}

// tail is the end of the log.
func (s *sink) tail(n int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.all.String()
	return all[max(0, len(all)-n):]
}
