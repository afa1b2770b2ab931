// Package forgetest is what the tests of an adapter stand on, whichever forge it is for.
//
// A [Town] is a stand-in with people and repositories, a clock that the test moves, a clone that a developer works in, and
// the adapter that works there. An adapter's tests embed it and add what is the forge's own: who lives there, and how
// somebody asks it for something. A [Stub] answers what a faithful stand-in would not. [Trouble] checks that an error is of
// its kind and repeats nothing that it was told.
package forgetest

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox"
	"github.com/liftgate/liftgate/policy"
)

// Advisory is what the tests are about.
const Advisory = "LSN-2026-0007"

// Clock is a time that stands still until it is moved.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// ClockAt starts at an hour of a day in a lift's week.
func ClockAt(hour int) *Clock { return &Clock{at: time.Date(2026, 11, 3, hour, 0, 0, 0, time.UTC)} }

// Now is the clock's time.
func (c *Clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.at }

// Pass moves the clock.
func (c *Clock) Pass(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.at = c.at.Add(d) }

// Adapter is what a town needs of an adapter.
type Adapter interface {
	Observe(context.Context, policy.Look) (policy.Snapshot, error)
	Apply(ctx context.Context, e policy.Effect, again bool) (policy.Outcome, error)
	ApplyPublic(ctx context.Context, c policy.Clearance, e policy.Effect, again bool) (policy.Outcome, error)
	ProjectFile(ctx context.Context, commit string) (content []byte, found bool, err error)
	DefaultBranch(context.Context) (string, error)
}

// Server is what a town needs of a stand-in.
type Server interface {
	Requests() []sandbox.Request
	Fail(plan func(sandbox.Call) sandbox.Fault)
	URL() string
}

// Town is what the towns of all forges have.
type Town struct {
	*testing.T
	*Clock
	Clone
	People  People
	Server  func() Server
	Adapter func() Adapter // the one in use at the moment
}

// NewTown gives a town with an empty clone, at nine in the morning.
func NewTown(t *testing.T) Town {
	t.Helper()
	return Town{T: t, Clock: ClockAt(9), Clone: Clone{t: t, Dir: t.TempDir()}}
}

// Must ends the test at an error.
func (w *Town) Must(err error) {
	w.Helper()
	must(w.T, err)
}

// Do performs an effect that must succeed.
func (w *Town) Do(key string, action policy.Action) policy.Outcome {
	w.Helper()
	return w.Again(key, action, false)
}

// Again performs an effect that must succeed, perhaps after a try with an unknown outcome.
func (w *Town) Again(key string, action policy.Action, again bool) policy.Outcome {
	w.Helper()
	out, err := w.Adapter().Apply(w.Context(), policy.Effect{Key: key, Advisory: Advisory, Do: action}, again)
	if err != nil || out.Trouble != nil || !out.At.Equal(w.Now()) || out.Effect.Key != key {
		w.Fatalf("%s: %v, %+v", key, err, out.Trouble)
	}
	return out
}

// Observe looks at the advisory.
func (w *Town) Observe(look policy.Look) policy.Snapshot {
	w.Helper()
	look.Advisory = Advisory
	s, err := w.Adapter().Observe(w.Context(), look)
	w.Must(err)
	return s
}

// Cleared gives a clearance as policy does: only when the embargo has ended and the lift was committed.
func (w *Town) Cleared() policy.Clearance {
	w.Helper()
	a := policy.Advisory{ID: Advisory, Phase: policy.Lifting, Lift: policy.Lift{Gate: policy.GateLifting}}
	a.Embargo.Start, a.Embargo.End = w.Now().Add(-2*time.Hour), w.Now().Add(-time.Hour)
	a.Embargo.ExitedAt = w.Now()
	c, err := a.Clear(w.Now())
	w.Must(err)
	return c
}

// Ask sends one request as a person, whose token stands in the header, and gives the object that came back, if it is one.
func (w *Town) Ask(method, url string, header http.Header, body any) (status int, answer map[string]any) {
	w.Helper()
	var b []byte
	if body != nil {
		var err error
		b, err = json.Marshal(body)
		w.Must(err)
	}
	req, err := http.NewRequestWithContext(w.Context(), method, url, bytes.NewReader(b))
	w.Must(err)
	req.Header = header
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	w.Must(err)
	defer func() { _ = resp.Body.Close() }()
	var got any
	_ = json.NewDecoder(resp.Body).Decode(&got) // some answers are lists or nothing
	answer, _ = got.(map[string]any)
	return resp.StatusCode, answer
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
