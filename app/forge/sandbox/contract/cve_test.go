package contract

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestCVEExchangeFindsFaults(t *testing.T) {
	const record = `{"cnaContainer":{"rejectedReasons":[{"lang":"en","value":"x"}]}}`
	tests := []struct {
		name, method, path, body string
		status                   int
		answer                   string
		want                     string // empty means none
	}{
		{"a reservation", "POST", "/api/cve-id?amount=1&cve_year=2026&short_name=osn", "", 200, `{"cve_ids":[{"cve_id":"CVE-2026-10001","state":"RESERVED"}]}`, ""},
		{"a reservation of nothing", "POST", "/api/cve-id?cve_year=2026&short_name=osn", "", 200, `{"cve_ids":[]}`, "amount is missing"},
		{"a parameter that nobody reads", "GET", "/api/cve-id?since=2026", "", 200, `{"cve_ids":[]}`, "no parameter since"},
		{"a state that there is not", "GET", "/api/cve-id/CVE-2026-10001", "", 200, `{"state":"PUBLIC"}`, "state"},
		{"a state that nobody describes", "GET", "/api/cve-id/CVE-2026-10001", "", 418, `{}`, "no such status"},
		{"a rejection", "POST", "/api/cve/CVE-2026-10001/reject", record, 200, `{"message":"done"}`, ""},
		{"a rejection without its container", "POST", "/api/cve/CVE-2026-10001/reject", `{"rejectedReasons":[]}`, 200, `{"message":"done"}`, "additional"},
		{"the key where none is read", "GET", "/api/cve/CVE-2026-10001", "", 200, `{}`, "no header CVE-API-KEY"},
		{"an unknown path", "GET", "/api/cves", "", 200, `{}`, "not in the description"},
		{"an unknown path refused", "GET", "/api/cves", "", 404, `{}`, ""},
		{"no JSON", "GET", "/api/cve-id", "", 200, `<html>`, "not JSON"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := fresh(t, loadCVE, "the description of CVE Services is not beside the repository: ../shared/oracles/cve-services")
			r := httptest.NewRequest(tt.method, tt.path, strings.NewReader(tt.body))
			for _, name := range []string{"CVE-API-ORG", "CVE-API-USER", "CVE-API-KEY"} {
				r.Header.Set(name, "x")
			}
			c.Exchange(r, []byte(tt.body), tt.status, http.Header{}, []byte(tt.answer))
			got := strings.Join(c.Violations(), "\n")
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("violations %q, want %q", got, tt.want)
			}
		})
	}
}
