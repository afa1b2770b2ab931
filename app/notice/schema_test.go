package notice

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// official finds the schemas that an official one refers to, in the folder that has them all.
type official string

func (dir official) Load(address string) (any, error) {
	for _, place := range []string{"", "first/", "csaf-2.0-"} {
		if text, err := os.ReadFile(filepath.Join(string(dir), place+path.Base(address))); err == nil {
			return jsonschema.UnmarshalJSON(bytes.NewReader(text))
		}
	}
	return nil, errors.New("no schema of " + address)
}

// schema compiles an official schema, formats included.
func schema(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	return compileFile(t, oracle(t, "schemas/"+name))
}

func compileFile(t *testing.T, file string) *jsonschema.Schema {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	compiler.UseLoader(official(filepath.Dir(file)))
	s, err := compiler.Compile(file)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func valid(t *testing.T, s *jsonschema.Schema, text string) {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(v); err != nil {
		t.Errorf("%v\n%.2000s", err, text)
	}
}

// Every real notice and the sample are valid in every format that has a schema.
func TestSchemas(t *testing.T) {
	records := []*Record{mustParse(t, sample)}
	for _, file := range realNotices(t) {
		records = append(records, mustParse(t, readFile(t, file)))
	}
	for format, name := range map[string]string{"osv": "osv.json", "openvex": "openvex.json"} {
		s := schema(t, name)
		for _, r := range records {
			valid(t, s, mustRender(t, format, r))
		}
	}
	look := Libvirt()
	look.Prefix = "OSN"
	text, err := Render("osv", records[0], look)
	if err != nil {
		t.Fatal(err)
	}
	valid(t, schema(t, "osv.json"), string(text))
}

// The CNA container is valid for the sample and for every real notice that has a number.
func TestCVESchema(t *testing.T) {
	look := Libvirt()
	look.CNA = "53f830b8-0a3f-465b-8143-3b8a9948e749"
	s := schema(t, "cve-5.1.1-cnaPublishedContainer.json")
	text, err := Render("cve", mustParse(t, sample), look)
	if err != nil {
		t.Fatal(err)
	}
	valid(t, s, string(text))
	for _, want := range []string{`"baseScore": 7.5`, `"baseScore": 8.7`, `"baseSeverity": "HIGH"`, `"lessThan": "3333333333333333333333333333333333333333"`, `"cweId": "CWE-787"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("lacks %s:\n%s", want, text)
		}
	}
	for _, file := range realNotices(t) {
		r := mustParse(t, readFile(t, file))
		text, err := Render("cve", r, look)
		if r.CVE() == "" {
			if err == nil || !strings.Contains(err.Error(), "references.advisories: there is no CVE number") {
				t.Errorf("%s: got %v", file, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		valid(t, s, string(text))
	}
}

// affected is how OSV reads a range: the ancestors of a commit, itself included, hold an introducing change and no fix.
func affected(a osvAffected, ancestors ...string) bool {
	return slices.ContainsFunc(a.Ranges, func(one osvRange) bool {
		has := func(part func(osvEvent) string) bool {
			return slices.ContainsFunc(one.Events, func(e osvEvent) bool { return slices.Contains(ancestors, part(e)) })
		}
		return has(func(e osvEvent) string { return e.Introduced }) && !has(func(e osvEvent) string { return e.Fixed })
	})
}

// A branch with part of the fix is affected, whichever part it is.
func TestPartOfAFixIsNone(t *testing.T) {
	hash := func(digit string) string { return strings.Repeat(digit, 40) }
	bug, a, b, picked := hash("1"), hash("2"), hash("4"), hash("3")
	text := strings.Replace(sample, "changes: ["+a+"]", "changes: ["+a+", "+b+"]", 1)
	var got osvRecord
	if err := json.Unmarshal([]byte(mustRender(t, "osv", mustParse(t, text))), &got); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		ancestors []string
		want      bool
	}{
		{nil, false}, {[]string{bug}, true}, {[]string{bug, a}, true}, {[]string{bug, b}, true},
		{[]string{bug, a, b}, false}, {[]string{bug, picked}, false}, {[]string{a}, false},
	} {
		if is := affected(got.Affected[0], test.ancestors...); is != test.want {
			t.Errorf("%.1s: affected %v", test.ancestors, is)
		}
	}
	if got.ID != "LSN-2026-0007" || !slices.Equal(got.Aliases, []string{"CVE-2026-12345"}) || !slices.Equal(got.Affected[0].Versions, []string{"1.9", "1.10", "1.9.1"}) {
		t.Errorf("%+v", got)
	}
}

// What a format can't say truly is refused, with the field named.
func TestFormatsRefuse(t *testing.T) {
	short := mustParse(t, strings.Replace(sample, strings.Repeat("2", 40), "2222222", 1))
	if _, err := Render("osv", short, Libvirt()); err == nil || !strings.Contains(err.Error(), "products[0].branches[0].fixed.changes[0]:") {
		t.Errorf("osv: %v", err)
	}
	if _, err := Render("cve", short, Libvirt()); err == nil || !strings.Contains(err.Error(), "cna:") {
		t.Errorf("cve: %v", err)
	}
	many := mustParse(t, sample)
	for i := range 400 {
		branch := &many.Products[0].Branches[0]
		branch.Vulnerable.Changes = append(branch.Vulnerable.Changes, fmt.Sprintf("%040x", i))
		branch.Fixed.Changes = append(branch.Fixed.Changes, fmt.Sprintf("%040x", i+1000))
	}
	for _, format := range []string{"osv", "cve"} {
		if _, err := Render(format, many, withCNA()); err == nil || !strings.Contains(err.Error(), "products[0].branches: there are more changes") {
			t.Errorf("%s: %v", format, err)
		}
	}
	short.Products[0].Branches = nil
	if _, err := Render("openvex", short, Libvirt()); err == nil || !strings.Contains(err.Error(), "products:") {
		t.Errorf("openvex: %v", err)
	}
}

func TestOpenVEX(t *testing.T) {
	var got vexDocument
	if err := json.Unmarshal([]byte(mustRender(t, "openvex", mustParse(t, sample))), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Statements) != 2 || got.Statements[0].Vulnerability.Name != "CVE-2026-12345" ||
		got.Statements[0].Action != "Update to a release with the fix: 1.11. Put a proxy in front." ||
		got.Statements[1].Products[0].ID != "pkg:generic/app@1.11" || got.Statements[1].Status != "fixed" {
		t.Errorf("%+v", got)
	}
}
