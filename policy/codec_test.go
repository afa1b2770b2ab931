package policy

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestEverythingSurvivesStorage stores and loads outcomes of every kind; actions and advisories are checked at each decision
// of the other tests.
func TestEverythingSurvivesStorage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var in Input
		fillInto(t, &in.Outcomes)
		for _, o := range in.Outcomes {
			b, err := EncodeOutcome(o)
			if err != nil {
				t.Fatalf("encode: %v", err)
			}
			back, err := DecodeOutcome(b)
			back.Effect = o.Effect
			if err != nil || dump(back) != dump(o) {
				t.Fatalf("%v\n%s\n%s", err, dump(o), dump(back))
			}
			kind, b, err := EncodeAction(o.Effect.Do)
			if err != nil {
				t.Fatalf("encode %s: %v", kind, err)
			}
			if do, err := DecodeAction(kind, b); err != nil || dump(do) != dump(o.Effect.Do) {
				t.Fatalf("%s: %v", kind, err)
			}
		}
	})
	if _, err := DecodeAction("from-the-future", nil); err == nil || !strings.Contains(err.Error(), "unknown kind") {
		t.Errorf("an unknown kind gives %v", err)
	}
	if _, err := DecodeAdvisory([]byte("no gob")); err == nil {
		t.Error("bytes that are no advisory were decoded")
	}
}

func TestParseComment(t *testing.T) {
	for _, c := range []struct {
		name, body string
		want       []string // verb, then "|" and the arguments
	}{
		{"one", "/accept", []string{"accept|"}},
		{"arguments", "/waive stable-1.1   nobody uses it  ", []string{"waive|stable-1.1   nobody uses it"}},
		{"several, with talk between", "I think so.\r\n/accept\r\n\r\n/cve CVE-2026-1234\r\n", []string{"accept|", "cve|CVE-2026-1234"}},
		{"a quote", "> /accept", nil},
		{"indented", " /accept", nil},
		{"fenced", "```\n/accept\n```\n/reject no", []string{"reject|no"}},
		{"a path", "/usr/bin/env", nil},
		{"a comment marker", "// accept", nil},
		{"no word", "/", nil},
		{"upper case", "/ACCEPT", nil},
		{"unknown keeps its word and no more", "/explode canary", []string{"?|explode"}},
		{"the unknown verb itself", "/?", nil},
		{"too many", strings.Repeat("/help\n", 30), append(slicesOf("help|", maxCommands), "…|")},
	} {
		var got []string
		ids := map[string]bool{}
		for _, found := range ParseComment(7, "ada", opened, c.body) {
			got = append(got, string(found.Verb)+"|"+found.Args.Reveal())
			if ids[found.ID] || !strings.HasPrefix(found.ID, "comment:7:") {
				t.Errorf("%s: id %s", c.name, found.ID)
			}
			ids[found.ID] = true
		}
		if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func slicesOf(word string, n int) []string {
	return strings.Split(strings.TrimSuffix(strings.Repeat(word+"\n", n), "\n"), "\n")
}

func TestParseLabel(t *testing.T) {
	for label, want := range map[string]string{
		"accepted": "accept|", "rejected": "reject|", "public": "public|", "severity/high": "rate|high", "affects/stable/1.0": "affects|stable/1.0",
		"not-affected/main": "not-affected|main", "bug": "", "severity/": "", "waive/main": "", "Accepted": "",
	} {
		c, ok := ParseLabel(1, "ada", opened, label)
		if got := string(c.Verb) + "|" + c.Args.Reveal(); ok != (want != "") || ok && got != want {
			t.Errorf("%s: %q, %v", label, got, ok)
		}
	}
}

func TestBlanksAreNoReason(t *testing.T) {
	for words, empty := range map[string]bool{"": true, "  ": true, "\n\t": true, "x": false, " x ": false} {
		if Embargoed(words).Empty() != empty {
			t.Errorf("%q", words)
		}
	}
}
