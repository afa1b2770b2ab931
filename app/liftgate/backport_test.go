package main

import (
	"encoding/json"
	"os"
	"path/filepath"
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
