package server

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/liftgate/config"
)

const benchSecret = "a secret of the benchmark, long enough"

// BenchmarkIngest is what a webhook costs until its answer: HTTP, signature, decoding, encryption and a row that survives a
// power cut. It says how many a server takes in a second on this disk.
func BenchmarkIngest(b *testing.B) {
	url := ingestServer(b)
	var count atomic.Int64
	b.Run("one after another", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := deliver(url, count.Add(1)); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "deliveries/s")
	})
	b.Run("many at once", func(b *testing.B) {
		b.ReportAllocs()
		b.SetParallelism(8)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if err := deliver(url, count.Add(1)); err != nil {
					b.Error(err)
					return
				}
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "deliveries/s")
	})
}

// ingestServer is an assembled server that answers webhooks and does nothing about them.
func ingestServer(b *testing.B) (url string) {
	b.Helper()
	dir := b.TempDir()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		b.Fatal(err)
	}
	keyFile, secretFile := filepath.Join(dir, "app.pem"), filepath.Join(dir, "secret")
	block := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	if err := errors.Join(os.WriteFile(keyFile, block, 0o600), os.WriteFile(secretFile, []byte(benchSecret), 0o600)); err != nil {
		b.Fatal(err)
	}
	c := config.DefaultServer()
	c.Data, c.Database = dir, "sqlite:"+filepath.Join(dir, "liftgate.db")
	c.GitHub.AppID, c.GitHub.PrivateKeyFile, c.GitHub.WebhookSecretFiles = 1, keyFile, []string{secretFile}
	c.Projects = []config.Pair{{Name: "app", Prefix: "LSN", Forge: "github", Public: "acme/app", Mirror: "acme/app-security"}}
	s, err := New(b.Context(), Options{Config: c, Now: time.Now, Log: slog.New(slog.DiscardHandler), CreateKeys: true, Owner: "bench"})
	if err != nil {
		b.Fatal(err)
	}
	handler, err := s.handler()
	if err != nil {
		b.Fatal(err)
	}
	web := httptest.NewServer(handler)
	b.Cleanup(func() {
		web.Close()
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	return web.URL + "/webhooks/github"
}

// deliver posts one comment on an issue, of the size that GitHub sends.
func deliver(url string, n int64) error {
	body := fmt.Appendf(nil, `{"action":"created","issue":{"number":%d,"body":%q},"comment":{"id":%d},"repository":{"full_name":"acme/app-security"}}`,
		n%50+1, strings.Repeat("words ", 2000), n)
	mac := hmac.New(sha256.New, []byte(benchSecret))
	mac.Write(body)
	req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-GitHub-Event", "issue_comment")
	req.Header.Set("X-GitHub-Delivery", fmt.Sprintf("00000000-0000-4000-8000-%012d", n))
	req.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	if err == nil && resp.StatusCode != http.StatusAccepted {
		err = fmt.Errorf("the answer is %s", resp.Status)
	}
	return err
}
