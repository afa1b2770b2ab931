package cve

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/policy"
)

// errUnseen is what a refusal is known as by which the API itself says that a thing is not there.
var errUnseen = errors.New("it is not there")

// What is submitted at most. The record format allows 4096 characters for a reason.
const (
	maxContainer = 1 << 20
	maxReason    = 4096
)

// Record is the public record of a number.
type Record struct {
	ID        string
	State     State     // empty: there is no record that the public can see
	Published time.Time // zero: the program has not accepted it
	Updated   time.Time
	CNA       string // short name of whose record it is

	container json.RawMessage
}

// Accepted reports whether the record is out: a number that only has the state may have been submitted in vain.
func (r Record) Accepted() bool { return r.State == Published && !r.Published.IsZero() }

// Public reads what the world sees of a number. That there is no record yet is an answer, and no error.
func (s *Services) Public(ctx context.Context, id string) (Record, error) {
	r, err := s.public(ctx, id)
	return r, wire.Told("read the public CVE record", err)
}

func (s *Services) public(ctx context.Context, id string) (Record, error) {
	if !numberForm.MatchString(id) {
		return Record{}, wire.Refused("a CVE number looks like CVE-2026-12345")
	}
	var got struct {
		Meta struct {
			ID        string `json:"cveId"`
			State     State  `json:"state"`
			CNA       string `json:"assignerShortName"`
			Published string `json:"datePublished"`
			Updated   string `json:"dateUpdated"`
		} `json:"cveMetadata"`
		Containers struct {
			CNA json.RawMessage `json:"cna"`
		} `json:"containers"`
	}
	_, err := s.ask(ctx, call{method: http.MethodGet, path: []string{"cve", id}, open: true}, &got)
	switch m := got.Meta; {
	case errors.Is(err, errUnseen):
		return Record{ID: id}, nil
	case err != nil:
		return Record{}, err
	case m.ID != id || m.State != Published && m.State != Rejected:
		return Record{}, s.nonsense(http.MethodGet)
	default:
		return Record{id, m.State, instant(m.Published), instant(m.Updated), m.CNA, got.Containers.CNA}, nil
	}
}

// Deed is what was done about a record.
type Deed string

// What can be done about a record.
const (
	Created   Deed = "created"
	Updated   Deed = "updated"
	Unchanged Deed = "unchanged" // it says already what it was to say
)

// Publish submits the CNA container of a number: as a new record, as a correction of one that says something else, or not
// at all. It is public from then on.
func (s *Services) Publish(ctx context.Context, clearance policy.Clearance, advisory, id string, container []byte) (Deed, error) {
	const verb = "publish the CVE record"
	if err := clearance.For(advisory); err != nil {
		return "", wire.Told(verb, wire.Refused(err.Error()))
	}
	if err := s.checkContainer(container); err != nil {
		return "", wire.Told(verb, err)
	}
	deed, err := s.submit(ctx, id, Published, container)
	return deed, wire.Told(verb, err)
}

// checkContainer refuses what can't be ours. Whether it follows the record format, whoever rendered it knows.
func (s *Services) checkContainer(text []byte) error {
	var c struct {
		Provider struct {
			Org string `json:"orgId"`
		} `json:"providerMetadata"`
	}
	switch {
	case len(text) > maxContainer:
		return &policy.Trouble{Kind: policy.TroubleInvalid, Hint: "the CVE record has more than a MiB"}
	case json.Unmarshal(text, &c) != nil:
		return &policy.Trouble{Kind: policy.TroubleInvalid, Hint: "the CVE record is no JSON object"}
	case !strings.EqualFold(c.Provider.Org, s.cna.ID):
		return &policy.Trouble{Kind: policy.TroubleInvalid, Hint: "the CVE record names another organization than cna.org_id"}
	}
	return nil
}

// Rejection says why a number is not to be used.
type Rejection struct {
	Reason     string
	ReplacedBy []string // numbers to use instead
}

// Reject submits the reason why a number, with or without a record, is not to be used. It is public from then on.
func (s *Services) Reject(ctx context.Context, clearance policy.Clearance, advisory, id string, why Rejection) (Deed, error) {
	const verb = "reject the CVE record"
	if err := clearance.For(advisory); err != nil {
		return "", wire.Told(verb, wire.Refused(err.Error()))
	}
	container, err := s.rejection(id, why)
	if err != nil {
		return "", wire.Told(verb, err)
	}
	deed, err := s.submit(ctx, id, Rejected, container)
	return deed, wire.Told(verb, err)
}

func (s *Services) rejection(id string, why Rejection) ([]byte, error) {
	if n := utf8.RuneCountInString(why.Reason); n == 0 || n > maxReason || !utf8.ValidString(why.Reason) {
		return nil, &policy.Trouble{Kind: policy.TroubleInvalid, Hint: "a rejection takes a reason of 1 to 4096 characters"}
	}
	for _, other := range why.ReplacedBy {
		if !numberForm.MatchString(other) || other == id {
			return nil, &policy.Trouble{Kind: policy.TroubleInvalid, Hint: "what replaces a number is another CVE number"}
		}
	}
	container := map[string]any{
		"providerMetadata": map[string]string{"orgId": s.cna.ID},
		"rejectedReasons":  []map[string]string{{"lang": "en", "value": why.Reason}},
	}
	if len(why.ReplacedBy) > 0 {
		container["replacedBy"] = why.ReplacedBy
	}
	return json.Marshal(container)
}

// submit creates the record of a number or puts another in its place, if it does not say the same already. The record
// itself is looked at, and not only the number's state: one can be stored without the other.
func (s *Services) submit(ctx context.Context, id string, state State, container []byte) (Deed, error) {
	n, err := s.owned(ctx, id)
	if err != nil {
		return "", err
	}
	there, err := s.public(ctx, id)
	if err != nil {
		return "", err
	}
	c := call{method: http.MethodPut, path: []string{"cve", id, "cna"}, body: map[string]json.RawMessage{"cnaContainer": container}}
	if state == Rejected {
		c.path[2] = "reject"
	}
	deed := Updated
	switch {
	case state == Published && (n.State == Rejected || there.State == Rejected):
		return "", wire.Refused("the number was rejected; record another one")
	case there.State == "" && n.State == Published:
		return "", &policy.Trouble{Kind: policy.TroubleAway, Hint: "the record was submitted, and is not to be seen yet"}
	case there.State == "":
		c.method, deed = http.MethodPost, Created
	case there.State == state && same(there.container, container):
		return Unchanged, nil
	}
	type record struct {
		Meta struct {
			ID string `json:"cveId"`
		} `json:"cveMetadata"`
	}
	var done struct{ Created, Updated record }
	if _, err := s.ask(ctx, c, &done); err != nil {
		return "", err
	}
	if done.Created.Meta.ID != id && done.Updated.Meta.ID != id {
		return "", s.nonsense(c.method)
	}
	return deed, nil
}

// same compares two containers, but for what the program writes into each itself, and the spaces that it takes away.
func same(one, other []byte) bool {
	var a, b map[string]any
	if json.Unmarshal(one, &a) != nil || json.Unmarshal(other, &b) != nil {
		return false
	}
	delete(a, "providerMetadata")
	delete(b, "providerMetadata")
	return reflect.DeepEqual(trimmed(a), trimmed(b))
}

// trimmed takes the spaces around every text within a value.
func trimmed(v any) any {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v)
	case []any:
		for i := range v {
			v[i] = trimmed(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = trimmed(v[key])
		}
	}
	return v
}
