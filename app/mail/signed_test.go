package mail

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"
)

// shop is a folder for the programs that verify.
type shop struct {
	*testing.T
	dir string
}

func newShop(t *testing.T, programs ...string) shop {
	t.Helper()
	for _, name := range programs {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed", name)
		}
	}
	dir, err := os.MkdirTemp("", "lg") // short: gpg's socket lies in it
	if err != nil {
		t.Fatal(err)
	}
	s := shop{t, dir}
	t.Cleanup(func() {
		_, _ = s.try("", "gpgconf", "--kill", "all") // where gpg was not used, or is missing, nothing runs
		_ = os.RemoveAll(dir)
	})
	s.put("gpg-agent.conf", "s2k-count 65536\n") // in no time
	return s
}

func (s shop) put(name, text string) {
	s.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
		s.Fatal(err)
	}
}

func (s shop) try(in, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Stdin = s.dir, strings.NewReader(in)
	cmd.Env = append(os.Environ(), "GNUPGHOME="+s.dir, "HOME="+s.dir, "LC_ALL=C")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (s shop) run(name string, args ...string) string {
	s.Helper()
	out, err := s.try("", name, args...)
	if err != nil {
		s.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return out
}

// gpg makes a key with GnuPG, on the first of January 2020.
func (s shop) gpg(who, passphrase string, kind ...string) []byte {
	s.Helper()
	common := []string{"--batch", "--yes", "--pinentry-mode", "loopback", "--passphrase", passphrase, "--faked-system-time", "20200101T010000"}
	s.run("gpg", append(append(common, "--quick-generate-key", who), kind...)...)
	s.run("gpg", append(common, "--armor", "--output", "key.asc", "--export-secret-keys", who)...)
	text, err := os.ReadFile(filepath.Join(s.dir, "key.asc"))
	if err != nil {
		s.Fatal(err)
	}
	return text
}

// worst is a message of all that can break a signature on the way.
func worst() Message {
	m := announcement()
	m.Body = "From the start\ntrailing blank \n.\n..\n--=_\n\n" + strings.Repeat("é", 100) + "\n\n\n"
	m.Attachments = []Attachment{patch("main.patch", "From abc\n--\n2.39\n"), {"all.bundle", "application/octet-stream", []byte{0, 13, 10, 255}}}
	return m
}

// split takes a signed mail apart, byte for byte: what was signed, and the part with the signature.
func split(t testing.TB, text string) (signed, signature string) {
	t.Helper()
	boundary := regexp.MustCompile(`multipart/signed;\r\n protocol="[^"]+";\r\n micalg=[a-z0-9-]+;\r\n boundary="([^"]+)"`).FindStringSubmatch(text)
	if boundary == nil {
		t.Fatalf("not signed:\n%s", text)
	}
	parts := strings.Split(text, "\r\n--"+boundary[1])
	if len(parts) != 4 {
		t.Fatalf("%d parts", len(parts))
	}
	return strings.TrimPrefix(parts[1], "\r\n"), strings.TrimPrefix(parts[2], "\r\n")
}

func (s shop) verifiedByGnuPG(text string, good bool) {
	s.Helper()
	signed, signature := split(s, text)
	s.put("signed", signed)
	s.put("signature", signature) // gpg finds the armor in it
	out, err := s.try("", "gpg", "--batch", "--verify", "signature", "signed")
	if (err == nil) != good {
		s.Errorf("gpg: %v\n%s", err, out)
	}
}

func TestOpenPGP(t *testing.T) {
	for _, kind := range [][]string{{"", "ed25519", "sign", "0"}, {"secret words", "rsa2048", "default", "0"}} {
		t.Run(kind[1], func(t *testing.T) {
			t.Parallel()
			s := newShop(t, "gpg")
			armored := s.gpg("security@example.org", kind[0], kind[1:]...)
			signer, err := OpenPGP(armored, []byte(kind[0]))
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range []Message{announcement(), worst()} {
				text, err := m.render(signer)
				if err != nil {
					t.Fatal(err)
				}
				if !strings.Contains(string(text), "multipart/signed;\r\n protocol=\"application/pgp-signature\";\r\n micalg=pgp-sha512;") {
					t.Errorf("%s", text)
				}
				if again := mustSign(t, m, signer); string(again) != string(text) {
					t.Error("a second signature differs")
				}
				s.verifiedByGnuPG(string(text), true)
				s.verifiedByGnuPG(strings.Replace(string(text), "text/plain", "text/other", 1), false)
			}
			m := announcement()
			m.Date = time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC)
			if _, err := m.render(signer); err == nil || !strings.Contains(err.Error(), "no part of the key may sign") {
				t.Errorf("older than the key: %v", err)
			}
			m = announcement()
			if m.List.Kind = "plain"; strings.Contains(string(mustSign(t, m, signer)), "signed") {
				t.Error("a list that takes no parts got a signature")
			}
			if kind[0] != "" {
				for _, wrong := range []string{"", "canary"} {
					if _, err := OpenPGP(armored, []byte(wrong)); err == nil || !strings.Contains(err.Error(), "passphrase") || strings.Contains(err.Error(), "canary") {
						t.Errorf("opened by %q: %v", wrong, err)
					}
				}
			}
		})
	}
	if _, err := OpenPGP([]byte("canary"), nil); err == nil || strings.Contains(err.Error(), "canary") {
		t.Error(err)
	}
}

func mustSign(t testing.TB, m Message, by *Signer) []byte {
	t.Helper()
	text, err := m.render(by)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// certified is a certificate of an address with its key and its issuer's certificate, in PEM, and the issuer's alone.
func certified(t testing.TB, key crypto.Signer, change func(*x509.Certificate)) (all, authority []byte) {
	t.Helper()
	ca, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	issuer := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test CA"}, NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter: time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	own := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "App Security"}, NotBefore: issuer.NotBefore, NotAfter: issuer.NotAfter,
		EmailAddresses: []string{"security@example.org"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection}, KeyUsage: x509.KeyUsageDigitalSignature,
	}
	if change != nil {
		change(own)
	}
	authority = issued(t, issuer, issuer, ca.Public(), ca)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Join([][]byte{pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), issued(t, own, issuer, key.Public(), ca), authority}, nil), authority
}

