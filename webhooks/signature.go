package webhooks

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// keyring holds the secrets that a delivery may be signed with: more than one while a secret is being replaced.
type keyring [][]byte

// newKeyring copies the secrets. It refuses an empty list and an empty secret, with which anybody could sign.
func newKeyring(secrets [][]byte) (keyring, error) {
	if len(secrets) == 0 {
		return nil, errors.New("no webhook secret given")
	}
	keys := make(keyring, 0, len(secrets))
	for i, secret := range secrets {
		if len(secret) == 0 {
			return nil, fmt.Errorf("webhook secret %d of %d is empty", i+1, len(secrets))
		}
		keys = append(keys, slices.Clone(secret))
	}
	return keys, nil
}

// parseSignature reads a header of the form "sha256=<64 hex digits>".
func parseSignature(header string) ([]byte, bool) {
	digits, found := strings.CutPrefix(header, "sha256=")
	if !found || len(digits) != hex.EncodedLen(sha256.Size) {
		return nil, false
	}
	sum, err := hex.DecodeString(digits)
	return sum, err == nil
}

// signed reports whether one of the signatures is that of the parts, one after another, under one of the keys. It tries every
// key, so that the time it takes does not tell which one fitted.
func (k keyring) signed(signatures [][]byte, parts ...[]byte) bool {
	fits := false
	for _, key := range k {
		mac := hmac.New(sha256.New, key)
		for _, part := range parts {
			mac.Write(part) // a hash never returns an error
		}
		sum := mac.Sum(nil)
		for _, signature := range signatures {
			if hmac.Equal(sum, signature) {
				fits = true
			}
		}
	}
	return fits
}
