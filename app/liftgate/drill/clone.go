package drill

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// clone is a person's working copy. Its git sees no configuration but its own.
type clone struct {
	dir    string
	author string
	token  string // of the person, for pushes; empty for none
	now    func() time.Time
}

// git runs one command and returns its output without the last line end. The error carries git's words: a drill's text is
// nobody's secret.
func (c *clone) git(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = c.dir
	date := c.now().Format(time.RFC3339)
	cmd.Env = append(os.Environ(),
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_TERMINAL_PROMPT=0", "LC_ALL=C",
		"GIT_AUTHOR_NAME="+c.author, "GIT_AUTHOR_EMAIL="+c.author+"@example.org", "GIT_AUTHOR_DATE="+date,
		"GIT_COMMITTER_NAME="+c.author, "GIT_COMMITTER_EMAIL="+c.author+"@example.org", "GIT_COMMITTER_DATE="+date)
	if c.token != "" {
		cmd.Env = append(cmd.Env, "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=http.extraHeader",
			"GIT_CONFIG_VALUE_0=Authorization: Basic "+basic(c.author, c.token))
	}
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		return strings.TrimSpace(out.String()), fmt.Errorf("git %s: %w: %s", args[0], err, lastLines(complaint.String()))
	}
	return strings.TrimRight(out.String(), "\n"), nil
}

func lastLines(s string) string {
	s = strings.TrimSpace(s)
	return s[max(0, len(s)-600):]
}

// run does several commands, each a line of words without spaces in them.
func (c *clone) run(ctx context.Context, lines ...string) error {
	for _, line := range lines {
		if _, err := c.git(ctx, strings.Fields(line)...); err != nil {
			return err
		}
	}
	return nil
}

// write puts files into the work tree.
func (c *clone) write(files map[string]string) error {
	for name, content := range files {
		path := filepath.Join(c.dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// replace changes the one place of a file where old stands.
func (c *clone) replace(name, old, with string) error {
	path := filepath.Join(c.dir, filepath.FromSlash(name))
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if strings.Count(string(content), old) != 1 {
		return errors.New("edit " + name + ": the place to change is not there once")
	}
	return os.WriteFile(path, []byte(strings.Replace(string(content), old, with, 1)), 0o644)
}

func (c *clone) commit(ctx context.Context, message string) (sha string, err error) {
	if _, err := c.git(ctx, "add", "-A"); err != nil {
		return "", err
	}
	if _, err := c.git(ctx, "commit", "-q", "-m", message); err != nil {
		return "", err
	}
	return c.git(ctx, "rev-parse", "HEAD")
}
