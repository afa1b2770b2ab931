package contract

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

func freshGitHub(t *testing.T) *Contract {
	t.Helper()
	return fresh(t, loadGitHub, "GitHub's OpenAPI description is not beside the repository: ../shared/oracles/github-openapi.json")
}

func TestGitHubExchangeFindsFaults(t *testing.T) {
	tests := []struct {
		name, method, path, body string
		status                   int
		answer                   string
		want                     string // empty means none
	}{
		{"unknown field in an advisory", "PATCH", "/api/repos/o/r/security-advisories/GHSA-2222-2222-2222", `{"bogus":1}`, 200, "", "bogus"},
		{"wrong type", "POST", "/api/repos/o/r/statuses/abc", `{"state":"fine"}`, 201, "", "state"},
		{"answer without a required field", "GET", "/api/repos/o/r/git/ref/heads/a/b", "", 200, `{"ref":"refs/heads/a/b"}`, "missing"},
		{"good answer with slashes in the ref", "GET", "/api/repos/o/r/git/ref/heads/a/b", "", 200,
			`{"ref":"refs/heads/a/b","node_id":"x","url":"http://h/x","object":{"type":"commit","sha":"` + strings.Repeat("a", 40) + `","url":"http://h/y"}}`, ""},
		{"refused request may be wrong", "POST", "/api/repos/o/r/statuses/abc", `{"state":"fine"}`, 422, `{"message":"x","documentation_url":"y"}`, ""},
		{"unknown path", "GET", "/api/nowhere", "", 200, "{}", "not in GitHub's description"},
		{"unknown path refused", "GET", "/api/nowhere", "", 404, "{}", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := freshGitHub(t)
			r := httptest.NewRequest(tt.method, tt.path, strings.NewReader(tt.body))
			answer := tt.answer
			if answer == "" {
				answer = "{}"
			}
			c.Exchange(r, []byte(tt.body), tt.status, http.Header{"Content-Type": {"application/json; charset=utf-8"}}, []byte(answer))
			got := strings.Join(c.Violations(), "\n")
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("violations %q, want %q", got, tt.want)
			}
		})
	}
}

func TestGitHubHookFindsFaults(t *testing.T) {
	c := freshGitHub(t)
	c.Hook("push", []byte(`{"ref":"refs/heads/main"}`))
	c.Hook("nonsense", []byte(`{"action":"done"}`))
	c.Hook("push", []byte(`{`))
	if got := len(c.Violations()); got != 3 {
		t.Errorf("%d violations, want 3: %q", got, c.Violations())
	}
}

// TestOraclePayload accepts the published example of the one webhook that GitHub has no example for, but for the
// fault that is forgiven by name.
func TestGitHubOraclePayload(t *testing.T) {
	c := freshGitHub(t)
	path, err := find("shared/oracles/repository_advisory.reported.json")
	if err != nil {
		t.Skip("../shared/oracles/repository_advisory.reported.json is absent")
	}
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		t.Fatal(err)
	}
	schema, err := c.terms.(*spec).hook("repository-advisory-reported")
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.VisitJSON(value); err == nil || !c.forgives("hook repository-advisory-reported", err) {
		t.Errorf("the fault team-without-type is not the only one: %v", err)
	}
}
