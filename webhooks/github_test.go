package webhooks

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/liftgate/liftgate/policy"
)

const headSHA = "5bd5f196a46b8222fb7484f05faba41a73cf34bd"

func TestDecodeGitHub(t *testing.T) {
	repo := `"repository":{"full_name":"octo/app"}`
	object := func(kind policy.ObjectKind, name string) policy.Doorbell {
		return policy.Doorbell{Forge: "github", Repo: "octo/app", Object: policy.Object{Kind: kind, Name: name}}
	}
	plain := object(policy.ObjectRepository, "")
	commit := object(policy.ObjectCommit, headSHA)
	unknown := policy.Doorbell{Forge: "github"}
	installation := policy.Doorbell{Forge: "github", Object: policy.Object{Kind: policy.ObjectInstallation}}
	pressed := commit
	pressed.Press = &policy.Press{Actor: "alice", Button: "lift", Head: headSHA}
	long := strings.Repeat("x", 300)

	for _, c := range []struct {
		event, body string
		want        policy.Doorbell
	}{
		{"repository_advisory", `"repository_advisory":{"ghsa_id":"GHSA-abcd-1234-efgh"}`, object(policy.ObjectReport, "GHSA-abcd-1234-efgh")},
		{"repository_advisory", `"repository_advisory":{"ghsa_id":"GHSA-../../etc"}`, plain},
		{"repository_advisory", `"repository_advisory":null`, plain},
		{"issues", `"issue":{"number":7}`, object(policy.ObjectIssue, "7")},
		{"issues", `"issue":{"number":-7}`, plain},
		{"issues", `"issue":{"number":7.5}`, plain},
		{"issues", `"issue":{"number":"7"}`, plain},
		{"issues", `"issue":[]`, plain},
		{"issue_comment", `"issue":{"number":7}`, object(policy.ObjectIssue, "7")},
		{"issue_comment", `"issue":{"number":7,"pull_request":null}`, object(policy.ObjectIssue, "7")},
		{"issue_comment", `"issue":{"number":7,"pull_request":{"url":"u"}}`, object(policy.ObjectFix, "7")},
		{"pull_request", `"number":9,"pull_request":{"number":9}`, object(policy.ObjectFix, "9")},
		{"pull_request_review", `"pull_request":{"number":9}`, object(policy.ObjectFix, "9")},
		{"pull_request_review_comment", `"pull_request":{"number":9}`, object(policy.ObjectFix, "9")},
		{"pull_request_review_thread", `"pull_request":{"number":9}`, object(policy.ObjectFix, "9")},
		{"push", `"ref":"refs/heads/stable-1.2"`, object(policy.ObjectBranch, "stable-1.2")},
		{"push", `"ref":"refs/heads/liftgate/LSN-2026-0007/fix/main"`, object(policy.ObjectBranch, "liftgate/LSN-2026-0007/fix/main")},
		{"push", `"ref":"refs/tags/v1"`, plain},
		{"push", `"ref":"refs/heads/` + long + `"`, plain},
		{"push", `"ref":"refs/heads/--upload-pack=x"`, plain},
		{"create", `"ref":"b","ref_type":"branch"`, object(policy.ObjectBranch, "b")},
		{"create", `"ref":"v1","ref_type":"tag"`, plain},
		{"delete", `"ref":"b","ref_type":"branch"`, object(policy.ObjectBranch, "b")},
		{"status", `"sha":"` + headSHA + `"`, commit},
		{"status", `"sha":"HEAD"`, plain},
		{"check_suite", `"check_suite":{"head_sha":"` + headSHA + `"}`, commit},
		{"check_run", `"action":"completed","check_run":{"head_sha":"` + headSHA + `"},"sender":{"login":"alice"}`, commit},
		{"check_run", `"action":"requested_action","check_run":{"head_sha":"` + headSHA + `"},"requested_action":{"identifier":"lift"},"sender":{"login":"alice"}`, pressed},
		{"check_run", `"action":"requested_action","check_run":{"head_sha":"` + headSHA + `"},"requested_action":{"identifier":"` + long + `"},"sender":{"login":"alice"}`, commit},
		{"check_run", `"action":"requested_action","check_run":{"head_sha":"` + headSHA + `"},"requested_action":{"identifier":"lift"},"sender":{"login":"not a login"}`, commit},
		{"check_run", `"action":"requested_action","check_run":{"head_sha":"x"},"requested_action":{"identifier":"lift"},"sender":{"login":"alice"}`, plain},
		{"check_suite", `"action":"requested_action","check_suite":{"head_sha":"` + headSHA + `"},"requested_action":{"identifier":"lift"},"sender":{"login":"alice"}`, commit},
		{"repository", `"action":"publicized"`, plain},
		{"repository", `"action":"renamed"`, installation},
		{"repository", `"action":"transferred"`, installation},
		{"public", ``, plain},
		{"member", `"action":"added"`, plain},
		{"fork", ``, plain},
		{"repository_ruleset", `"action":"edited"`, plain},
		{"installation", `"action":"suspend"`, installation},
		{"installation_repositories", `"action":"removed"`, installation},
	} {
		body := "{" + repo + "," + c.body + "}"
		if c.body == "" {
			body = "{" + repo + "}"
		}
		got, err := decodeGitHub(c.event, []byte(body))
		if err != nil || got == nil {
			t.Errorf("%s %s: %v, %v", c.event, c.body, got, err)
			continue
		}
		if !reflect.DeepEqual(*got, c.want) {
			t.Errorf("%s %s:\n got %+v\nwant %+v", c.event, c.body, *got, c.want)
		}
	}

	for _, body := range []string{`{}`, `[]`, `null`, `5`, `{"repository":7}`, `{"repository":{"full_name":"../x"}}`, `{"repository":{"full_name":"a/b/c"}}`,
		`{"issue":{"number":7},"repository":{"full_name":"a/` + long + `"}}`} {
		got, err := decodeGitHub("issues", []byte(body))
		if err != nil || got == nil || !reflect.DeepEqual(*got, unknown) {
			t.Errorf("%s: %+v, %v; want a ring without a name", body, got, err)
		}
	}
}