func issued(t testing.TB, own, issuer *x509.Certificate, public, by any) []byte {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, own, issuer, public, by)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func privateKeys(t testing.TB) (r *rsa.PrivateKey, e *ecdsa.PrivateKey, d ed25519.PrivateKey) {
	t.Helper()
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	if e, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	if _, d, err = ed25519.GenerateKey(rand.Reader); err != nil {
		t.Fatal(err)
	}
	return r, e, d
}

func TestSMIME(t *testing.T) {
	s := newShop(t, "openssl")
	r, e, d := privateKeys(t)
	for _, key := range []crypto.Signer{r, e} {
		all, authority := certified(t, key, nil)
		s.put("ca.pem", string(authority))
		signer, err := SMIME(all, "security@example.org")
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range []Message{announcement(), worst()} {
			text := string(mustSign(t, m, signer))
			if !strings.Contains(text, "multipart/signed;\r\n protocol=\"application/pkcs7-signature\";\r\n micalg=sha-256;") {
				t.Errorf("%s", text)
			}
			for _, program := range []string{"smime", "cms"} {
				s.put("mail", text)
				if out, err := s.try("", "openssl", program, "-verify", "-in", "mail", "-CAfile", "ca.pem", "-out", "signed"); err != nil {
					t.Errorf("openssl %s: %v\n%s", program, err, out)
				}
				s.put("mail", strings.Replace(text, "text/plain", "text/other", 1))
				if out, err := s.try("", "openssl", program, "-verify", "-in", "mail", "-CAfile", "ca.pem", "-out", "signed"); err == nil {
					t.Errorf("openssl %s took a changed mail: %s", program, out)
				}
			}
		}
		m := announcement()
		if m.Date = time.Date(2041, 1, 1, 0, 0, 0, 0, time.UTC); func() error { _, err := m.render(signer); return err }() == nil {
			t.Error("signed after the certificate had ended")
		}
		m = announcement()
		if m.From.Address = "other@example.org"; func() error { _, err := m.render(signer); return err }() == nil {
			t.Error("signed for another address")
		}
	}
	whole, _ := certified(t, e, nil)
	ed, _ := certified(t, d, nil)
	web, _ := certified(t, e, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} })
	other, _ := certified(t, e, func(c *x509.Certificate) { c.EmailAddresses = []string{"other@example.org"} })
	strange, _ := certified(t, e, nil)
	for what, text := range map[string][]byte{
		"nothing": nil, "words": []byte("canary"), "a key alone": whole[:bytes.Index(whole, []byte("-----BEGIN CERT"))],
		"Ed25519": ed, "a certificate of a web server": web, "another's": other,
		"another chain": append(whole[:bytes.LastIndex(whole, []byte("-----BEGIN CERT")):len(whole)], strange[bytes.LastIndex(strange, []byte("-----BEGIN CERT")):]...),
	} {
		if signer, err := SMIME(text, "security@example.org"); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v %v", what, signer, err)
		}
	}
}

