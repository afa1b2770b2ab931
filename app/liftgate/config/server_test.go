package config

import (
	"cmp"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/liftgate/liftgate/policy"
)

const appLines = `github:
  app_id: 1
  private_key_file: app.pem
  webhook_secret_files: [hook.txt]
`

const smallServer = appLines + `projects:
  - {name: demo, public: octo/app, mirror: octo/app-security}
`

func TestSmallServerGetsDefaults(t *testing.T) {
	s, err := ParseServer("liftgate.yaml", []byte(smallServer))
	if err != nil {
		t.Fatal(err)
	}
	want := DefaultServer()
	want.GitHub.App = App{AppID: 1, PrivateKeyFile: "app.pem"}
	want.GitHub.WebhookSecretFiles = []string{"hook.txt"}
	want.GitLab.Git = "https://gitlab.com/"
	want.Committer = Committer{Name: "Liftgate", Email: "liftgate@localhost"}
	want.Projects = []Pair{{Name: "demo", Prefix: "LSN", Forge: "github", Public: "octo/app", Mirror: "octo/app-security", CVE: "forge"}}
	if !reflect.DeepEqual(s, want) {
		t.Errorf("\n got %+v\nwant %+v", s, want)
	}
	project := policy.Project{Name: "demo", Prefix: "LSN", Forge: "github", Public: "octo/app", Mirror: "octo/app-security", CVE: "forge"}
	if got := s.PolicyProjects(); !reflect.DeepEqual(got, []policy.Project{project}) {
		t.Errorf("got %+v", got)
	}
}

func TestServerMistakes(t *testing.T) {
	projects := func(text string) string { return appLines + "projects:\n" + text }
	mistakes := []mistake{
		{"nothing", ""},
		{"no projects", appLines},
		{"no app", "projects:\n  - {name: demo, public: octo/app, mirror: octo/app-security}\n"},
		{"unknown key", "webhook_secret: hunter2canary\n" + smallServer},
		{"an app id as text", strings.Replace(smallServer, "app_id: 1", "app_id: one", 1)},
		{"no secret", strings.Replace(smallServer, "[hook.txt]", "[]", 1)},
		{"a secret without a name", strings.Replace(smallServer, "[hook.txt]", "['']", 1)},
		{"one secret without a list", strings.Replace(smallServer, "[hook.txt]", "hook.txt", 1)},
		{"a secret after a bar", "webhook_secret: |canary\n" + smallServer},
		{"the key itself", strings.Replace(smallServer, "app.pem", "|\n    -----BEGIN RSA PRIVATE KEY-----\n    canarycanarycanarycanarycanarycanarycanary", 1)},
		{"mirror is public", projects("  - {name: demo, public: octo/app, mirror: Octo/App}\n")},
		{"mirror of one is public of another", projects("  - name: a\n    prefix: AAA\n    public: octo/a\n    mirror: octo/b\n  - name: b\n    prefix: BBB\n    public: octo/B\n    mirror: octo/c\n")},
		{"two projects of one name", projects("  - {name: a, prefix: AAA, public: o/a, mirror: o/b}\n  - {name: a, prefix: BBB, public: o/c, mirror: o/d}\n")},
		{"two projects of one prefix", projects("  - {name: a, public: o/a, mirror: o/b}\n  - {name: b, public: o/c, mirror: o/d}\n")},
		{"bad names", projects("  - {name: My Project, prefix: lsn, public: octo, mirror: ../x}\n")},
		{"a URL for a repository", projects("  - {name: demo, public: \"https://github.com/octo/app\", mirror: octo/app-security}\n")},
		{"another forge", projects("  - {name: demo, forge: gitea, public: o/a, mirror: o/b}\n")},
		{"password in the database", "database: postgres://liftgate:canary@db/liftgate\n" + smallServer},
		{"password in the query", "database: postgres://db/liftgate?password=canary\n" + smallServer},
		{"key and value as database", "database: host=db password=canary\n" + smallServer},
		{"a broken URL", "database: \"postgres://liftgate:canary%zz@db/\"\n" + smallServer},
		{"two databases", "database: sqlite:x.db\ndatabase_file: db.txt\n" + smallServer},
		{"listen without port", "listen: 127.0.0.1\n" + smallServer},
		{"listen with a bad port", "listen: 127.0.0.1:99999\n" + smallServer},
		{"a log format", "log: {format: xml}\n" + smallServer},
		{"a token in a URL", strings.Replace(smallServer, "github:", "github:\n  git: https://x-access-token:canary@github.com/", 1)},
		{"a URL in the clear", strings.Replace(smallServer, "github:", "github:\n  api: http://api.github.com/", 1)},
		{"the lifter is the app", smallServer + "lifter: {app_id: 1, private_key_file: b.pem}\n"},
		{"a committer without address", smallServer + "committer: {name: Sec Team, email: ''}\n"},
		{"a committer of no name", smallServer + "committer: {name: '...', email: sec@example.org}\n"},
		{"a name with an address in it", smallServer + "committer: {name: \"Sec <sec@example.org>\"}\n"},
		{"a name of two lines", smallServer + "committer: {name: \"Sec\\nauthor Mallory\"}\n"},
		{"an address with a name", smallServer + "committer: {email: \"Sec <sec@example.org>\"}\n"},
		{"an address of two lines", smallServer + "committer: {email: \"sec@example.org\\n\"}\n"},
		{"no address at all", smallServer + "committer: {email: security}\n"},
		{"signing without a key", smallServer + "committer: {sign: ssh}\n"},
		{"signing with something else", smallServer + "committer: {sign: x509, key_file: key}\n"},
		{"a key for nothing", smallServer + "committer: {key_file: key}\n"},
		{"the signing key itself", smallServer + "committer:\n  sign: ssh\n  key_file: |\n    -----BEGIN OPENSSH PRIVATE KEY-----\n    canarycanarycanarycanarycanarycanarycanary\n"},
		{"the signing key on a line", smallServer + "committer: {sign: ssh, key_file: \"-----BEGIN OPENSSH PRIVATE KEY-----\\ncanarycanary\"}\n"},
		{"the lifter has no key", smallServer + "lifter: {app_id: 2}\n"},
	}
	read := func(text string) error {
		_, err := ParseServer("liftgate.yaml", []byte(text))
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("a secret is in the error: %v", err)
		}
		return err
	}
	golden(t, "server_mistakes.txt", refusals(t, "liftgate.yaml", mistakes, read))
}

