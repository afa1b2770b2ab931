package server

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/liftgate/liftgate/app/store"
)

// gauges tell at each scrape what lies in the store. A replica tells of the whole database, so they are not to be summed.
type gauges struct {
	stats func(ctx context.Context, now time.Time) (store.Stats, error)
	now   func() time.Time
	log   *slog.Logger

	up, doorbells, oldest, effects, overdue *prometheus.Desc
}

func newGauges(s *store.Store, now func() time.Time, log *slog.Logger) *gauges {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("liftgate_"+name, help, labels, nil)
	}
	return &gauges{
		stats: s.Stats, now: now, log: log,
		up:        desc("store_up", "1 if the database answered this scrape; without an answer the other gauges of the store are left out."),
		doorbells: desc("doorbells_waiting", "Doorbells that nobody has answered yet."),
		oldest:    desc("oldest_doorbell_seconds", "Age of the oldest of them; 0 when there is none."),
		effects:   desc("effects", "Effects by state: pending, started, or done and not taken in yet.", "state"),
		overdue:   desc("deadlines_overdue", "Deadlines that have passed and are held, those of lifts that wait for somebody among them."),
	}
}

// Describe lists the gauges.
func (g *gauges) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{g.up, g.doorbells, g.oldest, g.effects, g.overdue} {
		to <- d
	}
}

// Collect asks the store. A scrape brings no context along, so it has a limit of its own.
func (g *gauges) Collect(to chan<- prometheus.Metric) {
	const limit = 5 * time.Second
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	set := func(d *prometheus.Desc, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	now := g.now()
	stats, err := g.stats(ctx, now)
	if err != nil {
		g.log.Warn("the store can't be counted", "error", err.Error())
		set(g.up, 0)
		return
	}
	set(g.up, 1)
	set(g.doorbells, float64(stats.Doorbells))
	age := 0.0
	if !stats.Oldest.IsZero() {
		age = max(0, now.Sub(stats.Oldest).Seconds())
	}
	set(g.oldest, age)
	set(g.effects, float64(stats.Pending), "pending")
	set(g.effects, float64(stats.Started), "started")
	set(g.effects, float64(stats.Done), "done")
	set(g.overdue, float64(stats.Overdue))
}
