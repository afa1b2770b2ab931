package config

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	netmail "net/mail"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

const mailLines = "mail:\n  server: mail.example.org\n  from: App Security <security@example.org>\n"

func TestMailGetsDefaults(t *testing.T) {
	for extra, place := range map[string]string{
		"": "mail.example.org:587", "  tls: implicit\n": "mail.example.org:465", "  port: 2525\n": "mail.example.org:2525",
	} {
		s, err := ParseServer("liftgate.yaml", []byte(smallServer+mailLines+extra))
		if err != nil {
			t.Fatal(err)
		}
		from, err := s.Mail.Sender()
		if err != nil || from != (netmail.Address{Name: "App Security", Address: "security@example.org"}) || s.Mail.Place() != place {
			t.Errorf("%q: %v, %v, %s", extra, from, err, s.Mail.Place())
		}
		if _, err := s.Mail.Open(time.Now); err != nil {
			t.Errorf("%q: %v", extra, err)
		}
	}
	if s, err := ParseServer("liftgate.yaml", []byte(smallServer+"mail: {server: localhost, tls: none, from: a@b}\n")); err != nil || s.Mail.Place() != "localhost:25" {
		t.Errorf("in the clear: %v, %v", s.Mail, err)
	}
}

func TestMailMistakes(t *testing.T) {
	mistakes := []mistake{
		{"nothing in it", smallServer + "mail:\n"},
		{"no sender", smallServer + "mail: {server: mail.example.org}\n"},
		{"a URL for a server", smallServer + strings.Replace(mailLines, "mail.example.org", "smtp://mail.example.org", 1)},
		{"two senders", smallServer + strings.Replace(mailLines, "App Security <security@example.org>", "\"a@example.org, b@example.org\"", 1)},
		{"a sender of two lines", smallServer + strings.Replace(mailLines, "App Security <security@example.org>", "\"Sec <a@example.org>\\r\\nBcc: b@example.org\"", 1)},
		{"bounces to a name", smallServer + mailLines + "  bounces: Bounces <b@example.org>\n"},
		{"a port that is none", smallServer + mailLines + "  port: 70000\n"},
		{"port 0", smallServer + mailLines + "  port: 0\n"},
		{"in the clear to another machine", smallServer + mailLines + "  tls: none\n"},
		{"another encryption", smallServer + mailLines + "  tls: ssl\n"},
		{"a user without a password", smallServer + mailLines + "  user: liftgate\n"},
		{"a password without a user", smallServer + mailLines + "  password_file: password.txt\n"},
		{"the password itself", smallServer + mailLines + "  user: liftgate\n  password: hunter2canary\n"},
		{"half of DKIM", smallServer + mailLines + "  dkim: {domain: example.org}\n"},
		{"DKIM for a pattern", smallServer + mailLines + "  dkim: {domain: '*.org', selector: 'a b', key_file: dkim.pem}\n"},
		{"signing without a key", smallServer + mailLines + "  sign: openpgp\n"},
		{"signing with something else", smallServer + mailLines + "  sign: pem\n  key_file: key\n"},
		{"a key for nothing", smallServer + mailLines + "  key_file: key\n"},
		{"a passphrase for S/MIME", smallServer + mailLines + "  sign: smime\n  key_file: key\n  passphrase_file: words\n"},
	}
	read := func(text string) error {
		_, err := ParseServer("liftgate.yaml", []byte(text))
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("a secret is in the error: %v", err)
		}
		return err
	}
	golden(t, "mail_mistakes.txt", refusals(t, "liftgate.yaml", mistakes, read))
}

func TestLoadMail(t *testing.T) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dkim := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	text := smallServer + mailLines + "  user: liftgate\n  password_file: keys/password.txt\n  dkim: {domain: example.org, selector: lift, key_file: dkim.pem}\n"
	for _, c := range []struct {
		name, extra string
		files       map[string]string
		warnings    int
		says        string
	}{
		{"all there", "", nil, 0, ""},
		{"readable by others", "", map[string]string{"dkim.pem!": dkim, "dkim.pem": ""}, 1, "chmod 600"},
		{"no password", "", map[string]string{"keys/password.txt": "\n"}, 0, "password.txt is empty"},
		{"no DKIM key", "", map[string]string{"dkim.pem": "canary"}, 0, "dkim.pem: want a private key"},
		{"no certificates", "  ca_file: ca.pem\n", map[string]string{"ca.pem": "canary"}, 0, "ca.pem holds none"},
		{"no OpenPGP key", "  sign: openpgp\n  key_file: key.asc\n", map[string]string{"key.asc": "canary"}, 0, "key.asc: want one private OpenPGP key"},
		{"no S/MIME key", "  sign: smime\n  key_file: key.pem\n", map[string]string{"key.pem": "canary"}, 0, "key.pem: want a private key"},
		{"no passphrase", "  sign: openpgp\n  key_file: key.asc\n  passphrase_file: words\n", map[string]string{"key.asc": "canary"}, 0, "read passphrase"},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := map[string]string{"app.pem": "k", "hook.txt": "s", "keys/password.txt": "words\n", "dkim.pem": dkim, "liftgate.yaml": text + c.extra}
			for name, content := range c.files {
				if files[name] = content; content == "" {
					delete(files, name)
				}
			}
			s, warnings, err := LoadServer(filepath.Join(write(t, files), "liftgate.yaml"))
			said := strings.Join(warnings, "\n")
			if err != nil {
				said += err.Error()
			}
			if len(warnings) != c.warnings || (c.says == "") != (said == "") || !strings.Contains(said, c.says) || strings.Contains(said, "canary") {
				t.Fatalf("%d warnings: %s", len(warnings), said)
			}
			if err == nil {
				if _, err := s.Mail.Open(time.Now); err != nil {
					t.Error(err)
				}
				if password, err := s.Mail.password(); password != "words" {
					t.Errorf("password %q, %v", password, err)
				}
			}
		})
	}
}

// Whatever stands in the section may be a path: none is forgotten when they are made relative to the document.
func TestMailKnowsItsFiles(t *testing.T) {
	var m Mail
	for _, file := range m.files() {
		*file = "x"
	}
	for _, part := range []reflect.Value{reflect.ValueOf(m), reflect.ValueOf(m.DKIM)} {
		for i := range part.NumField() {
			if name := part.Type().Field(i).Name; strings.HasSuffix(name, "File") != (part.Field(i).Kind() == reflect.String && part.Field(i).String() == "x") {
				t.Errorf("%s is or is not a file", name)
			}
		}
	}
}
