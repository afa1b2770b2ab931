// Package cve is the way to CVE Services, the API of the CVE Program. What everybody can read takes no credential:
//
//	s, err := cve.New(cve.Options{Now: now})
//	record, err := s.Public(ctx, "CVE-2026-12345") // accepted once record.Published has a date
//
// A CNA, an organization that gives out numbers, also reserves them and submits their records:
//
//	number, err := s.Reserve(ctx, cve.Ask{Advisory: advisory, Year: 2026, Since: asked, Claimed: claimed})
//	deed, err := s.Publish(ctx, clearance, advisory, number, container)
//
// What makes a word public takes a clearance. Reserving tells the world nothing, and takes none. Reserving is also the one
// thing that must not be asked for twice: see [Services.Reserve]. All the rest looks first and then does what is missing,
// so that after an unknown outcome it is simply called again.
//
// Every error is a trouble in fixed words. Neither the key nor a word of a record is ever in one, or in a log.
package cve

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/liftgate/liftgate/app/forge/wire"
)

// Program is the base of the CVE Program's own API.
const Program = "https://cveawg.mitre.org/api"

// Options say where CVE Services are, and who asks. Only Now is needed.
type Options struct {
	URL     string // base of the API; empty: [Program]
	CNA     CNA    // the zero value can only read what is public
	Now     func() time.Time
	HTTP    http.RoundTripper // empty: one of its own
	Log     *slog.Logger      // empty: nothing is logged
	Timeout time.Duration     // of one request; zero: that of package wire
	Gap     time.Duration     // as in [wire.Options]
}

// CNA is an organization with its account.
type CNA struct {
	Org  string                 // its short name
	User string                 // who asks for it: an account of Liftgate's own, so that what it reserved is told apart
	ID   string                 // its UUID, which its records name
	Key  func() ([]byte, error) // reads the user's key, at each use: keys are replaced while the server runs
}

// Services lead to CVE Services. The methods may be called concurrently.
type Services struct {
	wire *wire.Wire
	cna  CNA

	reserving chan struct{}     // one at a time: whoever looks for what became of a request must not see another's number
	given     map[string]string // the advisory that each number was given to by Reserve; under reserving
}

// New checks the options; it asks nobody.
func New(o Options) (*Services, error) {
	if o.URL == "" {
		o.URL = Program
	}
	if o.CNA.Key != nil && (!sendable(o.CNA.Org) || !sendable(o.CNA.User) || o.CNA.ID == "") {
		return nil, errors.New("the CNA lacks its short name, its user or its UUID")
	}
	w, err := wire.New(wire.Options{
		Forge: "CVE Services", API: o.URL, HTTP: o.HTTP, Now: o.Now, Log: o.Log, Timeout: o.Timeout, Gap: o.Gap,
		Paced: strings.Split(Program, "/")[2],
	})
	if err != nil {
		return nil, err
	}
	return &Services{wire: w, cna: o.CNA, reserving: make(chan struct{}, 1), given: map[string]string{}}, nil
}

// CNA is the UUID of the CNA, as its records name it.
func (s *Services) CNA() string { return strings.ToLower(s.cna.ID) }

// Close lets go of idle connections.
func (s *Services) Close() { s.wire.Close() }

// sendable reports whether a name can stand in a header, and comes out as it went in.
func sendable(name string) bool {
	return name != "" && name == strings.TrimSpace(name) && !strings.ContainsFunc(name, func(c rune) bool { return c < ' ' || c >= 0x7f })
}
