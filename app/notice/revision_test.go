package notice

import (
	"slices"
	"strings"
	"testing"
)

// TestRevisionsRoundTrip: a later version is read back as it was written.
func TestRevisionsRoundTrip(t *testing.T) {
	r := mustParse(t, sample)
	r.Revise(nil, 1, Revision{Day: r.Lifecycle.Published, Reason: "first version"})
	r.Revise(r, 2, Revision{Day: r.Lifecycle.Fixed, Reason: "true", Advice: true})
	text := mustRender(t, "yaml", r)
	if again := mustParse(t, text); !slices.Equal(again.Revisions, r.Revisions) || again.Version() != 2 {
		t.Errorf("%v became %v", r.Revisions, again.Revisions)
	}
	if _, err := Parse([]byte(strings.Replace(text, "advice: true", "advice: canary", 1))); err == nil || strings.Contains(err.Error(), "canary") {
		t.Errorf("no flag: %v", err)
	}
}
