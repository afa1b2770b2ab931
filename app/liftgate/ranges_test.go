package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/liftgate/liftgate/app/notice"
	"github.com/liftgate/liftgate/backport/ranges"
)

// runNotice runs a notice command, and gives its exit code and what it wrote.
func runNotice(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	c, o, e := captured(func() time.Time { return time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC) })
	code = run(t.Context(), c, append([]string{"notice"}, args...))
	return code, o.String(), e.String()
}

const rangedNotice = `id: 2026-0007
summary: Overflow in the parser
description: A long header overflows a buffer.
lifecycle: {reported: 2026-11-02}
products:
  - name: app
    repository: octo/app
`

// What ranges prints goes into a notice as it is, and lint finds nothing wrong with it, until somebody edits it.
func TestRangesGoIntoANotice(t *testing.T) {
	dir, git := cloneWith(t)
	git("tag", "v1.0", "newer")
	git("tag", "v1.1", "main")
	git("tag", "odd\xff")
	git("switch", "--quiet", "newer")
	git("commit", "--quiet", "--allow-empty", "-m", "Release")
	git("tag", "v1.0.1")
	code, out, errs := runNotice(t, "ranges", "--repo", dir, "--fix", "main", "--introduced", "v1.0", "--tags", "v*")
	if code != 0 {
		t.Fatalf("exit code %d, %s", code, errs)
	}
	for _, remark := range []string{"# older: not affected\n", "# newer: has no fix\n"} {
		if !strings.Contains(out, remark) {
			t.Errorf("no remark %q in\n%s", remark, out)
		}
	}
	text := rangedNotice + "    " + strings.ReplaceAll(strings.TrimSpace(out), "\n", "\n    ") + "\n"
	r, err := notice.Parse([]byte(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if b := r.Products[0].Branches; len(b) != 2 || b[0].Name != "main" || b[0].Fixed.Tags[0] != "v1.1" || b[1].Vulnerable.Tags[0] != "v1.0.1" {
		t.Errorf("branches %+v", b)
	}
	file := filepath.Join(t.TempDir(), "notice.yml")
	for _, test := range []struct{ edit, into, want string }{
		{"", "", ""},
		{"- v1.1\n", "- v1.0.1\n", `products[0]: branch "main", tag "v1.0.1", commit "` + git("rev-parse", "main") + `": the tag does not contain the fix`},
		{"- v1.0.1\n", "- v1.0.7\n", `tag "v1.0.7": there is no such tag`},
		{"name: newer", "name: newest", `branch "newest": there is no such branch`},
	} {
		if err := os.WriteFile(file, []byte(strings.Replace(text, test.edit, test.into, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		code, out, errs := runNotice(t, "lint", "--repo", "app="+dir, "--tags", "v*", file)
		out = strings.ReplaceAll(out, file+": products[0].branches: 1 of 2 have no fix: newer\n", "")
		out = strings.ReplaceAll(out, file+": products[0].branches: 1 of 2 have no fix: newest\n", "")
		if code != exitFailed || errs != "" || !strings.Contains(out, test.want) || test.want == "" && out != "" {
			t.Errorf("%q: exit code %d, %q, %q", test.into, code, out, errs)
		}
	}
}

func TestRangesCommand(t *testing.T) {
	dir, git := cloneWith(t)
	git("tag", "v1.0", "newer")
	code, out, errs := runNotice(t, "ranges", "--repo", dir, "--fix", "main", "--introduced", "newer", "--branches", "main,newer", "--json")
	var view rangesView
	if err := json.Unmarshal([]byte(out), &view); err != nil || code != 0 {
		t.Fatalf("exit code %d, %v, %s", code, err, errs)
	}
	if len(view.Branches) != 2 || view.Branches[0].State != "fixed" || view.Branches[0].Fix[0].How != "ancestor" || view.Branches[1].State != "vulnerable" {
		t.Errorf("view %+v", view)
	}
	if _, out, _ := runNotice(t, "ranges", "--repo", dir, "--fix", "main"); !strings.Contains(out, "nobody knows what brought the bug") {
		t.Errorf("without --introduced: %s", out)
	}
	if _, out, _ := runNotice(t, "ranges", "--repo", dir, "--fix", "main", "--introduced", "newer", "--landed", "newer=newer"); !strings.Contains(out, "- name: newer") {
		t.Errorf("with --landed: %s", out)
	}
	shallow := filepath.Join(t.TempDir(), "shallow")
	git("clone", "--quiet", "--depth=1", "file://"+dir, shallow)
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"--repo", dir}, "say what the fix is with --fix COMMIT"},
		{[]string{"--repo", dir, "--fix", "nowhere"}, "has no commit"},
		{[]string{"--repo", dir, "--fix", "main", "--branches", "nowhere"}, `branch "nowhere": there is no such branch`},
		{[]string{"--repo", dir, "--fix", "main", "--landed", "main"}, "--landed BRANCH=COMMIT"},
		{[]string{"--repo", dir, "--fix", "main", "--tags", "[a"}, "pattern"},
		{[]string{"--repo", shallow, "--fix", "main"}, "git fetch --unshallow"},
		{[]string{"--repo", t.TempDir(), "--fix", "main"}, "is no git repository"},
	} {
		if code, out, errs := runNotice(t, append([]string{"ranges"}, test.args...)...); code != exitUsage || out != "" || !strings.Contains(errs, test.want) {
			t.Errorf("%v: exit code %d, %q, %q", test.args, code, out, errs)
		}
	}
}

// A notice with two products keeps both, and each is held against its own clone.
func TestLintKnowsEachProductsClone(t *testing.T) {
	app, git := cloneWith(t)
	git("tag", "v1.0", "newer")
	git("tag", "v1.1", "main")
	lib := filepath.Join(t.TempDir(), "lib")
	git("clone", "--quiet", app, lib)
	branch := func(fixed string) string {
		return "    branches:\n      - name: main\n        vulnerable: {tags: [v1.0], changes: [" + git("rev-parse", "newer") + "]}\n" +
			"        fixed: {tags: [" + fixed + "], changes: [" + git("rev-parse", "main") + "]}\n"
	}
	file := filepath.Join(t.TempDir(), "notice.yml")
	text := rangedNotice + branch("v1.1") + "  - name: lib\n    repository: octo/lib\n" + branch("v1.0")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		repos []string
		want  string
		code  int
	}{
		{[]string{"--repo", "app=" + app}, "", 0},
		{[]string{"--repo", "app=" + app, "--repo", "lib=" + lib}, `products[1]: branch "main", tag "v1.0", commit`, exitFailed},
		{[]string{"--repo", app}, "--repo PRODUCT=PATH", exitUsage},
	} {
		code, out, errs := runNotice(t, append(append([]string{"lint"}, test.repos...), file)...)
		out = strings.ReplaceAll(out, file+": products[1].branches[0].fixed.tags: the same tag is vulnerable too\n", "")
		if code == exitFailed && out == "" {
			code = 0 // what lint says without a clone
		}
		if code != test.code || !strings.Contains(out+errs, test.want) || strings.Contains(out, "products[0]: ") {
			t.Errorf("%v: exit code %d, %q, %q", test.repos, code, out, errs)
		}
	}
}

// Tags can have nearly any name, and YAML has a meaning for many.
func TestRangesOfOddNames(t *testing.T) {
	names := []string{"1.10", "no", "null", "0x10", "#1", "&a", "!b", "|", ">", "{a}", "a,b", "%d", "@", "'", `"`, `a"b'c`, "-", "--", "=", "é", "a#b", "<<", "1e3", "`"}
	a := &ranges.Answer{Branches: []ranges.Branch{{Name: names[0], State: ranges.Vulnerable, Vulnerable: ranges.Marks{Tags: names}}}}
	for _, name := range names {
		a.Branches = append(a.Branches, ranges.Branch{Name: name, State: ranges.NotAffected})
	}
	text, err := productText(a)
	if err != nil {
		t.Fatal(err)
	}
	var back struct {
		Branches []notice.Branch `yaml:"branches"`
	}
	if err := yaml.Unmarshal([]byte(text), &back); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if len(back.Branches) != 1 || !slices.Equal(back.Branches[0].Vulnerable.Tags, names) {
		t.Errorf("read back as %q", back.Branches)
	}
}
