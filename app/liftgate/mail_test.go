package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// guest may look around, and leaves no mail.
type guest struct{ smtp.Session }

func (guest) Logout() error { return nil }

// greeter takes visits and no mail.
func greeter(t *testing.T) (port int) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return guest{}, nil }))
	server.Domain = "localhost"
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close(); <-done })
	return listener.Addr().(*net.TCPAddr).Port
}

func TestMailCheck(t *testing.T) {
	dir, port := t.TempDir(), greeter(t)
	if err := writeSettings(dir); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "liftgate.yml")
	for _, test := range []struct {
		mail      string
		code      int
		out, errs string
	}{
		{"", exitUsage, "", "no mail server is configured"},
		{fmt.Sprintf("mail: {server: localhost, port: %d, tls: none, from: A <a@example.org>}\n", port), 0, "would send as A <a@example.org> (unsigned); nothing was sent", ""},
		{fmt.Sprintf("mail: {server: localhost, port: %d, from: a@example.org}\n", port), exitFailed, "", "offers no STARTTLS"},
		{"mail: {server: localhost, port: 1, tls: none, from: a@example.org}\n", exitFailed, "", "could not be reached"},
		{"mail: {server: localhost, user: me, password_file: absent, from: a@example.org}\n", exitUsage, "", "read mail password"},
		{"mail: {server: localhost}\n", exitUsage, "", "mail.from"},
	} {
		if err := os.WriteFile(file, []byte(settings+test.mail), 0o600); err != nil {
			t.Fatal(err)
		}
		c, out, errs := captured(time.Now)
		code := run(t.Context(), c, []string{"mail", "check", "--config", file})
		if code != test.code || !strings.Contains(out.String(), test.out) || (test.out == "") != (out.Len() == 0) || !strings.Contains(errs.String(), test.errs) {
			t.Errorf("%s exit code %d\n%s%s", test.mail, code, out, errs)
		}
	}
}
