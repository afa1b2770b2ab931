package backport

import (
	"fmt"
	"strings"
	"testing"
)

const lfsAttributes = "*.bin filter=lfs diff=lfs merge=lfs -text\n"

// pointer is what Git LFS stores in the place of a large file.
func pointer(content byte, size int) string {
	return fmt.Sprintf("version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n", strings.Repeat(string(content), 64), size)
}

// A pick takes files as they are stored. Pointers of Git LFS and line ends come through byte by byte, no filter is run, and where the
// sides differ in them nothing is made up.
func TestPickStoredForm(t *testing.T) {
	crlf := func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }
	for name, c := range map[string]struct {
		attributes, path          string
		base, branch, fixed, want string // want "" is a conflict
	}{
		"a pointer changes":           {lfsAttributes, "a.bin", pointer('a', 9), pointer('a', 9), pointer('b', 7), pointer('b', 7)},
		"a pointer, changed on both":  {lfsAttributes, "a.bin", pointer('a', 9), pointer('c', 9), pointer('b', 9), ""},
		"a pointer, other size":       {lfsAttributes, "a.bin", pointer('a', 9), pointer('c', 8), pointer('b', 7), ""},
		"CRLF on both":                {"", "a.c", crlf(lines(40)), crlf(lines(40, "30", "x")), crlf(lines(40, "5", "fixed")), crlf(lines(40, "5", "fixed", "30", "x"))},
		"CRLF on the branch alone":    {"", "a.c", lines(40), crlf(lines(40)), lines(40, "5", "fixed"), ""},
		"CRLF on main alone":          {"", "a.c", crlf(lines(40)), lines(40), crlf(lines(40, "5", "fixed")), ""},
		"CRLF in a checkout":          {"*.c text eol=crlf\n", "a.c", lines(40), lines(40, "30", "x"), lines(40, "5", "fixed"), lines(40, "5", "fixed", "30", "x")},
		"a union driver takes both":   {"a.c merge=union\n", "a.c", lines(3), lines(3) + "x\n", lines(3) + "fixed\n", lines(3) + "x\nfixed\n"},
		"no end of line, then an end": {"", "a.c", lines(40) + "end", lines(40) + "end", lines(40) + "end\n", lines(40) + "end\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWork(t)
			w.write(".gitattributes", c.attributes)
			w.git("config", "core.autocrlf", "false")
			w.write(c.path, c.base)
			w.commit("Start")
			w.git("branch", "stable")
			w.write(c.path, c.fixed)
			fix := w.commit("Fix")
			w.git("switch", "--quiet", "stable")
			w.write(c.path, c.branch)
			w.commit("Branch")
			e := testStore(t, w)
			got := plan(t, e, Plan{Main: []SHA{fix}, Onto: w.sha("stable")})
			if c.want == "" {
				if got.Result.Conflict == nil || got.Draft != nil {
					t.Fatalf("%v, a draft: %v", got, got.Draft != nil)
				}
				return
			}
			if got.Result.Picked == nil {
				t.Fatal(got)
			}
			if text := w.show(e, got.Result.Picked.Head, c.path); text != c.want {
				t.Errorf("%q", text)
			}
		})
	}
}