func TestHTTPOnLoopback(t *testing.T) {
	for _, host := range []string{"127.0.0.1:8081", "localhost:1", "[::1]:8081"} {
		text := strings.Replace(smallServer, "github:", "github:\n  api: http://"+host+"/api\n  git: http://"+host, 1)
		s, err := ParseServer("liftgate.yaml", []byte(text))
		if err != nil {
			t.Errorf("%s: %v", host, err)
		} else if s.GitHub.API != "http://"+host+"/api/" || s.GitHub.Git != "http://"+host+"/" {
			t.Errorf("%s: %s and %s", host, s.GitHub.API, s.GitHub.Git)
		}
	}
}

// write puts files into a folder. A name that ends in ! is readable by everybody.
func write(t *testing.T, files map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range files {
		open := strings.HasSuffix(name, "!")
		path := filepath.Join(dir, strings.TrimSuffix(name, "!"))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		mode := os.FileMode(0o600)
		if open {
			mode = 0o644
		}
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil { // whatever the umask
			t.Fatal(err)
		}
	}
	return dir
}

func TestLoadServer(t *testing.T) {
	dir := write(t, map[string]string{"liftgate.yaml": smallServer, "app.pem": "key\n", "hook.txt": " secret \r\n"})
	s, warnings, err := LoadServer(filepath.Join(dir, "liftgate.yaml"))
	if err != nil || len(warnings) != 0 {
		t.Fatal(err, warnings)
	}
	secrets, err := s.GitHub.WebhookSecrets()
	if err != nil || len(secrets) != 1 || string(secrets[0]) != "secret" {
		t.Errorf("secrets %q, %v", secrets, err)
	}
	if key, err := s.GitHub.PrivateKey(); err != nil || string(key) != "key" {
		t.Errorf("key %q, %v", key, err)
	}
	database, err := s.DatabaseURL()
	if err != nil {
		t.Fatal(err)
	}
	for what, pair := range map[string][2]string{
		"data": {s.Data, "data"}, "keyset": {s.Keys.Keyset, "data/keyset.age"}, "identity": {s.Keys.Identity, "data/identity.txt"},
		"database": {strings.TrimPrefix(database, "sqlite:"), "data/liftgate.db"},
	} {
		if want := filepath.Join(dir, pair[1]); pair[0] != want {
			t.Errorf("%s: %s, want %s", what, pair[0], want)
		}
	}
}

