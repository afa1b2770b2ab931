package mail

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// identity makes a certificate for localhost and its key.
var identity = sync.OnceValue(func() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
})

func roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(identity().Leaf)
	return pool
}

// What a liar does in place of an answer.
const (
	hang    = "HANG"
	drop    = "DROP"
	endless = "ENDLESS" // lines that never end a reply
	flood   = "FLOOD"   // one line that never ends
)

// liar is a mail server that answers as it should, but for what it was told to say at one stage.
type liar struct {
	t       *testing.T
	at, say string
	ehlo    string // the extensions that it names after TLS
	port    int
	mu      sync.Mutex
	heard   []string // commands, and the texts of mails
}

func newLiar(t *testing.T, at, say string) *liar {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &liar{t: t, at: at, say: say, ehlo: "250-localhost\r\n250-SIZE 100000\r\n250 AUTH PLAIN LOGIN", port: listener.Addr().(*net.TCPAddr).Port}
	var visits sync.WaitGroup
	visits.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			visits.Go(func() { defer conn.Close(); l.visit(conn) })
		}
	})
	t.Cleanup(func() { _ = listener.Close(); visits.Wait() })
	return l
}

// answer says what belongs to a stage, or the lie, and reports whether the visit goes on.
func (l *liar) answer(conn net.Conn, stage, truth string) bool {
	if stage == l.at {
		truth = l.say
	}
	switch truth {
	case hang:
		_, _ = io.Copy(io.Discard, conn) // until the other side goes
		return false
	case drop:
		return false
	case endless, flood:
		line := "250-and more\r\n"
		if truth == flood {
			line = strings.Repeat("2", 1000)
		}
		for {
			if _, err := conn.Write([]byte(line)); err != nil {
				return false
			}
		}
	}
	_, err := conn.Write([]byte(truth + "\r\n"))
	return err == nil
}

func (l *liar) hear(what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.heard = append(l.heard, what)
}

func (l *liar) said() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.heard, "\n")
}

func (l *liar) visit(conn net.Conn) {
	secured := false
	if !l.answer(conn, "greeting", "220 localhost ESMTP") {
		return
	}
	for r := bufio.NewReader(conn); ; {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		verb, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(line)), " ")
		l.hear(strings.TrimSpace(line))
		stage, truth := strings.ToLower(verb), "250 2.0.0 Ok"
		switch verb {
		case "EHLO":
			stage, truth = "hello", "250-localhost\r\n250 STARTTLS"
			if secured {
				stage, truth = "ehlo", l.ehlo
			}
		case "AUTH":
			truth = "235 2.7.0 Welcome"
		case "STARTTLS":
			truth = "220 Go ahead"
		case "DATA":
			truth = "354 Go on"
		case "QUIT":
			truth = "221 Bye"
		}
		if !l.answer(conn, stage, truth) {
			return
		}
		switch {
		case verb == "STARTTLS" && l.at != "starttls":
			if l.at == "tls" { // something else than TLS
				l.answer(conn, "tls", "")
				return
			}
			inner := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{identity()}})
			conn, r, secured = inner, bufio.NewReader(inner), true
		case verb == "DATA" && l.at != "data":
			if l.at == "text" && !l.answer(conn, "text", "") {
				return
			}
			for {
				line, err := r.ReadString('\n')
				if err != nil {
					return
				}
				if l.hear(strings.TrimRight(line, "\r\n")); line == ".\r\n" {
					break
				}
			}
			if !l.answer(conn, "dot", "250 2.0.0 Ok: queued as 4WxYz12") {
				return
			}
		}
	}
}

func (l *liar) server(change func(*Options)) *Server {
	l.t.Helper()
	o := Options{
		Host: "localhost", Port: l.port, TLS: StartTLS, Roots: roots(), Name: "example.org", Timeout: 10 * time.Second, Now: noon,
		User: "liftgate", Password: func() (string, error) { return "canary-password", nil },
	}
	if change != nil {
		change(&o)
	}
	s, err := New(o)
	if err != nil {
		l.t.Fatal(err)
	}
	return s
}
