package server

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// A mirror that is refused shows until it can be used again.
func TestMirrorsThatAreRefused(t *testing.T) {
	registry := prometheus.NewRegistry()
	m := newMetrics(registry)
	m.Leveled("other", false)
	for _, refused := range []bool{true, false} {
		m.Leveled("example", refused)
		answer := httptest.NewRecorder()
		promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		text := answer.Body.String()
		if strings.Contains(text, `liftgate_mirror_refused{project="example"} 1`) != refused || !strings.Contains(text, `liftgate_mirror_refused{project="other"} 0`) {
			t.Errorf("refused %t: %s", refused, text)
		}
	}
}
