package config

import (
	"encoding/json"
	"fmt"

	"github.com/invopop/jsonschema"
)

// Schema is the JSON Schema of one of the documents, "server" or "project", for editors. It knows shapes and words, and
// is laxer than the reader about what depends on other keys.
func Schema(document string) ([]byte, error) {
	reflector := jsonschema.Reflector{FieldNameTag: "yaml", RequiredFromJSONSchemaTags: true, ExpandedStruct: true, Anonymous: true}
	var schema *jsonschema.Schema
	switch document {
	case "server":
		schema = reflector.Reflect(&Server{})
		schema.Title = "Liftgate's server"
	case "project":
		schema = reflector.Reflect(&Project{})
		schema.Title = "A project of Liftgate's (.github/liftgate.yml or .gitlab/liftgate.yml)"
	default:
		return nil, fmt.Errorf("no schema of a document called %q; there are server and project", document)
	}
	text, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode schema: %w", err)
	}
	return append(text, '\n'), nil
}

// The types below are written as text and say so themselves; the rest follows from their fields' tags.

const dayPattern = `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`

// JSONSchema describes an [Instant].
func (Instant) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Pattern: `^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2}))?$`}
}

// JSONSchema describes a [Day].
func (Day) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Pattern: dayPattern}
}

// JSONSchema describes a [Clock].
func (Clock) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Pattern: `^([01][0-9]|2[0-3]):[0-5][0-9]$`}
}

// JSONSchema describes a [Weekday].
func (Weekday) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Enum: []any{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}}
}

// JSONSchema describes a [Holiday], which is a day or a run of days.
func (Holiday) JSONSchema() *jsonschema.Schema {
	type period Holiday // without this method
	reflector := jsonschema.Reflector{FieldNameTag: "yaml", RequiredFromJSONSchemaTags: true, DoNotReference: true, Anonymous: true}
	run := reflector.Reflect(period{})
	run.Version = ""
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{Day{}.JSONSchema(), run}}
}
