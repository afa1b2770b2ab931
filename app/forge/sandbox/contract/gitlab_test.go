package contract

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func freshGitLab(t *testing.T) *Contract {
	t.Helper()
	return fresh(t, loadGitLab, "GitLab's descriptions are not beside the repository: ../shared/oracles/gitlab")
}

const (
	inProject = "/api/v4/projects/group%2Fsub%2Fname"
	aNote     = `{"id":7,"body":"said","attachment":null,"author":{"id":1,"name":"Ada","username":"ada","state":"active",
		"avatar_url":"http://h/a.png","web_url":"http://h/ada"},"created_at":"2026-05-04T09:00:00.000Z",
		"updated_at":"2026-05-04T09:00:00.000Z","system":false,"noteable_id":3,"noteable_type":"Issue"}`
)

func TestGitLabExchangeFindsFaults(t *testing.T) {
	tests := []struct {
		name, method, path, body string
		status                   int
		answer                   string
		want                     string // empty means none
	}{
		{"a note", "POST", inProject + "/issues/3/notes", `{"body":"said"}`, 201, aNote, ""},
		{"a list of notes", "GET", inProject + "/issues/3/notes?sort=asc&order_by=created_at&per_page=100&page=2", "", 200, "[" + aNote + "]", ""},
		{"a single note in a list", "GET", inProject + "/issues/3/notes", "", 200, aNote, "want array"},
		{"a parameter that nobody reads", "POST", inProject + "/issues/3/notes", `{"body":"said","loud":true}`, 201, aNote, "no parameter loud"},
		{"a parameter in the query that nobody reads", "GET", inProject + "/issues/3/notes?since=1", "", 200, "[]", "no parameter since"},
		{"a secret in the query", "GET", inProject + "/issues/3/notes?private_token=x", "", 200, "[]", "no parameter private_token"},
		{"nothing to say", "POST", inProject + "/issues/3/notes", `{}`, 201, aNote, "body is missing"},
		{"text for a flag", "POST", inProject + "/issues", `{"title":"x","confidential":"yes"}`, 400, `{"error":"confidential is invalid"}`, ""},
		{"text for a flag, taken", "POST", inProject + "/issues/3/notes", `{"body":"x","internal":"yes"}`, 201, aNote, "yes is no boolean"},
		{"no state of a commit", "POST", inProject + "/statuses/abc", `{"state":"fine"}`, 201, "{}", `"fine" is none of`},
		{"a state of a commit", "POST", inProject + "/statuses/abc", `{"state":"failed","name":"hold","ref":"main","pipeline_id":3}`, 201, "{}", ""},
		{"a number as text", "POST", inProject + "/statuses/abc", `{"state":"failed","pipeline_id":"3"}`, 201, "{}", "3 is no integer"},
		{"a fraction of a pipeline", "POST", inProject + "/statuses/abc", `{"state":"failed","pipeline_id":3.5}`, 201, "{}", "3.5 is no integer"},
		{"labels as text and by brackets", "GET", inProject + "/issues?labels=a,b&iids[]=3&iids[]=4&not[labels]=c&confidential=true", "", 200, "[]", ""},
		{"not a number among numbers", "GET", inProject + "/issues?iids[]=3&iids[]=x", "", 200, "[]", "x is no integer"},
		{"two ways to name an author", "GET", inProject + "/issues?author_id=3&author_username=ada", "", 200, "[]", "more than one of author_id, author_username"},
		{"an edit of nothing", "PUT", inProject + "/issues/3", `{}`, 200, "", "none of assignee_id"},
		{"a name for a number in the path", "GET", inProject + "/issues/first", "", 200, "", "issue_iid: first is no integer"},
		{"an unescaped project", "GET", "/api/v4/projects/group/sub/name/issues", "", 200, "[]", "not in GitLab's description"},
		{"an unknown path refused", "GET", "/api/v4/nowhere", "", 404, "{}", ""},
		{"a refusal that says nothing", "GET", inProject + "/issues", "", 403, "{}", "neither message nor error"},
		{"a refusal", "GET", inProject + "/issues", "", 403, `{"message":"403 Forbidden"}`, ""},
		{"a page of the reference alone", "GET", inProject + "/issues/3/resource_label_events?per_page=100", "", 200, "[]", ""},
		{"an issue without anything", "GET", inProject + "/issues/3", "", 200, "{}", "missing properties"},
		{"a form", "POST", inProject + "/issues/3/notes", "body=said&internal=true", 201, aNote, ""},
		{"no JSON", "GET", inProject + "/issues", "", 200, "[", "not JSON"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := freshGitLab(t)
			r := httptest.NewRequest(tt.method, tt.path, strings.NewReader(tt.body))
			r.Header.Set("Content-Type", "application/json")
			if strings.HasPrefix(tt.body, "body=") {
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			}
			c.Exchange(r, []byte(tt.body), tt.status, http.Header{"Content-Type": {"application/json"}}, []byte(tt.answer))
			got := strings.Join(c.Violations(), "\n")
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("violations %q, want %q", got, tt.want)
			}
		})
	}
}

func TestGitLabFindsTheMostLiteralRoute(t *testing.T) {
	m := freshGitLab(t).terms.(*manual)
	for path, want := range map[string]string{
		"GET " + inProject + "/members/all/7":                     "GET /api/v4/projects/{id}/members/all/{user_id}",
		"GET " + inProject + "/members/all":                       "GET /api/v4/projects/{id}/members/all",
		"GET " + inProject + "/pipelines/latest":                  "GET /api/v4/projects/{id}/pipelines/latest",
		"GET " + inProject + "/repository/files/a%2Fb%2Eyml/raw":  "GET /api/v4/projects/{id}/repository/files/{file_path}/raw",
		"GET " + inProject + "/repository/branches/stable%2F1":    "GET /api/v4/projects/{id}/repository/branches/{branch}",
		"HEAD " + inProject + "/repository/branches/stable%2F1":   "HEAD /api/v4/projects/{id}/repository/branches/{branch}",
		"HEAD " + inProject:                                       "GET /api/v4/projects/{id}",
		"GET /api/v4/personal_access_tokens/self":                 "GET /api/v4/personal_access_tokens/self",
		"PATCH " + inProject + "/protected_branches/stable-%2A":   "PATCH /api/v4/projects/{id}/protected_branches/{name}",
		"PATCH " + inProject + "/repository/branches/stable%2F1x": "",
	} {
		method, address, _ := strings.Cut(path, " ")
		if got, _, _ := m.find(httptest.NewRequest(method, address, nil)); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
}

func TestGitLabHookFindsFaults(t *testing.T) {
	c := freshGitLab(t)
	c.Hook("Push Hook", []byte(`{"object_kind":"push"}`))
	if got := c.Violations(); len(got) > 0 {
		t.Errorf("violations %q, want none", got)
	}
	c.Hook("Push Hook", []byte(`{"object_kind":"tag_push"}`))
	c.Hook("Surprise Hook", []byte(`{}`))
	c.Hook("Push Hook", []byte(`[]`))
	if got := c.Violations(); len(got) != 3 {
		t.Errorf("%d violations, want 3: %q", len(got), got)
	}
}
