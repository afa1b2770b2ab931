package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRotationNeedsWritableFiles: found out at the start, and not when GitLab has shown a new token for the one time.
func TestRotationNeedsWritableFiles(t *testing.T) {
	text := strings.Replace(gitlabServer, "gitlab:", "gitlab:\n  rotate_tokens: true\n  lift_token_file: lift.txt", 1)
	dir := write(t, map[string]string{"liftgate.yaml": text, "token.txt": "glpat-1\n", "lift.txt": "glpat-2\n", "hook.txt": "hook\n"})
	load := func() error {
		_, _, err := LoadServer(filepath.Join(dir, "liftgate.yaml"))
		return err
	}
	if err := load(); err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".liftgate-*")); err != nil || len(left) != 0 {
		t.Errorf("left: %q, %v", left, err)
	}
	for _, name := range []string{"token.txt", "lift.txt"} {
		file := filepath.Join(dir, name)
		if err := os.Rename(file, file+".real"); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(file+".real", file); err != nil { // as secrets are mounted in some places
			t.Fatal(err)
		}
		if err := load(); err == nil || !strings.Contains(err.Error(), "is not a plain file") || strings.Contains(err.Error(), "glpat") {
			t.Errorf("%s is a link: %v", name, err)
		}
		if err := os.Rename(file+".real", file); err != nil {
			t.Fatal(err)
		}
	}
	if os.Geteuid() == 0 {
		return // may write anything
	}
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.Chmod(dir, 0o700) }() // so that it can be removed
	if err := load(); err == nil || !strings.Contains(err.Error(), "can't be replaced") {
		t.Errorf("a folder that can't be written: %v", err)
	}
}
