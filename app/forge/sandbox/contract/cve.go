package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// services is what the CVE Program publishes of CVE Services: the OpenAPI description, and beside it the schemas of what is
// sent and answered.
type services struct {
	dir        string // of the description
	operations map[string]service
	known      []known

	mu      sync.Mutex
	schemas map[string]*jsonschema.Schema
}

// service is an operation as far as it is looked at.
type service struct {
	query  map[string]bool // whether each parameter must be there
	header map[string]bool
	body   string         // file of the schema
	answer map[int]string // by status
}

// content is where the description names a schema.
type content struct {
	Content map[string]struct {
		Schema struct {
			Ref string `json:"$ref"`
		} `json:"schema"`
	} `json:"content"`
}

func (c content) schema() string { return c.Content["application/json"].Schema.Ref }

// written is the description as far as it is read.
type written struct {
	Paths      map[string]map[string]writtenOperation `json:"paths"`
	Components struct {
		Parameters map[string]writtenParameter `json:"parameters"`
	} `json:"components"`
}

type writtenOperation struct {
	Parameters []writtenParameter `json:"parameters"`
	Body       content            `json:"requestBody"`
	Responses  map[string]content `json:"responses"`
}

type writtenParameter struct {
	Ref      string `json:"$ref"`
	In       string `json:"in"`
	Name     string `json:"name"`
	Required bool   `json:"required"`
}

var loadCVE = sync.OnceValues(func() (*services, error) {
	path, err := find("shared/oracles/cve-services/api-docs/openapi.json")
	if err != nil {
		return nil, err
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("load description: %w", err)
	}
	var w written
	if err := json.Unmarshal(raw, &w); err != nil {
		return nil, fmt.Errorf("load description: %w", err)
	}
	s := &services{dir: filepath.Dir(path), operations: map[string]service{}, schemas: map[string]*jsonschema.Schema{}}
	for path, methods := range w.Paths {
		for method, op := range methods {
			s.operations[strings.ToUpper(method)+" "+path] = w.service(op)
		}
	}
	s.known = compile(slices.Collect(maps.Keys(w.Paths)), func(string) bool { return false })
	return s, nil
})

// service is an operation with what it refers to.
func (w written) service(op writtenOperation) service {
	o := service{map[string]bool{}, map[string]bool{}, op.Body.schema(), map[int]string{}}
	for _, p := range op.Parameters {
		if p.Ref != "" {
			p = w.Components.Parameters[path.Base(p.Ref)]
		}
		switch p.In {
		case "query":
			o.query[p.Name] = p.Required
		case "header":
			o.header[p.Name] = p.Required
		}
	}
	for status, answer := range op.Responses {
		if n, err := strconv.Atoi(status); err == nil { // there may be a default
			o.answer[n] = answer.schema()
		}
	}
	return o
}

// exchange holds a request and its answer to the operation. Paths start with /api.
func (s *services) exchange(c *Contract, x exchange) {
	name := s.find(x.Request)
	if name == "" {
		if x.meant() {
			c.note(x.Method+" "+x.URL.Path, errors.New("not in the description of CVE Services"))
		}
		return
	}
	c.count(name)
	op := s.operations[name]
	if x.meant() {
		c.note(name+" request", op.asks(x.Request))
		if op.body != "" {
			c.note(name+" request", s.follows(op.body, x.body))
		}
	}
	if x.status == 0 { // cut off
		return
	}
	what := fmt.Sprintf("%s response %d", name, x.status)
	schema, described := op.answer[x.status]
	if !described {
		c.note(what, errors.New("no such status is described"))
	} else if schema != "" {
		c.note(what, s.follows(schema, x.answer))
	}
}

func (s *services) find(r *http.Request) string {
	for _, k := range s.known {
		if _, ok := k.match(strings.TrimPrefix(r.URL.EscapedPath(), "/api")); ok {
			name := r.Method + " " + k.path
			if _, described := s.operations[name]; described {
				return name
			}
		}
	}
	return ""
}

// asks holds the query and the API's own headers of a request to an operation.
func (o service) asks(r *http.Request) error {
	var bad []error
	for name, must := range o.query {
		if must && !r.URL.Query().Has(name) {
			bad = append(bad, fmt.Errorf("the parameter %s is missing", name))
		}
	}
	for name := range r.URL.Query() {
		if _, described := o.query[name]; !described {
			bad = append(bad, fmt.Errorf("there is no parameter %s", name))
		}
	}
	for _, name := range []string{"CVE-API-ORG", "CVE-API-USER", "CVE-API-KEY"} {
		switch must, described := o.header[name]; {
		case must && r.Header.Get(name) == "":
			bad = append(bad, fmt.Errorf("the header %s is missing", name))
		case !described && r.Header.Get(name) != "":
			bad = append(bad, fmt.Errorf("there is no header %s", name))
		}
	}
	return errors.Join(bad...)
}

// follows holds a body to a schema, by its file as the description names it.
func (s *services) follows(file string, body []byte) error {
	schema, err := s.schema(file)
	if err != nil {
		return err
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("not JSON: %w", err)
	}
	return schema.Validate(v)
}

func (s *services) schema(file string) (*jsonschema.Schema, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.schemas[file]; known != nil {
		return known, nil
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	schema, err := compiler.Compile(filepath.Join(s.dir, file))
	if err != nil {
		return nil, fmt.Errorf("compile schema: %w", err)
	}
	s.schemas[file] = schema
	return schema, nil
}

// webhook: CVE Services send none.
func (s *services) webhook(*Contract, string, []byte) {}

// faults of the description are forgiven, each by name.
func (s *services) faults() []fault {
	const list = "containers/cna/affected': got array, want object"
	return []fault{
		{"no next page", "GET /cve-id response 200", "/nextPage': got null, want integer", "the last page says null"},
		{"no page before", "GET /cve-id response 200", "/prevPage': got null, want integer", "the first page says null"},
		{"tags of a reference", "POST /cve/{id}/cna request", "/tags/0': 'oneOf' failed, subschemas 0, 1 matched",
			"the patterns are left out by which the record format tells its own tags from others"},
		{"tags of a reference", "PUT /cve/{id}/cna request", "/tags/0': 'oneOf' failed, subschemas 0, 1 matched", "likewise"},
		{"affected products", "POST /cve/{id}/cna response 200", list, "in the record format this is a list"},
		{"affected products", "PUT /cve/{id}/cna response 200", list, "likewise"},
	}
}
