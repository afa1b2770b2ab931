package github_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// answer is a raw REST answer.
type answer struct {
	status int
	header http.Header
	raw    []byte
	body   any
}

func (a answer) obj() map[string]any { o, _ := a.body.(map[string]any); return o }

func (a answer) list() []any { l, _ := a.body.([]any); return l }

func (a answer) id() string {
	n, _ := a.obj()["id"].(float64)
	return strconv.FormatInt(int64(n), 10)
}

func (a answer) number() string {
	n, _ := a.obj()["number"].(float64)
	return strconv.Itoa(int(n))
}

func (a answer) str(key string) string { s, _ := a.obj()[key].(string); return s }

// rest sends one raw request.
func (h *town) rest(token, method, path string, body any, header ...string) answer {
	h.t.Helper()
	var in io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		h.must(err)
		in = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(h.t.Context(), method, h.s.API()+strings.TrimPrefix(path, "/"), in)
	h.must(err)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	h.must(err)
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode, header: resp.Header}
	a.raw, err = io.ReadAll(resp.Body)
	h.must(err)
	if len(a.raw) > 0 {
		h.must(json.Unmarshal(a.raw, &a.body))
	}
	return a
}

// want sends one raw request and insists on the status.
func (h *town) want(status int, token, method, path string, body any, header ...string) answer {
	h.t.Helper()
	a := h.rest(token, method, path, body, header...)
	if a.status != status {
		h.t.Fatalf("%s %s: status %d, want %d: %s", method, path, a.status, status, a.raw)
	}
	return a
}

func (h *town) token0() string { return h.token([]string{"core", "core-private"}, nil) }

type m = map[string]any

// says checks the message of an error.
func (a answer) says(t *testing.T, text string) {
	t.Helper()
	if !strings.Contains(string(a.raw), text) {
		t.Errorf("answer %d %s does not say %q", a.status, a.raw, text)
	}
}
