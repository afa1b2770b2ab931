package notice

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"
	"sync"

	"github.com/pandatix/go-cvss/31"
	"github.com/pandatix/go-cvss/40"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// schemas are of what a notice writes in each JSON format: no field more, and no value that the official schema refuses.
//
//go:embed schemas/*.json
var schemas embed.FS

// inJSON writes a document of a format, and refuses one that is not as the format asks.
func inJSON(format string, v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, fmt.Errorf("encode JSON: %w", err)
	}
	if err := conforms(format, b.Bytes()); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// embedded finds a schema, and those that it refers to, by the last part of an address.
type embedded struct{}

func (embedded) Load(address string) (any, error) {
	text, err := schemas.ReadFile("schemas/" + path.Base(address))
	if err != nil {
		return nil, err
	}
	return jsonschema.UnmarshalJSON(bytes.NewReader(text))
}

// compiled are all schemas, by name, ready for use.
var compiled = sync.OnceValues(func() (map[string]*jsonschema.Schema, error) {
	compiler := jsonschema.NewCompiler()
	compiler.UseLoader(embedded{})
	compiler.AssertFormat()
	compiler.RegisterFormat(vector("cvss-3.1", gocvss31.ParseVector))
	compiler.RegisterFormat(vector("cvss-4.0", gocvss40.ParseVector))
	all := map[string]*jsonschema.Schema{}
	for _, name := range []string{"osv", "cve", "openvex", "csaf", "csaf-feed", "csaf-provider"} {
		s, err := compiler.Compile("file:///" + name + ".json")
		if err != nil {
			return nil, fmt.Errorf("compile schema of %s: %w", name, err)
		}
		all[name] = s
	}
	return all, nil
})

// vector is the form of a CVSS vector.
func vector[V any](name string, parse func(string) (V, error)) *jsonschema.Format {
	return &jsonschema.Format{Name: name, Validate: func(v any) error {
		text, is := v.(string)
		if !is {
			return nil // its type is another rule's
		}
		_, err := parse(text)
		return err
	}}
}

// conforms refuses a document that is not as its format asks. It names the place and the rule, and never what is there.
func conforms(name string, document []byte) error {
	all, err := compiled()
	if err != nil {
		return err
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		return fmt.Errorf("read %s again: %w", name, err)
	}
	err = all[name].Validate(v)
	if wrong, is := errors.AsType[*jsonschema.ValidationError](err); is {
		for len(wrong.Causes) > 0 {
			wrong = wrong.Causes[0]
		}
		place := or(strings.Join(wrong.InstanceLocation, "."), "document")
		return &Error{place, "it breaks the format's rule " + strings.Join(wrong.ErrorKind.KeywordPath(), " ")}
	}
	return err
}
