package config

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// The YAML library's own decoder is not strict enough for rules about secrecy: it makes "1.1" of the branch 1.10, takes
// '5' and 1.5 for whole numbers, and drops keys that are not text. So the library parses, and this file decodes.

// scalar is a value that reads itself from the text of a plain or quoted scalar. Its error says what it wants.
type scalar interface{ parse(text string) error }

// composite is a value that may be written in several shapes and decodes itself.
type composite interface {
	decode(d *document, path string, n ast.Node) error
}

// decode fills dst, a pointer to a struct that holds the defaults. What the document does not say, or leaves empty, stays.
func (d *document) decode(dst any) error {
	if d.root == nil {
		return nil
	}
	return d.decodeInto("", d.root, dst)
}

func (d *document) decodeInto(path string, n ast.Node, dst any) error {
	return d.value(path, n, reflect.ValueOf(dst).Elem())
}

func (d *document) value(path string, n ast.Node, v reflect.Value) error {
	d.places[path] = place(n)
	if n.Type() == ast.NullType {
		return nil
	}
	switch own := v.Addr().Interface().(type) {
	case composite:
		return own.decode(d, path, n)
	case scalar:
		text, ok := plainText(n)
		if !ok {
			return d.wrongType(n, "text")
		}
		if err := own.parse(text); err != nil {
			return d.refuse(place(n), err.Error())
		}
		return nil
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return d.value(path, n, v.Elem())
	case reflect.Struct:
		return d.mapping(path, n, v)
	case reflect.Slice:
		return d.sequence(path, n, v)
	case reflect.String:
		text, ok := plainText(n)
		if !ok {
			return d.wrongType(n, "text")
		}
		v.SetString(text)
	case reflect.Bool:
		b, ok := n.(*ast.BoolNode)
		if !ok {
			return d.wrongType(n, "true or false")
		}
		v.SetBool(b.Value)
	case reflect.Int, reflect.Int64:
		return d.number(n, v)
	default:
		return fmt.Errorf("decode %s: no way to read a %s", path, v.Kind())
	}
	return nil
}

func (d *document) number(n ast.Node, v reflect.Value) error {
	i, ok := n.(*ast.IntegerNode)
	if !ok {
		return d.wrongType(n, "a whole number")
	}
	const largest = 1 << 53 // JSON's own limit
	switch number := i.Value.(type) {
	case int64:
		if number >= -largest {
			v.SetInt(number)
			return nil
		}
	case uint64:
		if number <= largest {
			v.SetInt(int64(number))
			return nil
		}
	}
	return d.refuse(place(n), "this number is too large")
}

func (d *document) sequence(path string, n ast.Node, v reflect.Value) error {
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		return d.wrongType(n, "a list")
	}
	v.Set(reflect.MakeSlice(v.Type(), len(list.Values), len(list.Values)))
	for i, item := range list.Values {
		if item.Type() == ast.NullType {
			return d.refuse(place(n), fmt.Sprintf("item %d of this list is empty", i+1))
		}
		if err := d.value(fmt.Sprintf("%s[%d]", path, i), item, v.Index(i)); err != nil {
			return err
		}
	}
	return nil
}

func (d *document) mapping(path string, n ast.Node, v reflect.Value) error {
	pairs, ok := n.(ast.MapNode)
	if !ok {
		return d.wrongType(n, "keys with values")
	}
	keys := map[string]reflect.Value{}
	names := fields(v, keys, nil)
	for at := pairs.MapRange(); at.Next(); { // the parser has refused a key that is here twice
		key, isText := at.Key().(*ast.StringNode)
		if !isText {
			return d.refuse(at.Key().GetToken().Position, "a key is text")
		}
		field, known := keys[key.Value]
		if !known {
			return d.refuse(key.GetToken().Position, fmt.Sprintf("unknown key %.40q; known here: %s", key.Value, strings.Join(names, ", ")))
		}
		inner := key.Value
		if path != "" {
			inner = path + "." + key.Value
		}
		if err := d.value(inner, at.Value(), field); err != nil {
			return err
		}
	}
	return nil
}

// fields collects a struct's fields by their yaml tag, those of embedded structs included, and returns the names in order.
func fields(v reflect.Value, into map[string]reflect.Value, names []string) []string {
	for i := range v.NumField() {
		if field := v.Type().Field(i); field.Anonymous {
			names = fields(v.Field(i), into, names)
		} else if name := field.Tag.Get("yaml"); name != "" {
			into[name] = v.Field(i)
			names = append(names, name)
		}
	}
	return names
}

// plainText is a scalar as it was written: 1.10 stays 1.10.
func plainText(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.IntegerNode, *ast.FloatNode:
		return n.GetToken().Value, true
	}
	return "", false
}

func (d *document) wrongType(n ast.Node, want string) error {
	return d.refuse(place(n), "want "+want+", found "+kindOf(n))
}

// kindOf names what was written, in the words of someone who writes configurations.
func kindOf(n ast.Node) string {
	switch n.(type) {
	case *ast.StringNode:
		return "text"
	case *ast.LiteralNode:
		return "a block of text"
	case *ast.BoolNode:
		return "true or false (quote it to make it text)"
	case *ast.IntegerNode:
		return "a number"
	case *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "a fraction"
	case *ast.SequenceNode:
		return "a list"
	case ast.MapNode:
		return "keys with values"
	}
	return "something else"
}

// place is where a value begins; of keys with values, where the first key stands.
func place(n ast.Node) *token.Position {
	if pairs, ok := n.(ast.MapNode); ok {
		if at := pairs.MapRange(); at.Next() {
			return at.Key().GetToken().Position
		}
	}
	if t := n.GetToken(); t != nil {
		return t.Position
	}
	return nil
}
