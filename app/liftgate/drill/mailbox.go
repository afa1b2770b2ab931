package drill

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/emersion/go-smtp"
)

// mailbox is the mail server of a drill, which delivers into a folder: one file a mail.
type mailbox struct {
	dir      string
	server   *smtp.Server
	listener net.Listener
	ended    chan error

	mu    sync.Mutex
	mails []letter
	plan  func(to string) mailFault
}

// mailFault is what goes wrong with one mail; the zero value is nothing.
type mailFault struct {
	refuse *smtp.SMTPError // it is not taken, and the server says so
	late   bool            // when the whole mail is there, and not when its recipient is named
	cut    bool            // the connection breaks before the mail is taken
	taken  func()          // called once the mail is taken
	lost   bool            // the connection breaks then, without an answer
}

// fail installs a plan that every mail is shown to when its recipient is named.
func (m *mailbox) fail(plan func(to string) mailFault) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.plan = plan
}

func (m *mailbox) fault(to string) mailFault {
	m.mu.Lock()
	plan := m.plan
	m.mu.Unlock()
	if plan == nil {
		return mailFault{}
	}
	return plan(to)
}

// letter is a mail that arrived.
type letter struct{ to, subject, text string }

// maxLetter bounds a mail: a drill's are short.
const maxLetter = 4 << 20

// openMailbox starts the server. In the clear, as it is on this machine alone.
func openMailbox(dir string) (*mailbox, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	m := &mailbox{dir: dir, ended: make(chan error, 1)}
	m.server = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &delivery{box: m, conn: c}, nil }))
	m.server.Domain, m.server.MaxMessageBytes, m.server.MaxRecipients = "localhost", maxLetter, 1
	var err error
	if m.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, err
	}
	go func() { m.ended <- m.server.Serve(m.listener) }()
	return m, nil
}

func (m *mailbox) port() int { return m.listener.Addr().(*net.TCPAddr).Port }

func (m *mailbox) close() error {
	err := m.server.Close()
	if ended := <-m.ended; !errors.Is(ended, smtp.ErrServerClosed) && !errors.Is(ended, net.ErrClosed) {
		err = errors.Join(err, ended)
	}
	return err
}

// holds reports whether a mail to an address holds some words.
func (m *mailbox) holds(address, words string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.ContainsFunc(m.mails, func(l letter) bool { return l.to == address && strings.Contains(l.text, words) })
}

// got are the subjects of the mails to an address.
func (m *mailbox) got(address string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var subjects []string
	for _, l := range m.mails {
		if l.to == address {
			subjects = append(subjects, l.subject)
		}
	}
	return subjects
}

func (m *mailbox) take(to string, text []byte) error {
	parsed, err := mail.ReadMessage(bytes.NewReader(text))
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mails = append(m.mails, letter{to, parsed.Header.Get("Subject"), string(text)})
	return os.WriteFile(filepath.Join(m.dir, fmt.Sprintf("%03d.eml", len(m.mails))), text, 0o600)
}

// delivery is one mail on its way in.
type delivery struct {
	box   *mailbox
	conn  *smtp.Conn
	to    string
	fault mailFault
}

func (d *delivery) Mail(string, *smtp.MailOptions) error { return nil }

func (d *delivery) Rcpt(to string, _ *smtp.RcptOptions) error {
	d.to = strings.ToLower(to)
	d.fault = d.box.fault(d.to)
	if d.fault.refuse != nil && !d.fault.late {
		return d.fault.refuse
	}
	return nil
}

func (d *delivery) Data(r io.Reader) error {
	if d.fault.cut {
		return d.conn.Conn().Close()
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if d.fault.refuse != nil {
		return d.fault.refuse
	}
	if err := d.box.take(d.to, text); err != nil {
		return err
	}
	if d.fault.taken != nil {
		d.fault.taken()
	}
	if d.fault.lost {
		return d.conn.Conn().Close()
	}
	return nil
}

func (d *delivery) Reset()        { d.to, d.fault = "", mailFault{} }
func (d *delivery) Logout() error { return nil }
