package gitlab

import "net/http"

func (s *Server) serveGit(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }
