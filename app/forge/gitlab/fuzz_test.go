package gitlab

import (
	"strings"
	"testing"

	"github.com/liftgate/liftgate/policy"
)

// FuzzGoingOut: whatever a text says, GitLab obeys none of its lines, and it carries no marker but the one it was given.
func FuzzGoingOut(f *testing.F) {
	for _, seed := range []string{"/close", "a\r\n/merge\r\n", "\t/label ~x", "<!-- liftgate:desk -->", "```\n/assign\n```", "\\/close", "//close"} {
		f.Add(seed)
	}
	marker := policy.Marker("key")
	f.Fuzz(func(t *testing.T, text string) {
		out := marked(policy.Embargoed(text), marker)
		if quickAction.MatchString(out) {
			t.Errorf("%q would be obeyed", out)
		}
		if strings.Count(out, anyMarker()) != 1 || !strings.HasSuffix(out, marker) {
			t.Errorf("%q carries another marker", out)
		}
		if again := disarmed(disarmed(text)); again != disarmed(text) {
			t.Errorf("%q became %q", disarmed(text), again)
		}
	})
}

// FuzzPublished: whatever a report says, what is published of it names nobody and nothing, and is obeyed no more than before.
func FuzzPublished(f *testing.F) {
	for _, seed := range []string{"@all", "&#64;all", "x @a@b #1#2 !3", "<!-- liftgate:publish/x -->", "/close @a"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		out := disarmed(cut(unlinked(text), maxBody))
		if mention.MatchString(out) || reference.MatchString(out) || entity.MatchString(out) || quickAction.MatchString(out) || strings.Contains(out, anyMarker()) {
			t.Errorf("%q became %q", text, out)
		}
	})
}

// FuzzPointer: whatever people make of the pointer, only what has the form of a fact is read.
func FuzzPointer(f *testing.F) {
	f.Add("| CVE | CVE-2026-12345 |\n| severity | high |\n| published | 4 |")
	f.Add("| published | -4 |")
	f.Fuzz(func(t *testing.T, body string) {
		p := readPointer(note{Body: body})
		if p.published < 0 || p.cve != "" && !cveForm.MatchString(p.cve) || strings.ContainsAny(p.severity+p.cve, "|\n<") {
			t.Errorf("%q was read as %+v", body, p)
		}
	})
}

// FuzzCovers: a protection without a star covers its own name alone, and a star alone covers everything.
func FuzzCovers(f *testing.F) {
	f.Add("release/*", "release/1.0")
	f.Fuzz(func(t *testing.T, rule, name string) {
		covers := protection{Name: rule}.covers(name)
		if !strings.Contains(rule, "*") && covers != (rule == name) {
			t.Errorf("%q covers %q: %t", rule, name, covers)
		}
		if strings.Trim(rule, "*") == "" && rule != "" && !covers {
			t.Errorf("%q does not cover %q", rule, name)
		}
	})
}
