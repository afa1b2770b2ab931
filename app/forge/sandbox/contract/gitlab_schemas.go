package contract

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// form is the schema that an operation's answers have. Where GitLab has a schema of lists only, one is a list of one.
type form struct {
	file string
	one  bool
}

// forms are the schemas that can be used as they are, by operation. Left aside are label_basic.json (its pattern does not
// compile here), group_labels.json (invalid types), tag.json (only without a release) and the closed schemas of projects
// and webhooks, which are older than real answers.
func forms() map[string]form {
	const p = " /api/v4/projects/{id}"
	const issue, merge = p + "/issues/{issue_iid}", p + "/merge_requests/{merge_request_iid}"
	all := map[string]form{
		"GET" + p + "/issues": {"issues.json", false}, "POST" + p + "/issues": {"issue.json", false},
		"GET" + issue: {"issue.json", false}, "PUT" + issue: {"issue.json", false},
		"GET" + p + "/merge_requests": {"merge_requests.json", false}, "POST" + p + "/merge_requests": {"merge_request.json", false},
		"GET" + merge: {"merge_request.json", false}, "PUT" + merge: {"merge_request.json", false},
		"PUT" + merge + "/merge":   {"merge_request.json", false},
		"GET" + merge + "/commits": {"commits.json", false}, "GET" + merge + "/pipelines": {"pipelines.json", false},
		"GET" + p + "/repository/branches": {"branches.json", false}, "POST" + p + "/repository/branches": {"branch.json", false},
		"GET" + p + "/repository/branches/{branch}":            {"branch.json", false},
		"GET" + p + "/repository/commits":                      {"commits.json", false},
		"GET" + p + "/repository/commits/{sha}":                {"commit/detail.json", false},
		"POST" + p + "/repository/commits":                     {"commit/detail.json", false},
		"GET" + p + "/repository/commits/{sha}/merge_requests": {"merge_requests.json", false},
		"GET" + p + "/repository/merge_base":                   {"commit/basic.json", false},
		"GET" + p + "/pipelines":                               {"pipelines.json", false},
		"GET" + p + "/pipelines/latest":                        {"pipeline/detail.json", false},
		"GET" + p + "/pipelines/{pipeline_id}":                 {"pipeline/detail.json", false},
		"POST" + p + "/pipeline":                               {"pipeline/detail.json", false},
		"GET" + p + "/labels/{name}":                           {"labels/project_label.json", false},
		"POST" + p + "/labels":                                 {"labels/project_label.json", false},
		"PUT" + p + "/labels/{name}":                           {"labels/project_label.json", false},
		"GET" + p + "/access_tokens":                           {"resource_access_tokens.json", false},
		"GET" + p + "/access_tokens/{token_id}":                {"resource_access_token.json", false},
		"GET /api/v4/groups/{id}/access_tokens":                {"resource_access_tokens.json", false},
		"GET /api/v4/groups/{id}/access_tokens/{token_id}":     {"resource_access_token.json", false},
		"GET /api/v4/users":                                    {"user/basics.json", false},
		"GET /api/v4/users/{id}":                               {"user/basic.json", false},
	}
	for _, at := range []string{"issues", "merge_requests"} {
		notes := p + "/" + at + "/{noteable_id}/notes"
		all["GET"+notes], all["POST"+notes] = form{"notes.json", false}, form{"notes.json", true}
		all["GET"+notes+"/{note_id}"], all["PUT"+notes+"/{note_id}"] = form{"notes.json", true}, form{"notes.json", true}
	}
	for _, at := range []string{p, " /api/v4/groups/{id}"} {
		all["GET"+at+"/members"], all["GET"+at+"/members/all"] = form{"members.json", false}, form{"members.json", false}
		all["GET"+at+"/members/{user_id}"], all["GET"+at+"/members/all/{user_id}"] = form{"members.json", true}, form{"members.json", true}
		all["POST"+at+"/members"], all["PUT"+at+"/members/{user_id}"] = form{"members.json", true}, form{"members.json", true}
	}
	return all
}

// shelf holds the schemas, each compiled when it is first wanted.
type shelf struct {
	forms    map[string]form
	dir      string
	mu       sync.Mutex
	compiler *jsonschema.Compiler
}

func openShelf(dir string) (*shelf, error) {
	s := &shelf{forms: forms(), dir: filepath.Join(dir, "public_api", "v4"), compiler: jsonschema.NewCompiler()}
	s.compiler.AssertFormat()
	for name, f := range s.forms {
		if _, err := s.schema(f); err != nil {
			return nil, fmt.Errorf("load schema of %s: %w", name, err)
		}
	}
	return s, nil
}

func (s *shelf) schema(f form) (*jsonschema.Schema, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.compiler.Compile(filepath.Join(s.dir, filepath.FromSlash(f.file)))
}

// check holds a value to the operation's form, if it has one.
func (s *shelf) check(operation string, value any) error {
	f, ok := s.forms[operation]
	if !ok {
		return nil
	}
	schema, err := s.schema(f)
	if err != nil {
		return err
	}
	if f.one {
		value = []any{value}
	}
	if err := schema.Validate(value); err != nil {
		_, what, _ := strings.Cut(err.Error(), "\n") // the first line names the file
		return errors.New(f.file + ": " + what)
	}
	return nil
}
