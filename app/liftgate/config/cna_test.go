package config

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

const cnaLines = `cna:
  org: osn
  org_id: 53f830b8-0a3f-465b-8143-3b8a9948e749
  user: liftgate@osn.example
  key_file: cve.key
`

const cnaServer = appLines + cnaLines + `projects:
  - {name: demo, public: octo/app, mirror: octo/app-security, cve: cna}
`

const cnaKey = "CANARY7-0123456-ABCDEFG-7654321"

func TestCNA(t *testing.T) {
	s, err := ParseServer("liftgate.yaml", []byte(cnaServer))
	if err != nil {
		t.Fatal(err)
	}
	want := CNA{"https://cveawg.mitre.org/api/", "osn", "53f830b8-0a3f-465b-8143-3b8a9948e749", "liftgate@osn.example", "cve.key"}
	if !reflect.DeepEqual(s.CNA, want) || !s.CNA.On() || s.Projects[0].CVE != "cna" || len(s.Advice()) != 1 {
		t.Errorf("got %+v of %+v: %q", s.CNA, s.Projects, s.Advice())
	}
	s, err = ParseServer("liftgate.yaml", []byte(strings.Replace(cnaServer, ", cve: cna", ", cve: typed", 1)))
	if advice := s.Advice(); err != nil || len(advice) != 2 || !strings.HasPrefix(advice[1], "cna: no project") {
		t.Errorf("got %q, %v", advice, err)
	}
	if s, err := ParseServer("liftgate.yaml", []byte(smallServer)); err != nil || s.CNA.On() {
		t.Errorf("without a section: %+v, %v", s.CNA, err)
	}
}

func TestCNAMistakes(t *testing.T) {
	with := func(old, line string) string { return strings.Replace(cnaServer, old, line, 1) }
	mistakes := []mistake{
		{"no section", strings.Replace(smallServer, "octo/app-security", "octo/app-security, cve: cna", 1)},
		{"an empty section", strings.Replace(cnaServer, strings.TrimPrefix(cnaLines, "cna:\n"), "  url: https://cveawg.mitre.org/api\n", 1)},
		{"another source", with("cve: cna", "cve: nvd")},
		{"the key itself", with("cve.key", cnaKey)},
		{"the key in a key of its own", with("key_file: cve.key", "key: "+cnaKey)},
		{"an organization's name", with("org: osn", "org: Open Security Notices of Example, Inc.")},
		{"a path for an organization", with("org: osn", "org: ../osn")},
		{"a short name for the UUID", with("53f830b8-0a3f-465b-8143-3b8a9948e749", "osn")},
		{"a user of two lines", with("user: liftgate@osn.example", `user: "liftgate\nCVE-API-ORG: other"`)},
		{"a URL in the clear", with("org: osn", "org: osn\n  url: http://cveawg.mitre.org/api")},
		{"a key in a URL", with("org: osn", "org: osn\n  url: https://liftgate:canary@cveawg.mitre.org/api")},
	}
	read := func(text string) error {
		_, err := ParseServer("liftgate.yaml", []byte(text))
		if err != nil && strings.Contains(strings.ToLower(err.Error()), "canary") {
			t.Errorf("a secret is in the error: %v", err)
		}
		return err
	}
	golden(t, "cna_mistakes.txt", refusals(t, "liftgate.yaml", mistakes, read))
}

func TestLoadCNA(t *testing.T) {
	files := map[string]string{"liftgate.yaml": cnaServer, "app.pem": "key\n", "hook.txt": "secret\n", "cve.key": cnaKey + "\n"}
	load := func() (Server, []string, error) { return LoadServer(filepath.Join(write(t, files), "liftgate.yaml")) }
	s, warnings, err := load()
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	if key, err := s.CNA.Key(); err != nil || string(key) != cnaKey {
		t.Errorf("got %q, %v", key, err)
	}
	files["cve.key"] = cnaKey + " and more"
	if _, _, err := load(); err == nil || !strings.Contains(err.Error(), "cve.key") || strings.Contains(err.Error(), "CANARY") {
		t.Errorf("got %v", err)
	}
	delete(files, "cve.key")
	if _, _, err := load(); err == nil || !strings.Contains(err.Error(), "read key for CVE Services") {
		t.Errorf("got %v", err)
	}
	files["cve.key!"] = cnaKey
	if _, warnings, err := load(); err != nil || len(warnings) != 1 || !strings.Contains(warnings[0], "cve.key can be read by others") {
		t.Errorf("got %q, %v", warnings, err)
	}
}
