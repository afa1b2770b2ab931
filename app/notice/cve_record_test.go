package notice

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// listed is the sample's record as the CVE List has it.
func listed(t *testing.T, published string) string {
	t.Helper()
	container, err := Render("cve", mustParse(t, sample), withCNA())
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(`{"dataType": "CVE_RECORD", "dataVersion": "5.1.1", "cveMetadata": {"cveId": "CVE-2026-12345",
		"assignerOrgId": %q, "state": "PUBLISHED"%s}, "containers": {"cna": %s}}`, withCNA().CNA, published, container)
}

func TestReadCVE(t *testing.T) {
	official := schema(t, "cve-5.1.1-bundled.json")
	noon := time.Date(2026, 11, 17, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"": {}, "2026-11-17T12:00:00": noon, "2026-11-17T12:00:00.250Z": noon.Add(time.Second / 4), "2026-11-17T14:00:00+02:00": noon,
	} {
		published := ""
		if text != "" {
			published = fmt.Sprintf(`, "datePublished": %q`, text)
		}
		record := listed(t, published)
		valid(t, official, record)
		if got, err := ReadCVE("CVE-2026-12345", []byte(record)); err != nil || got != (CVERecord{CVEPublished, want}) {
			t.Errorf("%s: got %v, %v", text, got, err)
		}
	}
	rejected := strings.Replace(listed(t, ""), CVEPublished, CVERejected, 1)
	if got, err := ReadCVE("CVE-2026-12345", []byte(rejected)); err != nil || got.State != CVERejected {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestReadCVERefuses(t *testing.T) {
	good := listed(t, `, "datePublished": "2026-11-17T12:00:00Z"`)
	for _, test := range []struct{ old, new, want string }{
		{"CVE-2026-12345", "CVE-2026-54321", "cveMetadata.cveId:"},
		{"PUBLISHED", "RESERVED", "cveMetadata.state:"},
		{"2026-11-17T12:00:00Z", "2026-02-31T12:00:00Z", "cveMetadata.datePublished:"},
		{"5.1.1", "4.0", "dataVersion:"},
		{"CVE_RECORD", "secret", "dataVersion:"},
		{"{", "[", "cve:"},
		{good, strings.Repeat("[", MaxSize), "cve:"},
		{good, strings.Repeat(" ", MaxSize+1), "the record has"},
	} {
		_, err := ReadCVE("CVE-2026-12345", []byte(strings.Replace(good, test.old, test.new, 1)))
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%.40q: got %v, want %s", test.new, err, test.want)
		}
	}
}
