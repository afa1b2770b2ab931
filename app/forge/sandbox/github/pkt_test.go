package github

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func pushBody(lines ...string) string {
	var b strings.Builder
	for _, l := range lines {
		if l == "" {
			b.WriteString("0000")
		} else {
			b.WriteString(pkt(l))
		}
	}
	return b.String()
}

func TestReadPush(t *testing.T) {
	a, b := strings.Repeat("a", 40), strings.Repeat("b", 40)
	tests := []struct {
		name, body string
		refs       int
		pack       string
		bad        bool
	}{
		{"two refs and a pack", pushBody(a+" "+b+" refs/heads/x\x00report-status atomic", a+" "+b+" refs/heads/y\n", "") + "PACK...", 2, "PACK...", false},
		{"push options", pushBody(a+" "+b+" refs/heads/x\x00push-options", "", "ci.skip", "") + "PACK", 1, "PACK", false},
		{"the empty push that tries a password", "0000", 0, "", false},
		{"cut in a line", "00ff" + a, 0, "", true},
		{"not hexadecimal", "zzzz", 0, "", true},
		{"length of three", "0003", 0, "", true},
		{"no flush", pkt(a + " " + b + " refs/heads/x"), 0, "", true},
		{"a shallow line", pushBody("shallow "+a, ""), 0, "", true},
		{"short hashes", pushBody("a b refs/heads/x", ""), 0, "", true},
		{"nothing", "", 0, "", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, zipped := range []bool{false, true} {
				body := bytes.NewBufferString(tt.body)
				r := httptest.NewRequest(http.MethodPost, "/o/r.git/git-receive-pack", body)
				if zipped {
					var z bytes.Buffer
					w := gzip.NewWriter(&z)
					if _, err := w.Write([]byte(tt.body)); err != nil || w.Close() != nil {
						t.Fatal("gzip failed")
					}
					r = httptest.NewRequest(http.MethodPost, "/o/r.git/git-receive-pack", &z)
					r.Header.Set("Content-Encoding", "gzip")
				}
				p, err := readPush(r)
				if (err != nil) != tt.bad {
					t.Fatalf("zipped %v: error %v", zipped, err)
				}
				if err == nil && (len(p.commands) != tt.refs || string(p.pack) != tt.pack) {
					t.Errorf("zipped %v: %d refs, pack %q", zipped, len(p.commands), p.pack)
				}
			}
		})
	}
}

// FuzzReadPush: whatever arrives, reading it does not panic, and what was read can be written and read again.
func FuzzReadPush(f *testing.F) {
	a := strings.Repeat("a", 40)
	f.Add([]byte(pushBody(a+" "+a+" refs/heads/x\x00report-status push-options", "", "o", "") + "PACK"))
	f.Add([]byte("0000"))
	f.Add([]byte("00"))
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := readPush(httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body)))
		if err != nil || len(p.commands) == 0 {
			return
		}
		again, err := readPush(httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(p.without(p.commands))))
		if err != nil || len(again.commands) != len(p.commands) || !bytes.Equal(again.pack, p.pack) {
			t.Errorf("read again: %v, %+v", err, again)
		}
	})
}

func TestMatch(t *testing.T) {
	s := &Server{}
	s.routes = s.table()
	tests := []struct{ method, path, route, param, value string }{
		{"GET", "/repos/o/r/git/ref/heads/stable/1", "GET /repos/{owner}/{repo}/git/ref/{ref}", "ref", "heads/stable/1"},
		{"GET", "/repos/o/r/commits/a/b/status", "GET /repos/{owner}/{repo}/commits/{ref}/status", "ref", "a/b"},
		{"GET", "/repos/o/r/commits/a/b", "GET /repos/{owner}/{repo}/commits/{ref}", "ref", "a/b"},
		{"GET", "/repos/o/r/branches/a%2Fb/protection", "GET /repos/{owner}/{repo}/branches/{branch}/protection", "branch", "a/b"},
		{"GET", "/repos/o/r/branches/a%2Fb", "GET /repos/{owner}/{repo}/branches/{branch}", "branch", "a/b"},
		{"HEAD", "/repos/o/r", "GET /repos/{owner}/{repo}", "repo", "r"},
		{"GET", "/repos/o/r/issues/comments/7", "GET /repos/{owner}/{repo}/issues/comments/{comment_id}", "comment_id", "7"},
		{"DELETE", "/repos/o/r/issues/7/labels/affects%2Fx", "DELETE /repos/{owner}/{repo}/issues/{issue_number}/labels/{name}", "name", "affects/x"},
		{"PUT", "/repos/o/r/nothing", "", "", ""},
	}
	for _, tt := range tests {
		r, params := s.match(tt.method, tt.path)
		if r.name() != tt.route || params[tt.param] != tt.value {
			t.Errorf("%s %s is %q with %v, want %q", tt.method, tt.path, r.name(), params, tt.route)
		}
	}
}
