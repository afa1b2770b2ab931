package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestCheckNotices: what would stop a notice at the lift is told when the configuration is checked.
func TestCheckNotices(t *testing.T) {
	root := t.TempDir()
	git := func(args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "git", args...)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=Ann", "GIT_AUTHOR_EMAIL=ann@example.org",
			"GIT_COMMITTER_NAME=Ann", "GIT_COMMITTER_EMAIL=ann@example.org")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	work := filepath.Join(root, "work")
	git("init", "-q", "-b", "main", work)
	git("-C", work, "commit", "-q", "--allow-empty", "-m", "Begin")
	git("clone", "-q", "--bare", work, filepath.Join(root, "octo", "notices.git"))
	git("init", "-q", "--bare", filepath.Join(root, "octo", "empty.git"))
	for _, name := range []string{"notices", "empty"} {
		git("-C", filepath.Join(root, "octo", name+".git"), "update-server-info")
	}
	forge := httptest.NewServer(http.FileServer(http.Dir(root)))
	defer forge.Close()
	dir := t.TempDir()
	if err := writeSettings(dir); err != nil {
		t.Fatal(err)
	}
	check := func(project, rules, at string) (int, string) {
		t.Helper()
		text := strings.Replace(settings, "octo/app-security}", "octo/app-security, "+project+"}", 1)
		text = strings.Replace(text, "git: http://127.0.0.1:1/", "git: "+at+"/", 1)
		for name, content := range map[string]string{"liftgate.yml": text, "rules.yml": rules} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		code, out, errs := command(t, "config", "check", filepath.Join(dir, "liftgate.yml"))
		return code, out + errs
	}
	for _, c := range []struct {
		project, rules, at string
		code               int
		says               string
	}{
		{"notices: octo/notices", "", forge.URL, 0, "liftgate.yml: ok"},
		{"notices: octo/notices, rules_file: rules.yml", "main: main\n", forge.URL, 0, "liftgate.yml: ok"},
		{"notices: octo/notices, rules_file: rules.yml", "notice: {branch: trunk}\n", forge.URL, exitUsage, "project demo: notices: octo/notices has no branch trunk"},
		{"notices: octo/empty", "", forge.URL, exitUsage, "octo/empty has no branch: make it"},
		{"notices: octo/gone", "", forge.URL, exitUsage, "octo/gone can't be read by everybody"},
		{"notices: octo/notices", "", "http://127.0.0.1:1", 0, "warning: project demo: notices: octo/notices can't be looked at now: network trouble"},
		{"rules_file: rules.yml", "lists: [{address: x}]\n", forge.URL, exitUsage, "lists[0].address: want one plain mail address"},
		{"rules_file: rules.yml", "notice: {formats: [pdf]}\n", forge.URL, exitUsage, "there is no such format"},
		{"rules_file: rules.yml", "lists: [{address: a@lists.example.org}]\n", forge.URL, 0, "warning: project demo: lists are named, and this server has no mail server"},
	} {
		if code, said := check(c.project, c.rules, c.at); code != c.code || !strings.Contains(said, c.says) {
			t.Errorf("%s, %q: %d, %s", c.project, c.rules, code, said)
		}
	}
}
