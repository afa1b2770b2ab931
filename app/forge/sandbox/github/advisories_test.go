package github_test

import (
	"strings"
	"testing"

	"github.com/google/go-github/v62/github"

	hub "github.com/liftgate/liftgate/app/forge/sandbox/github"
)

const advisories = "repos/acme/core/security-advisories"

func (h *town) report() string {
	h.t.Helper()
	return h.want(201, h.users["rita"].Token, "POST", advisories+"/reports", m{"summary": "Overflow in parser", "description": "Canary text."}).str("ghsa_id")
}

func TestPrivateReport(t *testing.T) {
	h := open(t)
	body := m{"summary": "Overflow", "description": "Text."}
	h.want(401, "", "POST", advisories+"/reports", body)
	h.want(403, h.users["root"].Token, "POST", advisories+"/reports", body).says(t, "draft advisory")
	h.want(403, h.token0(), "POST", advisories+"/reports", body).says(t, "Resource not accessible by integration")
	h.must(h.s.SetReporting("acme/core", false))
	h.want(403, h.users["rita"].Token, "POST", advisories+"/reports", body).says(t, "not enabled")
	h.must(h.s.SetReporting("acme/core", true))
	ghsa := h.report()
	if !strings.HasPrefix(ghsa, "GHSA-") || len(ghsa) != 19 {
		t.Errorf("id %q", ghsa)
	}
	h.idle()
	if got := strings.Join(actions(h, "repository_advisory"), " "); got != "reported" {
		t.Errorf("events %q", got)
	}
	for who, status := range map[string]int{"rita": 200, "root": 200, "mallory": 404, "": 404, "ada": 404} {
		h.want(status, h.users[who].Token, "GET", advisories+"/"+ghsa, nil)
		if n := len(h.want(200, h.users[who].Token, "GET", advisories, nil).list()); (n == 1) != (status == 200) {
			t.Errorf("%q lists %d advisories", who, n)
		}
	}
	blind := h.token([]string{"core"}, map[string]string{"contents": "write"})
	h.want(404, blind, "GET", advisories+"/"+ghsa, nil)
	h.want(403, blind, "PATCH", advisories+"/"+ghsa, m{"summary": "x"})
	if h.public.has("Canary") {
		t.Error("a private report counts as a public write")
	}
	for _, r := range h.s.Requests() {
		if r.Public {
			t.Errorf("public write %s %s", r.Method, r.Path)
		}
	}
}

func TestAdvisoryStates(t *testing.T) {
	h := open(t)
	bot := h.token0()
	ghsa := h.report()
	at := advisories + "/" + ghsa
	h.want(422, bot, "PATCH", at, m{"state": "published"}).says(t, "Invalid state transition from `triage` to `published`.")
	h.want(422, bot, "PATCH", at, m{"state": "triage"}) // it is in triage, and triage is no value
	h.want(422, bot, "PATCH", at, m{"state": "nonsense"})
	a := h.want(200, bot, "PATCH", at, m{"state": "draft"})
	if a.obj()["submission"].(m)["accepted"] != true {
		t.Error("a report taken as a draft is not accepted")
	}
	h.want(422, bot, "PATCH", at, m{"state": "published"}).says(t, "severity")
	h.want(422, bot, "PATCH", at, m{"severity": "high", "cvss_vector_string": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"})
	h.want(200, bot, "PATCH", at, m{"cvss_vector_string": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"})
	h.want(422, bot, "PATCH", at, m{"severity": "low"}).says(t, "Cannot update severity value when CVSS is set.")
	h.want(422, bot, "PATCH", at, m{"vulnerabilities": []m{{"package": m{"ecosystem": "cobol"}}}})
	h.want(200, bot, "PATCH", at, m{"vulnerabilities": []m{{"package": m{"ecosystem": "other", "name": "core"}}}})
	h.want(422, bot, "PATCH", at, m{"vulnerabilities": []m{}}).says(t, "at least one vulnerability")
	h.want(422, bot, "PATCH", at, m{"cve_id": "CVE-1"})
	before := h.want(200, bot, "GET", at, nil).raw
	h.want(422, bot, "PATCH", at, m{"summary": "half applied", "cwe_ids": []string{"nonsense"}})
	if after := h.want(200, bot, "GET", at, nil).raw; string(after) != string(before) {
		t.Error("a refused change left something behind")
	}
	h.want(200, bot, "PATCH", at, m{"collaborating_users": []string{"ada"}})
	h.want(200, h.users["ada"].Token, "PATCH", at, m{"description": "better"})
	h.want(403, h.users["ada"].Token, "PATCH", at, m{"state": "published"})
	h.want(202, bot, "POST", at+"/cve", nil)
	h.want(422, bot, "POST", at+"/cve", nil)
	h.want(200, bot, "PATCH", at, m{"state": "published", "cve_id": "CVE-2026-0001"})
	h.want(422, bot, "PATCH", at, m{"state": "draft"}).says(t, "Invalid state transition from `published` to `draft`.")
	h.want(200, bot, "PATCH", at, m{"state": "published"}) // the same again changes nothing
	h.idle()
	if got := strings.Join(actions(h, "repository_advisory"), " "); got != "reported published" {
		t.Errorf("events %q", got)
	}
	public := 0
	for _, r := range h.s.Requests() {
		if r.Public {
			public++
		}
	}
	if public != 2 || !h.public.has("CVE-2026-0001") {
		t.Errorf("%d public writes, want the publication and its repetition", public)
	}
}

func TestAdvisoryByGoGitHub(t *testing.T) {
	h := open(t)
	for range 5 {
		h.report()
	}
	ctx, bot := t.Context(), h.bot()
	opt := &github.ListRepositorySecurityAdvisoriesOptions{State: "triage", ListCursorOptions: github.ListCursorOptions{PerPage: 2}}
	seen := map[string]bool{}
	for range 5 {
		list, resp, err := bot.SecurityAdvisories.ListRepositorySecurityAdvisories(ctx, "acme", "core", opt)
		h.must(err)
		for _, a := range list {
			seen[a.GetGHSAID()] = true
		}
		if opt.After = resp.After; opt.After == "" {
			break
		}
	}
	if len(seen) != 5 {
		t.Errorf("the cursor led to %d of 5 advisories", len(seen))
	}
	h.want(400, h.token0(), "GET", advisories+"?after=nonsense", nil)
	h.want(403, h.users["ada"].Token, "POST", advisories, m{"summary": "x", "description": "y", "vulnerabilities": []m{}}).says(t, "security management rights")
}

func TestCVSS(t *testing.T) {
	for vector, want := range map[string]struct {
		score float64
		word  string
	}{
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H": {9.8, "critical"},
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N": {6.1, "medium"},
		"CVSS:3.1/AV:L/AC:H/PR:L/UI:N/S:U/C:N/I:N/A:H": {4.7, "medium"},
		"CVSS:3.0/AV:N/AC:L/PR:L/UI:N/S:C/C:H/I:H/A:H": {9.9, "critical"},
		"CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N": {1.6, "low"},
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N": {0, "low"},
		"CVSS:3.1/AV:N":           {0, ""},
		"CVSS:4.0/AV:N/AC:L/AT:N": {0, ""},
		"nonsense":                {0, ""},
	} {
		if score, word := hub.CVSS(vector); score != want.score || word != want.word {
			t.Errorf("%s is %v %q, want %v %q", vector, score, word, want.score, want.word)
		}
	}
}
