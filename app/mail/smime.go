package mail

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/smallstep/pkcs7"
)

// SMIME reads a file in PEM with a private key, RSA or ECDSA, the certificate of the sender's address, and whatever
// certificates lead from there to one that readers know. Signatures are S/MIME (RFC 8551). Errors hold nothing of the key.
func SMIME(pem []byte, from string) (*Signer, error) {
	pair, err := tls.X509KeyPair(pem, pem)
	if err != nil {
		return nil, errors.New("want a private key without a passphrase and its certificate in one file, in PEM")
	}
	var chain []*x509.Certificate
	for _, der := range pair.Certificate {
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, errors.New("one of the certificates can't be read")
		}
		chain = append(chain, certificate)
	}
	if err := judge(chain, pair.PrivateKey, from); err != nil {
		return nil, err
	}
	return &Signer{
		name:     fmt.Sprintf("S/MIME certificate %X", chain[0].SerialNumber),
		protocol: "application/pkcs7-signature",
		micalg:   "sha-256",
		fields: `Content-Type: application/pkcs7-signature; name="smime.p7s"` + crlf + "Content-Transfer-Encoding: base64" + crlf +
			`Content-Disposition: attachment; filename="smime.p7s"`,
		address: from,
		detached: func(content []byte, at time.Time) (string, error) {
			return signSMIME(chain, pair.PrivateKey, content, at)
		},
	}, nil
}

// judge refuses a certificate whose signatures readers would call false.
func judge(chain []*x509.Certificate, key crypto.PrivateKey, from string) error {
	switch key.(type) {
	case *rsa.PrivateKey, *ecdsa.PrivateKey:
	default:
		return errors.New("want an RSA or ECDSA key: mail programs know no others in S/MIME")
	}
	own := chain[0]
	if !slices.ContainsFunc(own.EmailAddresses, func(a string) bool { return strings.EqualFold(a, from) }) {
		return errors.New("the first certificate does not name the sender's address")
	}
	if len(own.ExtKeyUsage) > 0 && !slices.Contains(own.ExtKeyUsage, x509.ExtKeyUsageEmailProtection) && !slices.Contains(own.ExtKeyUsage, x509.ExtKeyUsageAny) {
		return errors.New("the first certificate is not for mail")
	}
	for i, issuer := range chain[1:] {
		if chain[i].CheckSignatureFrom(issuer) != nil {
			return errors.New("the certificates are out of order: each must be followed by the one that issued it")
		}
	}
	return nil
}

func signSMIME(chain []*x509.Certificate, key crypto.PrivateKey, content []byte, at time.Time) (string, error) {
	if at.Before(chain[0].NotBefore) || at.After(chain[0].NotAfter) {
		return "", errors.New("the certificate is not valid at the date of the mail")
	}
	signed, err := pkcs7.NewSignedData(content)
	if err != nil {
		return "", errors.New("S/MIME made no signature")
	}
	signed.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA256)
	if signed.AddSignerChain(chain[0], key, chain[1:], pkcs7.SignerInfoConfig{}) != nil {
		return "", errors.New("S/MIME made no signature")
	}
	signed.Detach()
	der, err := signed.Finish()
	if err != nil || !bytes.HasPrefix(der, []byte{0x30}) {
		return "", errors.New("S/MIME made no signature")
	}
	return inBase64(der), nil
}
