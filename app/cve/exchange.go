package cve

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"github.com/liftgate/liftgate/app/forge/wire"
)

// maxAnswer bounds an answer that is looked into: a record is far smaller, and so is a page of 500 numbers.
const maxAnswer = 4 << 20

// call is one request.
type call struct {
	method string
	path   []string // below the base, not escaped
	query  url.Values
	body   any  // nil: none
	open   bool // everybody may ask this, so the key stays here
}

// ask sends a request once and decodes the answer. Nothing is redirected: the key goes to one host alone.
func (s *Services) ask(ctx context.Context, c call, into any) (http.Header, error) {
	req, err := s.request(ctx, c)
	if err != nil {
		return nil, err
	}
	if err := s.wire.Admit(req); err != nil {
		return nil, err
	}
	done, err := s.wire.Turn(ctx, wire.Writes(c.method))
	if err != nil {
		return nil, err
	}
	defer done()
	resp, body, err := s.wire.Exchange(req, s.wire.Base)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil, s.refusal(c.method, resp, body)
	}
	if len(body) > maxAnswer || json.Unmarshal(body, into) != nil {
		return nil, s.wire.Unreached(c.method, errors.New("not what the API answers"))
	}
	return resp.Header, nil
}

// request builds the request of a call.
func (s *Services) request(ctx context.Context, c call) (*http.Request, error) {
	at := s.wire.API
	for _, part := range c.path {
		at = at.JoinPath(url.PathEscape(part))
	}
	at.RawQuery = c.query.Encode()
	var body []byte
	if c.body != nil {
		var err error
		if body, err = json.Marshal(c.body); err != nil {
			return nil, wire.Refused("the record is not JSON")
		}
	}
	req, err := http.NewRequestWithContext(ctx, c.method, at.String(), bytes.NewReader(body))
	if err != nil {
		return nil, wire.Refused("the address of CVE Services makes no sense; check the CNA's url")
	}
	req.Header.Set("Accept", "application/json")
	if c.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.open {
		return req, nil
	}
	return req, s.sign(req)
}

// sign says who asks.
func (s *Services) sign(req *http.Request) error {
	if s.cna.Key == nil {
		return wire.Refused("no CNA is configured; add cna: to the server's configuration")
	}
	key, err := s.cna.Key()
	if err != nil || !sendable(string(key)) { // the error may say more than anybody should read
		return wire.Refused("the key for CVE Services can't be read; check the file that cna.key_file names")
	}
	req.Header.Set("CVE-API-ORG", s.cna.Org)
	req.Header.Set("CVE-API-USER", s.cna.User)
	req.Header.Set("CVE-API-KEY", string(key))
	return nil
}
