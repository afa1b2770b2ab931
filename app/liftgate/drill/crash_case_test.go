package drill

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/liftgate/liftgate/policy"
)

// The crash tests play one small case again and again, each time with something else in its way, and look at the end: it must
// be the same end every time, and nothing may have happened twice.

// compact is the smallest case that has every kind of effect: a main branch and one stable branch, without conflicts.
func compact() plot {
	p := smallProject()
	p.stable, p.ended, p.resolve = []string{"stable-1.0"}, nil, nil
	p.patience = 3 * time.Minute
	p.approaches = []time.Duration{24 * time.Hour} // a rehearsal that is refused something is repeated after an hour
	p.seed = func(ctx context.Context, w *World) error {
		dir := filepath.Join(w.Dir, "seed")
		c := &clone{dir: dir, author: developer, now: w.Clock.Now}
		if err := c.write(map[string]string{"src/parse.c": parserNew, w.projectFile(): compactRules}); err != nil {
			return err
		}
		if err := c.run(ctx, "init -q -b master", "add -A", "commit -q -m Begin", "branch stable-1.0"); err != nil {
			return err
		}
		if err := c.write(map[string]string{"src/files.c": "void serve_file(void) { }\n"}); err != nil {
			return err
		}
		if err := c.run(ctx, "add -A", "commit -q -m Files"); err != nil {
			return err
		}
		return w.town.importGit(w.Public, dir, "refs/heads/*:refs/heads/*")
	}
	return p
}

var compactRules = strings.Join([]string{"main: master", "branches:", "  - name: stable-1.0", projectFile[strings.Index(projectFile, "people:"):]}, "\n")

// crashKey is every world's App's key: making one takes longer than a test should.
var crashKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err) // the system has no randomness
	}
	return key
})

// briskly lets backoffs pass at hundreds of times their speed.
func briskly() Pace {
	return Pace{Look: 10 * time.Millisecond, Tick: 20 * time.Millisecond, Sweep: 2 * time.Second, Hurry: 5 * time.Second}
}

// crashCase is a case to be played with something in its way.
type crashCase struct {
	*story
	t     *testing.T
	log   *lockedWriter  // what the server logged
	thaws []func() error // undo what a test has frozen
}

// newCase makes a world for the compact case on GitHub. The server is not started yet.
func newCase(t *testing.T, change ...func(*Setting)) *crashCase {
	t.Helper()
	return newCaseOn(t, onGitHub, change...)
}

// newCaseOn does the same on a forge.
func newCaseOn(t *testing.T, forge string, change ...func(*Setting)) *crashCase {
	t.Helper()
	out := &lockedWriter{}
	setting := Setting{
		Dir: t.TempDir(), Forge: forge, Wall: time.Now, AppKey: crashKey(), Pace: briskly(),
		Log: slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelInfo})),
	}
	setting.Watch = describedBy(t, forge)
	for _, c := range change {
		c(&setting)
	}
	s := &story{plot: compact()}
	setting.Rules, setting.Publishing = s.rules, true
	var err error
	if s.World, err = NewWorld(t.Context(), setting); err != nil {
		t.Fatal(err)
	}
	c := &crashCase{story: s, t: t, log: out}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error("close:", err)
		}
		if t.Failed() && os.Getenv("LIFTGATE_LOG") != "" {
			t.Log(out.String() + c.serverLog())
		}
	})
	if err := errors.Join(s.seed(t.Context(), s.World), s.seedNotices(t.Context())); err != nil {
		t.Fatal(err)
	}
	if err := s.protect(append([]string{s.plot.main}, s.stable...)); err != nil {
		t.Fatal(err)
	}
	return c
}

