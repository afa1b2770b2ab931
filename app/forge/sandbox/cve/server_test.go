package cve

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

// visitor asks the stand-in without our client.
type visitor struct {
	*testing.T
	s    *Server
	user [3]string // organization, user, key
}

func newVisitor(t *testing.T) *visitor {
	t.Helper()
	s, err := Start(t.Context(), Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	v := &visitor{T: t, s: s, user: [3]string{"osn", "bot"}}
	if _, err := s.CreateCNA("osn", 3); err != nil {
		t.Fatal(err)
	}
	if v.user[2], err = s.CreateUser("osn", "bot"); err != nil {
		t.Fatal(err)
	}
	return v
}

// do sends a request, and wants a status and a code of the API's.
func (v *visitor) do(method, path, body string, status int, code string) map[string]any {
	v.Helper()
	req, err := http.NewRequestWithContext(v.Context(), method, v.s.API()+path, strings.NewReader(body))
	if err != nil {
		v.Fatal(err)
	}
	for i, name := range []string{"CVE-API-ORG", "CVE-API-USER", "CVE-API-KEY"} {
		req.Header.Set(name, v.user[i])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		v.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var got map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
		v.Fatal(err)
	}
	if said, _ := got["error"].(string); resp.StatusCode != status || said != code {
		v.Errorf("%s %s: %d %s, want %d %s", method, path, resp.StatusCode, said, status, code)
	}
	return got
}

func TestRefusals(t *testing.T) {
	v := newVisitor(t)
	id, err := v.s.Reserve("osn", "bot", 2026)
	if err != nil {
		t.Fatal(err)
	}
	const one = "/cve-id?amount=1&cve_year=2026&short_name=osn"
	const record = `{"cnaContainer":{"descriptions":[{"lang":"en","value":" x "}]}}`
	for _, test := range []struct {
		method, path, body string
		status             int
		code               string
	}{
		{"GET", "/cve-ids", "", 404, "NOT_FOUND"},
		{"GET", "/cve-id?since=2026", "", 400, "BAD_INPUT"},
		{"GET", "/cve-id?page=0", "", 400, "BAD_INPUT"},
		{"GET", "/cve-id?time_reserved.gt=noon", "", 400, "BAD_INPUT"},
		{"POST", "/cve-id?amount=0&cve_year=2026&short_name=osn", "", 400, "BAD_INPUT"},
		{"POST", "/cve-id?amount=2&cve_year=2026&short_name=osn", "", 400, "NO_BATCH_TYPE"},
		{"POST", "/cve-id?amount=3&cve_year=2026&short_name=osn&batch_type=sequential", "", 403, "EXCEEDED_ID_QUOTA"},
		{"POST", "/cve-id?amount=1&cve_year=2026&short_name=other", "", 403, "ORG_CANNOT_RESERVE_FOR_OTHER"},
		{"GET", "/cve/2026-12345", "", 400, "BAD_INPUT"},
		{"GET", "/cve/" + id, "", 404, "CVE_RECORD_DNE"},
		{"PUT", "/cve-id/" + id + "?state=PUBLISHED", "", 400, "BAD_INPUT"},
		{"PUT", "/cve/" + id + "/cna", record, 403, "CVE_RECORD_DNE"},
		{"PUT", "/cve/" + id + "/reject", record, 400, "CVE_RECORD_DNE"},
		{"POST", "/cve/CVE-2026-99999/cna", record, 403, "ORG_DOES_NOT_OWN_ID"},
		{"POST", "/cve/" + id + "/cna", `{"descriptions":[]}`, 400, "INVALID_JSON_SCHEMA"},
		{"POST", "/cve/" + id + "/cna", strings.Replace(record, "]", `,{"lang":"en","value":"y"}]`, 1), 400, "BAD_INPUT"},
		{"POST", "/cve/" + id + "/cna", strings.Replace(record, "{", `{"x":"`+strings.Repeat("x", maxBody)+`",`, 1), 413, "RECORD_TOO_LARGE"},
		{"POST", "/cve/" + id + "/cna", record, 200, ""},
		{"POST", "/cve/" + id + "/cna", record, 403, "CVE_RECORD_EXISTS"},
		{"POST", "/cve/" + id + "/reject", record, 400, "CVE_RECORD_EXISTS"},
		{"PUT", "/cve-id/" + id + "?state=REJECTED", "", 403, "CANNOT_CHANGE_CVE_ID_WITH_RECORD"},
		{"GET", "/org/other", "", 403, "NOT_SAME_ORG_OR_SECRETARIAT"},
		{"GET", "/org/other/id_quota", "", 403, "NOT_SAME_ORG_OR_SECRETARIAT"},
	} {
		v.do(test.method, test.path, test.body, test.status, test.code)
	}
	if got := string(v.s.Record(id)); !strings.Contains(got, `"value":"x"`) {
		t.Errorf("spaces are kept: %s", got)
	}
	v.s.SetRoles("osn", "ADP")
	v.do("POST", one, "", 403, "CNA_ONLY")
	v.user[2] = "another"
	v.do("POST", one, "", 401, "UNAUTHORIZED")
	v.user[2] = ""
	v.do("POST", one, "", 400, "BAD_REQUEST")
	if n := len(v.s.Numbers("osn")); n != 1 {
		t.Errorf("%d numbers were reserved", n)
	}
	for _, r := range v.s.Requests() {
		if r.Public != (r.Status == 200 && r.Method != "GET") {
			t.Errorf("%s %d is public: %v", r.Route, r.Status, r.Public)
		}
	}
}

// A stranger learns of a number what everybody may know.
func TestStrangers(t *testing.T) {
	v := newVisitor(t)
	id, err := v.s.Reserve("osn", "bot", 2026)
	if err != nil {
		t.Fatal(err)
	}
	if own := v.do("GET", "/cve-id/"+id, "", 200, ""); own["owning_cna"] != "osn" || own["requested_by"] == nil {
		t.Errorf("the owner sees %v", own)
	}
	v.user = [3]string{}
	if seen := v.do("GET", "/cve-id/"+id, "", 200, ""); seen["owning_cna"] != "[REDACTED]" || seen["requested_by"] != nil || seen["reserved"] != nil {
		t.Errorf("strangers see %v", seen)
	}
	v.s.Delay(time.Hour)
	if err := v.s.Publish(id, "x"); err != nil {
		t.Fatal(err)
	}
	if seen := v.do("GET", "/cve-id/"+id, "", 200, ""); seen["owning_cna"] != "osn" || seen["state"] != "PUBLISHED" {
		t.Errorf("strangers see %v", seen)
	}
	v.do("GET", "/cve/"+id, "", 404, "CVE_RECORD_DNE")
	v.s.Delay(0)
	v.do("GET", "/cve/"+id, "", 200, "")
}
