package gitlab

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/liftgate/liftgate/app/forge/forgetest"
	"github.com/liftgate/liftgate/policy"
)

// stub is a bare GitLab. Its routes are "GET projects/acme%2Fpublic/issues", the path as it was sent.
type stub struct {
	forgetest.Stub
	forge *Forge
	token string
}

var project = policy.Project{Name: "demo", Prefix: "LSN", Forge: "gitlab", Public: "acme/public", Mirror: "acme-security/team/mirror"}

func newStub(t *testing.T) *stub {
	t.Helper()
	s := &stub{Stub: forgetest.NewStub(), token: "glpat-secret"}
	server := httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(server.Close)
	f, err := New(Options{
		Token: func() ([]byte, error) { s.Lock(); defer s.Unlock(); return []byte(s.token + "\n"), nil },
		API:   server.URL + "/api/v4/", Git: server.URL, Project: project, Now: s.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.forge = f
	s.JSON("GET user", `{"id": 7, "username": "liftgate", "state": "active"}`)
	return s
}

// status answers a route with a status and a body that nobody may repeat.
func (s *stub) status(route string, code int) {
	s.On(route, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, `{"message": "no `+canary+`"}`, code) })
}

func (s *stub) serve(w http.ResponseWriter, r *http.Request) {
	route := r.Method + " " + strings.TrimPrefix(r.URL.EscapedPath(), "/api/v4/")
	h := s.Find(route, route)
	s.Lock()
	token := s.token
	s.Unlock()
	switch {
	case r.Header.Get("PRIVATE-TOKEN") != token:
		http.Error(w, `{"message": "401 Unauthorized `+canary+`"}`, http.StatusUnauthorized)
	case h == nil:
		http.Error(w, `{"message": "404 Not Found `+canary+`"}`, http.StatusNotFound)
	default:
		h(w, r)
	}
}

const (
	public = "projects/acme%2Fpublic"
	mirror = "projects/acme-security%2Fteam%2Fmirror"
)
