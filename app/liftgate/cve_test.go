package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/cve"
	standin "github.com/liftgate/liftgate/app/forge/sandbox/cve"
	"github.com/liftgate/liftgate/app/notice"
	"github.com/liftgate/liftgate/policy"
)

// program is a stand-in for CVE Services with a CNA, and a configuration that names it.
type program struct {
	*standin.Server
	org, key, config string
}

const cnaSettings = `cna:
  url: %s
  org: osn
  org_id: %s
  user: liftgate@osn.example
  key_file: cve.key
`

func newProgram(t *testing.T, quota int) *program {
	t.Helper()
	s, err := standin.Start(t.Context(), standin.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // a test may have closed it
	p := &program{Server: s, config: t.TempDir()}
	if p.org, err = s.CreateCNA("osn", quota); err != nil {
		t.Fatal(err)
	}
	if p.key, err = s.CreateUser("osn", "liftgate@osn.example"); err != nil {
		t.Fatal(err)
	}
	if err := writeSettings(p.config); err != nil {
		t.Fatal(err)
	}
	p.configure(t, p.org, p.key)
	return p
}

func (p *program) configure(t *testing.T, org, key string) {
	t.Helper()
	text := fmt.Sprintf(cnaSettings, p.API(), org) + strings.Replace(settings, "octo/app-security", "octo/app-security, cve: cna", 1)
	for name, content := range map[string]string{"liftgate.yml": text, "cve.key": key} {
		if err := os.WriteFile(filepath.Join(p.config, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// command runs liftgate.
func command(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	c, stdout, stderr := captured(time.Now)
	code = run(t.Context(), c, args)
	return code, stdout.String(), stderr.String()
}

// TestCVEStatus: what the world sees of a number, from when nobody has it to when it is rejected.
func TestCVEStatus(t *testing.T) {
	p := newProgram(t, 5)
	p.Delay(time.Hour)
	id, err := p.Reserve("osn", "liftgate@osn.example", 2026)
	if err != nil {
		t.Fatal(err)
	}
	want := func(code int, words string) {
		t.Helper()
		if got, out, errs := command(t, "cve", "status", id, "--url", p.API()); got != code || out != id+": "+words+"\n" || errs != "" {
			t.Errorf("exit code %d, %q, %q; want %d, %q", got, out, errs, code, words)
		}
	}
	want(exitRefused, "there is no public record")
	if err := p.Publish(id, "An overflow"); err != nil {
		t.Fatal(err)
	}
	want(exitRefused, "there is no public record")
	p.Delay(0)
	want(0, "published "+p.Now().Format("2006-01-02 15:04 UTC")+" by osn")
	code, out, _ := command(t, "cve", "status", id, "--url", p.API(), "--json")
	var view recordView
	if err := json.Unmarshal([]byte(out), &view); err != nil || code != 0 || view.State != "PUBLISHED" || view.Published == nil || view.CNA != "osn" {
		t.Errorf("%d, %s, %v", code, out, err)
	}
	if err := p.Reject(id, "It is none."); err != nil {
		t.Fatal(err)
	}
	want(exitRefused, "rejected")
	if code, _, errs := command(t, "cve", "status", "2026-12345"); code != exitUsage || !strings.Contains(errs, "looks like CVE-") {
		t.Errorf("%d, %s", code, errs)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := command(t, "cve", "status", id, "--url", p.API()); code != exitFailed || !strings.Contains(errs, "could not be reached") {
		t.Errorf("%d, %s", code, errs)
	}
}

// TestCVERelease: a number that nobody needs is given back, and no other.
func TestCVERelease(t *testing.T) {
	p := newProgram(t, 5)
	if err := seedDatabase(p.config); err != nil {
		t.Fatal(err)
	}
	var ids [2]string
	for i := range ids {
		var err error
		if ids[i], err = p.Reserve("osn", "liftgate@osn.example", 2026); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Publish(ids[1], "An overflow"); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(p.config, "liftgate.yml")
	want := func(code int, id, words string) {
		t.Helper()
		if got, out, errs := command(t, "cve", "release", id, "--config", file); got != code || !strings.Contains(out+errs, words) {
			t.Errorf("exit code %d, %q, %q; want %d, %q", got, out, errs, code, words)
		}
	}
	edit(t, file, func(a *policy.Advisory) { a.CVE = ids[0] })
	want(exitRefused, ids[0], "LSN-2026-0002 has this number")
	edit(t, file, func(a *policy.Advisory) { a.CVE = "" })
	want(0, ids[0], ids[0]+" was given back")
	want(0, ids[0], ids[0]+" was given back")
	want(exitFailed, ids[1], "the number has a record")
	want(exitFailed, "2026-12345", "looks like CVE-")
}

// TestNoticeBecomesRecord: what a notice renders for a CNA is what CVE Services take, and the same again is not sent.
func TestNoticeBecomesRecord(t *testing.T) {
	p := newProgram(t, 5)
	id, err := p.Reserve("osn", "liftgate@osn.example", 2026)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("\n  ", "\n", "<hash of a commit>", strings.Repeat("1", 40), "<64 digits>", strings.Repeat("1", 64), "2026-12345", strings.TrimPrefix(id, "CVE-")).Replace("\n" + noticeExample)
	r, err := notice.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	look := notice.Libvirt()
	look.CNA = p.org
	container, err := notice.Render("cve", r, look)
	if err != nil {
		t.Fatal(err)
	}
	a := policy.Advisory{ID: "LSN-2026-0007", Phase: policy.Lifting, Lift: policy.Lift{Gate: policy.GateLifting}}
	a.Embargo.Start, a.Embargo.End, a.Embargo.ExitedAt = p.Now().Add(-time.Hour), p.Now().Add(-time.Minute), p.Now()
	clearance, err := a.Clear(p.Now())
	if err != nil {
		t.Fatal(err)
	}
	s, err := cve.New(cve.Options{URL: p.API(), Now: time.Now, CNA: cve.CNA{
		Org: "osn", User: "liftgate@osn.example", ID: p.org, Key: func() ([]byte, error) { return []byte(p.key), nil },
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, want := range []cve.Deed{cve.Created, cve.Unchanged} {
		if deed, err := s.Publish(t.Context(), clearance, a.ID, id, container); err != nil || deed != want {
			t.Errorf("got %q, %v, want %s", deed, err, want)
		}
	}
	if record, err := s.Public(t.Context(), id); err != nil || !record.Accepted() || record.CNA != "osn" {
		t.Errorf("the world sees %+v, %v", record, err)
	}
}

// TestConfigCheckAsksTheCNA: a wrong account is a mistake; CVE Services that are away are not.
func TestConfigCheckAsksTheCNA(t *testing.T) {
	p := newProgram(t, 1)
	file := filepath.Join(p.config, "liftgate.yml")
	want := func(code int, words string) {
		t.Helper()
		got, out, errs := command(t, "config", "check", file)
		if got != code || (code == 0) != strings.Contains(out, "ok") || strings.Contains(errs, p.key) ||
			strings.Contains(errs, "cna:") != (words != "") || !strings.Contains(errs, words) {
			t.Errorf("exit code %d, %q, %q; want %d, %q", got, out, errs, code, words)
		}
	}
	want(0, "")
	if _, err := p.Reserve("osn", "liftgate@osn.example", 2026); err != nil {
		t.Fatal(err)
	}
	want(0, "warning: cna: no number can be reserved now")
	p.configure(t, "53f830b8-0a3f-465b-8143-3b8a9948e749", p.key)
	want(exitUsage, "cna: check the account at CVE Services: refused: cna.org_id is not the UUID of cna.org")
	p.configure(t, p.org, "another-key")
	want(exitUsage, "do not know the user by this key")
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	want(0, "warning: cna: check the account at CVE Services: unavailable")
	for _, r := range p.Requests() {
		if r.Method != "GET" {
			t.Errorf("checking wrote: %s", r.Route)
		}
	}
}
