package notice

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

const sample = `id: 2026-0007
summary: Overflow in the parser of headers
description: |
  A long header overflows a buffer.

  It is reached before anybody has logged in.
impact: Anybody who can connect can stop the service.
workaround: Put a proxy in front.
severity:
  cvss_3_1: CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H
  cvss_4_0: CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:N
cwe: [CWE-787]
credits:
  - {role: reporter, name: 'Berrangé, Dan "DB"', email: dan@example.org}
  - {role: patcher, name: Mia}
  - {role: analyst, name: Ana}
lifecycle: {reported: 2026-11-02, published: 2026-11-17, fixed: 20261117}
references:
  advisories: [{type: CVE, id: 2026-12345}]
  bugs: [{tracker: redhat, id: 1043069}]
  links: [https://example.org/post?a=1&b=2]
products:
  - name: app
    repository: octo/app
    branches:
      - name: main
        vulnerable: {tags: [1.9, 1.10], changes: [1111111111111111111111111111111111111111]}
        fixed: {tags: [1.11], changes: [2222222222222222222222222222222222222222]}
      - name: stable-1.9
        vulnerable: {tags: [1.9.1], changes: [1111111111111111111111111111111111111111]}
        fixed: {changes: [3333333333333333333333333333333333333333]}
`

// What no notice may hold is refused, the field is named, and what it holds is not repeated.
func TestHostileNotices(t *testing.T) {
	for _, test := range []struct{ old, new, want string }{
		{"id: 2026-0007", "id: LSN-2026-0007", "id:"},
		{"id: 2026-0007", "id: ../../etc-0007", "id:"},
		{"Overflow in", strings.Repeat("Overflow in ", 20), "summary:"},
		{"A long header", `A long header` + "\u202e", "description:"},
		{"A long header", "A long header\u2066", "description:"},
		{"Put a proxy in front.", `"Put a \x1b[31m proxy in front."`, "workaround:"},
		{"Put a proxy in front.", `"nul \0"`, "workaround:"},
		{"Put a proxy in front.", "Put a\tproxy in front.", "line 8: a tab"},
		{"A long header", strings.Repeat("A long header ", 6000), "description:"},
		{"A long header", strings.Repeat("A long header ", 800_000), "the file has"},
		{"dan@example.org", `"dan@example.org\nBcc: eve@example.org"`, "credits[0].email:"},
		{"dan@example.org", `"dan@example.org>, <eve@example.org"`, "credits[0].email:"},
		{"name: Mia", `name: "Mia\r\nBcc: eve@example.org"`, "credits[1].name:"},
		{"{role: patcher, name: Mia}", "{role: patcher}", "credits[1]:"},
		{"role: patcher", "role: emperor", "credits[1].role:"},
		{"2026-11-02", "2026-02-31", "lifecycle.reported:"},
		{"20261117", "00010101", "lifecycle.fixed:"},
		{"20261117", "99991231", "lifecycle.fixed:"},
		{"CWE-787", "787", "cwe[0]:"},
		{"AV:N/AC:L/PR", "AV:X/AC:L/PR", "severity.cvss_3_1:"},
		{"AV:N/AC:L/AT", "AV:N/AT", "severity.cvss_4_0:"},
		{"id: 2026-12345", "id: CVE-2026-12345", "references.advisories[0].id:"},
		{"id: 2026-12345", `id: "2026-12345\"><script>"`, "references.advisories[0].id:"},
		{"type: CVE", "type: cve", "references.advisories[0].type:"},
		{"{type: CVE, id: 2026-12345}", "{type: GHSA, id: GHSA-23fc-5gqx-vm89}", "references.advisories[0].id:"},
		{"tracker: redhat", "tracker: red hat", "references.bugs[0].tracker:"},
		{"https://example.org/post", "javascript:alert(1)//", "references.links[0]:"},
		{"https://example.org/post", "https://eve:secret@example.org/", "references.links[0]:"},
		{"repository: octo/app", "repository: ../../octo", "products[0].repository:"},
		{"repository: octo/app", "repository: https://e.example/?a=", "products[0].repository:"},
		{"name: main", "name: --upload-pack=x", "products[0].branches[0].name:"},
		{"name: main", `name: '"><script>'`, "products[0].branches[0].name:"},
		{"tags: [1.11]", "tags: [a..b]", "products[0].branches[0].fixed.tags[0]:"},
		{"[2222222222222222222222222222222222222222]", "[HEAD]", "products[0].branches[0].fixed.changes[0]:"},
		{"summary:", "sumary:", "line 2, column 1"},
		{"cwe: [CWE-787]", "cwe: &a [CWE-787]", "line 12"},
		{"cwe: [CWE-787]", "cwe: " + strings.Repeat("[", 5000), "line 12"},
		{"lifecycle: {reported: 2026-11-02, published: 2026-11-17, fixed: 20261117}", "lifecycle: {}", "lifecycle:"},
	} {
		text := strings.Replace(sample, test.old, test.new, 1)
		if text == sample {
			t.Fatalf("%.40s is not in the sample", test.old)
		}
		_, err := Parse([]byte(text))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%.60q: got %v, want %s", test.new, err, test.want)
		} else if strings.Contains(err.Error(), "overflows") || strings.Contains(err.Error(), "eve@") {
			t.Errorf("%.60q: the error repeats the text: %v", test.new, err)
		}
	}
}

