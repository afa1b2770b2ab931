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
	mux := http.NewServeMux()
	for _, edge := range []struct {
		forge   string
		receive func() (http.Handler, error)
	}{{"github", s.fromGitHub}, {"gitlab", s.fromGitLab}} {
		if !s.options.Config.On(edge.forge) {
			continue // nobody signs for it
		}
		receive, err := edge.receive()
		if err != nil {
			return nil, fmt.Errorf("serve webhooks of %s: %w", edge.forge, err)
		}
		mux.Handle("/webhooks/"+edge.forge, receive)
	}
	mux.HandleFunc("GET /livez", alive)
	mux.HandleFunc("GET /readyz", s.ready)
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{}))
	return guarded(mux, s.options.Now, s.options.Log), nil
}

func (s *Server) fromGitHub() (http.Handler, error) {
	secrets, err := s.options.Config.GitHub.WebhookSecrets()
	if err != nil {
		return nil, err
	}
	return webhooks.GitHub(secrets, s.ring, s.options.Now, s.options.Log)
}

func (s *Server) fromGitLab() (http.Handler, error) {
	tokens, err := s.options.Config.GitLab.WebhookTokens()
	if err != nil {
		return nil, err
	}
	keys, err := s.options.Config.GitLab.WebhookSigningKeys()
	if err != nil {
		return nil, err
	}
	return webhooks.GitLab(webhooks.GitLabSecrets{Tokens: tokens, Signing: keys}, s.ring, s.options.Now, s.options.Log)
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