// TestExamplesAreAccepted sends every example of the npm package @octokit/webhooks-examples.
func TestExamplesAreAccepted(t *testing.T) {
	place := os.Getenv("LIFTGATE_WEBHOOKS_EXAMPLES")
	if place == "" {
		t.Skip("LIFTGATE_WEBHOOKS_EXAMPLES does not name the unpacked npm package @octokit/webhooks-examples (or its index.json)")
	}
	named := map[policy.ObjectKind]int{}
	for _, file := range exampleFiles(t, place) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var events []struct {
			Name     string            `json:"name"`
			Examples []json.RawMessage `json:"examples"`
		}
		if err := json.Unmarshal(text, &events); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		post, server := serve(t, "secret")
		sent := 0
		for _, event := range events {
			for i, example := range event.Examples {
				resp := send(t, server, "POST", sign(event.Name, "secret", string(example)), strings.NewReader(string(example)))
				if resp.StatusCode/100 != 2 {
					t.Errorf("%s, example %d of %s: status %d", file, i+1, event.Name, resp.StatusCode)
				}
				sent++
			}
		}
		for _, bell := range post.bells {
			named[bell.Object.Kind]++
			if bell.Repo == "" && bell.Object.Kind != policy.ObjectInstallation {
				t.Errorf("%s: no repository: %+v", file, bell)
			}
		}
		t.Logf("%s: %d examples of %d events rang %d times", file, sent, len(events), len(post.bells))
	}
	for _, kind := range []policy.ObjectKind{policy.ObjectIssue, policy.ObjectFix, policy.ObjectBranch, policy.ObjectCommit, policy.ObjectRepository, policy.ObjectInstallation} {
		if named[kind] == 0 {
			t.Errorf("no example rang for a %s: %v", kind, named)
		}
	}
}

