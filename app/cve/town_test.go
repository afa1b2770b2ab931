package cve

import (
	"bytes"
	"context"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/liftgate/liftgate/app/forge/sandbox"
	standin "github.com/liftgate/liftgate/app/forge/sandbox/cve"
	"github.com/liftgate/liftgate/policy"
)

const (
	advisory = "LSN-2026-0007"
	org      = "osn"
	bot      = "liftgate@osn.example"
)

// town is a stand-in with a CNA, and ourselves as its user.
type town struct {
	*testing.T
	*Services
	stand *standin.Server
	log   *bytes.Buffer
	key   string
	id    string // of the CNA

	mu     sync.Mutex
	now    time.Time
	claims map[string]string // advisories by their number
}

func newTown(t *testing.T) *town {
	t.Helper()
	return newTownBehind(t, nil)
}

// newTownBehind puts something before the stand-in.
func newTownBehind(t *testing.T, middleware func(http.Handler) http.Handler) *town {
	t.Helper()
	w := &town{T: t, now: time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC), claims: map[string]string{}, log: &bytes.Buffer{}}
	var err error
	w.stand, err = standin.Start(t.Context(), standin.Options{Dir: t.TempDir(), Now: w.clock, Wall: w.clock, Middleware: middleware})
	w.must(err)
	t.Cleanup(func() { w.must(w.stand.Close()) })
	w.stand.CheckRecords(recordSchema(t))
	w.id, err = w.stand.CreateCNA(org, 50)
	w.must(err)
	w.key, err = w.stand.CreateUser(org, bot)
	w.must(err)
	w.Services = w.services(Options{})
	return w
}

// services are ours, with what the options don't say.
func (w *town) services(o Options) *Services {
	w.Helper()
	if o.URL == "" {
		o.URL = w.stand.API()
	}
	o.Now, o.Log = w.clock, slog.New(slog.NewTextHandler(w.log, nil))
	o.CNA = CNA{Org: org, User: bot, ID: w.id, Key: func() ([]byte, error) { return []byte(w.key), nil }}
	s, err := New(o)
	w.must(err)
	w.Cleanup(s.Close)
	return s
}

func (w *town) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *town) wait(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *town) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// wish is an advisory's, as of now.
func (w *town) wish(advisory string) Ask {
	return Ask{Advisory: advisory, Year: 2026, Since: w.clock(), Claimed: func(_ context.Context, number string) (bool, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.claims[number] != "", nil
	}}
}

// claim stores a number as the advisory's, which no other may have.
func (w *town) claim(advisory, number string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if other := w.claims[number]; other != "" && other != advisory {
		w.Errorf("%s and %s have the same number %s", advisory, other, number)
	}
	w.claims[number] = advisory
}

// reserved is a number of ours.
func (w *town) reserved() string {
	w.Helper()
	id, err := w.Reserve(w.Context(), w.wish(advisory))
	w.must(err)
	w.claim(advisory, id)
	return id
}

// cleared gives a clearance as policy does.
func (w *town) cleared() policy.Clearance {
	w.Helper()
	a := policy.Advisory{ID: advisory, Phase: policy.Lifting, Lift: policy.Lift{Gate: policy.GateLifting}}
	a.Embargo.Start, a.Embargo.End = w.clock().Add(-2*time.Hour), w.clock().Add(-time.Hour)
	a.Embargo.ExitedAt = w.clock()
	c, err := a.Clear(w.clock())
	w.must(err)
	return c
}

func (w *town) publish(id, title string) (Deed, error) {
	return w.Publish(w.Context(), w.cleared(), advisory, id, w.container(title))
}

// container is a CNA container as notices are rendered.
func (w *town) container(title string) []byte {
	return sandbox.Encode(map[string]any{
		"providerMetadata": map[string]any{"orgId": w.id}, "title": title, "datePublic": "2026-11-03T12:00:00Z",
		"descriptions": []map[string]any{{"lang": "en", "value": "A crafted header writes behind the buffer."}},
		"affected": []map[string]any{{"vendor": "osn", "product": "app", "defaultStatus": "unknown", "versions": []map[string]any{
			{"version": "v1.10", "status": "affected"}, {"version": strings.Repeat("1", 40), "status": "affected", "versionType": "git", "lessThan": strings.Repeat("2", 40)},
		}}},
		"references": []map[string]any{{"url": "https://osn.example/2026/0007.html", "tags": []string{"vendor-advisory"}}},
		"metrics":    []map[string]any{{"cvssV3_1": map[string]any{"version": "3.1", "vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", "baseScore": 7.5, "baseSeverity": "HIGH"}}},
	})
}

// kind is how an error is sorted.
func kind(err error) policy.TroubleKind {
	if t := policy.AsTrouble(err); t != nil {
		return t.Kind
	}
	return policy.TroubleNone
}

// wants compares the kind of an error.
func (w *town) wants(err error, want policy.TroubleKind, hint string) {
	w.Helper()
	if kind(err) != want || err != nil && !strings.Contains(err.Error(), hint) {
		w.Errorf("got %v, want %s: %s", err, want, hint)
	}
}

// fail has the requests to a route meet a fault.
func (w *town) fail(route string, fault sandbox.Fault) {
	w.stand.Fail(func(c sandbox.Call) sandbox.Fault {
		if c.Route == route {
			return fault
		}
		return sandbox.Fault{}
	})
}

// garbled answers with success and nothing sensible, without doing anything.
func garbled(body string) sandbox.Fault {
	return sandbox.Fault{Refuse: &sandbox.Refusal{Status: 200, Body: body}}
}

// unknown are the faults after which nobody knows whether a write has happened, and whether it has.
func unknown() map[string]struct {
	sandbox.Fault
	applied bool
} {
	type fault = struct {
		sandbox.Fault
		applied bool
	}
	huge := `{"message":"` + strings.Repeat("x", 10<<20) + `"}`
	all := map[string]fault{
		"failed": {sandbox.Refused(503), false}, "applied, then failed": {sandbox.AppliedThen(500), true},
		"applied, then dropped": {sandbox.AppliedThenDropped(), true}, "applied, then nonsense": {sandbox.AppliedThen(200), true},
	}
	maps.Copy(all, map[string]fault{
		"garbage": {garbled("<html>"), false}, "no object": {garbled("[]"), false}, "empty": {garbled("{}"), false}, "10 MB": {garbled(huge), false},
	})
	return all
}

// recordSchema judges records by the program's schema; without the schema it takes all.
func recordSchema(t *testing.T) func([]byte) error {
	t.Helper()
	schema, err := programSchema()
	if err != nil {
		t.Fatal(err)
	}
	return func(record []byte) error {
		if schema == nil {
			return nil
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(record))
		if err != nil {
			return err
		}
		return schema.Validate(v)
	}
}

var programSchema = sync.OnceValues(func() (*jsonschema.Schema, error) {
	file := oracle("schemas/cve-5.1.1-bundled.json")
	if file == "" {
		return nil, nil
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	return compiler.Compile(file)
})

// oracle finds a file in the folder shared/oracles beside the repository; empty: there is none.
func oracle(name string) string {
	dir, err := os.Getwd()
	for ; err == nil && dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if file := filepath.Join(dir, "shared", "oracles", name); exists(file) {
			return file
		}
	}
	return ""
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}
