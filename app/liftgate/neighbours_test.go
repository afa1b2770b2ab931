package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Where the second forge may be known by its name: its adapter, its webhooks, the stand-ins, and what wires them. Whatever
// else would have to know it is a rule that belongs behind [app.Forge], or into policy in words of its own.
var knowGitLab = []string{"app/forge/gitlab/", "app/forge/sandbox/", "app/liftgate/", "webhooks/gitlab.go", "webhooks/gitlab_test.go",
	"webhooks/gitlab_decode_test.go"}

// libvirtThere is the address of the founding project's repositories, which its notices name.
const libvirtThere = `"https://gitlab.com/libvirt/"`

func TestNobodyElseKnowsGitLab(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "--", "app", "webhooks", "policy", "backport")
	cmd.Dir = top
	listed, err := cmd.Output()
	if err != nil {
		t.Skipf("git lists no files here; run it in a git checkout: %v", err)
	}
	files := strings.Split(strings.TrimRight(string(listed), "\x00"), "\x00")
	seen := 0
	for _, file := range files {
		if slices.ContainsFunc(knowGitLab, func(place string) bool { return strings.HasPrefix(file, place) }) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(top, file))
		if os.IsNotExist(err) { // removed, and not told git yet
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		seen++
		text = bytes.ReplaceAll(text, []byte(libvirtThere), nil)
		for i, line := range bytes.Split(append([]byte(file+"\n"), text...), []byte("\n")) {
			if bytes.Contains(bytes.ToLower(line), []byte("gitlab")) {
				t.Errorf("%s:%d names GitLab", file, i)
			}
		}
	}
	if seen < 100 {
		t.Errorf("only %d files were looked at", seen)
	}
}