// exampleFiles are the lists of examples of every version of GitHub that the package knows.
func exampleFiles(t *testing.T, place string) []string {
	t.Helper()
	if info, err := os.Stat(place); err != nil {
		t.Fatal(err)
	} else if !info.IsDir() {
		return []string{place}
	}
	var files []string
	for _, pattern := range []string{"index.json", "*/index.json", "node_modules/@octokit/webhooks-examples/*/index.json"} {
		found, err := filepath.Glob(filepath.Join(place, pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		t.Fatalf("no index.json in or below %s", place)
	}
	return files
}

func TestReportedAdvisory(t *testing.T) {
	text := oracle(t, "repository_advisory.reported.json")
	post, server := serve(t, "secret")
	resp := send(t, server, "POST", sign("repository_advisory", "secret", string(text)), strings.NewReader(string(text)))
	if resp.StatusCode != http.StatusAccepted || len(post.bells) != 1 {
		t.Fatalf("status %d, %d doorbells", resp.StatusCode, len(post.bells))
	}
	bell := post.bells[0]
	want := policy.Object{Kind: policy.ObjectReport, Name: "GHSA-abcd-1234-efgh"}
	if bell.Object != want || bell.Repo == "" || bell.Press != nil {
		t.Errorf("got %+v", bell)
	}
}

// oracle reads a file of the folder shared/oracles beside the repository, or skips the test.
func oracle(t *testing.T, name string) []byte {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if text, err := os.ReadFile(filepath.Join(dir, "shared", "oracles", name)); err == nil {
			return text
		}
	}
	t.Skipf("no file shared/oracles/%s beside the repository: put one there", name)
	return nil
}

func FuzzDecodeGitHub(f *testing.F) {
	for _, event := range []string{"issues", "push", "check_run", "repository_advisory", "create", "status", "installation", "star"} {
		f.Add(event, []byte(issueBody))
		f.Add(event, []byte(`{"ref":"refs/heads/x","ref_type":"branch","sha":"`+headSHA+`","repository":{"full_name":"a/b"}}`))
	}
	f.Add("check_run", []byte(`{"action":"requested_action","check_run":{"head_sha":"`+headSHA+`"},"requested_action":{"identifier":"lift"},"sender":{"login":"alice"},"repository":{"full_name":"a/b"}}`))
	f.Fuzz(func(t *testing.T, event string, body []byte) {
		bell, err := decodeGitHub(event, body)
		if !sound(t, bell, err) {
			return
		}
		if p := bell.Press; p != nil && (!validLogin(p.Actor) || !validButton(p.Button) || p.Head != bell.Object.Name) {
			t.Errorf("pressed %+v at %+v", *p, bell.Object)
		}
	})
}

// sound checks what any body may be reduced to, and reports whether it rings.
func sound(t *testing.T, bell *policy.Doorbell, err error) (rings bool) {
	t.Helper()
	if err != nil {
		if err.Error() != "not JSON" {
			t.Errorf("an error that may quote the body: %v", err)
		}
		return false
	}
	if bell == nil {
		return false
	}
	for name, s := range map[string]string{"repository": bell.Repo, "object": bell.Object.Name} {
		if len(s) > 255 || strings.ContainsAny(s, " \x00\n\r\t~^:?*[\\") || strings.HasPrefix(s, "-") || strings.Contains(s, "..") && name == "object" {
			t.Errorf("%s's name %q", name, s)
		}
	}
	switch bell.Object.Kind {
	case policy.ObjectRepository, policy.ObjectInstallation, policy.ObjectUnknown:
		if bell.Object.Name != "" {
			t.Errorf("%s has the name %q", bell.Object.Kind, bell.Object.Name)
		}
	default:
		if bell.Object.Name == "" || bell.Repo == "" {
			t.Errorf("%s without a name or a repository: %+v", bell.Object.Kind, bell)
		}
	}
	return true
}
