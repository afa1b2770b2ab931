package webhooks

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// standardSignature is what the headers of the specification Standard Webhooks bring along: an id and a time, which are
// signed with the body, and the signatures, several while a key is being replaced.
type standardSignature struct {
	id, at     string
	signatures [][]byte
}

const (
	standardTolerance = 5 * time.Minute
	standardMany      = 10 // signatures that are looked at
)

// parseStandard reads the headers. It refuses what no body can make good: a missing header, a time that is too far from now
// in either direction, signatures of other kinds only.
func parseStandard(header http.Header, now time.Time) (*standardSignature, bool) {
	s := &standardSignature{id: header.Get("Webhook-Id"), at: header.Get("Webhook-Timestamp")}
	if !validDelivery(s.id) || !madeOf(s.at, digits, 1, 12) { // without a dot, which divides what is signed
		return nil, false
	}
	seconds, err := strconv.ParseInt(s.at, 10, 64)
	if err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > standardTolerance {
		return nil, false
	}
	for one := range strings.SplitSeq(header.Get("Webhook-Signature"), " ") {
		encoded, known := strings.CutPrefix(one, "v1,")
		sum, err := base64.StdEncoding.DecodeString(encoded)
		if known && err == nil && len(sum) == sha256.Size && len(s.signatures) < standardMany {
			s.signatures = append(s.signatures, sum)
		}
	}
	return s, len(s.signatures) > 0
}

// fits reports whether one of the signatures is that of the body under one of the keys.
func (s *standardSignature) fits(keys keyring, body []byte) bool {
	return keys.signed(s.signatures, []byte(s.id+"."+s.at+"."), body)
}
