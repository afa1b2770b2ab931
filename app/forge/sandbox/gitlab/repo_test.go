package gitlab

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// clone is a person's own repository, which pushes to the shop.
type clone struct {
	w   *town
	dir string
}

// newClone makes a repository with main and two stable branches and has mia, an owner, push them.
func newClone(w *town) *clone {
	w.t.Helper()
	c := &clone{w: w, dir: w.t.TempDir()}
	c.git("init", "-q", "-b", "main")
	c.commit("main.c", "int main(void) { return 0; }\n", "Start")
	c.git("branch", "stable-1")
	c.git("branch", "stable-2")
	c.mustPush("mia", "main", "stable-1", "stable-2")
	return c
}

func (c *clone) run(args ...string) (string, error) {
	cmd := exec.CommandContext(c.w.t.Context(), "git", args...)
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C",
		"GIT_AUTHOR_NAME=Dev", "GIT_AUTHOR_EMAIL=dev@example.org", "GIT_COMMITTER_NAME=Dev", "GIT_COMMITTER_EMAIL=dev@example.org")
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

func (c *clone) git(args ...string) string {
	c.w.t.Helper()
	out, err := c.run(args...)
	if err != nil {
		c.w.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// commit writes one file and commits it on the branch that is checked out.
func (c *clone) commit(name, text, message string) string {
	c.w.t.Helper()
	must(c.w.t, os.MkdirAll(filepath.Dir(filepath.Join(c.dir, name)), 0o755))
	must(c.w.t, os.WriteFile(filepath.Join(c.dir, name), []byte(text), 0o644))
	c.git("add", "-A")
	c.git("commit", "-q", "-m", message)
	return c.git("rev-parse", "HEAD")
}

// branch starts a branch at another, commits one file on it and gives the commit.
func (c *clone) branch(name, from, file, text string) string {
	c.w.t.Helper()
	c.git("checkout", "-q", "-B", name, from)
	return c.commit(file, text, "Change "+file)
}

func (c *clone) remote(who string) string {
	return strings.Replace(c.w.s.URL(), "http://", "http://any-name:"+c.w.tokens[who]+"@", 1) + "/" + shop + ".git"
}

func (c *clone) push(who string, args ...string) (string, error) {
	return c.run(append([]string{"push", c.remote(who)}, args...)...)
}

func (c *clone) mustPush(who string, args ...string) {
	c.w.t.Helper()
	if out, err := c.push(who, args...); err != nil {
		c.w.t.Fatalf("push %v as %s: %v\n%s", args, who, err, out)
	}
}

// refused pushes, and checks that it fails with these words.
func (c *clone) refused(words, who string, args ...string) {
	c.w.t.Helper()
	out, err := c.push(who, args...)
	if err == nil || !strings.Contains(out, words) {
		c.w.t.Fatalf("push %v as %s: %v, want it refused with %q\n%s", args, who, err, words, out)
	}
}

func (c *clone) tip(branch string) string { return c.w.s.Tip(shop, branch) }

// eq compares two values that print well.
func eq[T comparable](t *testing.T, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("got %v, want %v", got, want)
	}
}
