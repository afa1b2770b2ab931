package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/liftgate/liftgate/app/liftgate/config"
)

// read reads a file of the repository.
func read(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{top}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The example is right as it stands, once the secrets lie beside it; so it is with what is commented out.
func TestExampleConfiguration(t *testing.T) {
	example := read(t, ".github", "deploy", "liftgate.example.yml")
	all := regexp.MustCompile(`(?m)^# ( *(?:- )?[a-z_]+:( \S+)?)$`).ReplaceAllString(example, "$1")
	if all == example {
		t.Error("nothing is commented out")
	}
	for name, text := range map[string]string{"as it stands": example, "with everything": all} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, content := range map[string]string{
				"liftgate.yml": text, "app.pem": "key", "lifter.pem": "key", "webhook-secret.txt": "secret",
				"gitlab-token.txt": "glpat-one", "gitlab-lift-token.txt": "glpat-two", "gitlab-hook-secret.txt": "secret",
				"database-url.txt": "postgres://user:password@host/liftgate",
			} {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			_, warnings, err := config.Check(filepath.Join(dir, "liftgate.yml"))
			if err != nil || len(warnings) > 0 {
				t.Errorf("%v %v", warnings, err)
			}
		})
	}
}

func TestOwnProjectConfiguration(t *testing.T) {
	file := filepath.Join(top, ".github", "liftgate.yml")
	if _, warnings, err := config.Check(file); err != nil || len(warnings) > 0 {
		t.Errorf("%v %v", warnings, err)
	}
	project, err := config.ParseProject(file, []byte(read(t, ".github", "liftgate.yml")))
	if err != nil {
		t.Fatal(err)
	}
	rules := project.Rules()
	if rules.Main != "main" || !rules.CVERequired || rules.Fixes.Approvals < 1 || rules.Checks.None {
		t.Errorf("the project's own rules are laxer than the defaults: %+v", rules)
	}
}

// The unit and the image run commands that there are, and with the Go that go.mod names.
func TestDeployment(t *testing.T) {
	c, _, _ := captured(nil)
	root := rootCommand(c)
	unit := read(t, ".github", "deploy", "liftgate.service")
	for _, line := range regexp.MustCompile(`(?m)^Exec\w+=/usr/local/bin/liftgate (.*)$`).FindAllStringSubmatch(unit, -1) {
		args := strings.Fields(line[1])
		cmd, rest, err := root.Find(args)
		if err != nil || cmd == root {
			t.Errorf("the unit runs %q: %v", line[1], err)
			continue
		}
		if err := cmd.ParseFlags(rest); err != nil {
			t.Errorf("the unit runs %q: %v", line[1], err)
		}
	}
	for _, setting := range []string{"NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet=\n", "User=liftgate", "UMask=0077"} {
		if !strings.Contains(unit, setting) {
			t.Errorf("the unit lacks %q", setting)
		}
	}
	version := regexp.MustCompile(`(?m)^go (\S+)$`).FindStringSubmatch(read(t, "go.mod"))
	image := read(t, ".github", "deploy", "Dockerfile")
	for _, line := range []string{"FROM golang:" + version[1] + "-", "CGO_ENABLED=0", "\nUSER 10001\n", " git "} {
		if !strings.Contains(image, line) {
			t.Errorf("the Dockerfile lacks %q", line)
		}
	}
}

// Actions are named by commit: a tag can be moved.
func TestActionsArePinned(t *testing.T) {
	uses := regexp.MustCompile(`uses: (\S+)`).FindAllStringSubmatch(read(t, ".github", "workflows", "ci.yml"), -1)
	if len(uses) == 0 {
		t.Error("no action is used")
	}
	for _, use := range uses {
		if !regexp.MustCompile(`^actions/(checkout|setup-go)@[0-9a-f]{40}$`).MatchString(use[1]) {
			t.Errorf("%s is not one of ours, or not pinned", use[1])
		}
	}
}
