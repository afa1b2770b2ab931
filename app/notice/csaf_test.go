package notice

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// judge runs the validator of the CSAF community: the tests that must pass, and those that should, but for the two that want a
// score and an identifier of each product, which not every notice has.
const judge = `
import { readFileSync } from 'node:fs'
const from = async (name) => import(process.argv[1] + '/' + name)
const { default: validate } = await from('validate.js')
const { optionalTest_6_2_3, optionalTest_6_2_16, ...optional } = await from('optionalTests.js')
const { csaf_2_0_strict } = await from('schemaTests.js')
const tests = [csaf_2_0_strict, ...Object.values(await from('mandatoryTests.js')), ...Object.values(optional)]
for (const doc of JSON.parse(readFileSync(0, 'utf8'))) {
  const result = await validate(tests, doc)
  for (const t of result.tests) for (const e of [...t.errors, ...t.warnings]) console.log(doc.document.tracking.id, t.name, e.instancePath, e.message)
}
console.log('judged by', tests.length)
`

// validCSAF hands documents to the independent validator.
func validCSAF(t *testing.T, documents ...string) {
	t.Helper()
	validator := os.Getenv("LIFTGATE_CSAF_VALIDATOR")
	if validator == "" {
		t.Skip("LIFTGATE_CSAF_VALIDATOR does not name the unpacked npm package @secvisogram/csaf-validator-lib")
	}
	cmd := exec.CommandContext(t.Context(), "node", "--input-type=module", "--eval", judge, validator)
	cmd.Stdin, cmd.Stderr = strings.NewReader("["+strings.Join(documents, ",")+"]"), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := string(out); !strings.HasPrefix(got, "judged by ") || len(strings.Fields(got)[2]) < 2 {
		t.Errorf("%.5000s", got)
	}
}

// csafOf renders those that CSAF can tell of.
func csafOf(t *testing.T, records ...*Record) []string {
	t.Helper()
	var documents []string
	for _, r := range records {
		text, err := Render("csaf", r, Libvirt())
		if err != nil {
			if r.csafRefuses() == nil {
				t.Error(err)
			}
			continue
		}
		documents = append(documents, string(text))
	}
	return documents
}

// strange are notices that Check accepts, of the hundreds that are drawn.
func strange(t *testing.T) []*Record {
	t.Helper()
	var records []*Record
	for seed := range 300 {
		if r := anyRecord().Example(seed); r.Check() == nil {
			records = append(records, r)
		}
	}
	if len(records) < 50 {
		t.Fatalf("only %d of 300 are accepted", len(records))
	}
	return records
}

// The sample, every real notice and the strangest ones pass the official schema and the independent validator.
func TestCSAF(t *testing.T) {
	records := []*Record{mustParse(t, sample), mustParse(t, uneven)}
	for _, file := range realNotices(t) {
		records = append(records, mustParse(t, readFile(t, file)))
	}
	documents := csafOf(t, records...)
	if len(documents) < len(records)*9/10 {
		t.Errorf("only %d of %d can be written", len(documents), len(records))
	}
	documents = append(documents, csafOf(t, strange(t)...)...)
	s := schema(t, "csaf-2.0-csaf_json_schema.json")
	for _, text := range documents {
		valid(t, s, text)
	}
	validCSAF(t, documents...)
}

