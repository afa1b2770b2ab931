package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A clone that somebody else made names programs wherever git would run one. None is run, whatever is asked of it.
func TestNothingOfACloneIsRun(t *testing.T) {
	dir, git := cloneWith(t)
	fix := git("rev-parse", "main")
	trap := filepath.Join(t.TempDir(), "trap")
	ran := trap + ".ran"
	if err := os.WriteFile(trap, []byte("#!/bin/sh\necho \"$0\" >>"+ran+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	hooks := filepath.Join(dir, "..", "hooks")
	for _, at := range []string{hooks, filepath.Join(dir, ".git", "hooks")} {
		if err := os.MkdirAll(at, 0o700); err != nil {
			t.Fatal(err)
		}
		for _, hook := range []string{"pre-receive", "update", "post-receive", "post-update", "reference-transaction", "proc-receive", "pre-auto-gc", "push-to-checkout"} {
			if err := os.Symlink(trap, filepath.Join(at, hook)); err != nil && !os.IsExist(err) {
				t.Fatal(err)
			}
		}
	}
	for _, set := range [][2]string{
		{"core.hooksPath", hooks}, {"core.fsmonitor", trap}, {"core.alternateRefsCommand", trap}, {"core.sshCommand", trap},
		{"core.pager", trap}, {"protocol.allow", "always"}, {"protocol.ext.allow", "always"},
		{"remote.origin.url", "ext::" + trap}, {"remote.origin.promisor", "true"}, {"remote.origin.partialclonefilter", "blob:none"},
		{"remote.origin.uploadpack", trap}, {"extensions.partialClone", "origin"}, {"core.repositoryFormatVersion", "1"},
	} {
		git("config", set[0], set[1])
	}
	missing := "1111111111111111111111111111111111111111"
	for _, args := range [][]string{
		{"--onto", missing, fix}, {"--onto", "newer", missing}, {"--onto", "newer", missing + "..main"},
		{"--onto", "newer", fix, "--write", "written"},
	} {
		c, out, errs := captured(time.Now)
		cmd := backportCommand(c)
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		cmd.SetArgs(append([]string{"--repo", dir}, args...))
		code := c.finish(cmd.ExecuteContext(t.Context()))
		if written := args[len(args)-1] == "written"; written != (code == 0) {
			t.Errorf("%v: exit code %d\n%s%s", args, code, out, errs)
		}
		if by, err := os.ReadFile(ran); err == nil {
			t.Fatalf("%v ran %s", args, by)
		}
	}
	git("config", "core.hooksPath", "/dev/null")
	git("config", "core.fsmonitor", "false")
	if got := git("log", "-1", "--format=%s", "written"); got != "Fix" {
		t.Errorf("written is %q", got)
	}
}

// What a clone does not have, or not in a form that is understood, is said with what helps.
func TestClonesThatLackSomething(t *testing.T) {
	whole, git := cloneWith(t)
	git("config", "uploadpack.allowFilter", "true")
	dir := t.TempDir()
	partial, sha256 := filepath.Join(dir, "partial"), filepath.Join(dir, "sha256")
	git("clone", "--quiet", "--bare", "--filter=blob:none", "file://"+whole, partial)
	git("init", "--quiet", "--object-format=sha256", "--initial-branch=main", sha256)
	git("-C", sha256, "commit", "--quiet", "--allow-empty", "-m", "Start")
	for _, test := range []struct{ repo, want string }{
		{partial, "git fetch --refetch --no-filter"},
		{sha256, "SHA-256"},
	} {
		for _, args := range [][]string{
			{"backport", "--repo", test.repo, "--onto", "main", "main"}, {"backport", "--repo", test.repo, "--onto", "older", "main"},
			{"backport", "--repo", test.repo, "--onto", "older,newer", "main"}, {"affected", "--repo", test.repo, "--fix", "main", "older"},
		} {
			c, out, errs := captured(time.Now)
			if code := run(t.Context(), c, args); code == 0 && args[4] == "main" {
				continue // its own history tells that
			} else if code != exitUsage || !strings.Contains(out.String()+errs.String(), test.want) {
				t.Errorf("%v: exit code %d\n%s%s", args, code, out, errs)
			}
		}
	}
}

// A name means what it means in the history as it is, whatever the clone puts in its place, and a range is taken whole or not at all.
func TestNamesOfAClone(t *testing.T) {
	dir, git := cloneWith(t)
	at := clone(filepath.Join(dir, ".git"))
	want := git("rev-parse", "newer")
	git("replace", "--graft", "main", "older")
	if got, err := at.commit(t.Context(), "main~1"); err != nil || string(got) != want {
		t.Errorf("%s, want %s: %v", got, want, err)
	}
	git("replace", "--delete", git("rev-parse", "main"))
	graft := git("rev-parse", "main") + " " + git("rev-parse", "older") + "\n"
	if err := os.MkdirAll(filepath.Join(dir, ".git", "info"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, ".git", "info", "grafts"), []byte(graft), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := at.commits(t.Context(), "older..main"); err != nil || len(got) != 2 || string(got[0]) != want {
		t.Errorf("%s, want %s first: %v", got, want, err)
	}
	var long strings.Builder
	for i := range maxRange + 1 {
		fmt.Fprintf(&long, "commit refs/heads/long\ncommitter Ann <ann@example.org> %d +0000\ndata 0\n", 1_700_000_000+i)
	}
	cmd := exec.CommandContext(t.Context(), "git", "-C", dir, "fast-import", "--quiet")
	if cmd.Stdin = strings.NewReader(long.String()); cmd.Run() != nil {
		t.Fatal("git fast-import failed")
	}
	if got, err := at.commits(t.Context(), "main..long"); err == nil {
		t.Errorf("%d commits of a longer range", len(got))
	}
	if got, err := at.commits(t.Context(), "main..long~1"); err != nil || len(got) != maxRange {
		t.Errorf("%d commits: %v", len(got), err)
	}
}
