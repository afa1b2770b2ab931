package contract

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

// fresh gives a contract whose violations are expected.
func fresh[T terms](t *testing.T, load func() (T, error), missing string) *Contract {
	t.Helper()
	published, err := load()
	if errors.Is(err, os.ErrNotExist) {
		t.Skip(missing)
	}
	if err != nil {
		t.Fatal(err)
	}
	return &Contract{terms: published, seen: map[string]int{}}
}

// TestRequestsThatAreNotAnswered are checked no less than others, if they are Liftgate's.
func TestRequestsThatAreNotAnswered(t *testing.T) {
	hangsUp := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	refuses := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = w.Write([]byte(`{"message":"x","documentation_url":"y"}`)) // into memory
	})
	for path, fresh := range map[string]func(*testing.T) *Contract{
		"/api/repos/o/r/statuses/abc": freshGitHub, "/api/nowhere": freshGitHub,
		inProject + "/statuses/abc": freshGitLab, "/api/v4/nowhere": freshGitLab,
	} {
		for _, next := range []http.Handler{hangsUp, refuses} {
			for agent, wrong := range map[string]bool{"liftgate": true, "Go-http-client/1.1": false} {
				c := fresh(t)
				r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(`{"state":"fine"}`))
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set("User-Agent", agent)
				c.Middleware(next).ServeHTTP(httptest.NewRecorder(), r)
				if said := strings.Join(c.Violations(), "\n"); (said != "") != wrong {
					t.Errorf("%s of %s: %q", path, agent, said)
				}
			}
		}
	}
}
