package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/liftgate/liftgate/policy"
)

// step is where a visit to the server was when something went wrong.
type step int

const (
	reaching step = iota
	greeting
	login
	sender
	recipient
	handing // of the text, up to its final dot
	handed  // the final dot may be out
)

// meaning is what it means that the server says no for good, and what to do.
func (at step) meaning() string {
	switch at {
	case login:
		return "the mail server does not take the user and the password; check both"
	case sender:
		return "the mail server takes no mail from this sender; check the address, and whether the user may send as it"
	case recipient:
		return "the mail server takes no mail to this list; check its address, and whether the server passes mail on for us"
	case handing, handed:
		return "the mail server does not take this mail; its log says why"
	}
	return "the mail server turns us away; ask who runs it"
}

// greylisted is how long we stay away from a server that wants us later.
const greylisted = 5 * time.Minute

// sorted makes a trouble of whatever went wrong. The words of the server stay where they are.
func (s *Server) sorted(ctx context.Context, at step, err error) error {
	if t, ok := errors.AsType[*policy.Trouble](err); ok {
		return t
	}
	if reply, ok := errors.AsType[*smtp.SMTPError](err); ok && (reply.Code/100 == 4 || reply.Code/100 == 5) {
		return s.refusal(at, reply)
	}
	if at == handed {
		return &policy.Trouble{Kind: policy.TroubleUnknown, Hint: "the mail server had the whole mail and did not say what became of it; " +
			"look into the list's archive before it is sent again"}
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return &policy.Trouble{Kind: policy.TroubleRefused, Hint: "the mail server's certificate is not valid, or not for the name that it was asked for by"}
	}
	hint := "the mail server gave no sensible answer"
	switch _, dialed := errors.AsType[*net.OpError](err); {
	case ctx.Err() != nil:
		hint = "the mail server did not answer in time"
	case at == reaching && dialed:
		hint = "the mail server could not be reached"
	}
	return &policy.Trouble{Kind: policy.TroubleAway, Hint: hint}
}

// refusal sorts a reply by which the server says that it does not take the mail: now, or ever.
func (s *Server) refusal(at step, reply *smtp.SMTPError) error {
	class, subject := reply.EnhancedCode[0], reply.EnhancedCode[1] // RFC 3463
	number := fmt.Sprintf(" (%d)", reply.Code)
	switch {
	case reply.Code == 552 || class == 5 && subject == 3 && reply.EnhancedCode[2] == 4:
		return tooLarge()
	case reply.Code/100 == 4 && (reply.Code == 450 || reply.Code == 452 || class == 4 && subject == 7): // greylisting, too many at once
		return &policy.Trouble{Kind: policy.TroubleLimited, Hint: "the mail server wants us to come back later" + number, Until: s.o.Now().UTC().Add(greylisted)}
	case reply.Code/100 == 4:
		return &policy.Trouble{Kind: policy.TroubleAway, Hint: "the mail server can't take the mail now" + number}
	case reply.Code == 530 && at != login && s.o.User == "":
		return &policy.Trouble{Kind: policy.TroubleRefused, Hint: "the mail server wants a login; give a user and a password" + number}
	case at == handing || at == handed:
		return &policy.Trouble{Kind: policy.TroubleInvalid, Hint: at.meaning() + number}
	}
	return &policy.Trouble{Kind: policy.TroubleRefused, Hint: at.meaning() + number}
}

func tooLarge() error {
	return &policy.Trouble{Kind: policy.TroubleInvalid, Hint: "the mail is too large for the mail server; leave attachments out"}
}
