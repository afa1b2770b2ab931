package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// operation is a route with its parameters.
type operation struct {
	Params map[string]param `json:"params"`
	Rules  rules            `json:"rules"`
	free   bool             // nothing is known about its parameters
}

// rules say which parameters go together.
type rules struct {
	ExactlyOne [][]string `json:"exactly_one_of"`
	AtLeastOne [][]string `json:"at_least_one_of"`
	Exclusive  [][]string `json:"mutually_exclusive"`
}

var loadGitLab = sync.OnceValues(func() (*manual, error) {
	path, err := find("shared/oracles/gitlab/routes.json")
	if err != nil {
		return nil, err
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("load description: %w", err)
	}
	m := &manual{}
	if err := json.Unmarshal(raw, &m.operations); err != nil {
		return nil, fmt.Errorf("load description: %w", err)
	}
	delete(m.operations, "_meta")
	for name := range undescribed() {
		if _, described := m.operations[name]; described {
			return nil, fmt.Errorf("load description: %s is described by now", name)
		}
		m.operations[name] = operation{free: true}
	}
	maps.Copy(m.operations, statusChecks())
	var paths []string
	for name := range m.operations {
		_, path, _ := strings.Cut(name, " ")
		paths = append(paths, path)
	}
	slices.Sort(paths)
	m.known = compile(slices.Compact(paths), func(string) bool { return false }) // GitLab wants slashes escaped everywhere
	m.schemas, err = openShelf(filepath.Join(filepath.Dir(path), "schemas"))
	return m, err
})

// given is what a request sets: by parameter, in the order of the request.
type given map[string][]setting

// setting is one value: a JSON value, or a string that may mean any type.
type setting struct {
	value any
	text  bool
}

// settings collects the parameters of a request from its query and its body.
func settings(x exchange) (given, error) {
	out := given{}
	add := func(values url.Values) {
		for name, list := range values {
			for _, v := range list {
				out[name] = append(out[name], setting{v, true})
			}
		}
	}
	add(x.URL.Query())
	if len(bytes.TrimSpace(x.body)) == 0 {
		return out, nil
	}
	kind, _, _ := mime.ParseMediaType(x.Header.Get("Content-Type")) // an unreadable one is none that is known
	switch kind {
	case "application/json":
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(x.body))
		object, isObject := value.(map[string]any)
		if err != nil || !isObject {
			return nil, fmt.Errorf("the body is not a JSON object")
		}
		for name, v := range object {
			out[name] = append(out[name], setting{v, false})
		}
	case "application/x-www-form-urlencoded":
		values, err := url.ParseQuery(string(x.body))
		if err != nil {
			return nil, fmt.Errorf("the body is not a form")
		}
		add(values)
	default:
		return nil, fmt.Errorf("the body is %q, which is not read", kind)
	}
	return out, nil
}

// check says all that is wrong with a request. GitLab itself ignores a parameter that it does not know.
func (op operation) check(x exchange, path map[string]string) (wrong []error) {
	if op.free {
		return nil
	}
	got, err := settings(x)
	if err != nil {
		return []error{err}
	}
	for name, v := range path {
		got[name] = []setting{{v, true}}
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		p, ok := op.lookup(name)
		if !ok {
			wrong = append(wrong, fmt.Errorf("there is no parameter %s", name))
			continue
		}
		for _, s := range got[name] {
			if err := p.fits(s); err != nil {
				wrong = append(wrong, fmt.Errorf("%s: %w", name, err))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(op.Params)) {
		if op.Params[name].Required && !got.sets(name) {
			wrong = append(wrong, fmt.Errorf("%s is missing", name))
		}
	}
	return append(wrong, op.Rules.broken(got)...)
}

// lookup finds the parameter that a name in a request means: "iids[]" is an item of iids, "not[weight]" is described by
// that name or belongs to an object "not".
func (op operation) lookup(name string) (param, bool) {
	if p, ok := op.Params[name]; ok {
		return p, true
	}
	base, isItem := strings.CutSuffix(name, "[]")
	if p, ok := op.Params[base]; ok && isItem {
		if p.Items != nil {
			return *p.Items, true
		}
		return p, strings.Contains(p.Type, "array")
	}
	root, _, nested := strings.Cut(name, "[")
	p, ok := op.Params[root]
	return param{Type: "any"}, ok && nested && (p.Type == "object" || p.Type == "array" && p.Items != nil && p.Items.Type == "object")
}

func (g given) sets(name string) bool { return len(g[name])+len(g[name+"[]"]) > 0 }

func (r rules) broken(got given) (wrong []error) {
	count := func(names []string) (n int) {
		for _, name := range names {
			if got.sets(name) {
				n++
			}
		}
		return n
	}
	for _, names := range slices.Concat(r.ExactlyOne, r.AtLeastOne) {
		if count(names) == 0 {
			wrong = append(wrong, fmt.Errorf("none of %s is there", strings.Join(names, ", ")))
		}
	}
	for _, names := range slices.Concat(r.ExactlyOne, r.Exclusive) {
		if count(names) > 1 {
			wrong = append(wrong, fmt.Errorf("more than one of %s is there", strings.Join(names, ", ")))
		}
	}
	return wrong
}
