package server

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/liftgate/liftgate/app/liftgate/config"
	"github.com/liftgate/liftgate/app/store"
	"github.com/liftgate/liftgate/policy"
)

var gaugeTime = time.Date(2026, 3, 10, 14, 0, 0, 0, time.UTC)

// scrape gives the lines about Liftgate's own gauges.
func scrape(t *testing.T, g *gauges) string {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(g)
	answer := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if answer.Code != http.StatusOK {
		t.Errorf("%d %s", answer.Code, answer.Body)
	}
	var lines strings.Builder
	for line := range strings.Lines(answer.Body.String()) {
		if !strings.HasPrefix(line, "#") {
			lines.WriteString(line)
		}
	}
	return lines.String()
}

// The gauges are what lies in the store at the moment of the scrape.
func TestGauges(t *testing.T) {
	dir := t.TempDir()
	c := config.DefaultServer()
	c.Data, c.Database = dir, "sqlite:"+filepath.Join(dir, "liftgate.db")
	now := func() time.Time { return gaugeTime }
	s, err := openStore(t.Context(), Options{Config: c, Now: now, CreateKeys: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	g := newGauges(s, now, slog.New(slog.DiscardHandler))
	idle := `liftgate_deadlines_overdue 0
liftgate_doorbells_waiting 0
liftgate_effects{state="done"} 0
liftgate_effects{state="pending"} 0
liftgate_effects{state="started"} 0
liftgate_oldest_doorbell_seconds 0
liftgate_store_up 1
`
	if got := scrape(t, g); got != idle {
		t.Errorf("idle:\n%s", got)
	}
	makeWork(t, s)
	busy := `liftgate_deadlines_overdue 1
liftgate_doorbells_waiting 2
liftgate_effects{state="done"} 0
liftgate_effects{state="pending"} 1
liftgate_effects{state="started"} 1
liftgate_oldest_doorbell_seconds 90
liftgate_store_up 1
`
	if got := scrape(t, g); got != busy {
		t.Errorf("busy:\n%s", got)
	}
}

// makeWork leaves two doorbells, two effects, one of them claimed, and a deadline that has passed.
func makeWork(t *testing.T, s *store.Store) {
	t.Helper()
	for i, name := range []string{"1", "2"} {
		at := gaugeTime.Add(time.Duration(i-3) * 30 * time.Second)
		bell := policy.Doorbell{Forge: "github", Delivery: name, Repo: "octo/app", Object: policy.Object{Kind: policy.ObjectIssue, Name: name}, At: at}
		if err := s.Ring(t.Context(), bell); err != nil {
			t.Fatal(err)
		}
	}
	project := policy.Project{Name: "demo", Prefix: "LSN", Forge: "github", Public: "octo/app", Mirror: "octo/app-security"}
	a, _, err := s.Intake(t.Context(), project, policy.Report{Ref: "GHSA-1"}, gaugeTime.Add(-time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := s.Load(t.Context(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	decision := policy.Decision{
		Advisory: loaded.Advisory, Deadlines: []policy.Deadline{{Name: policy.DeadlineLift, Due: gaugeTime}},
		Effects: []policy.Effect{
			{Key: "one", Advisory: a.ID, Do: policy.CloseDesk{Desk: 1}}, {Key: "two", Advisory: a.ID, Do: policy.CloseDesk{Desk: 2}},
		},
	}
	if err := s.Commit(t.Context(), store.Turn{Before: loaded.Version, Decision: decision, Now: gaugeTime.Add(-time.Minute)}); err != nil {
		t.Fatal(err)
	}
	if _, claimed, err := s.Claim(t.Context(), a.ID, "test", gaugeTime, time.Minute); err != nil || !claimed {
		t.Fatal(claimed, err)
	}
}

// A database that does not answer is a value and no failed scrape: the other metrics are wanted then.
func TestGaugesWithoutADatabase(t *testing.T) {
	g := newGauges(nil, func() time.Time { return gaugeTime }, slog.New(slog.DiscardHandler))
	g.stats = func(context.Context, time.Time) (store.Stats, error) { return store.Stats{}, errors.New("away") }
	if got := scrape(t, g); got != "liftgate_store_up 0\n" {
		t.Errorf("%s", got)
	}
}
