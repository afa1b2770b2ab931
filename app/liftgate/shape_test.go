package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/liftgate/liftgate/"

// top is the repository's root, seen from here.
var top = filepath.Join("..", "..")

// What each package may import of ours. The others may import everything below app/liftgate only themselves.
// Below the adapters of the forges lie rooms that know no forge: wire and reading, and forgetest, which is for tests alone.
// CVE Services are no forge, and are asked with the same care: once, in turn, for so long, up to a size.
var mayImport = map[string][]string{
	"policy":              {},
	"backport":            {"policy"},
	"backport/ranges":     {"policy", "backport"},
	"webhooks":            {"policy"},
	"app":                 {"policy", "backport", "backport/ranges", "app/store", "app/notice", "app/mail", "app/cve", "app/forge/wire"},
	"app/liftgate/config": {"policy", "backport/signing", "app/notice", "app/mail", "app/cve", "app/forge/wire"},
	"backport/signing":    {},
	"app/store":           {"policy"},
	"app/forge/forgetest": {"policy", "app/forge/sandbox"},
	"app/forge/reading":   {"policy"},
	"app/forge/wire":      {"policy"},
	"app/forge/github":    {"policy", "app/forge/reading", "app/forge/wire"},
	"app/forge/gitlab":    {"policy", "app/forge/reading", "app/forge/wire"},
	"app/forge/sandbox":   {},
	"app/notice":          {"policy"},
	"app/mail":            {"policy"},
	"app/cve":             {"policy", "app/forge/wire"},
}

// goList runs go list and gives its lines, cut into fields.
func goList(t *testing.T, args ...string) [][]string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list"}, args...)...)
	cmd.Dir = top
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var lines [][]string
	for line := range strings.Lines(string(out)) {
		lines = append(lines, strings.Fields(line))
	}
	return lines
}

// Imports point one way: policy is imported by all, the parts don't know each other, and only app/liftgate wires.
func TestImportsPointOneWay(t *testing.T) {
	for _, line := range goList(t, "-f", `{{.ImportPath}} {{join .Deps " "}}`, "./...") {
		name := strings.TrimPrefix(line[0], module)
		allowed, ruled := mayImport[within(name)]
		if !ruled {
			if !strings.HasPrefix(name+"/", "app/liftgate/") {
				t.Errorf("%s: say in mayImport what it may import", name)
			}
			continue
		}
		for _, dep := range line[1:] {
			dep, ours := strings.CutPrefix(dep, module)
			if ours && within(dep) != within(name) && !slices.Contains(allowed, dep) {
				t.Errorf("%s imports %s, directly or not", name, dep)
			}
		}
	}
}

// within is the ruled package that a package is or lies below.
func within(name string) string {
	for dir := name; dir != "."; dir = filepath.ToSlash(filepath.Dir(dir)) {
		if _, ruled := mayImport[dir]; ruled && (dir == name || dir != "app") {
			return dir
		}
	}
	return name
}

// policy decides by its input alone.
func TestPolicyIsPure(t *testing.T) {
	for _, line := range goList(t, "-deps", "-f", `{{if not .Standard}}{{.ImportPath}}{{end}}`, "./policy") {
		if len(line) > 0 && line[0] != module+"policy" {
			t.Errorf("policy depends on %s", line[0])
		}
	}
	// What it imports itself: fmt, gob and sha256 bring os and a source of entropy along, which policy has no way to.
	for _, path := range goList(t, "-f", `{{join .Imports " "}}`, "./policy")[0] {
		root, _, _ := strings.Cut(path, "/")
		if slices.Contains([]string{"net", "os", "database", "log", "syscall"}, root) || strings.HasPrefix(path, "math/rand") {
			t.Errorf("policy imports %s", path)
		}
	}
}

// The files that may look at the clock or wait for it: everywhere else time is an input.
var clocks = []string{
	"app/liftgate/main.go",
	"app/timer.go",
	"app/forge/sandbox/server.go", // a stand-in that nobody gave a clock runs by the real one
}

func TestTimeIsAnInput(t *testing.T) {
	err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := filepath.ToSlash(strings.TrimPrefix(path, top+string(filepath.Separator)))
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != top || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || slices.Contains(clocks, name) {
			return nil
		}
		return findClocks(t, path, name)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func findClocks(t *testing.T, path, name string) error {
	src, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, name, src, 0)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(parsed.Imports, func(s *ast.ImportSpec) bool { p, _ := strconv.Unquote(s.Path.Value); return p == "time" }) {
		return nil
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		pkg, ok := sel.X.(*ast.Ident)
		if ok && pkg.Name == "time" && slices.Contains([]string{"Now", "Sleep", "After", "Since", "Until", "AfterFunc", "Tick"}, sel.Sel.Name) {
			t.Errorf("%s: time.%s; take the time as an input", files.Position(n.Pos()), sel.Sel.Name)
		}
		return true
	})
	return nil
}
