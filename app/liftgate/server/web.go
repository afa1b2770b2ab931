package server

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/liftgate/liftgate/webhooks"
)

// handler is everything that the server answers.
func (s *Server) handler() (http.Handler, error) {
	secrets, err := s.options.Config.GitHub.WebhookSecrets()
	if err != nil {
		return nil, err
	}
	github, err := webhooks.GitHub(secrets, s.ring, s.options.Now, s.options.Log)
	if err != nil {
		return nil, fmt.Errorf("serve webhooks: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("/webhooks/github", github)
	mux.HandleFunc("GET /livez", alive)
	mux.HandleFunc("GET /readyz", s.ready)
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{}))
	return guarded(mux, s.options.Now, s.options.Log), nil
}

func alive(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") }

// ready says whether the database answers: without it no delivery can be kept.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
	defer cancel()
	if err := s.Store.Ping(ctx); err != nil {
		http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ok")
}
