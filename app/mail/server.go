package mail

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/liftgate/liftgate/policy"
)

// TLS is how the way to the server is encrypted.
type TLS string

// The ways. In the clear mail goes to this machine's loopback address alone.
const (
	StartTLS TLS = "starttls" // asked for after the greeting, and insisted on
	Implicit TLS = "implicit" // from the first byte
	InClear  TLS = "none"
)

// Options say where the server is and how mails leave. Host, Port, TLS and Now are needed.
type Options struct {
	Host     string
	Port     int
	TLS      TLS
	Roots    *x509.CertPool         // who may have issued the server's certificate; nil: whom the machine trusts
	User     string                 // empty: no login
	Password func() (string, error) // read at each login, so that it can be replaced
	Bounces  string                 // sender of the envelope, where bounces go; empty: the mail's own sender
	Name     string                 // what we call ourselves to the server; empty: localhost
	Sign     *Signer                // nil: mails are not signed
	DKIM     *DKIM                  // nil: the server does it, or nobody
	Timeout  time.Duration          // for one mail; zero: five minutes
	Now      func() time.Time
}

// Server is a mail server that takes mails from us. Its methods may be called concurrently.
type Server struct{ o Options }

const defaultTimeout = 5 * time.Minute

// New checks the options; it asks the server nothing.
func New(o Options) (*Server, error) {
	switch {
	case o.Now == nil:
		return nil, errors.New("no clock was given")
	case o.Host == "" || o.Port < 1 || o.Port > 65535:
		return nil, errors.New("want the name of a mail server, and a port")
	case o.TLS != StartTLS && o.TLS != Implicit && o.TLS != InClear:
		return nil, fmt.Errorf("want %s, %s or %s", StartTLS, Implicit, InClear)
	case o.TLS == InClear && !loopback(o.Host):
		return nil, errors.New("mail goes in the clear to this machine's loopback address alone; use starttls or implicit")
	case o.User != "" && o.Password == nil:
		return nil, errors.New("a user needs a password")
	}
	if o.Bounces != "" && CheckAddress(o.Bounces) != nil {
		return nil, errors.New("want one plain mail address for bounces")
	}
	if o.Name == "" {
		o.Name = "localhost"
	}
	if CheckAddress("x@"+o.Name) != nil {
		return nil, errors.New("want the name of a machine to greet the mail server with")
	}
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	return &Server{o}, nil
}

func loopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

func (s *Server) address() string { return net.JoinHostPort(s.o.Host, strconv.Itoa(s.o.Port)) }

// Receipt is what there is to show for a mail.
type Receipt struct {
	MessageID string
	Queue     string // the server's own name for it, for those who search its log; empty: it told none
}

// Seals name the keys that answer for the mails, for people to compare.
func (s *Server) Seals() []string {
	var names []string
	if s.o.Sign != nil {
		names = append(names, s.o.Sign.String())
	}
	if s.o.DKIM != nil {
		names = append(names, s.o.DKIM.String())
	}
	return names
}

// Render writes a mail as it goes out, signatures included.
func (s *Server) Render(m Message) ([]byte, error) {
	text, err := m.render(s.o.Sign)
	if err == nil && s.o.DKIM != nil {
		text, err = s.o.DKIM.seal(text)
	}
	if err != nil {
		return nil, fmt.Errorf("write mail: %w", err)
	}
	return text, nil
}

// Hello goes as far as a mail does before its sender is named: greeting, TLS, login. It changes nothing.
func (s *Server) Hello(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.o.Timeout)
	defer cancel()
	in, err := s.enter(ctx)
	if err != nil {
		return fmt.Errorf("greet the mail server: %w", err)
	}
	in.leave()
	return nil
}

// Send hands a mail to the server, once. The clearance must be for the message's advisory.
func (s *Server) Send(ctx context.Context, c policy.Clearance, m Message) (Receipt, error) {
	receipt, err := s.send(ctx, c, m)
	if err != nil {
		return Receipt{}, fmt.Errorf("send mail: %w", err)
	}
	return receipt, nil
}

func (s *Server) send(ctx context.Context, c policy.Clearance, m Message) (Receipt, error) {
	if c.For(m.Advisory) != nil {
		return Receipt{}, &policy.Trouble{Kind: policy.TroubleRefused, Hint: "there is no clearance for a public write"}
	}
	text, err := s.Render(m)
	if err != nil { // all of it in fixed words
		return Receipt{}, &policy.Trouble{Kind: policy.TroubleInvalid, Hint: strings.ReplaceAll(err.Error(), "\n", "; ")}
	}
	ctx, cancel := context.WithTimeout(ctx, s.o.Timeout)
	defer cancel()
	in, err := s.enter(ctx)
	if err != nil {
		return Receipt{}, err
	}
	defer in.leave()
	queue, err := in.hand(cmp.Or(s.o.Bounces, m.From.Address), m.List.Address, text)
	if err != nil {
		return Receipt{}, err
	}
	return Receipt{MessageID: m.ID(), Queue: queue}, nil
}
