package webhooks

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/liftgate/liftgate/policy"
)

const issueBody = `{"action":"opened","issue":{"number":7,"title":"canary"},"repository":{"full_name":"octo/app-security"}}`

// doorpost is a Ringer that remembers who rang, and a log that can be searched.
type doorpost struct {
	mu    sync.Mutex
	bells []policy.Doorbell
	fail  error
	log   bytes.Buffer
}

func (d *doorpost) ring(_ context.Context, bell policy.Doorbell) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail != nil {
		return d.fail
	}
	d.bells = append(d.bells, bell)
	return nil
}

func (d *doorpost) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.log.Write(p)
}

func noon() time.Time { return time.Date(2026, 12, 1, 13, 0, 0, 0, time.FixedZone("CET", 3600)) }

// serve starts a server that receives GitHub's webhooks signed with one of the secrets.
func serve(t testing.TB, secrets ...string) (*doorpost, *httptest.Server) {
	t.Helper()
	post := &doorpost{}
	keys := make([][]byte, len(secrets))
	for i, s := range secrets {
		keys[i] = []byte(s)
	}
	log := slog.New(slog.NewTextHandler(post, &slog.HandlerOptions{Level: slog.LevelDebug}))
	h, err := GitHub(keys, post.ring, noon, log)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return post, server
}

func sum(algorithm func() hash.Hash, secret, body string) string {
	mac := hmac.New(algorithm, []byte(secret))
	mac.Write([]byte(body))
	return hex.EncodeToString(mac.Sum(nil))
}

// sign gives the headers of a good delivery.
func sign(event, secret, body string) http.Header {
	return http.Header{
		"X-Github-Event":      {event},
		"X-Github-Delivery":   {"72d3162e-cc78-11e3-81ab-4c9367dc0958"},
		"X-Hub-Signature-256": {"sha256=" + sum(sha256.New, secret, body)},
	}
}

func send(t testing.TB, server *httptest.Server, method string, header http.Header, body io.Reader) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, server.URL, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = header
	resp, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body) // only the status matters
	resp.Body.Close()
	return resp
}

func TestSecretsAreNeeded(t *testing.T) {
	post := &doorpost{}
	log := slog.New(slog.DiscardHandler)
	for name, secrets := range map[string][][]byte{
		"none": nil, "no element": {}, "empty": {{}}, "one empty": {[]byte("a"), nil},
	} {
		if h, err := GitHub(secrets, post.ring, noon, log); err == nil || h != nil {
			t.Errorf("%s: accepted", name)
		}
	}
	good := [][]byte{[]byte("a")}
	if _, err := GitHub(good, nil, noon, log); err == nil {
		t.Error("no ringer: accepted")
	}
	if _, err := GitHub(good, post.ring, nil, log); err == nil {
		t.Error("no clock: accepted")
	}
	if _, err := GitHub(good, post.ring, noon, nil); err == nil {
		t.Error("no logger: accepted")
	}
}

func TestSecretIsCopied(t *testing.T) {
	post := &doorpost{}
	secret := []byte("secret")
	h, err := GitHub([][]byte{secret}, post.ring, noon, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	clear(secret)
	req := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(issueBody))
	req.Header = sign("issues", "secret", issueBody)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	if w.Code != http.StatusAccepted {
		t.Errorf("status %d after the caller wiped its copy", w.Code)
	}
}

