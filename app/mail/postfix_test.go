package mail

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/policy"
)

const mainCF = `compatibility_level = 3.6
queue_directory = DIR/queue
data_directory = DIR/data
maillog_file = DIR/log
maillog_file_prefixes = DIR
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = localhost
mydestination =
alias_maps =
alias_database =
message_size_limit = 100000
virtual_mailbox_domains = lists.example.org
virtual_mailbox_base = DIR/mail
virtual_mailbox_maps = inline:{announce@lists.example.org=announce/, devel@lists.example.org=devel, bounces@lists.example.org=bounces/}
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
smtpd_tls_cert_file = DIR/cert.pem
smtpd_tls_key_file = DIR/key.pem
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_path = plain
cyrus_sasl_config_path = DIR/conf/sasl
smtpd_relay_restrictions = reject_unauth_destination
smtpd_client_restrictions = permit_sasl_authenticated, reject
`

const masterCF = `127.0.0.1:PORT0 inet n - n - - smtpd
127.0.0.1:PORT1 inet n - n - - smtpd -o smtpd_tls_wrappermode=yes -o smtpd_sasl_path=login
127.0.0.1:PORT2 inet n - n - - smtpd -o smtpd_tls_security_level=none -o smtpd_sasl_auth_enable=no
  -o smtpd_client_restrictions= -o smtpd_reject_unlisted_recipient=no
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
virtual unix - n n - - virtual
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
`

const saslConf = "pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: DIR/sasl/db\nmech_list: "

// postfix is a real mail server with two lists, each a mailbox: announce, where each mail is a file, and devel, one file. In the
// clear it takes mails to lists that it does not know, and finds out later.
type postfix struct {
	shop
	ports [3]int // STARTTLS with PLAIN, implicit TLS with LOGIN, in the clear
}

func newPostfix(t *testing.T) postfix {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("Postfix is started by root alone")
	}
	if found, _ := filepath.Glob("/usr/lib/*/sasl2/liblogin.so"); len(found) == 0 {
		t.Skip("libsasl2-modules is not installed")
	}
	p := postfix{shop: newShop(t, "postfix", "saslpasswd2")}
	p.must(os.Chmod(p.dir, 0o755))
	for _, dir := range []string{"conf", "conf/sasl", "queue", "data", "mail", "sasl"} {
		p.must(os.Mkdir(filepath.Join(p.dir, dir), 0o755))
	}
	key, err := x509.MarshalPKCS8PrivateKey(identity().PrivateKey)
	p.must(err)
	p.fill(map[string]string{
		"conf/main.cf": mainCF, "conf/sasl/plain.conf": saslConf + "PLAIN\n", "conf/sasl/login.conf": saslConf + "LOGIN\n",
		"key.pem":  string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})),
		"cert.pem": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: identity().Certificate[0]})),
	})
	if out, err := p.try("secret words", "saslpasswd2", "-p", "-c", "-f", "sasl/db", "-u", "localhost", "liftgate"); err != nil {
		t.Fatal(err, out)
	}
	p.run("chown", "-R", "postfix", "sasl", "data")
	p.must(os.Chown(filepath.Join(p.dir, "mail"), 65534, 65534))
	t.Cleanup(func() {
		if log, _ := os.ReadFile(filepath.Join(p.dir, "log")); t.Failed() {
			t.Logf("%s", log)
		}
		_, _ = p.try("", "postfix", "-c", filepath.Join(p.dir, "conf"), "stop")
	})
	for range 3 { // somebody may be faster and take one of the ports
		for i := range p.ports {
			p.ports[i] = p.freePort()
		}
		p.fill(map[string]string{"conf/master.cf": masterCF})
		if _, err = p.try("", "postfix", "-c", filepath.Join(p.dir, "conf"), "start"); err == nil {
			return p
		}
	}
	t.Fatalf("Postfix does not start: %v", err)
	return p
}

// fill writes files, with the folder and the ports in their places.
func (p postfix) fill(files map[string]string) {
	p.Helper()
	places := strings.NewReplacer("DIR", p.dir, "PORT0", fmt.Sprint(p.ports[0]), "PORT1", fmt.Sprint(p.ports[1]), "PORT2", fmt.Sprint(p.ports[2]))
	for name, text := range files {
		p.must(os.WriteFile(filepath.Join(p.dir, name), []byte(places.Replace(text)), 0o644))
	}
}

func (p postfix) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

