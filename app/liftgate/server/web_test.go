package server

import (
	"bytes"
	"encoding/base64"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/liftgate/config"
	"github.com/liftgate/liftgate/policy"
)

// assembled is a server of the document, with the secrets that it may name beside it, and what it logs.
func assembled(t *testing.T, document string) (*Server, *bytes.Buffer) {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{
		"liftgate.yml": document, "token": "glpat-canary", "lift": "glpat-lift-canary", "hook": "hook-canary",
		"signing": "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32))),
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, _, err := config.LoadServer(filepath.Join(dir, "liftgate.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var logged bytes.Buffer
	log := slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s, err := New(t.Context(), Options{Config: c, Now: func() time.Time { return gaugeTime }, Log: log, CreateKeys: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if strings.Contains(logged.String(), "canary") {
			t.Errorf("a secret is in the log: %s", &logged)
		}
	})
	return s, &logged
}

const onGitLab = `gitlab:
  api: http://127.0.0.1:1/api/v4/
  token_file: token
  lift_token_file: lift
  webhook_token_files: [hook]
projects:
  - {name: demo, forge: gitlab, public: acme/apps/web, mirror: acme-security/web, report_label: report}
`

// Each forge's webhooks are received if a project is there, and a doorbell is stored with the forge's name.
func TestWebhooksOfTheForgesInUse(t *testing.T) {
	s, _ := assembled(t, onGitLab)
	handler, err := s.handler()
	if err != nil {
		t.Fatal(err)
	}
	send := func(path string, header http.Header) int {
		body := `{"ref":"refs/heads/main","project":{"path_with_namespace":"acme/apps/web","visibility_level":20}}`
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
		maps.Copy(r.Header, header)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w.Code
	}
	good := http.Header{"X-Gitlab-Event": {"Push Hook"}, "X-Gitlab-Token": {"hook-canary"}, "Idempotency-Key": {"one"}}
	for name, c := range map[string]struct {
		path   string
		header http.Header
		status int
	}{
		"good":         {"/webhooks/gitlab", good, http.StatusAccepted},
		"repeated":     {"/webhooks/gitlab", good, http.StatusAccepted},
		"no token":     {"/webhooks/gitlab", http.Header{"X-Gitlab-Event": {"Push Hook"}}, http.StatusUnauthorized},
		"the other":    {"/webhooks/github", good, http.StatusNotFound},
		"no such room": {"/webhooks/", good, http.StatusNotFound},
	} {
		if status := send(c.path, c.header); status != c.status {
			t.Errorf("%s: %d, want %d", name, status, c.status)
		}
	}
	bells, err := s.Store.Doorbells(t.Context(), 10)
	if err != nil || len(bells) != 1 {
		t.Fatalf("%d doorbells, %v", len(bells), err)
	}
	if b := bells[0]; b.Forge != "gitlab" || b.Repo != "acme/apps/web" || b.Object != (policy.Object{Kind: policy.ObjectBranch, Name: "main"}) {
		t.Errorf("got %+v", b)
	}
}

// With signing tokens in the configuration a secret token is not enough.
func TestSignedWebhooksOnly(t *testing.T) {
	s, _ := assembled(t, strings.Replace(onGitLab, "gitlab:", "gitlab:\n  webhook_signing_files: [signing]", 1))
	handler, err := s.handler()
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/webhooks/gitlab", strings.NewReader("{}"))
	r.Header.Set("X-Gitlab-Token", "hook-canary")
	w := httptest.NewRecorder()
	if handler.ServeHTTP(w, r); w.Code != http.StatusUnauthorized {
		t.Errorf("status %d", w.Code)
	}
}

// The lift's token is another one than that of everything else, and both are read anew.
func TestTokensAreReadAnew(t *testing.T) {
	s, _ := assembled(t, onGitLab)
	c := s.options.Config.GitLab
	forge := s.Projects[0].Forge
	for _, want := range []string{"glpat-canary", "glpat-replaced"} {
		if err := os.WriteFile(c.TokenFile, []byte(want+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		url, user, secret, err := forge.MirrorGit(t.Context())
		if err != nil || secret != want || user == "" || url != "http://127.0.0.1:1/acme-security/web.git" {
			t.Errorf("%s, %s, %d bytes of secret, %v", url, user, len(secret), err)
		}
	}
	if err := os.Remove(c.TokenFile); err != nil {
		t.Fatal(err)
	}
	if _, _, secret, err := forge.MirrorGit(t.Context()); err == nil || secret != "" {
		t.Errorf("a token that is gone: %v", err)
	}
}

// A mistake in a project's document is told with the name that the document has on its forge.
func TestRulesAreNamedAsOnTheForge(t *testing.T) {
	for _, forge := range []string{"github", "gitlab"} {
		_, err := readRules(policy.Project{Forge: forge}, []byte("main: [x]\n"))
		if err == nil || !strings.HasPrefix(err.Error(), "."+forge+"/liftgate.yml:1:7: ") {
			t.Errorf("%s: %v", forge, err)
		}
	}
}

func TestUnknownForge(t *testing.T) {
	c := config.DefaultServer()
	c.Data, c.Database = t.TempDir(), "sqlite:"+filepath.Join(t.TempDir(), "liftgate.db")
	c.Projects = []config.Pair{{Name: "demo", Prefix: "LSN", Forge: "gitea", Public: "a/b", Mirror: "a/c"}}
	_, err := New(t.Context(), Options{Config: c, Now: time.Now, Log: slog.New(slog.DiscardHandler), CreateKeys: true})
	if err == nil || !strings.Contains(err.Error(), `"gitea" is not known`) {
		t.Errorf("%v", err)
	}
}
