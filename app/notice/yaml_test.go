package notice

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestYAMLIsText(t *testing.T) {
	r := mustParse(t, sample)
	if got := strings.Join(r.Products[0].Branches[0].Vulnerable.Tags, " "); got != "1.9 1.10" {
		t.Errorf("tags %s", got)
	}
	if got := r.Lifecycle.Fixed.String(); got != "2026-11-17" {
		t.Errorf("fixed %s", got)
	}
}

// Words that mean something to YAML, and white space that it likes to lose.
var wordsOfYAML = []string{
	"null", "~", "no", "1e3", "0x1F", "1_000", "+1", ".inf", "2026-01-01", "- a", "# x", ": x", "x:", "? x", "'", `"`, "|", ">", "...", "---", "&a", "*a",
	"!x", "%x", "@x", "`x", "{a", "[b", "a,", "<<", "=", "a\tb", "\ta", "a: b", "a #b", `\n`, "'a'", `a"b'c`, "  x", "x  ", "\na", "a\n\n\nb", "a\n\n", "a \nb",
	"a\n# b\n", "---\na\n", "a\n...\nb", "a\n\tb", "a\nb: c\n", "- a\n- b\n", "a\u00a0", "a\u200bb", "|\n x",
}

// A notice that was written in YAML says the same when it is read, whatever its texts are.
func TestYAMLKeepsTexts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.SampledFrom(wordsOfYAML), rapid.String())
		r := anyRecord().Draw(t, "record")
		told := []*string{&r.Summary, &r.Description, &r.Impact, &r.Workaround, &r.ByHand}
		for i := range r.Credits {
			told = append(told, &r.Credits[i].Name)
		}
		for _, s := range told {
			*s = text.Draw(t, "text")
		}
		if r.Check() != nil {
			t.Skip()
		}
		written, err := Render("yaml", r, Libvirt())
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse(written)
		if err != nil {
			t.Fatalf("%v\n%s", err, written)
		}
		same := r.Summary == again.Summary && r.Description == again.Description && r.Impact == again.Impact && r.Workaround == again.Workaround
		if !same || r.ByHand != again.ByHand || !slices.Equal(r.Credits, again.Credits) {
			t.Fatalf("%+v became %+v\n%s", r, again, written)
		}
	})
}

// What would be too long to be read is not written.
func TestYAMLIsBounded(t *testing.T) {
	r := mustParse(t, sample)
	r.Products[0].Branches[0].Fixed.Changes = slices.Repeat([]string{strings.Repeat("1", 64)}, 5000)
	r.Products[0].Branches = slices.Repeat(r.Products[0].Branches[:1], 4)
	if _, err := Render("yaml", r, Libvirt()); err == nil || !strings.Contains(err.Error(), "at most 1048576 are read again") {
		t.Errorf("got %v", err)
	}
}
