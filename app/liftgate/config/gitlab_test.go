package config

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/liftgate/liftgate/policy"
)

const gitlabLines = `gitlab:
  token_file: token.txt
  webhook_token_files: [hook.txt]
`

const gitlabServer = gitlabLines + `projects:
  - {name: demo, forge: gitlab, public: acme/apps/web, mirror: acme-security/web}
`

func TestGitLabServerGetsDefaults(t *testing.T) {
	s, err := ParseServer("liftgate.yaml", []byte(gitlabServer))
	if err != nil {
		t.Fatal(err)
	}
	want := DefaultServer()
	want.GitLab = GitLab{API: "https://gitlab.com/api/v4/", Git: "https://gitlab.com/", TokenFile: "token.txt", WebhookTokenFiles: []string{"hook.txt"}}
	want.Projects = []Pair{{Name: "demo", Prefix: "LSN", Forge: "gitlab", Public: "acme/apps/web", Mirror: "acme-security/web", CVE: "forge"}}
	if !reflect.DeepEqual(s, want) {
		t.Errorf("\n got %+v\nwant %+v", s, want)
	}
	project := policy.Project{Name: "demo", Prefix: "LSN", Forge: "gitlab", Public: "acme/apps/web", Mirror: "acme-security/web", CVE: "forge"}
	if got := s.PolicyProjects(); !reflect.DeepEqual(got, []policy.Project{project}) {
		t.Errorf("got %+v", got)
	}
}

// The token goes where both addresses point: whoever names one's own GitLab has named both.
func TestGitLabGitFollowsTheAPI(t *testing.T) {
	for api, git := range map[string]string{
		"https://git.example.org/api/v4":                      "https://git.example.org/",
		"https://example.org/gitlab/api/v4//":                 "https://example.org/gitlab/",
		"http://127.0.0.1:8929/api/v4/":                       "http://127.0.0.1:8929/",
		"https://a.example/api/v4/\n  git: https://b.example": "https://b.example/",
	} {
		s, err := ParseServer("liftgate.yaml", []byte(strings.Replace(gitlabServer, "gitlab:", "gitlab:\n  api: "+api, 1)))
		if err != nil {
			t.Errorf("%s: %v", api, err)
		} else if s.GitLab.Git != git || !strings.HasSuffix(s.GitLab.API, "/api/v4/") {
			t.Errorf("%s: %s and %s, want %s", api, s.GitLab.API, s.GitLab.Git, git)
		}
	}
}

func TestBothForges(t *testing.T) {
	both := appLines + gitlabLines + `projects:
  - {name: one, prefix: AAA, public: acme/app, mirror: acme/app-security}
  - {name: two, prefix: BBB, forge: gitlab, public: acme/app, mirror: acme/app-security, report_label: security report}
`
	s, err := ParseServer("liftgate.yaml", []byte(both))
	if err != nil {
		t.Fatal(err)
	}
	if !s.On("github") || !s.On("gitlab") || s.On("") || s.Projects[1].ReportLabel != "security report" {
		t.Errorf("%+v", s.Projects)
	}
}

// The README's example, which has both too, is right as it stands.
func TestExampleOfTheReadme(t *testing.T) {
	readme, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "```yaml\n")
	example, _, _ := strings.Cut(rest, "```")
	s, err := ParseServer("liftgate.yml", []byte(example))
	if err != nil || !s.On("github") || !s.On("gitlab") {
		t.Errorf("%+v, %v", s.Projects, err)
	}
}

