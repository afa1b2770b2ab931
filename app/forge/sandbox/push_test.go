package sandbox

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
				p, err := ReadPush(r)
				if (err != nil) != tt.bad {
					t.Fatalf("zipped %v: error %v", zipped, err)
				}
				if err == nil && (len(p.Commands) != tt.refs || string(p.Pack) != tt.pack) {
					t.Errorf("zipped %v: %d refs, pack %q", zipped, len(p.Commands), p.Pack)
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
		p, err := ReadPush(httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body)))
		if err != nil || len(p.Commands) == 0 {
			return
		}
		again, err := ReadPush(httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(p.Without(p.Commands))))
		if err != nil || len(again.Commands) != len(p.Commands) || !bytes.Equal(again.Pack, p.Pack) {
			t.Errorf("read again: %v, %+v", err, again)
		}
	})
}
