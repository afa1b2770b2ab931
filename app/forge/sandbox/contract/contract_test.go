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

// TestRequestsThatAreNotAnswered are checked no less than others, unless a test means them to be refused.
func TestRequestsThatAreNotAnswered(t *testing.T) {
	hangsUp := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	refuses := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = w.Write([]byte(`{"message":"x","documentation_url":"y"}`)) // into memory
	})
	takes := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	for path, fresh := range map[string]func(*testing.T) *Contract{
		"/api/repos/o/r/statuses/abc": freshGitHub, inProject + "/statuses/abc": freshGitLab,
	} {
		for _, test := range []struct {
			name      string
			next      http.Handler
			refusable bool
			wrong     bool
		}{
			{"dropped", hangsUp, false, true}, {"refused", refuses, false, true}, {"meant to be refused", refuses, true, false},
			{"meant to be refused, and taken", takes, true, true},
		} {
			c := fresh(t)
			c.refusable = test.refusable
			r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(`{"state":"fine"}`))
			r.Header.Set("Content-Type", "application/json")
			c.Middleware(test.next).ServeHTTP(httptest.NewRecorder(), r)
			if said := strings.Join(c.Violations(), "\n"); strings.Contains(said, "request: ") != test.wrong {
				t.Errorf("%s, %s: %q", path, test.name, said)
			}
		}
	}
}
