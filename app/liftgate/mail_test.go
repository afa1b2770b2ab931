package main

import (
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/liftgate/liftgate/app/mail"
	"github.com/liftgate/liftgate/app/notice"
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

// Every real notice makes an announcement that says what the notice says.
func TestRealNoticesAsMails(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(top, "..", "shared", "oracles", "libvirt-notices", "*", "*.xml"))
	if err != nil || len(files) < 30 {
		t.Skip("../shared/oracles/libvirt-notices is absent")
	}
	server, err := mail.New(mail.Options{Host: "localhost", Port: 25, TLS: mail.InClear, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		record, err := readNotice(file)
		if err != nil {
			t.Fatal(err)
		}
		body, err := notice.Render("mail", record, notice.Libvirt())
		if err != nil {
			t.Fatal(err)
		}
		m := mail.Message{
			Project: "libvirt", Advisory: "LSN-" + record.ID, Version: 1, Date: time.Date(2026, 11, 17, 14, 0, 0, 0, time.UTC),
			From: netmail.Address{Address: "security@example.org"}, List: mail.List{Address: "announce@lists.example.org", Kind: "plain"},
			Subject: "LSN-" + record.ID + ": " + strings.Join(strings.Fields(record.Summary), " "), Body: string(body),
		}
		text, err := server.Render(m)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		subject, got := readPlain(t, string(text))
		if want := strings.ReplaceAll(string(body), "\n", "\r\n"); subject != m.Subject || got != want {
			t.Errorf("%s: subject %q, want %q; text\n%s\nwant\n%s", file, subject, m.Subject, got, want)
		}
	}
}

// readPlain reads a mail of one part with the standard library.
func readPlain(t *testing.T, text string) (subject, body string) {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil {
		t.Fatal(err)
	}
	if m.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
		m.Body = quotedprintable.NewReader(m.Body)
	}
	read, err := io.ReadAll(m.Body)
	if err != nil {
		t.Fatal(err)
	}
	return subject, string(read)
}
