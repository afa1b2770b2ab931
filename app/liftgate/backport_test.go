package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/backport"
)

// Scripts read the first line and the exit code, programs the JSON: both say the same word, whatever the backport comes to.
func TestBackportWords(t *testing.T) {
	dir, git := cloneWith(t)
	branch := func(name, from, text string) {
		t.Helper()
		git("switch", "--quiet", "-c", name, from)
		if err := os.WriteFile(filepath.Join(dir, "parse.c"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		git("commit", "--quiet", "--all", "-m", "On "+name)
	}
	branch("far", "newer", "one\nno bug of this kind\n")
	branch("adapted", "far", "one\nfixed in another way\n")
	branch("near", "newer", "first\nbug\n")
	git("switch", "--quiet", "main")
	for _, test := range []struct {
		args         []string
		want, inJSON string // want "tree" is any
		code         int
	}{
		{[]string{"--onto", "newer"}, "tree", "clean", 0},
		{[]string{"--onto", "newer", "--drafts"}, "tree", "clean", 0},
		{[]string{"--onto", "far"}, "conflict", "conflict", exitFailed},
		{[]string{"--onto", "far", "--drafts"}, "conflict", "conflict", exitFailed},
		{[]string{"--onto", "far", "--chain", "adapted"}, "tree", "clean", 0},
		{[]string{"--onto", "near"}, "draft", "draft", exitFailed},
		{[]string{"--onto", "near", "--drafts"}, "tree", "draft", exitFailed},
		{[]string{"--onto", "main"}, "already-fixed", "already-fixed", 0},
		{[]string{"--onto", "older", "--introduced", "newer"}, "not-affected", "not-affected", 0},
		{[]string{"--onto", "newer", "--introduced", "newer"}, "tree", "clean", 0},
		{[]string{"--onto", "newer", "--mainline", "2"}, "tree", "clean", 0}, // no merge: it has but one parent
	} {
		run := func(more ...string) string {
			c, out, errs := captured(time.Now)
			cmd := backportCommand(c)
			cmd.SilenceErrors, cmd.SilenceUsage = true, true
			cmd.SetArgs(append(append([]string{"--repo", dir, "main"}, test.args...), more...))
			if code := c.finish(cmd.ExecuteContext(t.Context())); code != test.code {
				t.Errorf("%v: exit code %d, want %d\n%s", test.args, code, test.code, errs)
			}
			return out.String()
		}
		first, _, _ := strings.Cut(run("--print-tree"), "\n")
		if backport.SHA(first).Valid() {
			first = "tree"
		}
		if first != test.want {
			t.Errorf("%v: %q, want %q", test.args, first, test.want)
		}
		var view struct{ Result string }
		if err := json.Unmarshal([]byte(run("--json")), &view); err != nil || view.Result != test.inJSON {
			t.Errorf("%v: %q in JSON, want %q: %v", test.args, view.Result, test.inJSON, err)
		}
	}
}

// A conflict is told as data: what git's own index has of it, and the lines of each side.
func TestBackportConflictIsData(t *testing.T) {
	dir, git := cloneWith(t)
	git("switch", "--quiet", "-c", "far", "newer")
	if err := os.WriteFile(filepath.Join(dir, "parse.c"), []byte("one\nno bug of this kind\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	git("commit", "--quiet", "--all", "-m", "On far")
	c, out, _ := captured(time.Now)
	cmd := backportCommand(c)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs([]string{"--repo", dir, "--onto", "far", "--json", "main"})
	if code := c.finish(cmd.ExecuteContext(t.Context())); code != exitFailed {
		t.Fatalf("exit code %d", code)
	}
	var view pickView
	if err := json.Unmarshal(out.Bytes(), &view); err != nil || len(view.Files) != 1 || len(view.Files[0].Hunks) != 1 {
		t.Fatalf("%v\n%s", err, out)
	}
	if string(view.AtOnto) != git("rev-parse", "far") || string(view.At) != git("rev-parse", "main") {
		t.Errorf("of %s onto %s", view.At, view.AtOnto)
	}
	f, stages := view.Files[0], ""
	for _, s := range f.Stages {
		stages += fmt.Sprintf("%s %s %d\t%s\n", s.Mode, s.Object, s.Stage, f.Path)
	}
	git("update-index", "--refresh")
	if err := exec.CommandContext(t.Context(), "git", "-C", dir, "cherry-pick", "main").Run(); err == nil {
		t.Fatal("git has no conflict here")
	}
	if want := git("ls-files", "--unmerged"); strings.TrimSpace(stages) != want {
		t.Errorf("stages\n%s\ngit has\n%s", stages, want)
	}
	if h := f.Hunks[0]; h.Base.Text != "bug\n" || h.Ours.Text != "no bug of this kind\n" || h.Theirs.Text != "fixed\n" || h.Ours.First != 2 || h.Ours.Count != 1 {
		t.Errorf("%+v", h)
	}
}

// Two paths are two in JSON, whatever bytes they are of.
func TestBackportPathsOfAnyByte(t *testing.T) {
	dir, git := cloneWith(t)
	write := func(text string) {
		t.Helper()
		for _, name := range []string{"\xff\n", "\xfe\n", "plain \"ü\""} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		git("add", ".")
		git("commit", "--quiet", "-m", "Write "+text)
	}
	write("one\n")
	git("branch", "far")
	write("two\n")
	fix := git("rev-parse", "HEAD")
	git("switch", "--quiet", "far")
	write("three\n")
	c, out, errs := captured(time.Now)
	if code := run(t.Context(), c, []string{"backport", "--repo", dir, "--onto", "far", "--json", fix}); code != exitFailed {
		t.Fatalf("exit code %d, %s", code, errs)
	}
	var view pickView
	if err := json.Unmarshal(out.Bytes(), &view); err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, f := range view.Files {
		paths = append(paths, f.Path)
	}
	if want := []string{`plain "ü"`, `"\xfe\n"`, `"\xff\n"`}; !slices.Equal(paths, want) {
		t.Errorf("%q, want %q", paths, want)
	}
	c, out, _ = captured(time.Now)
	if run(t.Context(), c, []string{"affected", "--repo", dir, "--fix", fix, "--json", "older"}); !strings.Contains(out.String(), `"\"\\xff\\n\""`) {
		t.Errorf("%s", out)
	}
}
