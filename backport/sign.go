package backport

import (
	"fmt"
	"strings"
	"time"
)

// Signer signs commits. The same commit and date give the same signature: without that no plan would give the same SHAs
// twice.
type Signer interface {
	// Sign gives an armored signature that git knows by its first line. The date is that of the committer, and stands in the
	// signature where its format has one.
	Sign(commit []byte, when time.Time) (armored string, err error)
}

// finish stores a commit that is made to be published, signed if its committer signs.
func (e *Embargoed) finish(c raw, by Identity) (SHA, error) {
	if by.Signer != nil {
		_, when := stamp(c.committer)
		signature, err := by.Signer.Sign(c.body(), when)
		if err != nil {
			return "", fmt.Errorf("sign commit: %w: %w", ErrUnsigned, err)
		}
		c.signature = signature
	}
	sha, err := e.write("commit", c.body())
	if err == nil {
		e.kept.made(sha, c.message)
	}
	return sha, err
}

// signedOff is a message with the identity's Signed-off-by line, if it signs off and the line is not there yet.
func (id Identity) signedOff(message string) (string, error) {
	if !id.SignOff {
		return message, nil
	}
	who, err := id.who()
	if err != nil {
		return "", err
	}
	line := "Signed-off-by: " + who
	if strings.Contains("\n"+message+"\n", "\n"+line+"\n") {
		return message, nil
	}
	return appendTrailer(message, line), nil
}
