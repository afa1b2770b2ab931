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

// exchange holds one request and its answer to the operation's schemas. Paths start with /api.
func (s *spec) exchange(c *Contract, x exchange) {
	r, body, status := x.Request, x.body, x.status
	probe := httptest.NewRequest(r.Method, strings.TrimPrefix(r.URL.RequestURI(), "/api"), bytes.NewReader(body))
	probe.Header = r.Header.Clone()
	if len(body) > 0 && probe.Header.Get("Content-Type") == "" {
		probe.Header.Set("Content-Type", "application/json")
	}
	if len(bytes.TrimSpace(body)) == 0 || string(bytes.TrimSpace(body)) == "null" {
		probe.Body, probe.ContentLength = http.NoBody, 0 // ghinstallation sends null where nothing is meant
	}
	route, params, err := s.find(probe)
	if err != nil {
		if x.meant() {
			c.note(r.Method+" "+r.URL.Path, fmt.Errorf("not in GitHub's description: %w", err))
		}
		return
	}
	name := route.Method + " " + route.Path
	c.count(name)
	opt := &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}
	in := &openapi3filter.RequestValidationInput{Request: probe, PathParams: params, Route: route, Options: opt}
	if x.meant() {
		c.note(name+" request", openapi3filter.ValidateRequest(context.Background(), in))
	}
	if status == 0 || status >= 500 {
		return // injected trouble is not GitHub's
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: status, Header: x.header, Options: opt}
	out.SetBodyBytes(x.answer)
	c.note(fmt.Sprintf("%s response %d", name, status), openapi3filter.ValidateResponse(context.Background(), out))
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
