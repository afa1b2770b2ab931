package gitlab

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// TestAnswersFitGitLabsSchemas holds answers to the schemas that GitLab's own tests hold its answers to.
func TestAnswersFitGitLabsSchemas(t *testing.T) {
	dir := filepath.Dir(oracle(t, "gitlab/schemas/public_api/v4/issue.json"))
	w := newTown(t)
	iid := w.file("rep", obj{"title": "x", "description": "y", "labels": "a", "assignee_ids": []int64{w.s.user("dev").id}, "confidential": true})
	w.do("rep", "POST", issuePath(iid, "/notes"), obj{"body": "said", "internal": true}).want(201)
	w.do("rep", "PUT", issuePath(iid, ""), obj{"title": "z", "state_event": "close"}).want(200)
	_, err := w.s.CreateToken(TokenSpec{Name: "bot", Project: shop, Level: Developer, Scopes: []string{"api"}})
	must(t, err)
	for path, schema := range map[string]string{
		issuePath(iid, ""):                  "issue.json",
		":p/issues":                         "issues.json",
		issuePath(iid, "/notes"):            "notes.json",
		":p/members":                        "members.json",
		":p/members/all":                    "members.json",
		":p/labels/a":                       "labels/label.json",
		":p/access_tokens":                  "resource_access_tokens.json",
		"users/" + itoa(w.s.user("dev").id): "user/basic.json",
	} {
		compiler := jsonschema.NewCompiler()
		compiler.AssertFormat()
		s, err := compiler.Compile(filepath.Join(dir, schema))
		must(t, err)
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(w.do("mia", "GET", path, nil).want(200).raw))
		must(t, err)
		if err := s.Validate(v); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestProjectHasGitLabsKeys looks for what the closed and older schemas of projects and webhooks demand.
func TestProjectHasGitLabsKeys(t *testing.T) {
	dir := filepath.Dir(oracle(t, "gitlab/schemas/public_api/v4/project.json"))
	w := newTown(t)
	hook := w.do("mia", "POST", ":p/hooks", obj{"url": "http://127.0.0.1:1/"}).want(201)
	for schema, got := range map[string]answer{"project.json": w.do("mia", "GET", ":p", nil), "project_hook.json": hook} {
		raw, err := os.ReadFile(filepath.Join(dir, schema))
		must(t, err)
		var s struct{ Required []string }
		must(t, json.Unmarshal(raw, &s))
		for _, key := range s.Required {
			if _, sent := got.obj[key]; !sent {
				t.Errorf("%s: %s is not sent", schema, key)
			}
		}
	}
}
