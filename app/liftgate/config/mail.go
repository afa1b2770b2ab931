package config

import (
	"crypto/x509"
	"errors"
	"fmt"
	netmail "net/mail"
	"strings"
	"time"

	"github.com/liftgate/liftgate/app/mail"
)

// Mail is the server that announcements leave by, and how they are answered for.
type Mail struct {
	Server         string `yaml:"server" jsonschema:"required" jsonschema_description:"Name of the mail server."`
	Port           int64  `yaml:"port" jsonschema:"minimum=1,maximum=65535" jsonschema_description:"Port. Default: 587 with starttls, 465 with implicit TLS, 25 in the clear."`
	TLS            string `yaml:"tls" jsonschema:"enum=starttls,enum=implicit,enum=none,default=starttls" jsonschema_description:"How the way there is encrypted. none is for a server on this machine's loopback address alone."`
	CAFile         string `yaml:"ca_file" jsonschema_description:"File of the certificates (PEM) that the server's must lead to. Empty means those that this machine trusts."`
	User           string `yaml:"user" jsonschema_description:"User to log in as. Empty means no login."`
	PasswordFile   string `yaml:"password_file" jsonschema_description:"File of the user's password."`
	From           string `yaml:"from" jsonschema:"required" jsonschema_description:"Whom announcements are from, such as App Security <security@example.org>."`
	Bounces        string `yaml:"bounces" jsonschema_description:"Address that bounces go to, the sender of the envelope; have the mail server run liftgate mail bounce for it. Empty means the address under from."`
	DKIM           DKIM   `yaml:"dkim" jsonschema_description:"Signature of the sender's domain. Leave it out where the mail server makes it."`
	Sign           string `yaml:"sign" jsonschema:"enum=openpgp,enum=smime" jsonschema_description:"Sign announcements, in this format. Empty means unsigned."`
	KeyFile        string `yaml:"key_file" jsonschema_description:"File of what signs: a private OpenPGP key, as gpg --export-secret-keys --armor writes it, or for S/MIME a private key and its certificates in PEM."`
	PassphraseFile string `yaml:"passphrase_file" jsonschema_description:"File of the OpenPGP key's passphrase, if it has one."`
}

// DKIM is the key that a domain signs mails with.
type DKIM struct {
	Domain   string `yaml:"domain" jsonschema_description:"Domain that signs, usually the sender's."`
	Selector string `yaml:"selector" jsonschema_description:"Selector: the public key lies in the DNS as SELECTOR._domainkey.DOMAIN."`
	KeyFile  string `yaml:"key_file" jsonschema_description:"File of the private key (PEM), RSA or Ed25519."`
}

// Open makes the mail server of the document, with the keys in its files. It asks the server nothing.
func (m Mail) Open(now func() time.Time) (*mail.Server, error) {
	o, err := m.options()
	if err != nil {
		return nil, err
	}
	o.Now = now
	return mail.New(o)
}

// Sender is whom announcements are from.
func (m Mail) Sender() (netmail.Address, error) { return mail.ParseFrom(m.From) }

// Place is the server's name and port.
func (m Mail) Place() string { return fmt.Sprintf("%s:%d", m.Server, m.port()) }

func (m Mail) port() int64 {
	switch {
	case m.Port != 0:
		return m.Port
	case m.TLS == string(mail.Implicit):
		return 465
	case m.TLS == string(mail.InClear):
		return 25
	}
	return 587
}

func (m Mail) options() (mail.Options, error) {
	from, err := m.Sender()
	if err != nil {
		return mail.Options{}, err
	}
	_, domain, _ := strings.Cut(from.Address, "@")
	o := mail.Options{Host: m.Server, Port: int(m.port()), TLS: mail.TLS(m.TLS), User: m.User, Bounces: m.Bounces, Name: domain}
	if m.User != "" {
		o.Password = m.password
	}
	if m.CAFile != "" {
		if o.Roots, err = m.roots(); err != nil {
			return mail.Options{}, err
		}
	}
	if o.DKIM, err = m.DKIM.key(); err != nil {
		return mail.Options{}, err
	}
	o.Sign, err = m.signer(from.Address)
	return o, err
}

func (m Mail) password() (string, error) {
	password, err := readSecret("mail password", m.PasswordFile)
	return string(password), err
}

func (m Mail) roots() (*x509.CertPool, error) {
	text, err := readSecret("certificates", m.CAFile)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("read certificates: %s holds none in PEM", m.CAFile)
	}
	return pool, nil
}

