package drill

import (
	"encoding/json"
	"strings"
	"testing"
)

// A report for machines has the same keys on each forge: it names the private report in the forge's own way, and its GHSA
// number is null where there is none.
func TestReportNamesTheReport(t *testing.T) {
	onEach(t, func(t *testing.T, forge string) {
		c := newCaseOn(t, forge)
		var err error
		if c.ref, err = c.as(reporter).report(t.Context(), "A flaw", "How to see it."); err != nil {
			t.Fatal(err)
		}
		report, err := c.report(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(report)
		if err != nil {
			t.Fatal(err)
		}
		want := `"report":"` + c.Public.FullName + `#1","ghsa":null,`
		if forge == onGitHub {
			want = `"report":"` + c.ref + `","ghsa":"` + c.ref + `",`
		}
		if !strings.Contains(string(text), want) || strings.HasPrefix(c.ref, "GHSA-") != (forge == onGitHub) {
			t.Errorf("%s, want %s", text, want)
		}
	})
}
