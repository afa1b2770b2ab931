package config

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares text with a file below testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (go test -update writes it anew)\n%s", file, firstDifference(got, string(want)))
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("line %d\n got %s\nwant %s", i+1, g[i], w[i])
		}
	}
	return fmt.Sprintf("got %d lines, want %d", len(g), len(w))
}

// mistake is a document that is refused, and what is wrong with it.
type mistake struct{ name, text string }

// refusals writes what is said about each mistake, for a golden file that people can read as a list of our error texts.
func refusals(t *testing.T, file string, mistakes []mistake, read func(text string) error) string {
	t.Helper()
	var b strings.Builder
	for _, m := range mistakes {
		err := read(m.text)
		if err == nil {
			t.Errorf("%s: accepted", m.name)
			continue
		}
		if !strings.HasPrefix(err.Error(), file+":") {
			t.Errorf("%s: the error does not begin with the place: %v", m.name, err)
		}
		fmt.Fprintf(&b, "# %s\n%v\n\n", m.name, err)
	}
	return b.String()
}
