package sandbox

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// RandomHex gives n random bytes in hexadecimal.
func RandomHex(n int) string { return hex.EncodeToString(random(n)) }

// RandomToken gives n random bytes as the forges write their tokens: letters and digits.
func RandomToken(n int) string {
	return strings.NewReplacer("-", "A", "_", "B").Replace(base64.RawURLEncoding.EncodeToString(random(n)))
}

// RandomUUID gives an id for a delivery.
func RandomUUID() string {
	h := RandomHex(16)
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-8" + h[17:20] + "-" + h[20:32]
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails since Go 1.24
	return b
}
