package server

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestGuarded(t *testing.T) {
	const secret = "the-canary"
	for name, test := range map[string]struct {
		handler http.HandlerFunc
		status  int
		logged  string
	}{
		"panic":         {func(http.ResponseWriter, *http.Request) { panic(secret) }, http.StatusInternalServerError, "request panicked"},
		"panic in text": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot); panic(secret) }, http.StatusTeapot, "request panicked"},
		"answer":        {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok")) }, http.StatusOK, "status=200"},
		"nothing":       {func(http.ResponseWriter, *http.Request) {}, http.StatusOK, "msg=request"},
	} {
		t.Run(name, func(t *testing.T) {
			var logged bytes.Buffer
			log := slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
			answer := httptest.NewRecorder()
			request := httptest.NewRequest(http.MethodGet, "/"+strings.Repeat("x", 5000)+"?token="+secret, nil)
			guarded(test.handler, time.Now, log).ServeHTTP(answer, request)
			if answer.Code != test.status {
				t.Errorf("status = %d, want %d", answer.Code, test.status)
			}
			if !strings.Contains(logged.String(), test.logged) {
				t.Errorf("the log lacks %q: %s", test.logged, &logged)
			}
			if strings.Contains(logged.String()+answer.Body.String(), secret) {
				t.Errorf("the query or the panic shows: %s %s", &logged, answer.Body)
			}
			if strings.Contains(logged.String(), strings.Repeat("x", 200)) {
				t.Error("the path is not bounded")
			}
		})
	}
}
