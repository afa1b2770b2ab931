package github

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/forge/forgetest"
	"github.com/liftgate/liftgate/policy"
)

// stub is a bare GitHub, which also gives tokens.
type stub struct {
	forgetest.Stub
	forge *Forge
	mints []mintRequest
	has   map[string]string // the installation's permissions
}

type mintRequest struct {
	Repositories []string          `json:"repositories"`
	Permissions  map[string]string `json:"permissions"`
}

var testKey = sync.OnceValue(func() []byte {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
})

var project = policy.Project{Name: "demo", Prefix: "LSN", Forge: "github", Public: "acme/public", Mirror: "acme/mirror"}

func newStub(t *testing.T) *stub {
	t.Helper()
	s := &stub{
		Stub: forgetest.NewStub(),
		has: map[string]string{
			"metadata": "read", "contents": "write", "issues": "write", "pull_requests": "write", "checks": "write", "statuses": "write",
			"workflows": "write", "repository_advisories": "write",
		},
	}
	server := httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(server.Close)
	f, err := New(Options{AppID: 7, Key: testKey(), API: server.URL, Git: server.URL, Project: project, Now: s.Now})
	if err != nil {
		t.Fatal(err)
	}
	s.forge = f
	return s
}

func (s *stub) serve(w http.ResponseWriter, r *http.Request) {
	switch path := r.URL.Path; {
	case strings.HasSuffix(path, "/installation"):
		b, _ := json.Marshal(s.has)
		fmt.Fprintf(w, `{"id": 42, "permissions": %s, "suspended_at": null}`, b)
	case strings.HasSuffix(path, "/access_tokens"):
		var m mintRequest
		_ = json.NewDecoder(r.Body).Decode(&m)
		s.Lock()
		s.mints = append(s.mints, m)
		n := len(s.mints)
		s.Unlock()
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, `{"token": "ghs_%d.secret_%d", "expires_at": %q}`, n, n, time.Now().UTC().Add(time.Hour).Format(time.RFC3339))
	case path == "/app":
		_, _ = io.WriteString(w, `{"id": 7, "slug": "liftgate-acme"}`)
	default:
		h := s.Find(r.Method+" "+path, r.Method+" "+r.URL.RequestURI())
		if h == nil {
			http.Error(w, `{"message": "Not Found `+canary+`"}`, http.StatusNotFound)
			return
		}
		h(w, r)
	}
}
