package gitlab

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// described are the routes that GitLab's published description leaves out; their own pages have them.
func undescribed(name string) bool {
	for _, part := range []string{"/integrations", "/resource_label_events", "/resource_state_events", "/remote_mirrors", "/push_rule", "status_check"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

func TestEveryRouteIsGitLabs(t *testing.T) {
	raw, err := os.ReadFile(oracle(t, "gitlab/routes.json"))
	must(t, err)
	var known map[string]json.RawMessage
	must(t, json.Unmarshal(raw, &known))
	s := &Server{}
	seen := map[string]bool{}
	for _, r := range s.table() {
		if seen[r.name()] {
			t.Errorf("%s is served twice", r.name())
		}
		seen[r.name()] = true
		if known[r.name()] == nil && !undescribed(r.name()) {
			t.Errorf("GitLab has no %s", r.name())
		}
	}
}

// oracle finds a file that nobody here wrote, beside the repository.
func oracle(t *testing.T, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	must(t, err)
	for ; ; dir = filepath.Dir(dir) {
		path := filepath.Join(dir, "shared", "oracles", name)
		if _, err := os.Stat(path); err == nil {
			return path
		}
		if dir == filepath.Dir(dir) {
			t.Skipf("shared/oracles/%s is not beside the repository", name)
		}
	}
}