func TestLoadServerLooksAtSecrets(t *testing.T) {
	database := "database_file: db.txt\n"
	sign := "committer: {sign: ssh, key_file: sign.key}\n"
	lifter := "lifter: {app_id: 2, private_key_file: lifter.pem}\n"
	for _, c := range []struct {
		name, extra       string
		files             map[string]string
		errors, warnings  int
		databaseURL, says string
	}{
		{"all there", database + lifter, map[string]string{"app.pem": "k", "hook.txt": "s", "db.txt": "postgres://u:p@h/d\n", "lifter.pem": "k"}, 0, 0, "postgres://u:p@h/d", ""},
		{"readable by others", "", map[string]string{"app.pem!": "k", "hook.txt!": "s", "data/identity.txt!": "AGE"}, 0, 3, "", "chmod 600"},
		{"missing", "", map[string]string{"hook.txt": "s"}, 1, 0, "", "app.pem"},
		{"empty", "", map[string]string{"app.pem": "k", "hook.txt": "\n"}, 1, 0, "", "hook.txt is empty"},
		{"a folder", "", map[string]string{"app.pem": "k", "hook.txt/x": ""}, 1, 0, "", "is a folder"},
		{"too large", "", map[string]string{"app.pem": "k", "hook.txt": strings.Repeat("x", maxSecret+1)}, 1, 0, "", "more than"},
		{"no URL of a database", database, map[string]string{"app.pem": "k", "hook.txt": "s", "db.txt": "canary"}, 1, 0, "", "postgres://"},
		{"no signing key there", sign, map[string]string{"app.pem": "k", "hook.txt": "s"}, 1, 0, "", "read signing key: open "},
		{"no signing key in it", sign, map[string]string{"app.pem": "k", "hook.txt": "s", "sign.key!": "canary"}, 1, 1, "", "sign.key: this is no private key"},
		{"two missing", lifter, map[string]string{"hook.txt": "s"}, 2, 0, "", "lifter.pem"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.files["liftgate.yaml"] = smallServer + c.extra
			s, warnings, err := LoadServer(filepath.Join(write(t, c.files), "liftgate.yaml"))
			text, found := strings.Join(warnings, "\n"), 0
			if err != nil {
				text += err.Error()
				found = len(err.(interface{ Unwrap() []error }).Unwrap())
			}
			if found != c.errors || len(warnings) != c.warnings || !strings.Contains(text, c.says) || strings.Contains(text, "canary") {
				t.Errorf("%d errors, want %d; %d warnings, want %d; %s", found, c.errors, len(warnings), c.warnings, text)
			}
			if c.databaseURL != "" {
				if got, err := s.DatabaseURL(); err != nil || got != c.databaseURL {
					t.Errorf("database %q, %v", got, err)
				}
			}
		})
	}
}

