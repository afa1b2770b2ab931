package backport

import (
	"os/exec"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestTrailersAreGits compares where the line goes with what git itself thinks is a block of trailers.
func TestTrailersAreGits(t *testing.T) {
	parts := []string{"Title", "", "Body text", "Signed-off-by: A <a@b>", "Key: value", " continued", "# comment", "(cherry picked from commit " + strings.Repeat("a", 40) + ")", "Two words: x", "-- ", "tail  "}
	if !flagGiven("rapid.checks") {
		defer setChecks(t, "60")()
	}
	rapid.Check(t, func(rt *rapid.T) {
		message := "Title\n" + strings.Join(rapid.SliceOfN(rapid.SampledFrom(parts), 1, 9).Draw(rt, "lines"), "\n") + "\n"
		cmd := exec.Command("git", "-c", "trailer.ifexists=add", "-c", "trailer.separators=:", "interpret-trailers", "--no-divider", "--trailer", "New: one")
		cmd.Stdin = strings.NewReader(message)
		out, err := cmd.Output()
		if err != nil {
			rt.Fatal(err)
		}
		before, _, _ := strings.Cut(string(out), "New: one\n")
		if got, want := endsInTrailers(message), !strings.HasSuffix(before, "\n\n"); got != want {
			rt.Fatalf("%q: trailers %v, git says %v (%q)", message, got, want, out)
		}
	})
}

func TestMessage(t *testing.T) {
	a, b, c := SHA(strings.Repeat("a", 40)), SHA(strings.Repeat("b", 40)), SHA(strings.Repeat("c", 40))
	line := func(s SHA) string { return "(cherry picked from commit " + string(s) + ")\n" }
	for name, x := range map[string]struct {
		rule   Message
		absent bool
		in     string
		want   string
	}{
		"kept":               {Message{}, false, " odd \n\n\n", " odd \n\n\n"},
		"recorded":           {Message{Record: true}, false, "T\n", "T\n\n" + line(a)},
		"recorded, no words": {Message{Record: true}, false, "", line(a)},
		"another origin":     {Message{Record: true, Origins: map[SHA]SHA{a: b}, Names: map[SHA]SHA{b: c}}, false, "T", "T\n\n" + line(c)},
		"twice":              {Message{Record: true}, false, "T\n\n" + line(b), "T\n\n" + line(b) + line(a)},
		"absent only":        {Message{Record: true}, true, "T\n\n" + line(b), "T\n\n" + line(b)},
		"renamed":            {Message{Names: map[SHA]SHA{b: c}}, true, "T\n\n" + line(b) + "\nCommit " + string(b), "T\n\n" + line(c) + "\nCommit " + string(b)},
	} {
		if got := x.rule.apply(x.in, a, x.absent); got != x.want {
			t.Errorf("%s: %q, want %q", name, got, x.want)
		}
	}
}