func TestGitLabMistakes(t *testing.T) {
	with := func(line string) string { return strings.Replace(gitlabServer, "gitlab:", "gitlab:\n  "+line, 1) }
	token := func(value string) string { return strings.Replace(gitlabServer, "token.txt", value, 1) }
	hooks := func(value string) string { return strings.Replace(gitlabServer, "[hook.txt]", value, 1) }
	project := func(keys string) string {
		return gitlabLines + "projects:\n  - {name: demo, forge: gitlab, " + keys + "}\n"
	}
	mistakes := []mistake{
		{"no section", "projects:\n  - {name: demo, forge: gitlab, public: acme/web, mirror: acme/web-security}\n"},
		{"no section for the other project", strings.Replace(gitlabServer, "projects:", "projects:\n  - {name: hub, prefix: HUB, public: octo/app, mirror: octo/app-security}", 1)},
		{"a section begun that no project needs", smallServer + "gitlab: {token_file: token.txt}\n"},
		{"no webhook secret", hooks("[]")},
		{"a webhook secret without a name", hooks("['']")},
		{"the token itself", token("glpat-canarycanarycanarycanary")},
		{"the signing token itself", hooks("[]\n  webhook_signing_files: [whsec_canarycanarycanarycanarycanarycanarycanary]")},
		{"one token for both", with("lift_token_file: token.txt")},
		{"the address of GitLab instead of the API's", with("api: https://git.example.org/")},
		{"a URL in the clear", with("api: http://git.example.org/api/v4/")},
		{"a broken URL", with("api: \"://canary@%zz/api/v4\"")},
		{"git in the clear", with("git: http://git.example.org/")},
		{"a token in a URL", with("git: https://oauth2:canary@git.example.org/")},
		{"tokens rotated by replicas", "database: postgres://liftgate@db/liftgate\n" + with("rotate_tokens: true")},
		{"tokens rotated by replicas, with a password", "database_file: db.url\n" + with("rotate_tokens: true")},
		{"a secret of the other forge's", with("webhook_secret_files: [hook.txt]")},
		{"a project without a group", project("public: web, mirror: acme/web-security")},
		{"a URL for a project", project("public: https://gitlab.com/acme/web, mirror: acme/web-security")},
		{"a path that climbs", project("public: acme/../web, mirror: acme/.git")},
		{"too many groups", project("public: " + strings.Repeat("a/", 20) + "web, mirror: " + strings.Repeat("long", 20) + "/" + strings.Repeat("long", 60))},
		{"mirror is public", project("public: acme/apps/web, mirror: Acme/apps/Web")},
		{"two labels", project("public: acme/web, mirror: acme/web-security, report_label: \"security,report\"")},
		{"a label on GitHub", strings.Replace(smallServer, "octo/app-security", "octo/app-security, report_label: security", 1)},
		{"groups on GitHub", strings.Replace(smallServer, "public: octo/app", "public: octo/sub/app", 1)},
		{"one mirror for two", gitlabLines + "projects:\n  - {name: a, prefix: AAA, forge: gitlab, public: o/a, mirror: o/m}\n  - {name: b, prefix: BBB, forge: gitlab, public: o/b, mirror: O/M}\n"},
	}
	read := func(text string) error {
		_, err := ParseServer("liftgate.yaml", []byte(text))
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("a secret is in the error: %v", err)
		}
		return err
	}
	golden(t, "gitlab_mistakes.txt", refusals(t, "liftgate.yaml", mistakes, read))
}

