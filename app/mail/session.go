package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"regexp"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/liftgate/liftgate/policy"
)

// session is one visit to the server.
type session struct {
	*Server
	ctx    context.Context
	client *smtp.Client
	done   func()
}

// enter goes through the greeting, TLS and the login. When the context ends, so does the connection, whatever is under way.
func (s *Server) enter(ctx context.Context) (*session, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", s.address())
	if err != nil {
		return nil, s.sorted(ctx, reaching, err)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // whoever uses it then gets the error
	in := &session{Server: s, ctx: ctx, done: func() { stop(); _ = conn.Close() }}
	if err := in.greet(&sparing{Conn: conn, left: maxSaid}); err != nil {
		in.done()
		return nil, s.sorted(ctx, greeting, err)
	}
	if err := in.login(); err != nil {
		in.done()
		return nil, s.sorted(ctx, login, err)
	}
	return in, nil
}

// notOffered is what the client says where the server does not offer to encrypt. It has no value to compare with.
const notOffered = "smtp: server doesn't support STARTTLS"

func (in *session) greet(conn net.Conn) (err error) {
	config := &tls.Config{ServerName: in.o.Host, RootCAs: in.o.Roots, MinVersion: tls.VersionTLS12}
	switch in.o.TLS {
	case StartTLS:
		in.client, err = smtp.NewClientStartTLS(conn, config)
		if err != nil && err.Error() == notOffered {
			return &policy.Trouble{Kind: policy.TroubleRefused, Hint: "the mail server offers no STARTTLS, and no mail goes there in the clear"}
		}
		if err != nil {
			return err
		}
	case Implicit:
		secured := tls.Client(conn, config)
		if err := secured.HandshakeContext(in.ctx); err != nil {
			return err
		}
		in.client = smtp.NewClient(secured)
	case InClear:
		if there, ok := conn.RemoteAddr().(*net.TCPAddr); !ok || !there.IP.IsLoopback() { // a name may lead anywhere
			return &policy.Trouble{Kind: policy.TroubleRefused, Hint: "the mail server is not on this machine, and no mail goes there in the clear"}
		}
		in.client = smtp.NewClient(conn)
	}
	return in.client.Hello(in.o.Name)
}

func (in *session) login() error {
	if in.o.User == "" {
		return nil
	}
	password, err := in.o.Password()
	if err != nil { // it names the file
		return &policy.Trouble{Kind: policy.TroubleRefused, Hint: "the password for the mail server can't be read"}
	}
	switch {
	case in.client.SupportsAuth(sasl.Plain):
		return in.client.Auth(sasl.NewPlainClient("", in.o.User, password))
	case in.client.SupportsAuth(sasl.Login):
		return in.client.Auth(sasl.NewLoginClient(in.o.User, password))
	}
	return &policy.Trouble{Kind: policy.TroubleRefused, Hint: "the mail server offers no login by PLAIN or LOGIN; leave the user out, or use the port for submission"}
}

// hand hands the mail over. Up to the final dot nothing has happened; from then on it may have.
func (in *session) hand(from, list string, text []byte) (queue string, err error) {
	if most, told := in.client.MaxMessageSize(); told && most > 0 && len(text) > most {
		return "", tooLarge()
	}
	if err := in.client.Mail(from, &smtp.MailOptions{Size: int64(len(text))}); err != nil {
		return "", in.sorted(in.ctx, sender, err)
	}
	if err := in.client.Rcpt(list, nil); err != nil {
		return "", in.sorted(in.ctx, recipient, err)
	}
	w, err := in.client.Data()
	if err != nil {
		return "", in.sorted(in.ctx, handing, err)
	}
	if _, err := w.Write(text); err != nil {
		in.done() // a good-bye would end the text, and so send a part of it
		return "", in.sorted(in.ctx, handing, err)
	}
	answer, err := w.CloseWithResponse()
	if err != nil {
		return "", in.sorted(in.ctx, handed, err)
	}
	return queued(answer.StatusText), nil
}

// goodbye is how long an answer to the last word is waited for.
const goodbye = 2 * time.Second

// leave says good-bye. The answer changes nothing: what was to be done is done, or has failed.
func (in *session) leave() {
	in.client.CommandTimeout = goodbye
	_ = in.client.Quit()
	in.done()
}

var queueShape = regexp.MustCompile(`(?i)(?:queued as |\bid=)([A-Za-z0-9.-]{1,64})`)

// queued finds the name that the server gave the mail, as the common servers tell it.
func queued(answer string) string {
	if m := queueShape.FindStringSubmatch(answer); m != nil {
		return m[1]
	}
	return ""
}

// maxSaid bounds what a server may say in one visit. An honest one needs a few thousand bytes, certificates included.
const maxSaid = 256 << 10

var errTalksTooMuch = errors.New("the mail server talks without end")

// sparing is a connection that reads so much and no more.
type sparing struct {
	net.Conn
	left int
}

// Read reads until nothing is left.
func (s *sparing) Read(b []byte) (int, error) {
	if s.left <= 0 {
		return 0, errTalksTooMuch
	}
	n, err := s.Conn.Read(b[:min(len(b), s.left)])
	s.left -= n
	return n, err
}
