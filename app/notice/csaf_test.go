package notice

import (
	"os"
	"os/exec"
	"strings"
	"testing"
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
				t.Errorf("%+v: %v", r, err)
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
	for seed := range 600 {
		if r := anyRecord().Example(seed); r.Check() == nil {
			records = append(records, r)
		}
	}
	if len(records) < 50 {
		t.Fatalf("only %d of 600 are accepted", len(records))
	}
	return records
}

// The sample, every real notice and the strangest ones pass the official schema and the independent validator.
func TestCSAF(t *testing.T) {
	records := []*Record{mustParse(t, sample)}
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
