package notice

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// oracle is a folder of ../shared/oracles, which lies beside the repository.
func oracle(t *testing.T, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; filepath.Dir(dir) != dir; dir = filepath.Dir(dir) {
		path := filepath.Join(dir, "shared", "oracles", name)
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	t.Skipf("../shared/oracles/%s is absent", name)
	return ""
}

// real are the XML files of all real notices.
func realNotices(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(oracle(t, "libvirt-notices"), "*", "*.xml"))
	if err != nil || len(files) < 30 {
		t.Fatalf("%d notices: %v", len(files), err)
	}
	return files
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func mustParse(t *testing.T, text string) *Record {
	t.Helper()
	r, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func mustRender(t *testing.T, format string, r *Record) string {
	t.Helper()
	text, err := Render(format, r, Libvirt())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// firstDifference is where two texts part.
func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return "got  " + g[i] + "\nwant " + w[i]
		}
	}
	return "one ends where the other goes on"
}
