package mail

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"

	"github.com/emersion/go-msgauth/dkim"
)

// DKIM answers for mails with the key of a domain (RFC 6376).
type DKIM struct {
	domain, selector string
	key              func() crypto.Signer // of which fmt shows an address
}

// NewDKIM reads a private key in PEM, RSA or Ed25519, whose public half lies in the DNS as SELECTOR._domainkey.DOMAIN.
// Errors hold nothing of the key.
func NewDKIM(domain, selector string, key []byte) (*DKIM, error) {
	for _, name := range []string{domain, selector} {
		if CheckAddress("x@"+name) != nil {
			return nil, errors.New("want the name of a domain, and of a selector in it")
		}
	}
	block, _ := pem.Decode(key)
	if block == nil {
		return nil, errors.New("want a private key in PEM")
	}
	signer, err := parsePrivate(block)
	if err != nil {
		return nil, err
	}
	return &DKIM{domain, selector, func() crypto.Signer { return signer }}, nil
}

func parsePrivate(block *pem.Block) (crypto.Signer, error) {
	var parsed any
	var err error
	if block.Type == "RSA PRIVATE KEY" {
		parsed, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	} else {
		parsed, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	}
	if err != nil { // the parser's error may say anything
		return nil, errors.New("want a private key in PEM, without a passphrase")
	}
	switch k := parsed.(type) {
	case *rsa.PrivateKey:
		if k.N.BitLen() >= 1024 {
			return k, nil
		}
	case ed25519.PrivateKey:
		return k, nil
	}
	return nil, errors.New("want an RSA key of 1024 bits or more, or an Ed25519 key")
}

// String names the key as the DNS does.
func (d *DKIM) String() string { return "DKIM key " + d.selector + "._domainkey." + d.domain }

// seal puts the signature before a mail. The fields that readers go by are named once more than they are there, so that
// nobody adds another.
func (d *DKIM) seal(text []byte) ([]byte, error) {
	head, _, _ := bytes.Cut(text, []byte(crlf+crlf))
	names := []string{"From", "To", "Subject", "Date", "Message-ID"}
	for line := range strings.Lines(string(head)) {
		if name, _, _ := strings.Cut(line, ":"); line[0] != ' ' {
			names = append(names, name)
		}
	}
	var b bytes.Buffer
	err := dkim.Sign(&b, bytes.NewReader(text), &dkim.SignOptions{
		Domain: d.domain, Selector: d.selector, Signer: d.key(), Hash: crypto.SHA256, HeaderKeys: names,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
	})
	if err != nil {
		return nil, errors.New("DKIM made no signature")
	}
	return b.Bytes(), nil
}
