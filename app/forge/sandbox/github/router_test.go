package github

import "testing"

func TestMatch(t *testing.T) {
	s := &Server{}
	s.routes = s.table()
	tests := []struct{ method, path, route, param, value string }{
		{"GET", "/repos/o/r/git/ref/heads/stable/1", "GET /repos/{owner}/{repo}/git/ref/{ref}", "ref", "heads/stable/1"},
		{"GET", "/repos/o/r/commits/a/b/status", "GET /repos/{owner}/{repo}/commits/{ref}/status", "ref", "a/b"},
		{"GET", "/repos/o/r/commits/a/b", "GET /repos/{owner}/{repo}/commits/{ref}", "ref", "a/b"},
		{"GET", "/repos/o/r/branches/a%2Fb/protection", "GET /repos/{owner}/{repo}/branches/{branch}/protection", "branch", "a/b"},
		{"GET", "/repos/o/r/branches/a%2Fb", "GET /repos/{owner}/{repo}/branches/{branch}", "branch", "a/b"},
		{"HEAD", "/repos/o/r", "GET /repos/{owner}/{repo}", "repo", "r"},
		{"GET", "/repos/o/r/issues/comments/7", "GET /repos/{owner}/{repo}/issues/comments/{comment_id}", "comment_id", "7"},
		{"DELETE", "/repos/o/r/issues/7/labels/affects%2Fx", "DELETE /repos/{owner}/{repo}/issues/{issue_number}/labels/{name}", "name", "affects/x"},
		{"PUT", "/repos/o/r/nothing", "", "", ""},
	}
	for _, tt := range tests {
		r, params := s.match(tt.method, tt.path)
		if r.name() != tt.route || params[tt.param] != tt.value {
			t.Errorf("%s %s is %q with %v, want %q", tt.method, tt.path, r.name(), params, tt.route)
		}
	}
}
