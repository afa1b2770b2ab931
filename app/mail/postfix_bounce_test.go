package mail

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// bounced sends to a list that is not there, and reads what the server sends back to the sender of the envelope.
func (p postfix) bounced(t *testing.T) {
	p.T = t
	m := worst()
	m.Version, m.List.Address = 77, "gone@lists.example.org"
	s := p.server(InClear, func(o *Options) { o.Bounces = "bounces@lists.example.org" })
	if _, err := s.Send(t.Context(), cleared(t, m.Advisory), m); err != nil {
		t.Fatal(err)
	}
	want := Bounce{MessageID: m.ID(), Status: "5.1.1", Says: "unknown user: (address)"}
	if got, err := ReadBounce(strings.NewReader(p.returned())); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
}

// returned waits for the mail in the mailbox of bounces.
func (p postfix) returned() string {
	p.Helper()
	for range 200 {
		files, err := filepath.Glob(filepath.Join(p.dir, "mail", "bounces", "new", "*"))
		p.must(err)
		if len(files) > 0 {
			text, err := os.ReadFile(files[0])
			p.must(err)
			return string(text)
		}
		time.Sleep(50 * time.Millisecond)
	}
	p.Fatal("nothing came back")
	return ""
}
