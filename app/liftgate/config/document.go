package config

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Bounds on what is parsed. A real document is a tenth of them; the parser's time grows with the square of the nesting.
const (
	maxSize     = 64 << 10
	maxDepth    = 12
	maxProblems = 20
)

// document is one YAML document and the places of its values.
type document struct {
	name     string
	lines    []string
	root     ast.Node                   // nil if there is nothing but comments
	places   map[string]*token.Position // of each value, by its path, such as projects[0].mirror
	problems []error                    // what validation found, as far as anybody reads
	unread   int                        // how many more there are
}

// parse reads the YAML without judging its keys.
func parse(name string, src []byte) (*document, error) {
	d := &document{name: name, places: map[string]*token.Position{}}
	if len(src) > maxSize {
		return nil, &Error{File: name, Message: fmt.Sprintf("the file has %d bytes, and at most %d are read", len(src), maxSize)}
	}
	src = bytes.TrimPrefix(src, []byte("\xef\xbb\xbf"))
	text := strings.ReplaceAll(string(src), "\r\n", "\n")
	d.lines = strings.Split(text, "\n")
	if err := d.checkText(); err != nil {
		return nil, err
	}
	tokens := lexer.Tokenize(text)
	if err := d.checkTokens(tokens); err != nil {
		return nil, err
	}
	file, err := parser.Parse(tokens, 0)
	if err != nil {
		return nil, d.syntax(err)
	}
	for i, doc := range file.Docs {
		switch {
		case i == 0:
			d.root = doc.Body
		case doc.Start != nil:
			return nil, d.refuse(doc.Start.Position, "a second document begins here, and only one is read")
		}
	}
	return d, nil
}

// checkText refuses what no YAML file should hold, before the lexer sees it.
func (d *document) checkText() error {
	for i, line := range d.lines {
		indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
		if tab := strings.IndexByte(indent, '\t'); tab >= 0 && len(indent) < len(line) {
			return d.refuse(&token.Position{Line: i + 1, Column: tab + 1}, "a tab indents this line, and YAML is indented with spaces")
		}
		column := 0
		for _, c := range line {
			column++
			if c == utf8.RuneError || c == 0x7f || (c < ' ' && c != '\t') {
				return d.refuse(&token.Position{Line: i + 1, Column: column}, "this is no text: a control character or invalid UTF-8")
			}
		}
	}
	return nil
}

// checkTokens refuses the parts of YAML that a configuration does not need and that a document can be made to explode with.
func (d *document) checkTokens(tokens token.Tokens) error {
	flow, entries := 0, 0
	for _, t := range tokens {
		if t.Type == token.SequenceEntryType {
			entries++
		} else {
			entries = 0
		}
		switch t.Type {
		case token.AnchorType, token.AliasType, token.MergeKeyType:
			return d.refuse(t.Position, "anchors, aliases and merge keys are not read; write the value out")
		case token.TagType, token.DirectiveType, token.MappingKeyType:
			return d.refuse(t.Position, "tags, directives and keys with a question mark are not read")
		case token.SequenceStartType, token.MappingStartType:
			flow++
		case token.SequenceEndType, token.MappingEndType:
			flow--
		}
		if flow > maxDepth || entries > maxDepth {
			return d.refuse(t.Position, fmt.Sprintf("this is nested more than %d deep", maxDepth))
		}
	}
	return nil
}

// syntax makes an Error of one of the parser's.
func (d *document) syntax(err error) error {
	e, ok := errors.AsType[yaml.Error](err)
	if !ok || e.GetToken() == nil {
		return &Error{File: d.name, Message: "this is not YAML"}
	}
	message := e.GetMessage()
	if strings.Contains(message, "header option") { // the parser repeats the whole line, whatever is in it
		message = "after | or > only the rest of the block's header may stand on the line"
	}
	return d.refuse(e.GetToken().Position, strings.ToValidUTF8(message[:min(len(message), 200)], ""))
}

// refuse is an error at a place of the document.
func (d *document) refuse(at *token.Position, message string) error {
	line, column := 1, 1
	if at != nil {
		line, column = min(max(1, at.Line), len(d.lines)), max(1, at.Column)
	}
	return &Error{File: d.name, Line: line, Column: column, Message: message, Excerpt: excerpt(d.lines, line, column)}
}

// has reports whether the document gives a value at a path.
func (d *document) has(path string) bool { return d.places[path] != nil }

// problem notes a mistake in the value at a path. If the document does not have that value, it stands at the nearest one
// around it.
func (d *document) problem(path, format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	if path != "" {
		message = path + ": " + message
	}
	if len(d.problems) == maxProblems {
		d.unread++
		return
	}
	for {
		if at, found := d.places[path]; found {
			d.problems = append(d.problems, d.refuse(at, message))
			return
		}
		if path == "" {
			d.problems = append(d.problems, &Error{File: d.name, Message: message})
			return
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
}

// err is everything that validation found.
func (d *document) err() error {
	if d.unread > 0 {
		more := &Error{File: d.name, Message: fmt.Sprintf("and %d more mistakes", d.unread)}
		return errors.Join(append(d.problems, more)...)
	}
	return errors.Join(d.problems...)
}
