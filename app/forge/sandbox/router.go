package sandbox

import (
	"net/http"
	"net/url"
	"regexp"
	"strconv"
)

// Pattern is the method and the path of an operation, as a forge's description writes them: each {name} stands for one
// escaped segment, and each {name+} for the rest of a path or a part of it, slashes and all.
type Pattern struct {
	method string
	path   *regexp.Regexp
	names  []string
}

var placeholder = regexp.MustCompile(`\\\{(\w+)(\\\+)?\\\}`) // as regexp.QuoteMeta leaves it

// NewPattern reads a pattern of ours; it panics at none.
func NewPattern(method, path string) Pattern {
	p := Pattern{method: method}
	expr := placeholder.ReplaceAllStringFunc(regexp.QuoteMeta(path), func(found string) string {
		part := placeholder.FindStringSubmatch(found)
		p.names = append(p.names, part[1])
		if part[2] != "" {
			return "(.+)"
		}
		return "([^/]+)"
	})
	p.path = regexp.MustCompile("^" + expr + "/?$")
	return p
}

// Names are the placeholders, in their order.
func (p Pattern) Names() []string { return p.names }

// Params are what stands in the places of a pattern's names.
type Params map[string]string

// Number reads a numeric one; what is no number is simply not found.
func (p Params) Number(name string) int64 {
	n, err := strconv.ParseInt(p[name], 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// Match gives what stands in the places of the names, unescaped; nil if the request is for something else. Whoever may
// GET may also ask for the HEAD.
func (p Pattern) Match(method, escaped string) Params {
	if p.method != method && !(method == http.MethodHead && p.method == http.MethodGet) {
		return nil
	}
	found := p.path.FindStringSubmatch(escaped)
	if found == nil {
		return nil
	}
	params := make(Params, len(p.names))
	for i, name := range p.names {
		value, err := url.PathUnescape(found[i+1])
		if err != nil {
			return nil // no path that any operation has
		}
		params[name] = value
	}
	return params
}