// A link to an address is one to nobody else, with nothing written before.
func TestHostileAddress(t *testing.T) {
	r := mustParse(t, strings.Replace(sample, "dan@example.org", "dan?cc=eve@example.org", 1))
	for _, format := range []string{"libvirt-html", "osv"} {
		if text := mustRender(t, format, r); !strings.Contains(text, `"mailto:dan%3Fcc=eve@example.org"`) {
			t.Errorf("%s: %s", format, text)
		}
	}
}

// The parser's time would grow with the square of the keys: they are counted before, however they are written.
func TestManyKeys(t *testing.T) {
	var plain, lists, nested, flow strings.Builder
	for i := range 50_000 {
		fmt.Fprintf(&plain, "k%d: x\n", i)
		fmt.Fprintf(&lists, "k%d:\n- a\n", i)
		fmt.Fprintf(&nested, "  k%d: x\n", i)
		fmt.Fprintf(&flow, "k%d: x,\n", i)
	}
	for _, text := range []string{plain.String(), lists.String(), "a:\n" + nested.String(), "a:\n-\n" + nested.String(), "a: {" + flow.String() + "}"} {
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), "more than 64 keys") {
			t.Errorf("%.20q: got %v", text, err)
		}
	}
}

func TestHostileXML(t *testing.T) {
	good := mustRender(t, "libvirt-xml", mustParse(t, sample))
	for _, test := range []struct{ old, new, want string }{
		{"<security-notice", `<!DOCTYPE x [<!ENTITY a "b">]><security-notice`, "document types"},
		{"<id>", "<id>&file;", "line 2"},
		{noticeSpace, "http://example.org/", "security-notice 1.0"},
		{"<impact>", "<severity>high</severity><impact>", `"severity"`},
		{"<reporter>", "<finder><name>x</name></finder><reporter>", `"finder"`},
		{`state="fixed"`, `state="gone"`, "products[0].branches[0].tag[2]"},
		{"20261102", "20261399", "lifecycle.reported:"},
		{"<id>2026-0007</id>", strings.Repeat("<id>", 100) + strings.Repeat("</id>", 100), `"id"`},
		{"</security-notice>", "</security-notice><security-notice/>", "security-notice: it is there twice"},
		{"<summary>", "<summary>Another</summary><summary>", "summary: it is there twice"},
		{"<repository>", "<repository>octo/other</repository><repository>", "repository: it is there twice"},
		{"Overflow in", "Overflow <b>in</b>", `"b"`},
		{`type="CVE"`, `type="CVE" year="2026"`, `"year"`},
		{"<reporter>", `<reporter role="finder">`, `"role"`},
		{"<impact>", `<impact xmlns="http://example.org/">`, `"impact"`},
		{"</security-notice>", "", "line"},
	} {
		text := strings.Replace(good, test.old, test.new, 1)
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%.60q: got %v, want %s", test.new, err, test.want)
		}
	}
}

// allowed are the elements of a notice's page, and the attributes that they have.
var allowed = map[string]string{
	"html": "xmlns", "head": "", "title": "", "link": "rel type href", "meta": "http-equiv content", "body": "", "h1": "", "h2": "",
	"h3": "", "p": "class", "table": "", "tr": "", "th": "", "td": "", "ul": "", "li": "", "a": "href", "hr": "",
}

// The page is safe whatever the record holds, even if nobody has checked it.
func FuzzHTML(f *testing.F) {
	for _, s := range []string{"plain", "<script>alert(1)</script>", `"><img src=x onerror=y>`, "]]>", "&lt;", "a\x00b\u202e", "\xff", "javascript:x", "../../x"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		r := &Record{
			ID: a, Summary: b, Description: a + b, Impact: b, Workaround: a, Credits: []Credit{{Reporter, a, b}, {Patcher, "", a}, {Reporter, b, ""}},
			References: References{Advisories: []Advisory{{a, b}}, Bugs: []Bug{{b, a}}},
			Products:   []Product{{Name: a, Repository: b, Branches: []Branch{{a, Marks{[]string{b}, []string{a}}, Marks{[]string{a}, []string{b}}, Date{}}}}},
		}
		text, err := libvirtHTML(r, Libvirt())
		if err != nil {
			t.Fatal(err)
		}
		decoder := xml.NewDecoder(strings.NewReader(string(text)))
		for {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("not well formed: %v\n%s", err, text)
			}
			start, is := token.(xml.StartElement)
			if !is {
				continue
			}
			attributes, known := allowed[start.Name.Local]
			if !known {
				t.Fatalf("element %q\n%s", start.Name.Local, text)
			}
			for _, attribute := range start.Attr {
				if !strings.Contains(" "+attributes+" ", " "+attribute.Name.Local+" ") {
					t.Fatalf("attribute %q of %s", attribute.Name.Local, start.Name.Local)
				}
				if attribute.Name.Local == "href" && strings.Contains(strings.SplitN(attribute.Value, "/", 2)[0], "script:") && !strings.HasPrefix(attribute.Value, "mailto:") {
					t.Fatalf("link %q", attribute.Value)
				}
			}
		}
	})
}

// What is read is bounded and never panics, and what is accepted can be written and read again.
func FuzzParse(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte(`<security-notice xmlns="` + noticeSpace + `"><id>2026-0001</id></security-notice>`))
	f.Fuzz(func(t *testing.T, src []byte) {
		r, err := Parse(src)
		if err != nil {
			return
		}
		for _, format := range Formats() {
			text, err := Render(format, r, withCNA())
			if refuses := []string{"osv", "csaf", "cve", "openvex"}; err != nil && !slices.Contains(refuses, format) {
				t.Fatal(err)
			}
			if format == "yaml" {
				if _, err := Parse(text); err != nil {
					t.Fatalf("%v\n%s", err, text)
				}
			}
		}
	})
}
