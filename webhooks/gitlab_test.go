package webhooks

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/policy"
)

const (
	deskBody = `{"object_kind":"issue","object_attributes":{"iid":7,"title":"canary"},"project":{"path_with_namespace":"acme/sub/web-security","visibility_level":0}}`
	pushBody = `{"object_kind":"push","ref":"refs/heads/main","project":{"path_with_namespace":"acme/web","visibility_level":0}}`
)

// serveLab starts a server that receives GitLab's webhooks.
func serveLab(t testing.TB, secrets GitLabSecrets) (*doorpost, *httptest.Server) {
	t.Helper()
	post := &doorpost{}
	h, err := GitLab(secrets, post.ring, noon, slog.New(slog.NewTextHandler(post, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return post, server
}

// tokened gives the headers of a good delivery with a secret token.
func tokened(event, token string) http.Header {
	return http.Header{
		"X-Gitlab-Event":  {event},
		"X-Gitlab-Token":  {token},
		"Idempotency-Key": {"f5e5f430-f57b-4e6e-9fac-d9128cd7232f"},
	}
}

// changed is a copy of the headers with pairs of names and values set; an empty value takes the header away.
func changed(header http.Header, pairs ...string) http.Header {
	h := header.Clone()
	for i := 0; i < len(pairs); i += 2 {
		if h.Set(pairs[i], pairs[i+1]); pairs[i+1] == "" {
			h.Del(pairs[i])
		}
	}
	return h
}

func TestGitLabNeedsSecrets(t *testing.T) {
	post, log := &doorpost{}, slog.New(slog.DiscardHandler)
	good := GitLabSecrets{Tokens: [][]byte{[]byte("a")}}
	for name, secrets := range map[string]GitLabSecrets{
		"none": {}, "an empty token": {Tokens: [][]byte{{}}}, "one empty token": {Tokens: [][]byte{[]byte("a"), nil}},
		"an empty key": {Signing: [][]byte{{}}}, "an empty key beside a token": {Tokens: good.Tokens, Signing: [][]byte{nil}},
	} {
		if h, err := GitLab(secrets, post.ring, noon, log); err == nil || h != nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for name, err := range map[string]error{
		"no ringer": second(GitLab(good, nil, noon, log)), "no clock": second(GitLab(good, post.ring, nil, log)), "no logger": second(GitLab(good, post.ring, noon, nil)),
	} {
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func second(_ http.Handler, err error) error { return err }

func TestReceiveGitLab(t *testing.T) {
	good := tokened("Issue Hook", "old")
	for _, c := range []struct {
		name     string
		method   string
		header   http.Header
		body     string
		status   int
		delivery string // "" if nothing rings
	}{
		{"good", "POST", good, deskBody, 202, "f5e5f430-f57b-4e6e-9fac-d9128cd7232f"},
		{"the new token", "POST", tokened("Issue Hook", "new"), deskBody, 202, "f5e5f430-f57b-4e6e-9fac-d9128cd7232f"},
		{"a stranger's token", "POST", tokened("Issue Hook", "stranger"), deskBody, 401, ""},
		{"a token that begins well", "POST", tokened("Issue Hook", "oldold"), deskBody, 401, ""},
		{"an empty token", "POST", tokened("Issue Hook", ""), deskBody, 401, ""},
		{"no token", "POST", changed(good, "X-Gitlab-Token", ""), deskBody, 401, ""},
		{"a token elsewhere", "POST", changed(good, "X-Gitlab-Token", "", "Authorization", "Bearer old", "X-Gitlab-Signature", "old"), deskBody, 401, ""},
		{"GET", "GET", good, "", 405, ""},
		{"an id of the signed form", "POST", changed(good, "Idempotency-Key", "", "Webhook-Id", "msg_1"), deskBody, 202, "msg_1"},
		{"an id of nonsense", "POST", changed(good, "Idempotency-Key", "a b", "Webhook-Id", strings.Repeat("x", 65)), deskBody, 202, deliveryID([]byte(deskBody))},
		{"no id", "POST", changed(good, "Idempotency-Key", ""), deskBody, 202, deliveryID([]byte(deskBody))},
		{"the id of a chain of hooks", "POST", changed(good, "Idempotency-Key", "", "X-Gitlab-Event-Uuid", "1"), deskBody, 202, deliveryID([]byte(deskBody))},
		{"unknown event", "POST", changed(good, "X-Gitlab-Event", "Emoji Hook"), deskBody, 202, ""},
		{"no event", "POST", changed(good, "X-Gitlab-Event", ""), deskBody, 202, ""},
		{"system hook", "POST", changed(good, "X-Gitlab-Event", "System Hook"), deskBody, 202, ""},
		{"garbage", "POST", good, "{\"canary", 202, ""},
		{"binary garbage", "POST", good, "\x00\xff\xfe", 202, ""},
		{"nothing at all", "POST", good, "", 202, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			post, server := serveLab(t, GitLabSecrets{Tokens: [][]byte{[]byte("new"), []byte("old")}})
			if resp := send(t, server, c.method, c.header, strings.NewReader(c.body)); resp.StatusCode != c.status {
				t.Errorf("status %d, want %d", resp.StatusCode, c.status)
			}
			want := 0
			if c.delivery != "" {
				want = 1
			}
			if len(post.bells) != want {
				t.Fatalf("%d doorbells stored, want %d", len(post.bells), want)
			}
			for _, bell := range post.bells {
				if bell.Delivery != c.delivery || !bell.At.Equal(noon()) || bell.At.Location() != time.UTC {
					t.Errorf("got %+v", bell)
				}
			}
			if strings.Contains(post.log.String(), "canary") {
				t.Errorf("the content is in the log: %s", &post.log)
			}
			if c.status == 202 && want == 0 && post.log.Len() == 0 {
				t.Error("dropped without a line in the log")
			}
		})
	}
}

// The first signature is the example of the specification's reference implementations, the second one was made with openssl
// from the bytes 0 to 31 as the key. Nothing of ours had a hand in either.
func TestStandardSignature(t *testing.T) {
	key := []byte("\x31\xf2\x90\xf6\xbf\x06\x29\x8a\xab\x4f\x08\xd4\x3c\x3f\x08\x2c\xf6\x48\xa3\x62\xda\x2d\xa4\xb0")
	header := http.Header{
		"Webhook-Id": {"msg_p5jXN8AQM9LWM0D4loKWxJek"}, "Webhook-Timestamp": {"1614265330"},
		"Webhook-Signature": {"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
	}
	s, ok := parseStandard(header, time.Unix(1614265330, 0))
	if !ok || !s.fits(keyring{key}, []byte(`{"test": 2432232314}`)) {
		t.Errorf("the specification's own example: %v", s)
	}
	if s.fits(keyring{key}, []byte(`{"test": 2432232315}`)) || s.fits(keyring{[]byte("another")}, []byte(`{"test": 2432232314}`)) {
		t.Error("it fits anything")
	}
}

func TestReceiveSignedGitLab(t *testing.T) {
	key := make([]byte, 32)
	for i := range key {
		key[i] = byte(i)
	}
	const signature = "v1,LEswFxqt2rq/2ij7kxL01nBLWOraUxgCh50V2P03rC8="
	const other = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	good := http.Header{
		"X-Gitlab-Event": {"Push Hook"}, "Idempotency-Key": {"another-id-that-is-not-signed"}, "Webhook-Signature": {signature},
		"Webhook-Id": {"72d3162e-cc78-11e3-81ab-4c9367dc0958"}, "Webhook-Timestamp": {"1796126400"},
	}
	minutes := func(n float64) func() time.Time {
		return func() time.Time { return noon().Add(time.Duration(n * float64(time.Minute))) }
	}
	for _, c := range []struct {
		name   string
		now    func() time.Time
		header http.Header
		body   string
		status int
	}{
		{"good", noon, good, pushBody, 202},
		{"one of several", noon, changed(good, "Webhook-Signature", "v1a,xyz v2,abc "+other+" "+signature), pushBody, 202},
		{"as old as it may be", minutes(5), good, pushBody, 202},
		{"as early as it may be", minutes(-5), good, pushBody, 202},
		{"too old", minutes(5.02), good, pushBody, 401},
		{"too early", minutes(-5.02), good, pushBody, 401},
		{"another body", noon, good, pushBody + " ", 401},
		{"another time", noon, changed(good, "Webhook-Timestamp", "1796126401"), pushBody, 401},
		{"another id", noon, changed(good, "Webhook-Id", "72d3162e"), pushBody, 401},
		{"the bounds of id and time moved", noon, changed(good, "Webhook-Id", "72d3162e-cc78-11e3-81ab-4c9367dc0958.1796126400", "Webhook-Timestamp", ""), pushBody, 401},
		{"no id", noon, changed(good, "Webhook-Id", ""), pushBody, 401},
		{"no time", noon, changed(good, "Webhook-Timestamp", ""), pushBody, 401},
		{"a time that is no number", noon, changed(good, "Webhook-Timestamp", "-1796126400"), pushBody, 401},
		{"an endless time", noon, changed(good, "Webhook-Timestamp", strings.Repeat("9", 30)), pushBody, 401},
		{"no signature", noon, changed(good, "Webhook-Signature", ""), pushBody, 401},
		{"a token instead", noon, changed(good, "Webhook-Signature", "", "X-Gitlab-Token", "token"), pushBody, 401},
		{"a token beside a wrong signature", noon, changed(good, "Webhook-Signature", other, "X-Gitlab-Token", "token"), pushBody, 401},
		{"a signature without its version", noon, changed(good, "Webhook-Signature", strings.TrimPrefix(signature, "v1,")), pushBody, 401},
		{"a signature of another version", noon, changed(good, "Webhook-Signature", "v2"+strings.TrimPrefix(signature, "v1")), pushBody, 401},
		{"a signature cut short", noon, changed(good, "Webhook-Signature", signature[:20]), pushBody, 401},
		{"a right one after very many", noon, changed(good, "Webhook-Signature", strings.Repeat(other+" ", 1000)+signature), pushBody, 401},
		{"the header of status checks", noon, changed(good, "Webhook-Signature", "", "X-Gitlab-Signature", signature), pushBody, 401},
	} {
		t.Run(c.name, func(t *testing.T) {
			post := &doorpost{}
			secrets := GitLabSecrets{Tokens: [][]byte{[]byte("token")}, Signing: [][]byte{[]byte("the new key"), key}}
			h, err := GitLab(secrets, post.ring, c.now, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(c.body))
			r.Header = c.header
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != c.status || (len(post.bells) == 1) != (c.status == 202) {
				t.Errorf("status %d and %d doorbells, want %d", w.Code, len(post.bells), c.status)
			}
			for _, bell := range post.bells {
				if bell.Delivery != "72d3162e-cc78-11e3-81ab-4c9367dc0958" || bell.Object != (policy.Object{Kind: policy.ObjectBranch, Name: "main"}) {
					t.Errorf("got %+v", bell)
				}
			}
		})
	}
}

// Whoever has no token does not get the body read, and with a signature that nobody checked yet no more than the bound.
func TestGitLabIsBounded(t *testing.T) {
	for name, c := range map[string]struct {
		secrets GitLabSecrets
		header  http.Header
		status  int
		most    int64
	}{
		"without a token":    {GitLabSecrets{Tokens: [][]byte{[]byte("secret")}}, tokened("Push Hook", "stranger"), 401, 0},
		"with the token":     {GitLabSecrets{Tokens: [][]byte{[]byte("secret")}}, tokened("Push Hook", "secret"), 413, MaxBody + 1<<20},
		"without signature":  {GitLabSecrets{Signing: [][]byte{[]byte("secret")}}, tokened("Push Hook", "secret"), 401, 0},
		"with any signature": {GitLabSecrets{Signing: [][]byte{[]byte("secret")}}, standard("id", "1796126400"), 413, MaxBody + 1<<20},
		"long ago":           {GitLabSecrets{Signing: [][]byte{[]byte("secret")}}, standard("id", "1"), 401, 0},
	} {
		t.Run(name, func(t *testing.T) {
			_, server := serveLab(t, c.secrets)
			body := &flood{left: 1 << 30}
			r := httptest.NewRequest(http.MethodPost, "/", body)
			r.Header, r.ContentLength = c.header, -1
			w := httptest.NewRecorder()
			server.Config.Handler.ServeHTTP(w, r)
			if read := 1<<30 - body.left; w.Code != c.status || read > c.most {
				t.Errorf("status %d, %d bytes read", w.Code, read)
			}
		})
	}
}

// TestExternalStatusCheck: what GitLab tells the second hold of is neither a delivery nor an intruder, and is not read.
func TestExternalStatusCheck(t *testing.T) {
	for _, secrets := range []GitLabSecrets{{Tokens: [][]byte{[]byte("secret")}}, {Signing: [][]byte{[]byte("secret")}}} {
		post, server := serveLab(t, secrets)
		for _, c := range []struct {
			method, query string
			status        int
		}{{"POST", "?status", 204}, {"POST", "?status=", 204}, {"GET", "?status", 405}, {"POST", "", 401}, {"POST", "?x", 401}} {
			body := &flood{left: 1 << 30}
			r := httptest.NewRequest(c.method, "/"+c.query, body)
			r.Header, r.ContentLength = tokened("Push Hook", "stranger"), -1
			w := httptest.NewRecorder()
			server.Config.Handler.ServeHTTP(w, r)
			if w.Code != c.status || body.left != 1<<30 {
				t.Errorf("%s %q: status %d, %d bytes read", c.method, c.query, w.Code, 1<<30-body.left)
			}
			if log := post.log.String(); strings.Contains(log, "refused") != (c.status == 401) {
				t.Errorf("%s %q: %s", c.method, c.query, log)
			}
			post.log.Reset()
		}
	}
}

func standard(id, at string) http.Header {
	return http.Header{"Webhook-Id": {id}, "Webhook-Timestamp": {at}, "Webhook-Signature": {"v1," + strings.Repeat("A", 43) + "="}}
}

func TestGitLabNotStoredIsAnError(t *testing.T) {
	post, server := serveLab(t, GitLabSecrets{Tokens: [][]byte{[]byte("secret")}})
	post.fail = errors.New("disk full")
	if resp := send(t, server, "POST", tokened("Issue Hook", "secret"), strings.NewReader(deskBody)); resp.StatusCode != 500 {
		t.Errorf("status %d although nothing was stored", resp.StatusCode)
	}
	if resp := send(t, server, "POST", tokened("Emoji Hook", "secret"), strings.NewReader(deskBody)); resp.StatusCode != 202 {
		t.Errorf("status %d for what is not to be stored", resp.StatusCode)
	}
	h := server.Config.Handler
	r := httptest.NewRequest(http.MethodPost, "/", io.MultiReader(strings.NewReader("{"), hungUp{}))
	r.Header = tokened("Issue Hook", "secret")
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, r); w.Code != 400 {
		t.Errorf("status %d for a body cut short", w.Code)
	}
}
