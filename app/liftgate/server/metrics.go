package server

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/liftgate/liftgate/policy"
)

// metrics counts what the engine does. Labels are kinds of things, and projects by their names in the
// configuration; no advisory, branch or person is in them.
type metrics struct {
	effects *prometheus.CounterVec
	took    *prometheus.HistogramVec
	turns   *prometheus.CounterVec
	refused *prometheus.GaugeVec
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		effects: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "liftgate_effects_total", Help: "Effects that were tried, by kind and by the trouble they met (empty: none).",
		}, []string{"kind", "trouble"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "liftgate_effect_seconds", Help: "Seconds that an effect took, by kind.", Buckets: prometheus.ExponentialBuckets(0.01, 3, 9),
		}, []string{"kind"}),
		turns: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "liftgate_turns_total", Help: "Turns of advisories, by result: ok or error.",
		}, []string{"result"}),
		refused: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "liftgate_mirror_refused", Help: "1 if nothing is written to a project's mirror as it was last seen, for being public, a fork or archived, say.",
		}, []string{"project"}),
	}
	r.MustRegister(m.effects, m.took, m.turns, m.refused, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Performed counts an effect.
func (m *metrics) Performed(kind string, trouble policy.TroubleKind, took time.Duration) {
	m.effects.WithLabelValues(kind, string(trouble)).Inc()
	m.took.WithLabelValues(kind).Observe(took.Seconds())
}

// Turned counts a turn.
func (m *metrics) Turned(_ time.Duration, err error) {
	result := "ok"
	if err != nil {
		result = "error"
	}
	m.turns.WithLabelValues(result).Inc()
}

// Leveled remembers whether a mirror can be used.
func (m *metrics) Leveled(project string, refused bool) {
	value := 0.0
	if refused {
		value = 1
	}
	m.refused.WithLabelValues(project).Set(value)
}
