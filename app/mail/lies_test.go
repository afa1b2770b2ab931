package mail

import (
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/policy"
)

// cleared is a clearance as policy gives it.
func cleared(t testing.TB, advisory string) policy.Clearance {
	t.Helper()
	a := policy.Advisory{ID: advisory, Phase: policy.Lifting, Lift: policy.Lift{Gate: policy.GateLifting}}
	a.Embargo.Start, a.Embargo.End, a.Embargo.ExitedAt = noon().Add(-2*time.Hour), noon().Add(-time.Hour), noon()
	c, err := a.Clear(noon())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestHonestServer(t *testing.T) {
	l := newLiar(t, "", "")
	m := announcement()
	receipt, err := l.server(nil).Send(t.Context(), cleared(t, m.Advisory), m)
	if err != nil || receipt != (Receipt{m.ID(), "4WxYz12"}) {
		t.Fatal(receipt, err)
	}
	want := "EHLO localhost\nSTARTTLS\nEHLO example.org\nAUTH PLAIN AGxpZnRnYXRlAGNhbmFyeS1wYXNzd29yZA==\n" +
		fmt.Sprintf("MAIL FROM:<security@example.org> SIZE=%d\n", len(mustWrite(t, m))) + "RCPT TO:<announce@lists.example.org>\nDATA\n" +
		strings.ReplaceAll(mustWrite(t, m), "\r\n", "\n") + ".\nQUIT"
	if l.said() != want {
		t.Errorf("heard\n%s\nwant\n%s", l.said(), want)
	}
}

func TestHello(t *testing.T) {
	l := newLiar(t, "", "")
	if err := l.server(nil).Hello(t.Context()); err != nil {
		t.Fatal(err)
	}
	if said := l.said(); strings.Contains(said, "MAIL") || !strings.HasSuffix(said, "QUIT") {
		t.Errorf("heard\n%s", said)
	}
}

// TestLies: whatever a server says and wherever it stops, the outcome is the one that is known.
func TestLies(t *testing.T) {
	const (
		refused, invalid, limited = policy.TroubleRefused, policy.TroubleInvalid, policy.TroubleLimited
		away, unknown, done       = policy.TroubleAway, policy.TroubleUnknown, policy.TroubleNone
	)
	type lie struct {
		say  string
		kind policy.TroubleKind
	}
	for at, lies := range map[string][]lie{
		"greeting": {{"554 Go away", refused}, {"421 Busy", away}, {"421 4.7.0 Too many", limited}, {"220", away}, {"250 Odd", away}},
		"hello":    {{"250 localhost", refused}, {"250-localhost\r\n250 AUTH PLAIN", refused}, {"502 What", refused}},
		"starttls": {{"454 4.7.0 No TLS now", limited}, {"502 No TLS", refused}, {"250 Odd", away}},
		"tls":      {{"220 Still in the clear", away}},
		"ehlo":     {{"250 localhost", refused}, {"250 AUTH GSSAPI", refused}, {"550 Who", refused}},
		"auth":     {{"535 5.7.8 canary", refused}, {"454 4.3.0 Later", away}, {"334 !!", away}, {"334 bW9yZQ==", away}, {"250 Odd", away}},
		"mail":     {{"550 5.7.1 canary", refused}, {"530 Log in", refused}, {"451 4.3.0 Disk", away}, {"452 Full", limited}, {"552 5.3.4 Size", invalid}, {"354 Odd", away}},
		"rcpt":     {{"550 5.1.1 canary", refused}, {"450 4.2.0 Greylisted", limited}, {"451 4.7.1 Greylisted", limited}, {"451 Error", away}, {"999", away}},
		"data":     {{"554 No", invalid}, {"451 4.3.0 Disk", away}, {"250 Odd", away}},
		"dot":      {{"554 5.6.0 canary", invalid}, {"552 Too large", invalid}, {"451 4.3.0 Disk", away}, {"450 Later", limited}, {"354 Odd", unknown}, {"220 Odd", unknown}, {"2", unknown}},
		"quit":     {{"500 What", done}, {"garbage", done}},
	} {
		unclear := away
		switch at {
		case "dot":
			unclear = unknown
		case "quit":
			unclear = done
		}
		for _, say := range []string{drop, hang, endless, flood, "garbage", "\x00\xff\x00", "-1 x", "2500 x", "250-a\r\n550 b"} {
			if say != "250-a\r\n550 b" {
				lies = append(lies, lie{say, unclear})
			}
		}
		for _, lie := range lies {
			t.Run(at+" "+lie.say[:min(20, len(lie.say))], func(t *testing.T) {
				t.Parallel()
				l := newLiar(t, at, lie.say)
				server := l.server(func(o *Options) { o.Timeout = 5 * time.Second })
				ctx, cancel := t.Context(), context.CancelFunc(func() {})
				if lie.say == hang {
					ctx, cancel = context.WithTimeout(ctx, 500*time.Millisecond)
				}
				defer cancel()
				m := announcement()
				receipt, err := server.Send(ctx, cleared(t, m.Advisory), m)
				got := policy.AsTrouble(err)
				kind := done
				if got != nil {
					kind = got.Kind
				}
				if kind != lie.kind {
					t.Fatalf("got %q, want %q: %v\nheard\n%s", kind, lie.kind, err, l.said())
				}
				if err != nil && (strings.Contains(err.Error(), "canary") || receipt != Receipt{}) {
					t.Errorf("the error holds the server's words: %v", err)
				}
				if kind == limited && !got.Until.After(noon()) {
					t.Errorf("until %v", got.Until)
				}
				if n := strings.Count(l.said(), "DATA"); n > 1 {
					t.Errorf("tried %d times", n)
				}
				if handed := strings.Contains(l.said(), "\n.\n") || strings.HasSuffix(l.said(), "\n."); handed != (at == "dot" || at == "quit") {
					t.Errorf("the final dot was heard: %v", handed)
				}
			})
		}
	}
}

// TestStrippedTLS: neither mail nor password goes where they could be read.
func TestStrippedTLS(t *testing.T) {
	m := announcement()
	for name, c := range map[string]struct {
		at, say string
		change  func(*Options)
		kind    policy.TroubleKind
	}{
		"not offered":     {"hello", "250-localhost\r\n250-SIZE 1\r\n250 AUTH PLAIN", nil, policy.TroubleRefused},
		"refused":         {"starttls", "502 no", nil, policy.TroubleRefused},
		"words before it": {"starttls", "220 go\r\n250-localhost\r\n250 AUTH PLAIN\r\n235 ok\r\n250 ok\r\n250 ok\r\n354 go", nil, policy.TroubleAway},
		"unknown issuer":  {"", "", func(o *Options) { o.Roots = x509.NewCertPool() }, policy.TroubleRefused},
		"another's name":  {"", "", func(o *Options) { o.Host = "127.0.0.1" }, policy.TroubleRefused},
		"implicit, clear": {"", "", func(o *Options) { o.TLS = Implicit }, policy.TroubleAway},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLiar(t, c.at, c.say)
			_, err := l.server(c.change).Send(t.Context(), cleared(t, m.Advisory), m)
			if got := policy.AsTrouble(err); got == nil || got.Kind != c.kind {
				t.Errorf("got %v, want %s", err, c.kind)
			}
			for _, secret := range []string{"AUTH", "MAIL", "overflows", "canary"} {
				if strings.Contains(l.said(), secret) {
					t.Errorf("heard %q in\n%s", secret, l.said())
				}
			}
		})
	}
}

