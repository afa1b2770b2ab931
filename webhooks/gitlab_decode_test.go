package webhooks

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/liftgate/liftgate/policy"
)

func TestDecodeGitLab(t *testing.T) {
	object := func(kind policy.ObjectKind, name string) *policy.Doorbell {
		return &policy.Doorbell{Forge: "gitlab", Repo: "acme/sub/web", Object: policy.Object{Kind: kind, Name: name}}
	}
	const hidden, internal, open = `0`, `10`, `20`
	plain, unknown := object(policy.ObjectRepository, ""), &policy.Doorbell{Forge: "gitlab"}
	report, desk, fix := object(policy.ObjectReport, "7"), object(policy.ObjectIssue, "7"), object(policy.ObjectFix, "9")
	commit := object(policy.ObjectCommit, headSHA)
	installation := &policy.Doorbell{Forge: "gitlab", Object: policy.Object{Kind: policy.ObjectInstallation}}
	for _, c := range []struct {
		event, level, body string
		want               *policy.Doorbell
	}{
		{"Issue Hook", hidden, `"object_attributes":{"iid":7}`, desk},
		{"Issue Hook", hidden, `"object_attributes":{"iid":7,"confidential":true}`, desk},
		{"Confidential Issue Hook", hidden, `"object_attributes":{"iid":7,"confidential":true}`, desk},
		{"Confidential Issue Hook", open, `"object_attributes":{"iid":7,"confidential":true}`, report},
		{"Confidential Issue Hook", internal, `"object_attributes":{"iid":7,"confidential":true}`, report},
		{"Confidential Issue Hook", open, `"object_attributes":{"iid":7}`, report},
		{"Issue Hook", open, `"object_attributes":{"iid":7,"confidential":false}`, nil},
		{"Issue Hook", open, `"object_attributes":{"iid":7,"confidential":false},"changes":{"title":{"previous":"a"}}`, nil},
		{"Issue Hook", open, `"object_attributes":{"iid":7,"confidential":false},"changes":{"confidential":{"previous":true,"current":false}}`, report},
		{"Issue Hook", open, `"object_attributes":{"iid":7,"confidential":false},"changes":[]`, nil},
		{"Issue Hook", open, `"object_attributes":{"iid":0,"confidential":true}`, plain},
		{"Issue Hook", hidden, `"object_attributes":{"iid":-7}`, plain},
		{"Issue Hook", hidden, `"object_attributes":{"iid":7.5}`, plain},
		{"Issue Hook", hidden, `"object_attributes":{"iid":"7"}`, plain},
		{"Issue Hook", hidden, `"object_attributes":[]`, plain},
		{"Issue Hook", `null`, `"object_attributes":{"iid":7}`, plain},
		{"Issue Hook", `"private"`, `"object_attributes":{"iid":7}`, plain},
		{"Note Hook", hidden, `"issue":{"iid":7}`, desk},
		{"Confidential Note Hook", hidden, `"issue":{"iid":7,"confidential":true}`, desk},
		{"Confidential Note Hook", open, `"issue":{"iid":7,"confidential":true}`, report},
		{"Note Hook", open, `"issue":{"iid":7,"confidential":true}`, report},
		{"Note Hook", open, `"issue":{"iid":7,"confidential":false}`, nil},
		{"Note Hook", hidden, `"merge_request":{"iid":9}`, fix},
		{"Note Hook", hidden, `"object_attributes":{"noteable_type":"Commit"}`, nil},
		{"Merge Request Hook", hidden, `"object_attributes":{"iid":9,"id":1}`, fix},
		{"Merge Request Hook", hidden, `"object_attributes":{"id":1}`, plain},
		{"Push Hook", hidden, `"ref":"refs/heads/stable-1.2"`, object(policy.ObjectBranch, "stable-1.2")},
		{"Push Hook", hidden, `"ref":"refs/heads/liftgate/LSN-2026-0007/fix/main"`, object(policy.ObjectBranch, "liftgate/LSN-2026-0007/fix/main")},
		{"Push Hook", hidden, `"ref":"refs/heads/--upload-pack=x"`, plain},
		{"Push Hook", hidden, `"ref":"main"`, plain},
		{"Tag Push Hook", hidden, `"ref":"refs/tags/v1"`, plain},
		{"Pipeline Hook", hidden, `"object_attributes":{"iid":3,"sha":"` + headSHA + `"}`, commit},
		{"Pipeline Hook", hidden, `"object_attributes":{"iid":3,"sha":"HEAD"}`, plain},
		{"Job Hook", hidden, `"sha":"` + headSHA + `"`, commit},
		{"Job Hook", hidden, `"sha":"HEAD"`, plain},
		{"Member Hook", open, `"event_name":"user_add_to_group"`, plain},
		{"Resource Access Token Hook", hidden, `"event_name":"expiring_access_token"`, installation},
		{"Project Hook", hidden, `"event_name":"project_destroy"`, plain},
		{"Project Hook", hidden, `"event_name":"project_transfer"`, installation},
		{"Release Hook", hidden, ``, nil},
		{"Emoji Hook", hidden, ``, nil},
		{"Confidential ", hidden, ``, nil},
	} {
		body := `{"project":{"path_with_namespace":"acme/sub/web","visibility_level":` + c.level + `}` + strings.TrimSuffix(","+c.body, ",") + `}`
		got, err := decodeGitLab(c.event, []byte(body))
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s, level %s, %s:\n got %+v, %v\nwant %+v", c.event, c.level, c.body, got, err, c.want)
		}
	}
	for _, body := range []string{
		`{}`, `[]`, `null`, `5`, `{"project":7}`, `{"project":{"path_with_namespace":"../x"}}`, `{"project":{"path_with_namespace":"web"}}`,
		`{"project":{"path_with_namespace":"acme/` + strings.Repeat("x", 300) + `"}}`, `{"ref":"refs/heads/main","project":{"path_with_namespace":"-a/b"}}`,
		`{"project":{"path_with_namespace":"` + strings.Repeat("a/", 20) + `b"}}`, `{"project":{"path_with_namespace":"a/b.git"}}`, `{"project":{"path_with_namespace":"a//b"}}`,
	} {
		if got, err := decodeGitLab("Push Hook", []byte(body)); err != nil || !reflect.DeepEqual(got, unknown) {
			t.Errorf("%s: %+v, %v; want a ring without a name", body, got, err)
		}
	}
}