func TestReceive(t *testing.T) {
	good := sign("issues", "old", issueBody)
	with := func(changes ...string) http.Header {
		h := good.Clone()
		for i := 0; i < len(changes); i += 2 {
			h.Set(changes[i], changes[i+1])
			if changes[i+1] == "" {
				h.Del(changes[i])
			}
		}
		return h
	}
	sha1Only := with("X-Hub-Signature-256", "", "X-Hub-Signature", "sha1="+sum(sha1.New, "old", issueBody))
	for _, c := range []struct {
		name   string
		method string
		header http.Header
		body   string
		status int
		bells  int
	}{
		{"good", "POST", good, issueBody, 202, 1},
		{"the new secret", "POST", sign("issues", "new", issueBody), issueBody, 202, 1},
		{"a stranger's secret", "POST", sign("issues", "stranger", issueBody), issueBody, 401, 0},
		{"an empty secret", "POST", sign("issues", "", issueBody), issueBody, 401, 0},
		{"another body", "POST", good, issueBody + " ", 401, 0},
		{"no signature", "POST", with("X-Hub-Signature-256", ""), issueBody, 401, 0},
		{"SHA-1 only", "POST", sha1Only, issueBody, 401, 0},
		{"SHA-1 in the place of SHA-256", "POST", with("X-Hub-Signature-256", sha1Only.Get("X-Hub-Signature")), issueBody, 401, 0},
		{"signature cut short", "POST", with("X-Hub-Signature-256", good.Get("X-Hub-Signature-256")[:40]), issueBody, 401, 0},
		{"signature not hex", "POST", with("X-Hub-Signature-256", "sha256="+strings.Repeat("zz", 32)), issueBody, 401, 0},
		{"signature without its name", "POST", with("X-Hub-Signature-256", sum(sha256.New, "old", issueBody)), issueBody, 401, 0},
		{"GET", "GET", good, "", 405, 0},
		{"PUT", "PUT", good, issueBody, 405, 0},
		{"unknown event", "POST", with("X-GitHub-Event", "sub_issues"), issueBody, 202, 0},
		{"no event", "POST", with("X-GitHub-Event", ""), issueBody, 202, 0},
		{"ping", "POST", with("X-GitHub-Event", "ping"), issueBody, 202, 0},
		{"no delivery id", "POST", with("X-GitHub-Delivery", ""), issueBody, 202, 1},
		{"garbage", "POST", sign("issues", "old", "{\"canary"), "{\"canary", 202, 0},
		{"binary garbage", "POST", sign("push", "old", "\x00\xff\xfe"), "\x00\xff\xfe", 202, 0},
		{"nothing at all", "POST", sign("push", "old", ""), "", 202, 0},
		{"an unknown event of garbage", "POST", sign("star", "old", "canary"), "canary", 202, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			post, server := serve(t, "new", "old")
			resp := send(t, server, c.method, c.header, strings.NewReader(c.body))
			if resp.StatusCode != c.status {
				t.Errorf("status %d, want %d", resp.StatusCode, c.status)
			}
			if len(post.bells) != c.bells {
				t.Errorf("%d doorbells stored, want %d", len(post.bells), c.bells)
			}
			for _, bell := range post.bells {
				if bell.Delivery == "" || !bell.At.Equal(noon()) || bell.At.Location() != time.UTC {
					t.Errorf("doorbell without delivery or time in UTC: %+v", bell)
				}
			}
			if strings.Contains(post.log.String(), "canary") {
				t.Errorf("the content is in the log: %s", &post.log)
			}
			if c.status == 202 && c.bells == 0 && post.log.Len() == 0 {
				t.Error("dropped without a line in the log")
			}
		})
	}
}

func TestNotStoredIsAnError(t *testing.T) {
	post, server := serve(t, "secret")
	post.fail = errors.New("disk full")
	if resp := send(t, server, "POST", sign("issues", "secret", issueBody), strings.NewReader(issueBody)); resp.StatusCode != 500 {
		t.Errorf("status %d although nothing was stored", resp.StatusCode)
	}
	post.fail = nil
	if resp := send(t, server, "POST", sign("issues", "secret", issueBody), strings.NewReader(issueBody)); resp.StatusCode != 202 {
		t.Errorf("status %d for the redelivery", resp.StatusCode)
	}
	if len(post.bells) != 1 {
		t.Errorf("%d doorbells, want 1", len(post.bells))
	}
}

// flood is a body without an end in sight.
type flood struct{ left int64 }

func (f *flood) Read(p []byte) (int, error) {
	if f.left <= 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), f.left)
	f.left -= n
	return int(n), nil
}

