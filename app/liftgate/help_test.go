package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
)

// captured is a console whose output is kept.
func captured(now func() time.Time) (c *console, out, errs *bytes.Buffer) {
	out, errs = &bytes.Buffer{}, &bytes.Buffer{}
	return &console{in: strings.NewReader(""), out: out, err: errs, now: now, pause: pause}, out, errs
}

// Every command tells one example, what it changes, and its exit codes.
func TestEveryHelpIsComplete(t *testing.T) {
	c, _, _ := captured(time.Now)
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
		if !cmd.HasParent() {
			return
		}
		if !strings.Contains(cmd.Example, "liftgate") {
			t.Errorf("%s: no example", cmd.CommandPath())
		}
		if !regexp.MustCompile(`Exit codes?:|Exits `).MatchString(cmd.Long) {
			t.Errorf("%s: no exit codes", cmd.CommandPath())
		}
		if play := cmd.Name() == "demo" || cmd.Name() == "sandbox"; !play && !strings.Contains(cmd.Long, "Changes:") {
			t.Errorf("%s: does not say what it changes", cmd.CommandPath())
		}
		for line := range strings.Lines(cmd.Long) {
			if len(line) > 126 {
				t.Errorf("%s: a long line: %s", cmd.CommandPath(), line)
			}
		}
	}
	walk(rootCommand(c))
}

func TestExitCodes(t *testing.T) {
	for _, test := range []struct {
		args string
		want int
	}{
		{"version", 0}, {"--help", 0}, {"help lift", 0}, {"config", 0}, {"config schema project", 0},
		{"frob", exitUsage}, {"version extra", exitUsage}, {"version --frob", exitUsage}, {"config check", exitUsage},
		{"config check /nowhere/liftgate.yml", exitUsage}, {"serve --config /nowhere/liftgate.yml", exitUsage},
		{"rehearse LSN-2026-0001", exitUsage}, {"lift LSN-2026-0001 --as mia --now=", exitUsage},
		{"backport --repo /nowhere --onto main x", exitUsage},
	} {
		c, _, errs := captured(time.Now)
		if got := run(t.Context(), c, strings.Fields(test.args)); got != test.want {
			t.Errorf("liftgate %s: exit code %d, want %d: %s", test.args, got, test.want, errs)
		}
		if test.want != 0 && !strings.HasPrefix(errs.String(), "liftgate: ") {
			t.Errorf("liftgate %s: says %q", test.args, errs)
		}
	}
}

func TestOneLine(t *testing.T) {
	for words, want := range map[string]string{
		"plain": "plain", "a\nb\tc": "a b c", "\x1b[31mred": "[31mred", "a\u202eb": "ab", "\x00\x7f\u009b": "", "héé ✓": "héé ✓",
	} {
		if got := oneLine(words); got != want {
			t.Errorf("oneLine(%q) = %q, want %q", words, got, want)
		}
	}
	if got := codeLine("\tif\x1b (x)\r\n"); got != "\tif (x)" {
		t.Errorf("codeLine = %q", got)
	}
}