// Whatever prints a key, or what holds one, prints none of it.
func TestKeysDoNotPrint(t *testing.T) {
	r, e, d := privateKeys(t)
	all, _ := certified(t, e, nil)
	smime, err := SMIME(all, "security@example.org")
	if err != nil {
		t.Fatal(err)
	}
	bytes := regexp.MustCompile(`(?:(?:\d+|0x\w\w),? ){3}|[A-Za-z0-9+/]{44}`) // in numbers, or text
	for _, key := range []any{r, d} {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		dkim, err := NewDKIM("example.org", "lift", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
		if err != nil {
			t.Fatal(err)
		}
		o := Options{Host: "localhost", Port: 25, TLS: InClear, Now: noon, Sign: smime, DKIM: dkim, User: "u", Password: func() (string, error) { return "canary", nil }}
		server, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			for _, value := range []any{dkim, *dkim, smime, *smime, o, server, *server, struct{ d DKIM }{*dkim}} {
				if got := fmt.Sprintf(verb, value); bytes.MatchString(got) || strings.Contains(got, "canary") {
					t.Errorf("%s %T: %q", verb, value, got)
				}
			}
		}
	}
}

// verifyDKIM asks dkimpy, which shares nothing with what signs, and says what the DNS would.
const verifyDKIM = `import sys, dkim
record = sys.argv[1].encode()
ok = dkim.verify(sys.stdin.buffer.read(), dnsfunc=lambda name, timeout=5: record if name == b"lift._domainkey.example.org." else None)
sys.exit(0 if ok else 1)`

func TestDKIM(t *testing.T) {
	r, e, d := privateKeys(t)
	for kind, key := range map[string]crypto.Signer{"rsa": r, "ed25519": d} {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		sealer, err := NewDKIM("example.org", "lift", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
		if err != nil {
			t.Fatal(err)
		}
		public := []byte(d.Public().(ed25519.PublicKey))
		if kind == "rsa" {
			if public, err = x509.MarshalPKIXPublicKey(key.Public()); err != nil {
				t.Fatal(err)
			}
		}
		record := "v=DKIM1; k=" + kind + "; p=" + base64.StdEncoding.EncodeToString(public)
		for _, m := range []Message{announcement(), worst()} {
			m.Version = 2
			text, err := sealer.seal([]byte(mustWrite(t, m)))
			if err != nil {
				t.Fatal(err)
			}
			for change, good := range map[string]bool{"": true, "Subject: x\r\n": false, "From: x@y\r\n": false, "X-Other: x\r\n": true} {
				verifiedByGo(t, change+string(text), record, good)
			}
			verifiedByGo(t, strings.Replace(string(text), "=C3", "=C4", 1)+"x", record, false)
		}
		if text, err := sealer.seal([]byte(mustWrite(t, worst()))); err == nil {
			t.Run(kind+" elsewhere", func(t *testing.T) {
				verifiedByPython(t, string(text), record, true)
				verifiedByPython(t, "Subject: x\r\n"+string(text), record, false)
			})
		}
	}
	der, err := x509.MarshalPKCS8PrivateKey(e)
	if err != nil {
		t.Fatal(err)
	}
	ec := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	good := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(r)})
	if _, err := NewDKIM("example.org", "2026.lift", good); err != nil {
		t.Error(err)
	}
	for what, err := range map[string]error{
		"no key": second(NewDKIM("example.org", "lift", []byte("canary"))), "a kind that DKIM has not": second(NewDKIM("example.org", "lift", ec)),
		"no domain": second(NewDKIM("", "lift", good)), "a selector with more": second(NewDKIM("example.org", "a; d=x", good)),
	} {
		if err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func verifiedByGo(t *testing.T, text, record string, good bool) {
	t.Helper()
	found, err := dkim.VerifyWithOptions(strings.NewReader(text), &dkim.VerifyOptions{LookupTXT: func(string) ([]string, error) { return []string{record}, nil }})
	if err != nil || len(found) != 1 || (found[0].Err == nil) != good {
		t.Errorf("want %v: %v, %+v", good, err, found)
	}
}

func verifiedByPython(t *testing.T, text, record string, good bool) {
	t.Helper()
	const python = "/usr/bin/python3" // Debian's own, which has Debian's packages
	if err := exec.Command(python, "-c", "import dkim, nacl").Run(); err != nil {
		t.Skip("python3-dkim is not installed")
	}
	cmd := exec.Command(python, "-c", verifyDKIM, record)
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); (err == nil) != good {
		t.Errorf("dkimpy: want %v: %v\n%s", good, err, out)
	}
}
