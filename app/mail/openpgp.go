package mail

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// OpenPGP reads a private key as gpg --export-secret-keys --armor writes it, and the passphrase that it is locked with, if
// it is. Signatures are PGP/MIME (RFC 3156). Errors hold nothing of the key.
func OpenPGP(armored, passphrase []byte) (*Signer, error) {
	ring, err := openpgp.ReadArmoredKeyRing(bytes.NewReader(armored))
	if err != nil || len(ring) != 1 || ring[0].PrivateKey == nil {
		return nil, errors.New("want one private OpenPGP key, as gpg --export-secret-keys --armor writes it")
	}
	owner := ring[0]
	if err := unlock(owner, passphrase); err != nil {
		return nil, err
	}
	return &Signer{
		name:     "OpenPGP key " + strings.ToUpper(fmt.Sprintf("%x", owner.PrimaryKey.Fingerprint)),
		protocol: "application/pgp-signature",
		micalg:   "pgp-sha512",
		fields: `Content-Type: application/pgp-signature; name="signature.asc"` + crlf +
			`Content-Disposition: attachment; filename="signature.asc"`,
		detached: func(content []byte, at time.Time) (string, error) { return signOpenPGP(owner, content, at) },
	}, nil
}

// unlock opens the parts of a key that are locked. Parts that were not exported stay away.
func unlock(owner *openpgp.Entity, passphrase []byte) error {
	parts := []*packet.PrivateKey{owner.PrivateKey}
	for _, sub := range owner.Subkeys {
		parts = append(parts, sub.PrivateKey)
	}
	for _, p := range parts {
		if p == nil || p.Dummy() || !p.Encrypted {
			continue
		}
		if len(passphrase) == 0 {
			return errors.New("the OpenPGP key has a passphrase; name the file that holds it")
		}
		if p.Decrypt(passphrase) != nil {
			return errors.New("the passphrase does not open the OpenPGP key")
		}
	}
	return nil
}

func signOpenPGP(owner *openpgp.Entity, content []byte, at time.Time) (string, error) {
	key, found := owner.SigningKey(at)
	if !found || key.PrivateKey == nil || key.PrivateKey.Dummy() {
		return "", errors.New("no part of the key may sign at the date of the mail: it was not exported, or it is revoked or expired")
	}
	salted := false // at random, if it were left to the package: what was rehearsed is what goes out
	var b bytes.Buffer
	err := openpgp.ArmoredDetachSign(&b, owner, bytes.NewReader(content), &packet.Config{
		DefaultHash: crypto.SHA512, Time: func() time.Time { return at }, SigningKeyId: key.PublicKey.KeyId,
		NonDeterministicSignaturesViaNotation: &salted,
	})
	if err != nil { // the package's error may say anything
		return "", errors.New("OpenPGP made no signature")
	}
	return strings.ReplaceAll(strings.TrimRight(b.String(), "\n"), "\n", crlf) + crlf, nil
}