// A reader who knows the site alone finds the feed, and in it every advisory with its checksums.
func TestCSAFProvider(t *testing.T) {
	records := []*Record{mustParse(t, sample)}
	for _, file := range realNotices(t) {
		records = append(records, mustParse(t, readFile(t, file)))
	}
	site := siteOf(t, records...)
	read := func(address string, into any) string {
		text := site[strings.TrimPrefix(address, Libvirt().Site)]
		if err := json.Unmarshal([]byte(text), into); err != nil {
			t.Fatalf("%s: %v", address, err)
		}
		return text
	}
	var provider csafProvider
	var feed rolieDocument
	valid(t, schema(t, "csaf-2.0-provider_json_schema.json"), read(Libvirt().Site+".well-known/csaf/provider-metadata.json", &provider))
	address := provider.Distributions[0].ROLIE.Feeds[0].URL
	read(address, &feed)
	if len(feed.Feed.Entry) != len(csafOf(t, records...)) || feed.Feed.Link[0].Href != address || feed.Feed.Entry[0].ID != "LSN-2026-0007" {
		t.Errorf("the feed has %d entries: %+v", len(feed.Feed.Entry), feed.Feed.Link)
	}
	for _, entry := range feed.Feed.Entry {
		var got csafAdvisory
		text, name := read(entry.Content.Src, &got), filepath.Base(entry.Content.Src)
		if self := got.Document.References[0]; self.URL != entry.Content.Src || got.Document.Tracking.ID != entry.ID || entry.Link[0].Href != self.URL {
			t.Errorf("%s is %s, of %s", entry.ID, got.Document.Tracking.ID, self.URL)
		}
		for i, want := range []string{fmt.Sprintf("%x  %s\n", sha256.Sum256([]byte(text)), name), fmt.Sprintf("%x  %s\n", sha512.Sum512([]byte(text)), name)} {
			if sum := site[strings.TrimPrefix(entry.Link[i+1].Href, Libvirt().Site)]; sum != want {
				t.Errorf("%s: %q, want %q", entry.Link[i+1].Href, sum, want)
			}
		}
	}
	if _, there := site["csaf/white/2026/lsn-2026-0007.json"]; !there {
		t.Error("the sample is not where the standard has it")
	}
	t.Run("ROLIE", func(t *testing.T) { valid(t, rolieSchema(t), site[csafFeedFile]) })
}

// rolieSchema is OASIS's own for feeds.
func rolieSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	file := os.Getenv("LIFTGATE_ROLIE_SCHEMA")
	if file == "" {
		t.Skip("LIFTGATE_ROLIE_SCHEMA does not name OASIS's ROLIE_feed_json_schema.json, which is in the module github.com/gocsaf/csaf/v3")
	}
	return compileFile(t, file)
}

// Without TLS nobody is a CSAF provider, and a notice that names no product is no advisory.
func TestNoCSAF(t *testing.T) {
	look := Libvirt()
	look.Site = "http://security.libvirt.org/"
	plain, bare := mustParse(t, sample), mustParse(t, sample)
	bare.Products = nil
	for _, test := range []struct {
		record *Record
		look   Look
	}{{plain, look}, {bare, Libvirt()}} {
		files, err := Site([]*Record{test.record}, test.look)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if strings.Contains(f.Path, "csaf") {
				t.Errorf("%s is there", f.Path)
			}
		}
	}
}

// What CSAF can't say truly is refused, with the field named.
func TestCSAFRefuses(t *testing.T) {
	for _, test := range []struct{ old, new, want string }{
		{"[1.11]", "[1.10]", "products[0].branches: the same tag is vulnerable and fixed"},
		{"products:\n", "products:\n  - {name: app, repository: other}\n", "products[1].name:"},
		{sample[strings.Index(sample, "products:"):], "", "products: none has a branch"},
	} {
		if _, err := Render("csaf", mustParse(t, strings.Replace(sample, test.old, test.new, 1)), Libvirt()); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%.40q: got %v, want %s", test.new, err, test.want)
		}
	}
}

// A name that says "all" or "prior" would be taken for a range of versions, and an at sign for what parts a name from a version.
func TestCSAFVersions(t *testing.T) {
	for tag, want := range map[string]csafBranch{
		"v1.0":        {Category: "product_version", Product: &csafProduct{Helper: &csafHelper{"pkg:generic/a%20b@v1.0"}}},
		"release-all": {Category: "patch_level", Product: &csafProduct{Helper: &csafHelper{"pkg:generic/a%20b@release-all"}}},
		"app@1.0+x/y": {Category: "product_version", Product: &csafProduct{Helper: &csafHelper{"pkg:generic/a%20b@app%401.0%2Bx%2Fy"}}},
	} {
		p := Product{Name: "a b"}
		if got := p.csafVersion(tag); got.Category != want.Category || *got.Product.Helper != *want.Product.Helper || got.Product.ID != "a b:"+tag {
			t.Errorf("%s: got %s, %+v", tag, got.Category, got.Product.Helper)
		}
	}
}