// TestModulesExamples sends the examples that GitLab's client comes with.
func TestModulesExamples(t *testing.T) {
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/xanzy/go-gitlab").Output()
	if err != nil || strings.TrimSpace(string(dir)) == "" {
		t.Skip("the source of github.com/xanzy/go-gitlab is not here: go mod download fetches it")
	}
	object := func(kind policy.ObjectKind, name string) *policy.Object {
		return &policy.Object{Kind: kind, Name: name}
	}
	for file, want := range map[string]struct {
		event, repo string
		object      *policy.Object // nil if nothing rings
	}{
		"issue":                         {"Issue Hook", "", nil}, // of an open project, and not confidential
		"note_issue":                    {"Note Hook", "", nil},
		"note_merge_request":            {"Note Hook", "gitlab-org/gitlab-test", object(policy.ObjectFix, "1")},
		"note_commit":                   {"Note Hook", "", nil},
		"merge_request":                 {"Merge Request Hook", "gitlabhq/gitlab-test", object(policy.ObjectFix, "1")},
		"push":                          {"Push Hook", "mike/diaspora", object(policy.ObjectBranch, "master")},
		"tag_push":                      {"Tag Push Hook", "jsmith/example", object(policy.ObjectRepository, "")},
		"pipeline":                      {"Pipeline Hook", "gitlab-org/gitlab-test", object(policy.ObjectCommit, "bcbb5ec396a2c0f828686f14fac9b80b780504f2")},
		"job":                           {"Job Hook", "", nil}, // names no project
		"member":                        {"Member Hook", "", object(policy.ObjectUnknown, "")},
		"resource_access_token_project": {"Resource Access Token Hook", "", object(policy.ObjectInstallation, "")},
		"resource_access_token_group":   {"Resource Access Token Hook", "", object(policy.ObjectInstallation, "")},
		"release":                       {"Release Hook", "", nil},
		"wiki_page":                     {"Wiki Page Hook", "", nil},
	} {
		body, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "testdata", "webhooks", file+".json"))
		if err != nil {
			t.Fatal(err)
		}
		post, server := serveLab(t, GitLabSecrets{Tokens: [][]byte{[]byte("secret")}})
		if resp := send(t, server, "POST", tokened(want.event, "secret"), strings.NewReader(string(body))); resp.StatusCode != 202 {
			t.Errorf("%s: status %d", file, resp.StatusCode)
		}
		switch {
		case want.object == nil && len(post.bells) == 0:
		case want.object == nil || len(post.bells) != 1 || post.bells[0].Repo != want.repo || post.bells[0].Object != *want.object:
			t.Errorf("%s:\n got %+v\nwant %+v in %s", file, post.bells, want.object, want.repo)
		}
	}
}

func FuzzDecodeGitLab(f *testing.F) {
	for _, event := range []string{"Issue Hook", "Confidential Issue Hook", "Note Hook", "Merge Request Hook", "Push Hook", "Pipeline Hook", "Job Hook", "Project Hook", "Emoji Hook"} {
		f.Add(event, []byte(deskBody))
		f.Add(event, []byte(pushBody))
		f.Add(event, []byte(`{"sha":"`+headSHA+`","path_with_namespace":"a/b","issue":{"iid":7,"confidential":true},"changes":{"confidential":null}}`))
	}
	f.Fuzz(func(t *testing.T, event string, body []byte) {
		bell, err := decodeGitLab(event, body)
		if !sound(t, bell, err) {
			return
		}
		if bell.Press != nil || bell.Forge != "gitlab" {
			t.Errorf("got %+v", bell)
		}
	})
}