// serve starts the server in this process.
func (c *crashCase) serve() {
	c.t.Helper()
	if err := c.Serve(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
}

// play plays the whole case with the server that runs, and checks its end.
func (c *crashCase) play() {
	c.t.Helper()
	defer c.robot(c.t.Context())()
	if err := c.playAll(c.t.Context(), nil); err != nil {
		c.t.Fatal(err, c.where())
	}
	c.checkEnd()
}

// where is what the advisory waits for, to say so where a case hangs.
func (c *crashCase) where() string {
	if c.advisory == "" {
		return ""
	}
	loaded, err := c.Store.Load(context.WithoutCancel(c.t.Context()), c.advisory)
	if err != nil {
		return err.Error()
	}
	a := loaded.Advisory
	return fmt.Sprintf("\nphase %s, gate %s, pending %v, setbacks %v, rehearsal %+v, cells %+v", a.Phase, a.Lift.Gate, loaded.Pending, a.Setbacks, a.Lift.Rehearsal, a.Cells)
}

// checkEnd checks that the case has ended as every case must, whatever was in its way.
func (c *crashCase) checkEnd() {
	c.t.Helper()
	ctx := c.t.Context()
	if _, err := c.report(ctx); err != nil {
		c.t.Error(err)
	}
	c.checkPublic()
	c.checkWords(ctx)
	c.checkMirror(ctx)
	if v, err := c.Store.VerifyHistory(ctx); err != nil {
		c.t.Errorf("history: %+v, %v", v, err)
	}
}

// checkPublic counts what the public has seen of Liftgate: one push that moves every branch at once, and one publication.
func (c *crashCase) checkPublic() {
	c.t.Helper()
	pushes := c.pushes()
	for _, r := range pushes {
		if len(r.Refs) != 1+len(c.stable) {
			c.t.Errorf("a push moved %d branches of %d: %v", len(r.Refs), 1+len(c.stable), r.Refs)
		}
	}
	var published, others []string
	for _, r := range c.town.requests() {
		switch {
		case !r.Public || !c.ours(r) || strings.HasSuffix(r.Path, "/git-receive-pack"):
		case c.town.publishes(r):
			published = append(published, r.Path)
		default:
			others = append(others, r.Method+" "+r.Path)
		}
	}
	if len(pushes) != 1 || len(published) != 1 || len(others) != 0 {
		c.t.Errorf("the public saw %d pushes, publications %v and %v; want one, one and nothing", len(pushes), published, others)
	}
}

// checkWords looks for anything that was said or opened twice.
func (c *crashCase) checkWords(ctx context.Context) {
	c.t.Helper()
	desks, titles, err := c.as(maintainer).desks(ctx)
	if err != nil || len(desks) != 1 {
		c.t.Errorf("there are desks %v, %v; want one", titles, err)
	}
	for _, desk := range desks {
		said, err := c.as(maintainer).comments(ctx, desk)
		c.checkComments(fmt.Sprintf("desk #%d", desk), said, err)
	}
	fixes, err := c.as(maintainer).fixes(ctx)
	if err != nil {
		c.t.Fatal(err)
	}
	bases := map[string]int{}
	for _, f := range fixes {
		if bases[f.Base]++; bases[f.Base] > 1 {
			c.t.Errorf("there are two fixes for %s", f.Base)
		}
		if f.Open {
			c.t.Errorf("fix #%d is open at the end", f.Number)
		}
		said, err := c.as(maintainer).remarks(ctx, f.Number)
		c.checkComments(fmt.Sprintf("fix #%d", f.Number), said, err)
	}
}

func (c *crashCase) checkComments(place string, said []comment, err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, comment := range said {
		if !comment.Ours {
			continue
		}
		words, marker, _ := strings.Cut(comment.Body, "<!-- liftgate:")
		for _, what := range []string{words, marker} {
			if seen[what] {
				c.t.Errorf("%s: said twice: %s", place, comment.Body)
			}
			seen[what] = true
		}
	}
}

// checkMirror looks at what the lift leaves behind: the mirror level with the public branches, and none of Liftgate's own.
func (c *crashCase) checkMirror(ctx context.Context) {
	c.t.Helper()
	public, err := tips(ctx, c.World, c.Public.Dir)
	if err != nil {
		c.t.Fatal(err)
	}
	mirror, err := tips(ctx, c.World, c.Mirror.Dir)
	if err != nil {
		c.t.Fatal(err)
	}
	for name := range mirror {
		if strings.HasPrefix(name, "liftgate/") {
			c.t.Errorf("%s is left in the mirror", name)
		}
	}
	for name, sha := range public {
		if _, before := c.before[name]; !before {
			c.t.Errorf("%s is new in public", name)
		}
		if mirror[name] != sha {
			c.t.Errorf("%s is at %s in the mirror, and at %s in public", name, mirror[name], sha)
		}
	}
	a, err := c.state(ctx)
	if err != nil || a.Phase != policy.Published || !a.Over() {
		c.t.Errorf("the case ended as %s, %v", a.Phase, err)
	}
}

// logged is what the servers in this process have logged so far.
func (c *crashCase) logged() string { return c.log.String() }

// lockedWriter lets goroutines share a buffer.
type lockedWriter struct {
	mu sync.Mutex
	to bytes.Buffer
}

// Write implements [io.Writer].
func (w *lockedWriter) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.to.Write(b)
}

// String gives all that was written.
func (w *lockedWriter) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.to.String()
}
