package notice

import (
	"strings"
	"time"

	"pgregory.net/rapid"
)

// anyRecord draws notices of the strangest things that Check accepts, or nearly: markup, quotes, words that mean something
// to a reader, things said twice, and lists that are empty.
func anyRecord() *rapid.Generator[*Record] {
	pick := func(of []string) *rapid.Generator[string] { return rapid.SampledFrom(of) }
	names := pick([]string{"app", `Berrangé, Dan "DB"`, "</script><script>", "pkg:npm/x@1?y#z", "100% + & = ; 名前", "..", `\u202e \n`, "__proto__", "a/b"})
	texts := pick([]string{"", "plain", "  a\n\n\n  b\t", "$ref", "]]> \"},{ '", "e\u0301 \U0001f600", strings.Repeat("<b>long</b> ", 300)})
	refs := pick([]string{"1.0", "v1.0-rc1", "release-all", "prior", "before-2", "app@1.0", "a/b/c", "1.0+dfsg", "100%", "名前", "$id", "v1.1", "v2.0.0", "x;y=z"})
	hashes := pick([]string{strings.Repeat("1", 40), strings.Repeat("2", 40), strings.Repeat("a", 64), "abcdef1", strings.Repeat("f", 40)})
	links := pick([]string{"https://example.org/", "http://example.org/?a=1&b=%22#c", "https://[::1]:8080/x", "https://example.org/" + strings.Repeat("x", 1900)})
	days := rapid.SampledFrom([]Date{{}, day(1999, 12, 31), day(2024, 2, 29), day(2026, 11, 17), day(2999, 12, 31)})
	return rapid.Custom(func(t *rapid.T) *Record {
		some := func(g *rapid.Generator[string], most int) []string { return rapid.SliceOfN(g, 0, most).Draw(t, "some") }
		r := &Record{
			ID: pick([]string{"2026-0007", "1999-123456"}).Draw(t, "id"), Summary: names.Draw(t, "summary"), Description: texts.Draw(t, "description"),
			Impact: texts.Draw(t, "impact"), Workaround: texts.Draw(t, "workaround"),
			Severity: Severity{
				pick([]string{"", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:C/C:H/I:H/A:H/E:P/RL:O/CR:H/MAV:N"}).Draw(t, "3.1"),
				pick([]string{"", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:N/E:P/U:Red"}).Draw(t, "4.0"),
			},
			CWE:       some(pick([]string{"CWE-787", "CWE-416", "CWE-999999"}), 3),
			Lifecycle: Lifecycle{days.Draw(t, "reported"), days.Draw(t, "published"), days.Draw(t, "fixed")},
		}
		for _, name := range some(names, 3) {
			email := pick([]string{"", "dan@example.org", "Dan O'Neil", "x@münchen.example"}).Draw(t, "email")
			r.Credits = append(r.Credits, Credit{pick([]string{Reporter, "tool", "other"}).Draw(t, "role"), name, email})
		}
		for _, number := range some(pick([]string{"2026-12345", "1999-0001"}), 3) {
			r.References.Advisories = append(r.References.Advisories, Advisory{pick([]string{"CVE", "CVE", "XSA"}).Draw(t, "type"), number})
			r.References.Bugs = append(r.References.Bugs, Bug{"redhat", number})
		}
		r.References.Links = some(links, 3)
		for _, name := range some(names, 3) {
			p := Product{Name: name, Repository: pick([]string{"octo/app", "app.git", "https://forge.example/x.git"}).Draw(t, "repository")}
			for _, branch := range some(refs, 3) {
				p.Branches = append(p.Branches, Branch{branch, Marks{some(refs, 3), some(hashes, 2)}, Marks{some(refs, 2), some(hashes, 2)}, days.Draw(t, "ended")})
			}
			r.Products = append(r.Products, p)
		}
		for _, reason := range some(names, 3) {
			r.Revisions = append(r.Revisions, Revision{Day: day(2026, 11, 17), Reason: reason, Advice: Yes(reason == "app")})
		}
		for _, branch := range some(refs, 2) {
			r.AddFile(branch, pick([]string{"patch", "bundle"}).Draw(t, "file"), []byte(branch))
		}
		return r
	})
}

func day(year int, month time.Month, number int) Date {
	return Date{Time: time.Date(year, month, number, 0, 0, 0, 0, time.UTC)}
}
