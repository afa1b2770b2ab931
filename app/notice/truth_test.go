package notice

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// uneven is a notice whose branches are in every state: fixed with a release and without one, not fixed, and at an end. Two
// changes brought the bug, and one of them to a branch without a fix alone.
const uneven = `id: 2026-0007
summary: Overflow in the parser of headers
description: A long header overflows a buffer.
lifecycle: {reported: 2026-11-02, published: 2026-11-17}
references:
  advisories: [{type: CVE, id: 2026-12345}, {type: GHSA, id: 23fc-5gqx-vm89}, {type: XSA, id: 400}]
products:
  - name: app
    repository: octo/app
    branches:
      - name: main
        vulnerable: {tags: [v1.8.0, v1.10.0], changes: [1111111111111111111111111111111111111111]}
        fixed: {tags: [v1.11.0], changes: [2222222222222222222222222222222222222222]}
      - name: stable-1.9
        vulnerable: {tags: [v1.9.0], changes: [1111111111111111111111111111111111111111]}
        fixed: {changes: [3333333333333333333333333333333333333333]}
      - name: stable-1.8
        vulnerable: {tags: [v1.8.0, v1.8.1], changes: [4444444444444444444444444444444444444444]}
      - name: stable-1.7
        vulnerable: {changes: [1111111111111111111111111111111111111111]}
        ended: 2026-01-31
`

func rendered[T any](t *testing.T, format, text string) T {
	t.Helper()
	written, err := Render(format, mustParse(t, text), withCNA())
	if err != nil {
		t.Fatal(err)
	}
	var v T
	if err := json.Unmarshal(written, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// Whoever has a branch without a fix is told so, and not that there is one.
func TestCSAFRemedies(t *testing.T) {
	got := rendered[csafAdvisory](t, "csaf", uneven).Vulnerabilities[0]
	want := map[string]string{
		"vendor_fix":     "app:v1.8.0 app:v1.10.0 app:branch main without the fix app:v1.9.0 app:branch stable-1.9 without the fix",
		"none_available": "app:v1.8.1 app:branch stable-1.8 without the fix",
		"no_fix_planned": "app:branch stable-1.7 without the fix",
	}
	var told []string
	for _, remedy := range got.Remediations {
		if is := strings.Join(remedy.Products, " "); is != want[remedy.Category] {
			t.Errorf("%s: %s", remedy.Category, is)
		}
		told = append(told, remedy.Products...)
	}
	if slices.Sort(told); len(got.Remediations) != 3 || !slices.Equal(told, slices.Sorted(slices.Values(got.Status.Affected))) {
		t.Errorf("of %q it says what to do for %q", got.Status.Affected, told)
	}
	if early := rendered[csafAdvisory](t, "csaf", bare(uneven)).Vulnerabilities[0]; len(early.Status.Affected) != 4 || len(early.Remediations) != 2 {
		t.Errorf("before anything is known: %+v", early)
	}
}

// bare is a notice whose branches are affected, and nobody knows since when.
func bare(text string) string {
	var kept []string
	for line := range strings.Lines(text) {
		if !strings.Contains(line, "vulnerable: {") && !strings.Contains(line, "fixed: {") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}

// A CVE record tells of branches without a fix too, as far as its versions can.
func TestCVEWithoutFix(t *testing.T) {
	of := func(text string) []cveVersion { return rendered[cveContainer](t, "cve", text).Affected[0].Versions }
	one, other := strings.Repeat("1", 40), strings.Repeat("4", 40)
	got := of(uneven)
	for _, want := range []cveVersion{{one, "affected", "git", strings.Repeat("2", 40)}, {one, "affected", "git", strings.Repeat("3", 40)}, {other, "affected", "git", ""}} {
		if !slices.Contains(got, want) {
			t.Errorf("lacks %v: %v", want, got)
		}
	}
	if len(got) != 8 {
		t.Errorf("got %v", got)
	}
	var unfixed []string
	for line := range strings.Lines(uneven) {
		if !strings.Contains(line, "fixed: {") {
			unfixed = append(unfixed, line)
		}
	}
	if got := of(strings.Join(unfixed, "")); !slices.Contains(got, cveVersion{one, "affected", "git", "*"}) || !slices.Contains(got, cveVersion{other, "affected", "git", "*"}) {
		t.Errorf("nothing is fixed: %v", got)
	}
	if got := of(bare(uneven)); !slices.Equal(got, []cveVersion{{"0", "affected", "git", "*"}}) {
		t.Errorf("nothing is known: %v", got)
	}
}

// Numbers of the same vulnerability are aliases, and others are not.
func TestAliases(t *testing.T) {
	record := rendered[osvRecord](t, "osv", uneven)
	if !slices.Equal(record.Aliases, []string{"CVE-2026-12345", "GHSA-23fc-5gqx-vm89"}) || !slices.Equal(record.Related, []string{"XSA-400"}) {
		t.Errorf("OSV: %q, %q", record.Aliases, record.Related)
	}
	about := rendered[vexDocument](t, "openvex", uneven).Statements[0].Vulnerability
	if about.Name != "CVE-2026-12345" || !slices.Equal(about.Aliases, []string{"LSN-2026-0007", "GHSA-23fc-5gqx-vm89"}) {
		t.Errorf("OpenVEX: %+v", about)
	}
}

// A release that is vulnerable and fixed at once is in no record that programs read.
func TestContradiction(t *testing.T) {
	r := mustParse(t, strings.Replace(uneven, "[v1.11.0]", "[v1.9.0]", 1))
	for _, format := range []string{"osv", "cve", "openvex", "csaf"} {
		if _, err := Render(format, r, withCNA()); err == nil || !strings.Contains(err.Error(), "products[0].branches: the same tag") {
			t.Errorf("%s: got %v", format, err)
		}
	}
}

// A fix on more branches than a CVE record can link is told all the same.
func TestManyReferences(t *testing.T) {
	r := mustParse(t, uneven)
	for i := range 1000 {
		sha := fmt.Sprintf("%040x", i)
		r.Products[0].Branches = append(r.Products[0].Branches, Branch{Name: "b" + sha, Fixed: Marks{Changes: []string{sha}}})
	}
	text, err := Render("cve", r, withCNA())
	if err != nil {
		t.Fatal(err)
	}
	valid(t, schema(t, "cve-5.1.1-cnaPublishedContainer.json"), string(text))
	if !strings.Contains(string(text), "/0007.html") {
		t.Error("it does not link the notice")
	}
}

// A later version is written in every format that tells of its first.
func TestLaterVersions(t *testing.T) {
	r := mustParse(t, uneven)
	r.Revisions = []Revision{{Day: onDay(1), Reason: firstVersion}, {Day: onDay(2), Reason: "main was released with the fix as v1.11.0"}}
	for _, format := range Formats() {
		if _, err := Render(format, r, withCNA()); err != nil {
			t.Errorf("%s: %v", format, err)
		}
	}
	if v := rendered[vexDocument](t, "openvex", mustRender(t, "yaml", r)).Version; v != 2 {
		t.Errorf("OpenVEX calls it version %d", v)
	}
}
