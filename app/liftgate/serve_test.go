package main

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// process is a real liftgate serve.
type process struct {
	*exec.Cmd
	url  string
	errs *bytes.Buffer
	done chan error
}

func startServer(t *testing.T, dir string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command("liftgate", "serve", "--config", filepath.Join(dir, "liftgate.yml")), errs: &bytes.Buffer{}, done: make(chan error, 1)}
	p.Stderr = p.errs
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Process.Kill() }) // it has ended, if all went well
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("no address: %v: %v: %s", err, p.Wait(), p.errs)
	}
	p.url = strings.TrimSpace(line)
	go func() { p.done <- p.Wait() }()
	return p
}

// stop sends SIGTERM and waits for the end.
func (p *process) stop(t *testing.T) {
	t.Helper()
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-p.done:
		if err != nil {
			t.Errorf("stopped with %v: %s", err, p.errs)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("still running 10 s after SIGTERM")
	}
	if !strings.Contains(p.errs.String(), "msg=stopped") {
		t.Errorf("the log does not tell the stop: %s", p.errs)
	}
}

func (p *process) get(t *testing.T, path string) (status int, body string) {
	t.Helper()
	answer, err := http.Get(p.url + path)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// deliver sends a webhook as GitHub does.
func (p *process) deliver(t *testing.T, body, secret string) (status int) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url+"/webhooks/github", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-GitHub-Event", "push")
	r.Header.Set("X-GitHub-Delivery", "0b989ba4-242f-11e5-81e1-c7b6966d2516")
	if secret != "" {
		r.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	return answer.StatusCode
}

// announce claims a body of a length and sends none of it.
func (p *process) announce(t *testing.T, length int) (status string) {
	t.Helper()
	address := strings.TrimPrefix(p.url, "http://")
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /webhooks/github HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\nX-Hub-Signature-256: sha256=%s\r\n\r\n",
		address, length, strings.Repeat("0", 64))
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// The real binary serves although nothing that it needs of the outside can be reached.
func TestServe(t *testing.T) {
	dir := t.TempDir()
	if err := writeSettings(dir); err != nil {
		t.Fatal(err)
	}
	p := startServer(t, dir)
	for path, want := range map[string]string{"/livez?token=" + canary: "ok", "/readyz": "ok", "/metrics": "liftgate_doorbells_waiting 0"} {
		if status, body := p.get(t, path); status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s: %d %.200s", path, status, body)
		}
	}
	push := `{"ref": "refs/heads/` + canary + `", "repository": {"full_name": "octo/app-security"}}`
	for _, test := range []struct {
		name, secret string
		want         int
	}{{"no signature", "", 401}, {"another secret", "guessed", 401}, {"signed", hookSecret, 202}, {"again", hookSecret, 202}} {
		if got := p.deliver(t, push, test.secret); got != test.want {
			t.Errorf("webhook, %s: %d, want %d", test.name, got, test.want)
		}
	}
	if got := p.deliver(t, "{garbage", hookSecret); got != http.StatusAccepted {
		t.Errorf("garbage that is signed: %d", got)
	}
	if got := p.announce(t, 25<<20+1); !strings.Contains(got, "413") {
		t.Errorf("an oversized webhook: %s", got)
	}
	if status, _ := p.get(t, "/nowhere"); status != http.StatusNotFound {
		t.Errorf("/nowhere: %d", status)
	}
	p.stop(t)
	if !strings.Contains(p.errs.String(), "public commits will carry liftgate@localhost") {
		t.Errorf("nothing is said about the committer: %s", p.errs)
	}
	if log := p.errs.String(); strings.Contains(log, canary) || strings.Contains(log, hookSecret) {
		t.Errorf("the log holds what it must not: %s", log)
	}
	info, err := os.Stat(filepath.Join(dir, "data", "identity.txt"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("identity: %v, %v", info, err)
	}

	p = startServer(t, dir)
	if status, _ := p.get(t, "/readyz"); status != http.StatusOK {
		t.Errorf("after a restart: %d", status)
	}
	beside := exec.Command("liftgate", "status", "--config", filepath.Join(dir, "liftgate.yml"))
	if out, err := beside.CombinedOutput(); err != nil || !strings.Contains(string(out), "No advisory is open") {
		t.Errorf("status beside the server: %v: %s", err, out)
	}
	p.stop(t)
}

func TestServeRefusesATakenAddress(t *testing.T) {
	dir := t.TempDir()
	if err := writeSettings(dir); err != nil {
		t.Fatal(err)
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	file := filepath.Join(dir, "liftgate.yml")
	if err := os.WriteFile(file, []byte(strings.Replace(settings, "127.0.0.1:0", taken.Addr().String(), 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	c, _, errs := captured(time.Now)
	if got := run(t.Context(), c, []string{"serve", "--config", file}); got != exitFailed || !strings.Contains(errs.String(), "choose another address with `listen`") {
		t.Errorf("exit code %d: %s", got, errs)
	}
}
