package gitlab

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// input is what a caller sent, from a JSON object, a form or the query. It is read as GitLab reads it: "true" is as
// good as true, and a list may be a text with commas. What cannot be read is remembered, and c.in.refused answers it.
type input struct {
	values map[string]any
	faults []string
}

// readInput collects the parameters of a request. Only an object is taken as JSON.
func readInput(r *http.Request, body []byte) (*input, *reply) {
	in := &input{values: map[string]any{}}
	in.add(r.URL.Query())
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		kind = "application/x-www-form-urlencoded" // as curl -d without a header would be
	}
	switch body = bytes.TrimSpace(body); {
	case len(body) == 0:
	case kind == "application/json":
		dec := json.NewDecoder(bytes.NewReader(body))
		dec.UseNumber()
		var sent map[string]any
		if err := dec.Decode(&sent); err != nil {
			rep := reply{Status: http.StatusBadRequest, Body: obj{"error": "The request body is not a JSON object"}}
			return nil, &rep
		}
		for k, v := range sent {
			in.values[k] = v
		}
	case kind == "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(body))
		if err != nil {
			rep := failure(http.StatusBadRequest)
			return nil, &rep
		}
		in.add(form)
	default:
		rep := reply{Status: http.StatusUnsupportedMediaType, Body: obj{"error": "The provided content-type '" + kind + "' is not supported."}}
		return nil, &rep
	}
	return in, nil
}

// add takes query or form values; a name that ends in [] is a list.
func (in *input) add(form url.Values) {
	for k, vs := range form {
		if name, isList := strings.CutSuffix(k, "[]"); isList {
			list := make([]any, len(vs))
			for i, v := range vs {
				list[i] = v
			}
			in.values[name] = list
			continue
		}
		in.values[k] = vs[len(vs)-1]
	}
}

// has tells whether a parameter was sent, be it null.
func (in *input) has(name string) bool {
	_, sent := in.values[name]
	return sent
}

// text reads a text; what was not sent, and null, are "".
func (in *input) text(name string) string {
	switch v := in.values[name].(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number:
		return v.String()
	}
	in.invalid(name)
	return ""
}

// required reads a text that must be there.
func (in *input) required(name string) string {
	if !in.has(name) {
		in.faults = append(in.faults, name+" is missing")
	}
	return in.text(name)
}

// oneOf reads a text that is one of a few words, or absent.
func (in *input) oneOf(name string, words ...string) string {
	v := in.text(name)
	if v != "" && !slices.Contains(words, v) {
		in.faults = append(in.faults, name+" does not have a valid value")
	}
	return v
}

// flag reads a switch; what was not sent is fallback.
func (in *input) flag(name string, fallback bool) bool {
	switch v := in.values[name].(type) {
	case nil:
		return fallback
	case bool:
		return v
	case json.Number:
		return v.String() == "1"
	case string:
		switch strings.ToLower(v) {
		case "true", "1", "t", "on":
			return true
		case "false", "0", "f", "off":
			return false
		}
	}
	in.invalid(name)
	return fallback
}

// number reads a whole number; what was not sent is fallback.
func (in *input) number(name string, fallback int64) int64 {
	if in.values[name] == nil {
		return fallback
	}
	n, err := strconv.ParseInt(in.text(name), 10, 64)
	if err != nil {
		in.invalid(name)
		return fallback
	}
	return n
}

// list reads texts given as a list or with commas between them; none is nil.
func (in *input) list(name string) []string {
	var out []string
	switch v := in.values[name].(type) {
	case nil:
		return nil
	case string:
		for part := range strings.SplitSeq(v, ",") {
			out = append(out, strings.TrimSpace(part))
		}
	case json.Number:
		out = []string{v.String()}
	case []any:
		for _, e := range v {
			switch e := e.(type) {
			case string:
				out = append(out, strings.TrimSpace(e))
			case json.Number:
				out = append(out, e.String())
			default:
				in.invalid(name)
			}
		}
	default:
		in.invalid(name)
	}
	return slices.DeleteFunc(out, func(s string) bool { return s == "" })
}

// numbers reads a list of whole numbers.
func (in *input) numbers(name string) []int64 {
	var out []int64
	for _, s := range in.list(name) {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			in.invalid(name)
			continue
		}
		out = append(out, n)
	}
	return out
}

func (in *input) invalid(name string) {
	if fault := name + " is invalid"; !slices.Contains(in.faults, fault) {
		in.faults = append(in.faults, fault)
	}
}

// refused is GitLab's answer to parameters that it cannot read, or nil.
func (in *input) refused() *reply {
	if len(in.faults) == 0 {
		return nil
	}
	return &reply{Status: http.StatusBadRequest, Body: obj{"error": strings.Join(in.faults, ", ")}}
}