func (p postfix) freePort() int {
	p.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	p.must(err)
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

// server leads to the port of a way.
func (p postfix) server(way TLS, change func(*Options)) *Server {
	p.Helper()
	o := Options{
		Host: "localhost", TLS: way, Port: p.ports[slices.Index([]TLS{StartTLS, Implicit, InClear}, way)], Roots: roots(), Timeout: 20 * time.Second, Now: noon,
		User: "liftgate@localhost", Password: func() (string, error) { return "secret words", nil },
	}
	if way == InClear {
		o.User = ""
	}
	if change != nil {
		change(&o)
	}
	s, err := New(o)
	p.must(err)
	return s
}

// arrived waits for the mail of an id in a mailbox, and gives it as it was sent: without what the server has put before it.
func (p postfix) arrived(mailbox, id string) string {
	p.Helper()
	for range 200 {
		var texts []string
		if mailbox == "devel" {
			text, _ := os.ReadFile(filepath.Join(p.dir, "mail", mailbox)) // not there before the first mail
			for _, one := range strings.Split("\n\n"+strings.TrimSuffix(string(text), "\n\n"), "\n\nFrom ")[1:] {
				texts = append(texts, one+"\n")
			}
		} else {
			files, err := filepath.Glob(filepath.Join(p.dir, "mail", mailbox, "new", "*"))
			p.must(err)
			for _, file := range files {
				text, err := os.ReadFile(file)
				p.must(err)
				texts = append(texts, string(text))
			}
		}
		for _, text := range texts {
			if strings.Contains(text, "\nMessage-ID: "+id+"\n") {
				_, rest, _ := strings.Cut(text, "\nReceived: ")
				for first := true; first || strings.HasPrefix(rest, "\t"); first = false {
					_, rest, _ = strings.Cut(rest, "\n")
				}
				return strings.ReplaceAll(rest, "\n", "\r\n")
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	p.Fatalf("no mail %s in %s", id, mailbox)
	return ""
}

func TestPostfix(t *testing.T) {
	t.Parallel()
	p := newPostfix(t)
	t.Run("every way", p.everyWay)
	t.Run("signed", p.signed)
	t.Run("refused", p.refused)
	t.Run("bounced", p.bounced)
}

// everyWay sends over each, and what arrives is what was sent, byte for byte.
func (p postfix) everyWay(t *testing.T) {
	p.T = t
	for i, way := range []TLS{StartTLS, Implicit, InClear} {
		s := p.server(way, nil)
		if err := s.Hello(t.Context()); err != nil {
			t.Errorf("%s: %v", way, err)
		}
		for _, list := range []string{"announce", "devel"} {
			m := worst()
			m.Version, m.Subject, m.List.Address = i+1, m.Subject+": Überlauf", list+"@lists.example.org"
			receipt, err := s.Send(t.Context(), cleared(t, m.Advisory), m)
			if err != nil || receipt.MessageID != m.ID() || receipt.Queue == "" {
				t.Fatalf("%s: %+v, %v", way, receipt, err)
			}
			log, err := os.ReadFile(filepath.Join(p.dir, "log"))
			if err != nil || !bytes.Contains(log, []byte(receipt.Queue+": ")) {
				t.Errorf("%s: the server knows no mail %s", way, receipt.Queue)
			}
			want, err := s.Render(m)
			if err != nil {
				t.Fatal(err)
			}
			if got := p.arrived(list, m.ID()); got != string(want) {
				t.Errorf("%s to %s: arrived\n%q\nwant\n%q", way, list, got, want)
			}
		}
	}
}

// signed sends with each signature, and programs that know nothing of us verify what arrives.
func (p postfix) signed(t *testing.T) {
	p.T = t
	s := newShop(t, "gpg", "openssl")
	pgp, err := OpenPGP(s.gpg("security@example.org", "", "ed25519", "sign", "0"), nil)
	p.must(err)
	_, key, sealing := privateKeys(t)
	pem, authority := certified(t, key, nil)
	smime, err := SMIME(pem, "security@example.org")
	p.must(err)
	s.put("ca.pem", string(authority))
	seal, record := p.dkim(sealing)
	for i, signer := range []*Signer{pgp, smime} {
		server := p.server(StartTLS, func(o *Options) { o.Sign, o.DKIM = signer, seal })
		for _, list := range []string{"announce", "devel"} {
			m := worst()
			m.Version, m.List.Address = 10+i, list+"@lists.example.org"
			if _, err := server.Send(t.Context(), cleared(t, m.Advisory), m); err != nil {
				t.Fatal(err)
			}
			text := p.arrived(list, m.ID())
			if signer == pgp {
				s.verifiedByGnuPG(text, true)
			} else if out, err := s.try(text, "openssl", "cms", "-verify", "-CAfile", "ca.pem", "-out", "signed"); err != nil {
				t.Errorf("openssl: %v\n%s", err, out)
			}
			verifiedByGo(t, text, record, true)
		}
	}
}

func (p postfix) dkim(key ed25519.PrivateKey) (seal *DKIM, record string) {
	p.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	p.must(err)
	seal, err = NewDKIM("example.org", "lift", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	p.must(err)
	return seal, "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(key.Public().(ed25519.PublicKey))
}

// refused is what a real server says no to.
func (p postfix) refused(t *testing.T) {
	p.T = t
	for what, c := range map[string]struct {
		options func(*Options)
		message func(*Message)
		kind    policy.TroubleKind
		says    string
	}{
		"a wrong password": {func(o *Options) { o.Password = func() (string, error) { return "canary", nil } }, nil, policy.TroubleRefused, "user and the password"},
		"no login":         {func(o *Options) { o.User = "" }, nil, policy.TroubleRefused, "takes no mail"},
		"no such list":     {nil, func(m *Message) { m.List.Address = "canary@lists.example.org" }, policy.TroubleRefused, "to this list"},
		"another domain":   {nil, func(m *Message) { m.List.Address = "canary@example.net" }, policy.TroubleRefused, "passes mail on"},
		"too large": {nil, func(m *Message) {
			noise := make([]byte, 90_000)
			_, _ = rand.Read(noise)
			m.Attachments = []Attachment{{"x", "application/octet-stream", noise}}
		}, policy.TroubleInvalid, "too large"},
	} {
		m := announcement()
		m.Version = 99
		if c.message != nil {
			c.message(&m)
		}
		_, err := p.server(StartTLS, c.options).Send(t.Context(), cleared(t, m.Advisory), m)
		got := policy.AsTrouble(err)
		if got == nil || got.Kind != c.kind || !strings.Contains(got.Hint, c.says) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if out, err := exec.Command("grep", "-r", "\\.99\\.", filepath.Join(p.dir, "mail")).Output(); err == nil {
		t.Errorf("a refused mail arrived: %s", out)
	}
}