// TestOnlyWithClearance: nothing goes out before the lift, and nothing about another advisory.
func TestOnlyWithClearance(t *testing.T) {
	l := newLiar(t, "", "")
	m := announcement()
	for _, c := range []policy.Clearance{{}, cleared(t, "LSN-2026-0008")} {
		_, err := l.server(nil).Send(t.Context(), c, m)
		if got := policy.AsTrouble(err); got == nil || got.Kind != policy.TroubleRefused || !strings.Contains(got.Hint, "clearance") {
			t.Errorf("got %v", err)
		}
	}
	m.Subject = "x\r\nBcc: y@z"
	if _, err := l.server(nil).Send(t.Context(), cleared(t, m.Advisory), m); policy.AsTrouble(err) == nil || policy.AsTrouble(err).Kind != policy.TroubleInvalid {
		t.Errorf("got %v", err)
	}
	if l.said() != "" {
		t.Errorf("heard\n%s", l.said())
	}
}

// TestDroppedInTheText: as long as the final dot is not out, nothing has happened.
func TestDroppedInTheText(t *testing.T) {
	l := newLiar(t, "text", drop)
	l.ehlo = "250-localhost\r\n250 AUTH PLAIN"
	m := announcement()
	m.Attachments = []Attachment{patch("x.patch", strings.Repeat("x", 2<<20))}
	_, err := l.server(nil).Send(t.Context(), cleared(t, m.Advisory), m)
	if got := policy.AsTrouble(err); got == nil || got.Kind != policy.TroubleAway {
		t.Errorf("got %v", err)
	}
}

