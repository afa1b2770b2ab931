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

// Where the second forge may be known by its name: its adapter, its webhooks and the stand-ins; what wires them; and the
// documents that tell people of it. Whatever else would have to know it is a rule that belongs behind [app.Forge], or into
// policy in words of its own.
var (
	knowGitLab = []string{"app/forge/gitlab/", "app/forge/sandbox/", "webhooks/gitlab.go", "webhooks/gitlab_test.go", "webhooks/gitlab_decode_test.go"}

	wireGitLab = []string{
		"app/liftgate/config.go", "app/liftgate/demo.go", "app/liftgate/sandbox.go", "app/liftgate/serve.go",
		"app/liftgate/deploy_test.go", "app/liftgate/neighbours_test.go", "app/liftgate/shape_test.go", "app/liftgate/testdata/script/config.txtar",
		"app/liftgate/config/advice.go", "app/liftgate/config/check.go", "app/liftgate/config/doc.go", "app/liftgate/config/gitlab.go",
		"app/liftgate/config/gitlab_test.go", "app/liftgate/config/names.go", "app/liftgate/config/project.go", "app/liftgate/config/rotate.go",
		"app/liftgate/config/rotate_test.go", "app/liftgate/config/schema.go", "app/liftgate/config/secret.go", "app/liftgate/config/server.go",
		"app/liftgate/config/server_test.go", "app/liftgate/config/testdata/gitlab_mistakes.txt", "app/liftgate/config/testdata/project_schema.json",
		"app/liftgate/config/testdata/server_mistakes.txt", "app/liftgate/config/testdata/server_schema.json",
		"app/liftgate/server/forge.go", "app/liftgate/server/forge_test.go", "app/liftgate/server/rotate.go", "app/liftgate/server/rotate_test.go",
		"app/liftgate/server/server.go", "app/liftgate/server/web.go", "app/liftgate/server/web_test.go",
		"app/liftgate/drill/both_test.go", "app/liftgate/drill/crash_hooks_test.go", "app/liftgate/drill/deeds_gitlab.go", "app/liftgate/drill/doc.go",
		"app/liftgate/drill/town_gitlab.go", "app/liftgate/drill/town_gitlab_test.go", "app/liftgate/drill/town_test.go",
		"app/liftgate/drill/variant_branches_test.go", "app/liftgate/drill/variant_fix_test.go", "app/liftgate/drill/variant_gitlab_test.go",
		"app/liftgate/drill/world.go",
	}

	tellOfGitLab = []string{".ci/run", ".github/deploy/liftgate.example.yml", "README.md", "go.mod", "go.sum"}
)

// libvirtThere is the address of the founding project's repositories, which its notices name.
const libvirtThere = `"https://gitlab.com/libvirt/"`

func TestNobodyElseKnowsGitLab(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "git", "ls-files", "-z")
	cmd.Dir = top
	listed, err := cmd.Output()
	if err != nil {
		t.Skipf("git lists no files here; run it in a git checkout: %v", err)
	}
	tolerated := slices.Concat(wireGitLab, tellOfGitLab)
	seen := 0
	for file := range strings.SplitSeq(strings.TrimRight(string(listed), "\x00"), "\x00") {
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
		line := namesGitLab(file, text)
		if i := slices.Index(tolerated, file); i >= 0 {
			tolerated = slices.Delete(tolerated, i, i+1)
			if line < 0 {
				t.Errorf("%s does not name GitLab any more: take it off the list", file)
			}
		} else if line >= 0 {
			t.Errorf("%s:%d names GitLab", file, line)
		}
	}
	if len(tolerated) > 0 || seen < 100 {
		t.Errorf("%d files were looked at, and these are gone: %q", seen, tolerated)
	}
}

// namesGitLab gives the first line of a file that names GitLab, 0 if its own name does, and -1 if there is none.
func namesGitLab(file string, text []byte) int {
	text = bytes.ReplaceAll(text, []byte(libvirtThere), nil)
	return slices.IndexFunc(bytes.Split(append([]byte(file+"\n"), text...), []byte("\n")), func(line []byte) bool {
		return bytes.Contains(bytes.ToLower(line), []byte("gitlab"))
	})
}
