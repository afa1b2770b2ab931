package contract

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/getkin/kin-openapi/openapi3filter"
)

// request holds a request to the operation's parameters and schema.
func (s *spec) request(c *Contract, x exchange) {
	name, in, err := s.input(x)
	if err != nil {
		c.note(x.Method+" "+x.URL.Path, fmt.Errorf("not in GitHub's description: %w", err))
		return
	}
	c.note(name+" request", openapi3filter.ValidateRequest(context.Background(), in))
}

// response holds an answer to the operation's schemas.
func (s *spec) response(c *Contract, x exchange) {
	name, in, err := s.input(x)
	if err != nil {
		return // which was said of the request
	}
	c.count(name)
	if x.status >= 500 {
		return // injected trouble is not GitHub's
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: x.status, Header: x.header, Options: in.Options}
	out.SetBodyBytes(x.answer)
	c.note(fmt.Sprintf("%s response %d", name, x.status), openapi3filter.ValidateResponse(context.Background(), out))
}

// input finds the operation of a request. Paths start with /api.
func (s *spec) input(x exchange) (name string, in *openapi3filter.RequestValidationInput, err error) {
	probe := httptest.NewRequest(x.Method, strings.TrimPrefix(x.URL.RequestURI(), "/api"), bytes.NewReader(x.body))
	probe.Header = x.Header.Clone()
	if len(x.body) > 0 && probe.Header.Get("Content-Type") == "" {
		probe.Header.Set("Content-Type", "application/json")
	}
	if len(bytes.TrimSpace(x.body)) == 0 || string(bytes.TrimSpace(x.body)) == "null" {
		probe.Body, probe.ContentLength = http.NoBody, 0 // ghinstallation sends null where nothing is meant
	}
	route, params, err := s.find(probe)
	if err != nil {
		return "", nil, err
	}
	opt := &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}
	return route.Method + " " + route.Path, &openapi3filter.RequestValidationInput{Request: probe, PathParams: params, Route: route, Options: opt}, nil
}

// webhook holds a webhook body to its schema, which follows from the event and the body's action.
func (s *spec) webhook(c *Contract, event string, body []byte) {
	var in struct{ Action string }
	var value any
	if err := errors.Join(json.Unmarshal(body, &in), json.Unmarshal(body, &value)); err != nil {
		c.note("hook "+event, err)
		return
	}
	name := strings.ReplaceAll(event, "_", "-")
	if in.Action != "" {
		name += "-" + strings.ReplaceAll(in.Action, "_", "-")
	}
	schema, err := s.hook(name)
	if err != nil || schema == nil {
		c.note("hook "+name, cmp.Or(err, errors.New("not in GitHub's description")))
		return
	}
	c.count("hook " + name)
	c.note("hook "+name, schema.VisitJSON(value))
}
