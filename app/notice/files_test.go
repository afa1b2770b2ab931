package notice

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// TestFiles: each file has its own name and checksum, and the formats that can say so say where it is.
func TestFiles(t *testing.T) {
	r := mustParse(t, sample)
	before := map[string]string{}
	for _, format := range []string{"libvirt-xml", "libvirt-text", "libvirt-html"} {
		before[format] = mustRender(t, format, r)
	}
	r.AddFile("main", "patch", []byte("first try\n"))
	files := r.AddFile("main", "patch", []byte("a patch\n"))
	if len(r.Files) != 1 || string(files["2026/0007/main.patch"]) != "a patch\n" || string(files["2026/0007/main.patch.sha256"]) != r.Files[0].SHA256+"  main.patch\n" {
		t.Errorf("%v, %q", r.Files, files)
	}
	for _, branch := range []string{"main", "stable-1", "stable/1", "stable/1.2", ".../é", "--"} {
		r.AddFile(branch, "bundle", []byte(branch))
	}
	var names []string
	for _, f := range r.Files {
		names = append(names, f.Name)
	}
	if !slices.Equal(names[:3], []string{"main.patch", "main.bundle", "stable-1.bundle"}) || names[4] != "stable-1.2.bundle" || len(r.Files) != 7 {
		t.Errorf("%q", names)
	}
	r.Files = r.Files[:4]
	if again := mustParse(t, mustRender(t, "yaml", r)); !slices.Equal(again.Files, r.Files) {
		t.Errorf("%v became %v", r.Files, again.Files)
	}
	for format, text := range before {
		if mustRender(t, format, r) != text {
			t.Errorf("%s is not libvirt's any more", format)
		}
	}
	const url = "https://security.libvirt.org/2026/0007/main.patch"
	for _, format := range []string{"markdown", "ghsa", "mail"} {
		if text := mustRender(t, format, r); !strings.Contains(text, url) || !strings.Contains(text, r.Files[0].SHA256) {
			t.Errorf("%s:\n%s", format, text)
		}
	}
	var o osvRecord
	if err := json.Unmarshal([]byte(mustRender(t, "osv", r)), &o); err != nil || !slices.Contains(o.References, osvReference{"FIX", url}) {
		t.Errorf("%v in %v", err, o.References)
	}
	valid(t, schema(t, "osv.json"), mustRender(t, "osv", r))
	for _, text := range csafOf(t, r) {
		if !strings.Contains(text, url) {
			t.Error("CSAF does not name the patch")
		}
		validCSAF(t, text)
	}
}

func TestWrongFiles(t *testing.T) {
	const sum = "0000000000000000000000000000000000000000000000000000000000000000"
	for want, files := range map[string][]FixFile{
		"files[0].name":   {{"../canary.patch", "main", sum}},
		"files[1].name":   {{"a.patch", "main", sum}, {"a.patch", "other", sum}},
		"files[0].branch": {{"a.patch", "<canary>", sum}},
		"files[0].sha256": {{"a.patch", "main", "canary"}},
	} {
		r := mustParse(t, sample)
		r.Files = files
		if err := r.Check(); err == nil || !strings.HasPrefix(err.Error(), want+": ") || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", want, err)
		}
	}
}
