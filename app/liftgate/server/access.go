package server

import (
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"
)

// guarded logs each request at debug, without its query and its body, and turns a panic into a 500 and a line in the log.
// The words of a panic may be anybody's, so the line has the stack and not them.
func guarded(next http.Handler, now func() time.Time, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := now()
		seen := &statusSeen{ResponseWriter: w}
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler { // a handler's way to hang up
					panic(p)
				}
				log.Error("request panicked", "method", r.Method, "path", shortPath(r), "stack", string(debug.Stack()))
				if seen.status == 0 {
					http.Error(seen, "something went wrong here", http.StatusInternalServerError)
				}
			}
			log.Debug("request", "method", r.Method, "path", shortPath(r), "status", seen.status, "took", now().Sub(started))
		}()
		next.ServeHTTP(seen, r)
	})
}

// shortPath bounds what a stranger can write into the log.
func shortPath(r *http.Request) string { return r.URL.Path[:min(len(r.URL.Path), 100)] }

// statusSeen remembers the status of an answer.
type statusSeen struct {
	http.ResponseWriter
	status int
}

// WriteHeader notes the status.
func (s *statusSeen) WriteHeader(status int) {
	if s.status == 0 {
		s.status = status
	}
	s.ResponseWriter.WriteHeader(status)
}

// Write notes that the status was 200 unless something was said before.
func (s *statusSeen) Write(b []byte) (int, error) {
	if s.status == 0 {
		s.status = http.StatusOK
	}
	return s.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the real writer, through which a body's limit closes the connection.
func (s *statusSeen) Unwrap() http.ResponseWriter { return s.ResponseWriter }