// key reads the key that signs for the domain. It is nil where there is none.
func (k DKIM) key() (*mail.DKIM, error) {
	if k.KeyFile == "" {
		return nil, nil
	}
	text, err := readSecret("DKIM key", k.KeyFile)
	if err != nil {
		return nil, err
	}
	key, err := mail.NewDKIM(k.Domain, k.Selector, text)
	if err != nil {
		return nil, fmt.Errorf("read DKIM key: %s: %w", k.KeyFile, err)
	}
	return key, nil
}

// answersFor reports whether the domain that signs is the sender's, or one around it (DMARC's relaxed alignment).
func (k DKIM) answersFor(from string) bool {
	return strings.HasSuffix(strings.ToLower(strings.Replace(from, "@", ".", 1)), "."+strings.ToLower(k.Domain))
}

// signer reads the key that signs announcements. It is nil where they are not to be signed.
func (m Mail) signer(from string) (signer *mail.Signer, err error) {
	if m.Sign == "" {
		return nil, nil
	}
	key, err := readSecret("signing key of mails", m.KeyFile)
	if err != nil {
		return nil, err
	}
	var passphrase []byte
	if m.PassphraseFile != "" {
		if passphrase, err = readSecret("passphrase", m.PassphraseFile); err != nil {
			return nil, err
		}
	}
	if m.Sign == "smime" {
		signer, err = mail.SMIME(key, from)
	} else {
		signer, err = mail.OpenPGP(key, passphrase)
	}
	if err != nil {
		return nil, fmt.Errorf("read signing key of mails: %s: %w", m.KeyFile, err)
	}
	return signer, nil
}

// files are the paths that the section names.
func (m *Mail) files() []*string {
	return []*string{&m.CAFile, &m.PasswordFile, &m.DKIM.KeyFile, &m.KeyFile, &m.PassphraseFile}
}

// secrets reads what mails need, and lists the files that are nobody else's to read.
func (m Mail) secrets() (files []string, err error) {
	_, err = m.options()
	if m.User != "" {
		_, wrong := m.password()
		err = errors.Join(err, wrong)
	}
	for _, file := range m.files() {
		if *file != "" && *file != m.CAFile {
			files = append(files, *file)
		}
	}
	return files, err
}

func (m Mail) validate(d *document) {
	if mail.CheckAddress("x@"+m.Server) != nil && !isLoopback(m.Server) {
		d.problem("mail.server", "want the name of the mail server, such as mail.example.org")
	}
	if m.Port < 0 || m.Port > 65535 || m.Port == 0 && d.has("mail.port") {
		d.problem("mail.port", "want a port, from 1 to 65535")
	}
	switch mail.TLS(m.TLS) {
	case mail.StartTLS, mail.Implicit:
	case mail.InClear:
		if !isLoopback(m.Server) {
			d.problem("mail.tls", "mail goes in the clear to this machine's loopback address alone; want starttls or implicit")
		}
	default:
		d.problem("mail.tls", "want starttls, implicit or none")
	}
	if _, err := m.Sender(); err != nil {
		d.problem("mail.from", "want a mail address, such as App Security <security@example.org>")
	}
	if m.Bounces != "" && mail.CheckAddress(m.Bounces) != nil {
		d.problem("mail.bounces", "want one plain mail address, such as security-bounces@example.org")
	}
	m.validateKeys(d)
}

func (m Mail) validateKeys(d *document) {
	switch {
	case m.User != "":
		validateFile(d, "mail.password_file", m.PasswordFile)
	case m.PasswordFile != "":
		d.problem("mail.user", "say whose password this is")
	}
	if m.DKIM != (DKIM{}) {
		for _, name := range []struct{ key, value string }{{"mail.dkim.domain", m.DKIM.Domain}, {"mail.dkim.selector", m.DKIM.Selector}} {
			if mail.CheckAddress("x@"+name.value) != nil {
				d.problem(name.key, "want a name as it stands in the DNS")
			}
		}
		validateFile(d, "mail.dkim.key_file", m.DKIM.KeyFile)
	}
	switch m.Sign {
	case "openpgp", "smime":
		validateFile(d, "mail.key_file", m.KeyFile)
	case "":
		if m.KeyFile != "" {
			d.problem("mail.key_file", "say what this key signs with: sign: openpgp or sign: smime")
		}
	default:
		d.problem("mail.sign", "want openpgp or smime")
	}
	if m.PassphraseFile != "" && m.Sign != "openpgp" {
		d.problem("mail.passphrase_file", "only an OpenPGP key is opened with a passphrase; leave this out")
	}
}