func TestLoadGitLabServer(t *testing.T) {
	key := strings.Repeat("k", 32)
	signing := "whsec_" + base64.StdEncoding.EncodeToString([]byte(key))
	text := strings.Replace(gitlabServer, "gitlab:", "gitlab:\n  lift_token_file: lift.txt\n  webhook_signing_files: [signing.txt]", 1)
	all := func() map[string]string {
		return map[string]string{"liftgate.yaml": text, "token.txt": "glpat-1\n", "lift.txt": "glpat-2\n", "hook.txt": "hook\n", "signing.txt": signing + "\n"}
	}
	dir := write(t, all())
	s, warnings, err := LoadServer(filepath.Join(dir, "liftgate.yaml"))
	if err != nil || len(warnings) != 0 {
		t.Fatal(err, warnings)
	}
	if token, err := s.GitLab.Token(); err != nil || string(token) != "glpat-1" {
		t.Errorf("token %q, %v", token, err)
	}
	if token, err := s.GitLab.LiftToken(); err != nil || string(token) != "glpat-2" {
		t.Errorf("lift token %q, %v", token, err)
	}
	if tokens, err := s.GitLab.WebhookTokens(); err != nil || len(tokens) != 1 || string(tokens[0]) != "hook" {
		t.Errorf("webhook tokens %q, %v", tokens, err)
	}
	if keys, err := s.GitLab.WebhookSigningKeys(); err != nil || len(keys) != 1 || string(keys[0]) != key {
		t.Errorf("signing keys %q, %v", keys, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "token.txt"), []byte("glpat-3"), 0o600); err != nil {
		t.Fatal(err)
	}
	if token, err := s.GitLab.Token(); err != nil || string(token) != "glpat-3" {
		t.Errorf("the token was replaced, and this is read: %q, %v", token, err)
	}
	if token, err := (GitLab{TokenFile: s.GitLab.TokenFile}).LiftToken(); err != nil || string(token) != "glpat-3" {
		t.Errorf("without a lift token: %q, %v", token, err)
	}

	for name, content := range map[string]string{
		"token.txt": "canary and more", "lift.txt": "canary\ncanary", "hook.txt": " ", "signing.txt": "canary",
	} {
		files := all()
		files[name] = content
		_, _, err := LoadServer(filepath.Join(write(t, files), "liftgate.yaml"))
		if err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s holds %q: %v", name, content, err)
		}
	}
	for name := range all() {
		if name == "liftgate.yaml" {
			continue
		}
		files := all()
		files[name+"!"] = files[name]
		delete(files, name)
		_, warnings, err := LoadServer(filepath.Join(write(t, files), "liftgate.yaml"))
		if err != nil || len(warnings) != 1 || !strings.Contains(warnings[0], name) {
			t.Errorf("%s can be read by others: %v, %v", name, warnings, err)
		}
	}
}

func TestGitLabAdvice(t *testing.T) {
	const committer = "committer: {email: security@example.org}\n"
	for extra, says := range map[string]string{
		"": "", "github: {app_id: 1, private_key_file: a, webhook_secret_files: [b]}\n": "github: no project is there",
	} {
		s, err := ParseServer("liftgate.yaml", []byte(gitlabServer+committer+extra))
		if err != nil {
			t.Fatal(err)
		}
		if advice := strings.Join(s.Advice(), "\n"); says == "" && advice != "" || !strings.Contains(advice, says) {
			t.Errorf("%q: %q, want %q", extra, advice, says)
		}
	}
	signed := strings.Replace(gitlabServer, "gitlab:", "gitlab:\n  webhook_signing_files: [s]", 1) + committer
	s, err := ParseServer("liftgate.yaml", []byte(signed))
	if err != nil {
		t.Fatal(err)
	}
	if advice := s.Advice(); len(advice) != 1 || !strings.Contains(advice[0], "not looked at") {
		t.Errorf("tokens beside signatures: %q", advice)
	}
}

func TestSigningKey(t *testing.T) {
	encode := base64.StdEncoding.EncodeToString
	for text, valid := range map[string]bool{
		"whsec_" + encode(make([]byte, 32)): true, "whsec_" + encode(make([]byte, 24)): true, "whsec_" + encode(make([]byte, 64)): true,
		"whsec_" + encode(make([]byte, 23)): false, "whsec_" + encode(make([]byte, 65)): false, "whsec_": false, "": false,
		encode(make([]byte, 32)): false, "whsec_" + strings.Repeat("?", 44): false, "whpk_" + encode(make([]byte, 32)): false,
	} {
		if got := signingKey([]byte(text)); (got != nil) != valid {
			t.Errorf("%q: %d bytes", text, len(got))
		}
	}
}
