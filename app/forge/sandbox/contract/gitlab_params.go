package contract

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// param is what GitLab's description says about a parameter.
type param struct {
	Type       string           `json:"type"` // several with | between them
	Enum       []any            `json:"enum"`
	Required   bool             `json:"required"`
	Format     string           `json:"format"`
	MaxLength  int              `json:"maxLength"`
	Items      *param           `json:"items"`
	Properties map[string]param `json:"properties"`
}

// fits says why a value is none of the parameter's.
func (p param) fits(s setting) error {
	if s.value == nil && !p.Required {
		return nil // unsets
	}
	var err error
	for kind := range strings.SplitSeq(p.Type, "|") {
		if err = p.fitsAs(kind, s); err == nil {
			return nil
		}
	}
	return err
}

func (p param) fitsAs(kind string, s setting) error {
	switch kind {
	case "any":
		return nil
	case "array":
		return p.fitsList(s)
	case "object":
		return p.fitsObject(s)
	}
	if !scalar(kind, s) {
		return fmt.Errorf("%v is no %s", s.value, kind)
	}
	text := fmt.Sprint(s.value)
	if len(p.Enum) > 0 && !slices.ContainsFunc(p.Enum, func(e any) bool { return fmt.Sprint(e) == text }) {
		return fmt.Errorf("%q is none of %v", text, p.Enum)
	}
	if p.MaxLength > 0 && utf8.RuneCountInString(text) > p.MaxLength {
		return fmt.Errorf("longer than %d", p.MaxLength)
	}
	return p.fitsFormat(text)
}

// fitsFormat checks dates; other formats say how numbers and files are stored.
func (p param) fitsFormat(text string) error {
	layouts := map[string][]string{"date-time": {time.RFC3339, time.DateOnly}, "date": {time.DateOnly}}[p.Format]
	for _, layout := range layouts {
		if _, err := time.Parse(layout, text); err == nil {
			return nil
		}
	}
	if len(layouts) > 0 {
		return fmt.Errorf("%q is no %s", text, p.Format)
	}
	return nil
}

// scalar tells whether a value has a type. Text stands for whatever it reads as; JSON has types of its own, and a client
// that sends "7" for 7 is taken to be wrong although GitLab would not mind.
func scalar(kind string, s setting) bool {
	text, isString := s.value.(string)
	number, isNumber := s.value.(json.Number)
	if s.text {
		number, isNumber = json.Number(text), true
	}
	switch kind {
	case "string":
		return isString
	case "boolean":
		_, isBool := s.value.(bool)
		return isBool || s.text && slices.Contains([]string{"true", "false", "1", "0"}, text)
	case "integer":
		_, err := strconv.ParseInt(number.String(), 10, 64)
		return isNumber && err == nil
	case "number":
		_, err := number.Float64()
		return isNumber && err == nil
	}
	return false
}

// fitsList takes a list, or text with commas in it, which GitLab cuts.
func (p param) fitsList(s setting) error {
	item := param{Type: "any"}
	if p.Items != nil {
		item = *p.Items
	}
	if item.Enum == nil {
		item.Enum = p.Enum
	}
	if text, isString := s.value.(string); isString {
		for part := range strings.SplitSeq(text, ",") {
			if err := item.fits(setting{strings.TrimSpace(part), true}); err != nil && text != "" {
				return err
			}
		}
		return nil
	}
	list, isList := s.value.([]any)
	if !isList {
		return fmt.Errorf("%v is no array", s.value)
	}
	for i, v := range list {
		if err := item.fits(setting{v, false}); err != nil {
			return fmt.Errorf("[%d]: %w", i, err)
		}
	}
	return nil
}

func (p param) fitsObject(s setting) error {
	object, isObject := s.value.(map[string]any)
	if !isObject {
		return fmt.Errorf("%v is no object", s.value)
	}
	if p.Properties == nil {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		inner, ok := p.Properties[name]
		if !ok {
			return fmt.Errorf("there is no %s in it", name)
		}
		if err := inner.fits(setting{object[name], false}); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.Properties)) {
		if _, ok := object[name]; p.Properties[name].Required && !ok {
			return fmt.Errorf("%s is missing in it", name)
		}
	}
	return nil
}