func TestOversized(t *testing.T) {
	bogus := sign("push", "stranger", "")
	receive := func(t *testing.T, length int64, header http.Header) (status int, left int64, allocated uint64) {
		post := &doorpost{}
		h, err := GitHub([][]byte{[]byte("secret")}, post.ring, noon, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		body := &flood{left: 1 << 30}
		req := httptest.NewRequest(http.MethodPost, "/", body)
		req.Header, req.ContentLength = header, length
		w := httptest.NewRecorder()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		h.ServeHTTP(w, req)
		runtime.ReadMemStats(&after)
		if len(post.bells) != 0 {
			t.Error("a doorbell was stored")
		}
		return w.Code, body.left, after.TotalAlloc - before.TotalAlloc
	}
	t.Run("the length says so", func(t *testing.T) {
		status, left, allocated := receive(t, MaxBody+1, bogus)
		if status != 413 || left != 1<<30 || allocated > 1<<20 {
			t.Errorf("status %d, %d bytes read, %d allocated", status, 1<<30-left, allocated)
		}
	})
	t.Run("a stream without length", func(t *testing.T) {
		status, left, allocated := receive(t, -1, bogus)
		if status != 413 || 1<<30-left > MaxBody+1<<20 || allocated > 5*MaxBody {
			t.Errorf("status %d, %d bytes read, %d allocated", status, 1<<30-left, allocated)
		}
	})
	t.Run("a stream without signature", func(t *testing.T) {
		status, left, allocated := receive(t, -1, http.Header{})
		if status != 401 || left != 1<<30 || allocated > 1<<20 {
			t.Errorf("status %d, %d bytes read, %d allocated", status, 1<<30-left, allocated)
		}
	})
}

func TestOversizedOverHTTP(t *testing.T) {
	post, server := serve(t, "secret")
	server.Config.Handler.(*github).limit = 1 << 20
	req, err := http.NewRequestWithContext(t.Context(), "POST", server.URL, &flood{left: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	req.Header = sign("push", "secret", "")
	resp, err := server.Client().Do(req)
	if err == nil { // the server hangs up on the sender, who may or may not see the answer
		resp.Body.Close()
		if resp.StatusCode != 413 {
			t.Errorf("status %d", resp.StatusCode)
		}
	}
	if len(post.bells) != 0 {
		t.Error("a doorbell was stored")
	}
}

func TestLargestBody(t *testing.T) {
	post, server := serve(t, "secret")
	frame := `{"ref":"refs/heads/main","repository":{"full_name":"a/b"},"x":""}`
	body := strings.Replace(frame, `""`, `"`+strings.Repeat("x", MaxBody-len(frame))+`"`, 1)
	if len(body) != MaxBody {
		t.Fatalf("the test's body has %d bytes", len(body))
	}
	if resp := send(t, server, "POST", sign("push", "secret", body), strings.NewReader(body)); resp.StatusCode != 202 {
		t.Errorf("status %d", resp.StatusCode)
	}
	if len(post.bells) != 1 {
		t.Errorf("%d doorbells, want 1", len(post.bells))
	}
}

func TestBodyCutShort(t *testing.T) {
	post := &doorpost{}
	h, err := GitHub([][]byte{[]byte("secret")}, post.ring, noon, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	req := httptest.NewRequest(http.MethodPost, "/", io.MultiReader(strings.NewReader("{"), hungUp{}))
	req.Header = sign("push", "secret", "{")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	if w.Code != http.StatusBadRequest || len(post.bells) != 0 {
		t.Errorf("status %d, %d doorbells", w.Code, len(post.bells))
	}
}

type hungUp struct{}

func (hungUp) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestManyAtOnce(t *testing.T) {
	post, server := serve(t, "secret")
	var all sync.WaitGroup
	for range 32 {
		all.Go(func() {
			req := httptest.NewRequest("POST", "/", strings.NewReader(issueBody))
			req.Header = sign("issues", "secret", issueBody)
			w := httptest.NewRecorder()
			server.Config.Handler.ServeHTTP(w, req)
			if w.Code != 202 {
				t.Errorf("status %d", w.Code)
			}
		})
	}
	all.Wait()
	if len(post.bells) != 32 {
		t.Errorf("%d doorbells, want 32", len(post.bells))
	}
}
