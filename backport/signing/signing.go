// Package signing makes the signatures under commits, in the two formats that git and the forges know: SSH and OpenPGP.
//
// The same key gives the same signature under the same commit, always: a plan that is made again must give the same SHAs.
// So only keys are taken that sign without chance, Ed25519 and RSA, and an OpenPGP signature has the commit's date.
package signing

import (
	"bytes"
	"errors"
	"fmt"
	"time"
)

// Format is how a signature is written, and the key that makes it.
type Format string

// The formats, by git's own names for them (gpg.format).
const (
	SSH     Format = "ssh"
	OpenPGP Format = "openpgp"
)

// Key is a private key. It prints as its fingerprint: the key itself is out of reach of whatever prints values.
type Key struct {
	format      Format
	fingerprint string
	sign        func(commit []byte, when time.Time) ([]byte, error)
}

// Parse reads a private key, whose first line says of which format it is. Its errors hold nothing of the key.
func Parse(text []byte) (*Key, error) {
	if bytes.HasPrefix(text, []byte("-----BEGIN PGP ")) {
		return parseOpenPGP(text)
	}
	if bytes.HasPrefix(text, []byte("-----BEGIN ")) {
		return parseSSH(text)
	}
	return nil, errors.New("this is no private key; want one as ssh-keygen writes it, or gpg --export-secret-keys --armor")
}

// Format is the key's format.
func (k *Key) Format() Format { return k.format }

// String is the key's public fingerprint.
func (k *Key) String() string { return string(k.format) + " key " + k.fingerprint }

// Sign makes an armored signature of a commit. The date is that of its committer.
func (k *Key) Sign(commit []byte, when time.Time) (string, error) {
	armored, err := k.sign(commit, when)
	if err != nil {
		return "", fmt.Errorf("sign with %s: %w", k, err)
	}
	return string(armored), nil
}

// minRSA is the least size that OpenSSH and the forges take today.
const minRSA = 2048

var (
	errECDSA = errors.New("an ECDSA signature differs each time, so that no commit would keep its SHA; use an Ed25519 or RSA key")
	errKind  = errors.New("want an Ed25519 key, or an RSA key of 2048 bits or more")
)