func TestCheck(t *testing.T) {
	dir := write(t, map[string]string{
		"liftgate.yaml": smallServer, "app.pem!": "k", "hook.txt": "s", "bad.yaml": "listen: 5\n",
		".github/liftgate.yml": wholeProject, ".gitlab/liftgate.yml": "main: [x]\n",
	})
	for path, want := range map[string]struct {
		warnings int
		problem  string
	}{
		"liftgate.yaml": {2, ""}, ".github/liftgate.yml": {0, ""}, ".gitlab/liftgate.yml": {0, "want text, found a list"},
		"bad.yaml": {0, "listen: want an address"}, "absent.yaml": {0, "no such file"},
	} {
		_, warnings, err := Check(filepath.Join(dir, path))
		if len(warnings) != want.warnings || (err != nil) != (want.problem != "") || (err != nil && !strings.Contains(err.Error(), want.problem)) {
			t.Errorf("%s: %v, %v", path, warnings, err)
		}
	}
	var mistake *Error
	if _, _, err := Check(filepath.Join(dir, ".gitlab/liftgate.yml")); !errors.As(err, &mistake) || mistake.Line != 1 || mistake.Column != 7 {
		t.Errorf("no place in %+v", mistake)
	}
}

func TestAdvice(t *testing.T) {
	const committer = "committer: {email: security@example.org}\n"
	for _, c := range []struct{ extra, says string }{
		{committer, ""},
		{"", "liftgate@localhost"},
		{"committer: {name: Sec Team}\n", "liftgate@localhost"},
		{committer + "listen: localhost:80\n", ""},
		{committer + "listen: '[::1]:0'\n", ""},
		{committer + "listen: 127.1.2.3:80\n", ""},
		{committer + "listen: :8080\n", "without TLS"},
		{committer + "listen: 0.0.0.0:8080\n", "without TLS"},
		{committer + "listen: '[::]:8080'\n", "without TLS"},
		{committer + "listen: liftgate.example.org:8080\n", "without TLS"},
		{committer + gitlabLines, "gitlab: no project is there"},
		{committer + mailLines + "  dkim: {domain: example.org, selector: a, key_file: b}\n", ""},
		{committer + strings.Replace(mailLines, "@", "@App.", 1) + "  dkim: {domain: Example.org, selector: a, key_file: b}\n", ""},
		{committer + mailLines + "  dkim: {domain: ample.org, selector: a, key_file: b}\n", "mail.dkim.domain"},
	} {
		s, err := ParseServer("liftgate.yaml", []byte(smallServer+c.extra))
		if err != nil {
			t.Fatal(err)
		}
		advice := s.Advice()
		if c.says == "" && len(advice) > 0 || c.says != "" && (len(advice) != 1 || !strings.Contains(advice[0], c.says)) {
			t.Errorf("%q: %q, want %q", c.extra, advice, c.says)
		}
	}
}

func TestSchema(t *testing.T) {
	for _, document := range []string{"server", "project"} {
		text, err := Schema(document)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, document+"_schema.json", string(text))
	}
	if _, err := Schema("other"); err == nil {
		t.Error("a schema of nothing")
	}
}

// TestSchemaKnowsEveryKey compares the schema with what the decoder takes.
func TestSchemaKnowsEveryKey(t *testing.T) {
	for document, value := range map[string]any{"server": Server{}, "project": Project{}} {
		text, err := Schema(document)
		if err != nil {
			t.Fatal(err)
		}
		var schema struct {
			Properties map[string]any `json:"properties"`
			Additional any            `json:"additionalProperties"`
		}
		if err := json.Unmarshal(text, &schema); err != nil {
			t.Fatal(err)
		}
		keys := map[string]reflect.Value{}
		for _, name := range fields(reflect.ValueOf(value), keys, nil) {
			if _, found := schema.Properties[name]; !found {
				t.Errorf("%s: the schema has no %s", document, name)
			}
		}
		if len(schema.Properties) != len(keys) || cmp.Or(schema.Additional, any(true)) != any(false) {
			t.Errorf("%s: the schema takes keys that the decoder refuses", document)
		}
	}
}

func FuzzServer(f *testing.F) {
	f.Add([]byte(smallServer))
	f.Add([]byte("database: postgres://a:b@c/d\n" + smallServer))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := ParseServer("liftgate.yaml", text)
		if err != nil {
			return
		}
		for _, p := range s.PolicyProjects() {
			if strings.EqualFold(p.Public, p.Mirror) || p.Name == "" || p.Prefix == "" || p.Forge == "" {
				t.Errorf("accepted %+v", p)
			}
		}
	})
}
