package mail

import (
	"fmt"
	"time"
)

// Signer signs mails, in a part of its own beside the text (RFC 1847). It prints as what it is: the key is out of reach of
// whatever prints values.
type Signer struct {
	name             string // for people
	protocol, micalg string // of the multipart/signed
	fields           string // of the signature's part
	address          string // whom the key belongs to, where readers insist on it; empty: they don't
	detached         func(content []byte, at time.Time) (signature string, err error)
}

// String names the key.
func (s *Signer) String() string { return s.name }

// sign makes the part with the signature. The content goes out as it was signed, byte for byte.
func (s *Signer) sign(content []byte, m Message) ([]byte, error) {
	if s.address != "" && s.address != m.From.Address {
		return nil, &Error{"from", "the certificate that signs is another address's"}
	}
	signature, err := s.detached(content, m.Date)
	if err != nil {
		return nil, fmt.Errorf("sign with %s: %w", s.name, err)
	}
	return part(s.fields, signature), nil
}
