package forgetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Clone is the folder that a developer works in.
type Clone struct {
	t   *testing.T
	Dir string
}

// Git runs in the clone, as the developer.
func (c Clone) Git(args ...string) string {
	c.t.Helper()
	cmd := exec.CommandContext(c.t.Context(), "git", args...)
	cmd.Dir = c.Dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=Dev", "GIT_AUTHOR_EMAIL=dev@example.org", "GIT_COMMITTER_NAME=Dev", "GIT_COMMITTER_EMAIL=dev@example.org")
	out, err := cmd.CombinedOutput()
	if err != nil {
		c.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// Commit writes a file and commits it.
func (c Clone) Commit(file, content, message string) string {
	c.t.Helper()
	path := filepath.Join(c.Dir, file)
	must(c.t, os.MkdirAll(filepath.Dir(path), 0o755))
	must(c.t, os.WriteFile(path, []byte(content), 0o644))
	c.Git("add", "-A")
	c.Git("commit", "--quiet", "-m", message)
	return c.Git("rev-parse", "HEAD")
}

// History starts the clone with a main branch of two commits and two stable branches at the first.
func (c Clone) History() {
	c.t.Helper()
	c.Git("init", "--quiet", "-b", "main")
	c.Commit("a.c", "int a;\n", "first")
	c.Git("branch", "stable-1")
	c.Git("branch", "release/1.0")
	c.Commit("b.c", "int b;\n", "second")
}

// PushTo sends the clone's HEAD to a branch of a remote.
func (c Clone) PushTo(remote, branch string) {
	c.t.Helper()
	c.Git("push", "--quiet", remote, "+HEAD:refs/heads/"+branch)
}

// Remote is a remote with the name and the secret in it, as git wants it.
func (c Clone) Remote(url, user, secret string, err error) string {
	c.t.Helper()
	must(c.t, err)
	return strings.Replace(url, "://", "://"+user+":"+secret+"@", 1)
}