func TestTooLargeForTheServer(t *testing.T) {
	l := newLiar(t, "", "")
	m := announcement()
	m.Attachments = []Attachment{patch("x.patch", strings.Repeat("x", 100_000))}
	_, err := l.server(nil).Send(t.Context(), cleared(t, m.Advisory), m)
	if got := policy.AsTrouble(err); got == nil || got.Kind != policy.TroubleInvalid || strings.Contains(l.said(), "MAIL") {
		t.Errorf("got %v, heard\n%s", err, l.said())
	}
}

func TestNobodyListens(t *testing.T) {
	l := newLiar(t, "", "")
	dead, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = dead.Close()
	s := l.server(func(o *Options) { o.Port = dead.Addr().(*net.TCPAddr).Port })
	if got := policy.AsTrouble(s.Hello(t.Context())); got == nil || got.Kind != policy.TroubleAway || !strings.Contains(got.Hint, "reached") {
		t.Errorf("got %v", got)
	}
}

func TestLogin(t *testing.T) {
	for name, c := range map[string]struct {
		ehlo   string
		change func(*Options)
		heard  string
		kind   policy.TroubleKind
	}{
		"plain":         {"250 AUTH LOGIN PLAIN", nil, "AUTH PLAIN ", ""},
		"none wanted":   {"250 AUTH PLAIN", func(o *Options) { o.User = "" }, "QUIT", ""},
		"none we know":  {"250 AUTH CRAM-MD5", nil, "EHLO", policy.TroubleRefused},
		"none at all":   {"250 HELP", nil, "EHLO", policy.TroubleRefused},
		"no such file":  {"250 AUTH PLAIN", func(o *Options) { o.Password = func() (string, error) { return "", fmt.Errorf("canary") } }, "EHLO", policy.TroubleRefused},
		"the login way": {"250 AUTH LOGIN", nil, "AUTH LOGIN", ""},
	} {
		l := newLiar(t, "", "")
		l.ehlo = "250-localhost\r\n" + c.ehlo
		got := policy.AsTrouble(l.server(c.change).Hello(t.Context()))
		if (got == nil) != (c.kind == "") || got != nil && (got.Kind != c.kind || strings.Contains(got.Hint, "canary")) || !strings.Contains(l.said(), c.heard) {
			t.Errorf("%s: %v, heard\n%s", name, got, l.said())
		}
	}
}

func TestOptions(t *testing.T) {
	l := newLiar(t, "", "")
	for what, change := range map[string]func(*Options){
		"a clock": func(o *Options) { o.Now = nil }, "a host": func(o *Options) { o.Host = "" }, "a port": func(o *Options) { o.Port = 65536 },
		"a way": func(o *Options) { o.TLS = "" }, "in the clear": func(o *Options) { o.TLS = InClear; o.Host = "mail.example.org" },
		"a password": func(o *Options) { o.Password = nil }, "a name": func(o *Options) { o.Name = "x\r\nMAIL FROM:<y>" },
	} {
		o := l.server(nil).o
		change(&o)
		if _, err := New(o); err == nil {
			t.Errorf("%s: accepted", what)
		}
	}
	for host, valid := range map[string]bool{"localhost": true, "127.1.2.3": true, "::1": true, "10.0.0.1": false, "localhost.example.org": false, "0.0.0.0": false} {
		o := l.server(nil).o
		o.TLS, o.Host = InClear, host
		if _, err := New(o); (err == nil) != valid {
			t.Errorf("%s: %v", host, err)
		}
	}
}
