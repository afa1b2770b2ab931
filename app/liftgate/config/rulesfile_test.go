package config

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestRulesFile(t *testing.T) {
	dir := write(t, map[string]string{
		"good.yml": "notice: {formats: [osv, cve]}\nlists: [{address: announce@lists.example.org}]\n", "bad.yml": "notice: {formats: [pdf]}\n",
	})
	s, err := ParseServer("liftgate.yaml", []byte(smallServer))
	if err != nil {
		t.Fatal(err)
	}
	p := s.Projects[0]
	if _, found, err := p.Document(); found || err != nil {
		t.Errorf("none: %v, %v", found, err)
	}
	p.RulesFile = filepath.Join(dir, "good.yml")
	document, found, err := p.Document()
	if !found || err != nil {
		t.Fatal(found, err)
	}
	if advice := strings.Join(s.NoticeAdvice(p, document), "\n"); !strings.Contains(advice, "no mail server") || !strings.Contains(advice, "no notices repository") || !strings.Contains(advice, "notice.cna") {
		t.Error(advice)
	}
	p.Notices, p.CVE, s.Mail.Server = "octo/notices", "cna", "smtp.example.org:25"
	if advice := s.NoticeAdvice(p, document); len(advice) > 0 {
		t.Errorf("%q", advice)
	}
	for file, says := range map[string]string{"bad.yml": "bad.yml:1:20: notice.formats[0]: there is no such format", "absent.yml": "read rules_file: open "} {
		p.RulesFile = filepath.Join(dir, file)
		if _, found, err := p.Document(); found || err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", file, err)
		}
	}
}
