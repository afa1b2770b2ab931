package contract

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
)

// spec is GitHub's description, taken apart. The whole of it takes kin-openapi many seconds under the race
// detector, and a test touches a tenth of it; so each operation and each webhook is loaded when first met,
// with the components that it reaches.
type spec struct {
	head       map[string]json.RawMessage // openapi and info
	components map[string]map[string]json.RawMessage
	paths      map[string]map[string]json.RawMessage
	webhooks   map[string]json.RawMessage
	known      []known

	mu     sync.Mutex
	routes map[string]*routers.Route
	hooks  map[string]*openapi3.Schema
}

var loadGitHub = sync.OnceValues(func() (*spec, error) {
	path, err := find("shared/oracles/github-openapi.json")
	if err != nil {
		return nil, err
	}
	return read(path)
})

// find walks up from the working directory to a folder beside the repository.
func find(name string) (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find %s: %w", name, err)
	}
	for {
		path := filepath.Join(dir, name)
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", fmt.Errorf("find %s: %w", name, os.ErrNotExist)
		}
		dir = up
	}
}

// read takes a description apart. It never calls doc.Validate, which GitHub's own examples do not pass.
func read(path string) (*spec, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("load description: %w", err)
	}
	var in struct {
		OpenAPI    json.RawMessage                       `json:"openapi"`
		Info       json.RawMessage                       `json:"info"`
		Paths      map[string]map[string]json.RawMessage `json:"paths"`
		Webhooks   map[string]json.RawMessage            `json:"x-webhooks"`
		Components map[string]map[string]json.RawMessage `json:"components"`
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return nil, fmt.Errorf("load description: %w", err)
	}
	return &spec{
		head: map[string]json.RawMessage{"openapi": in.OpenAPI, "info": in.Info}, components: in.Components, paths: in.Paths,
		webhooks: in.Webhooks, known: compile(described(in.Paths), slashed), routes: map[string]*routers.Route{}, hooks: map[string]*openapi3.Schema{},
	}, nil
}

var reference = regexp.MustCompile(`"\$ref":\s*"#/components/([^/"]+)/([^"]+)"`)

// document loads one path item alone with everything that it refers to.
func (s *spec) document(path string, item json.RawMessage) (*openapi3.T, error) {
	reached := map[string]map[string]json.RawMessage{}
	queue := []json.RawMessage{item}
	for len(queue) > 0 {
		text := queue[0]
		queue = queue[1:]
		for _, m := range reference.FindAllSubmatch(text, -1) {
			kind, name := string(m[1]), string(m[2])
			if reached[kind] == nil {
				reached[kind] = map[string]json.RawMessage{}
			}
			if _, done := reached[kind][name]; !done {
				reached[kind][name] = s.components[kind][name]
				queue = append(queue, s.components[kind][name])
			}
		}
	}
	components, err1 := json.Marshal(reached)
	paths, err2 := json.Marshal(map[string]json.RawMessage{path: item})
	whole, err3 := json.Marshal(map[string]json.RawMessage{
		"openapi": s.head["openapi"], "info": s.head["info"], "paths": paths, "components": components})
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, fmt.Errorf("load %s: %w", path, err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(whole)
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", path, err)
	}
	return doc, nil
}

// route gives an operation, loading it if it is met for the first time.
func (s *spec) route(method, path string) (*routers.Route, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.routes[method+path]; r != nil {
		return r, nil
	}
	key := strings.ToLower(method)
	item, err := json.Marshal(map[string]json.RawMessage{key: s.paths[path][key]})
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", path, err)
	}
	doc, err := s.document(path, item)
	if err != nil {
		return nil, err
	}
	p := doc.Paths.Value(path)
	r := &routers.Route{Spec: doc, Path: path, PathItem: p, Method: method, Operation: p.GetOperation(method)}
	s.routes[method+path] = r
	return r, nil
}

// hook gives the schema of a webhook's body, or nil if the description has none of that name.
func (s *spec) hook(name string) (*openapi3.Schema, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h := s.hooks[name]; h != nil || s.webhooks[name] == nil {
		return h, nil
	}
	doc, err := s.document("/"+name, s.webhooks[name])
	if err != nil {
		return nil, err
	}
	media := doc.Paths.Value("/" + name).Post.RequestBody.Value.Content.Get("application/json")
	s.hooks[name] = media.Schema.Value
	return media.Schema.Value, nil
}

// slashed tells which placeholders may hold slashes.
func slashed(name string) bool {
	return slices.Contains([]string{"ref", "branch", "path", "basehead", "tag"}, name)
}

// described are the paths of the description, without an older spelling of /compare/{basehead}.
func described(paths map[string]map[string]json.RawMessage) []string {
	return slices.DeleteFunc(slices.Collect(maps.Keys(paths)), func(path string) bool { return strings.Contains(path, "...") })
}

// find gives the operation of a request and its path parameters.
func (s *spec) find(req *http.Request) (*routers.Route, map[string]string, error) {
	for _, k := range s.known {
		params, ok := k.match(req.URL.EscapedPath())
		if !ok || s.paths[k.path][strings.ToLower(req.Method)] == nil {
			continue
		}
		r, err := s.route(req.Method, k.path)
		return r, params, err
	}
	return nil, nil, routers.ErrPathNotFound
}
