package cve

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/liftgate/liftgate/app/forge/wire"
)

// State is what a number is, in the API's words. Empty: nobody says.
type State string

// The states of a number.
const (
	Reserved  State = "RESERVED"
	Published State = "PUBLISHED"
	Rejected  State = "REJECTED"
)

// Number is what the program knows of a number beside its record.
type Number struct {
	ID       string
	State    State
	Owner    string    // short name of the CNA
	User     string    // who reserved it, for its own CNA to see
	Reserved time.Time // likewise
}

// numberForm is the syntax of the CVE record format.
var numberForm = regexp.MustCompile(`^CVE-[0-9]{4}-[0-9]{4,19}$`)

// entry is a number as the API writes it.
type entry struct {
	ID    string `json:"cve_id"`
	State State  `json:"state"`
	Owner string `json:"owning_cna"`
	By    struct {
		User string `json:"user"`
	} `json:"requested_by"`
	Reserved string `json:"reserved"`
}

func (e entry) number() Number {
	return Number{e.ID, e.State, e.Owner, e.By.User, instant(e.Reserved)}
}

// Lookup reads what a number is. The CVE Program shows a reserved number to the CNA that owns it, and hides it from others.
func (s *Services) Lookup(ctx context.Context, id string) (Number, error) {
	n, err := s.lookup(ctx, id)
	return n, wire.Told("look up the CVE number", err)
}

func (s *Services) lookup(ctx context.Context, id string) (Number, error) {
	if !numberForm.MatchString(id) {
		return Number{}, wire.Refused("a CVE number looks like CVE-2026-12345")
	}
	var e entry
	if _, err := s.ask(ctx, call{method: http.MethodGet, path: []string{"cve-id", id}}, &e); err != nil {
		return Number{}, err
	}
	if e.ID != id {
		return Number{}, s.nonsense(http.MethodGet)
	}
	return e.number(), nil
}

// owned looks a number up that is to be the CNA's own.
func (s *Services) owned(ctx context.Context, id string) (Number, error) {
	n, err := s.lookup(ctx, id)
	switch {
	case err != nil || s.ours(n):
		return n, err
	case n.Owner == "[REDACTED]": // as strangers see a reserved number, and who has a wrong key is one
		return n, wire.Refused("the number is not the CNA's, or CVE Services do not know the user by this key; liftgate config check tells")
	}
	return n, wire.Refused(notOurs)
}

func (s *Services) ours(n Number) bool { return strings.EqualFold(n.Owner, s.cna.Org) }

// Release gives a reserved number back: it is rejected without a record, and no word about it is said. A number that has a
// record takes [Services.Reject].
func (s *Services) Release(ctx context.Context, id string) error {
	return wire.Told("give back the CVE number", s.release(ctx, id))
}

func (s *Services) release(ctx context.Context, id string) error {
	n, err := s.owned(ctx, id)
	switch {
	case err != nil || n.State == Rejected:
		return err
	case n.State != Reserved:
		return wire.Refused("the number has a record, which can be rejected but not taken back")
	}
	var done struct {
		Updated entry `json:"updated"`
	}
	give := call{method: http.MethodPut, path: []string{"cve-id", id}, query: url.Values{"state": {string(Rejected)}}}
	if _, err := s.ask(ctx, give, &done); err != nil {
		return err
	}
	if done.Updated.ID != id || done.Updated.State != Rejected {
		return s.nonsense(give.method)
	}
	return nil
}

// instant reads a time as the CVE record format allows it: without a zone it is in UTC. The zero time is none.
func instant(text string) time.Time {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}
