package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// cloneWith makes a clone with a bug that the branch older was cut before, and its fix.
func cloneWith(t *testing.T) (dir string, git func(args ...string) string) {
	t.Helper()
	dir = t.TempDir()
	git = func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir}, args...)...)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=Ann", "GIT_AUTHOR_EMAIL=ann@example.org",
			"GIT_COMMITTER_NAME=Ann", "GIT_COMMITTER_EMAIL=ann@example.org")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	commit := func(text, message string) {
		if err := os.WriteFile(filepath.Join(dir, "parse.c"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		git("add", ".")
		git("commit", "--quiet", "-m", message)
	}
	git("init", "--quiet", "--initial-branch=main")
	commit("one\ntwo\n", "Start")
	git("branch", "older")
	commit("one\nbug\n", "Bring the bug")
	git("branch", "newer")
	commit("one\nfixed\n", "Fix")
	return dir, git
}

func TestAffectedCommand(t *testing.T) {
	dir, git := cloneWith(t)
	for _, test := range []struct {
		args []string
		want string // of the output's lines, those that begin without a blank
		code int
	}{
		{[]string{"--fix", "main", "--introduced", "newer", "newer", "older", "main"}, "newer affected\nolder not-affected\nmain already-fixed", 0},
		{[]string{"--fix", git("rev-parse", "main"), "older"}, "older unknown", 0},
		{[]string{"older"}, "", exitUsage},
		{[]string{"--fix", "main", "nowhere"}, "", exitUsage},
	} {
		c, out, errs := captured(time.Now)
		cmd := affectedCommand(c)
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		cmd.SetArgs(append([]string{"--repo", dir}, test.args...))
		if code := c.finish(cmd.ExecuteContext(t.Context())); code != test.code {
			t.Errorf("%v: exit code %d, %s", test.args, code, errs)
		}
		var got []string
		for line := range strings.Lines(out.String()) {
			if !strings.HasPrefix(line, " ") {
				got = append(got, strings.TrimSpace(line))
			}
		}
		if strings.Join(got, "\n") != test.want {
			t.Errorf("%v: %q, want %q", test.args, got, test.want)
		}
	}
}
