package notice

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

const (
	maxYAML  = 1 << 20
	maxDepth = 12 // the parser's time grows with the square of the nesting
	maxKeys  = 64 // and of the keys in one place
)

func readYAML(src []byte) (*Record, error) {
	r := &Record{}
	if err := decodeYAML(src, r); err != nil {
		return nil, err
	}
	return r, nil
}

// decodeYAML reads one document strictly. All that a notice says is text: the tag 1.10 stays 1.10, and no is a name.
func decodeYAML(src []byte, into any) error {
	if len(src) > maxYAML {
		return fmt.Errorf("the file has %d bytes, and at most %d are read as YAML", len(src), maxYAML)
	}
	if err := plainText(src); err != nil {
		return err
	}
	tokens := lexer.Tokenize(string(src))
	if err := plainTokens(tokens); err != nil {
		return err
	}
	file, err := parser.Parse(tokens, 0)
	if err != nil {
		return inYAML(err)
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return errors.New("want one YAML document with keys and values")
	}
	if err := yaml.NewDecoder(bytes.NewReader(nil), yaml.Strict()).DecodeFromNode(file.Docs[0].Body, into); err != nil {
		return inYAML(err)
	}
	return nil
}

// plainText refuses what no YAML file should hold, before the lexer sees it.
func plainText(src []byte) error {
	for i, line := range bytes.Split(src, []byte("\n")) {
		indent := line[:len(line)-len(bytes.TrimLeft(line, " \t"))]
		if bytes.IndexByte(indent, '\t') >= 0 && len(indent) < len(line) {
			return fmt.Errorf("line %d: a tab indents this line, and YAML is indented with spaces", i+1)
		}
		if !utf8.Valid(line) || bytes.ContainsFunc(bytes.TrimSuffix(line, []byte("\r")), func(char rune) bool { return char != '\t' && unicode.IsControl(char) }) {
			return fmt.Errorf("line %d: this is no text: a control character or invalid UTF-8", i+1)
		}
	}
	return nil
}

// plainTokens makes text of all scalars, and refuses what a document can be made to explode with.
func plainTokens(tokens token.Tokens) error {
	entries, keys := 0, keyCount{block: map[int]int{}}
	for _, t := range tokens {
		if t.Type == token.SequenceEntryType {
			entries++
		} else {
			entries = 0
		}
		switch t.Type {
		case token.AnchorType, token.AliasType, token.MergeKeyType, token.TagType, token.DirectiveType, token.MappingKeyType:
			return fmt.Errorf("line %d: anchors, aliases, tags and directives are not read; write the value out", t.Position.Line)
		case token.IntegerType, token.FloatType, token.BoolType, token.BinaryIntegerType, token.OctetIntegerType,
			token.HexIntegerType, token.InfinityType, token.NanType:
			t.Type = token.StringType
		}
		if t.Type == token.StringType && words(t.Value) != words(t.Origin) {
			return fmt.Errorf("line %d: a tab stands between words, and would be lost; write a space", t.Position.Line)
		}
		if keys.see(t) > maxKeys {
			return fmt.Errorf("line %d: there are more than %d keys together", t.Position.Line, maxKeys)
		}
		if len(keys.flow) > maxDepth || entries > maxDepth || t.Position.IndentNum > 8*maxDepth {
			return fmt.Errorf("line %d: this is nested more than %d deep", t.Position.Line, maxDepth)
		}
	}
	return nil
}

// keyCount counts the keys that stand together, since the parser compares each with all others.
type keyCount struct {
	block map[int]int // by column
	flow  []int       // in each pair of brackets that is open
}

// see takes the next token, and gives the number of keys so far where one ends.
func (k *keyCount) see(t *token.Token) int {
	switch t.Type {
	case token.SequenceStartType, token.MappingStartType:
		k.flow = append(k.flow, 0)
	case token.SequenceEndType, token.MappingEndType:
		k.flow = k.flow[:max(0, len(k.flow)-1)]
	case token.SequenceEntryType:
		k.leave(t.Position.Column)
	case token.MappingValueType:
		if n := len(k.flow); n > 0 {
			k.flow[n-1]++
			return k.flow[n-1]
		}
		column := 1
		if t.Prev != nil {
			column = t.Prev.Position.Column
		}
		k.leave(column)
		k.block[column]++
		return k.block[column]
	}
	return 0
}

// leave forgets the keys of what was nested deeper.
func (k *keyCount) leave(column int) {
	maps.DeleteFunc(k.block, func(c, _ int) bool { return c > column })
}

// inYAML says where, and what the library found, but for the text itself, which may be embargoed.
func inYAML(err error) error {
	e, ok := errors.AsType[yaml.Error](err)
	if !ok || e.GetToken() == nil {
		return errors.New("this is no notice in YAML")
	}
	place := e.GetToken().Position
	message := "this is not YAML, or not what belongs here"
	if _, unknown := errors.AsType[*yaml.UnknownFieldError](err); unknown {
		message = "there is no such key; liftgate notice --help shows them all"
	}
	return fmt.Errorf("line %d, column %d: %s", place.Line, place.Column, message)
}

// writeYAML writes texts as blocks where that loses nothing, and else in quotes. The library writes some of what it then reads
// as something else: so what is written is read again, and the last way, which nobody likes to read, is the one that it can't
// get wrong.
func writeYAML(r *Record) ([]byte, error) {
	for _, style := range []yaml.EncodeOption{yaml.UseLiteralStyleIfMultiline(true), yaml.UseLiteralStyleIfMultiline(false), yaml.JSON()} {
		text, err := yaml.MarshalWithOptions(r, style, yaml.IndentSequence(true))
		if err != nil {
			return nil, fmt.Errorf("write YAML: %w", err)
		}
		if len(text) > maxYAML {
			return nil, fmt.Errorf("the notice has %d bytes in YAML, and at most %d are read again", len(text), maxYAML)
		}
		var again Record
		if err := decodeYAML(text, &again); err != nil {
			continue
		}
		if same, err := yaml.MarshalWithOptions(&again, style, yaml.IndentSequence(true)); err == nil && bytes.Equal(text, same) {
			return text, nil
		}
	}
	return nil, errors.New("write YAML: it would read as another notice")
}

// Tidy gives its texts the white space that they have in YAML: none around them, and no indentation.
func (r *Record) Tidy() {
	r.Summary = r.summary()
	for _, text := range []*string{&r.Description, &r.Impact, &r.Workaround} {
		*text = tidy(*text)
	}
}

// tidy takes away white space around a text and its lines, and all indentation: libvirt's notices have it by accident.
func tidy(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	if len(lines) == 1 {
		return lines[0]
	}
	return strings.Join(lines, "\n") + "\n"
}
