package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// manual is what GitLab publishes: the operations of its OpenAPI description with their parameters, and the schemas to
// which its own tests hold the answers. The description's schemas and statuses are wrong in places and not used.
type manual struct {
	operations map[string]operation // by method and path
	known      []known
	schemas    *shelf
}

// exchange holds a request to its operation and an answer to the schema of what it shows.
func (m *manual) exchange(c *Contract, x exchange) {
	if !strings.HasPrefix(x.URL.EscapedPath(), "/api/v4/") {
		return
	}
	name, op, at := m.find(x.Request)
	if name == "" {
		if x.meant() {
			c.note(x.Method+" "+x.URL.Path, errors.New("not in GitLab's description"))
		}
		return
	}
	c.count(name)
	if x.meant() {
		for _, err := range op.check(x, at) {
			c.note(name+" request", err)
		}
	}
	if x.status != 0 {
		c.note(fmt.Sprintf("%s response %d", name, x.status), m.answer(name, x))
	}
}

// find gives the operation of a request and its path parameters.
func (m *manual) find(r *http.Request) (name string, op operation, params map[string]string) {
	for _, k := range m.known {
		params, ok := k.match(r.URL.EscapedPath())
		if !ok {
			continue
		}
		for _, method := range []string{r.Method, strings.Replace(r.Method, http.MethodHead, http.MethodGet, 1)} {
			if op, ok := m.operations[method+" "+k.path]; ok {
				return method + " " + k.path, op, params
			}
		}
	}
	return "", operation{}, nil
}

// answer checks what came back: a refusal says why, and what is shown has the form of its kind.
func (m *manual) answer(name string, x exchange) error {
	kind, _, _ := mime.ParseMediaType(x.header.Get("Content-Type")) // none is not JSON
	switch {
	case x.status >= 500, x.Method == http.MethodHead: // injected trouble is not GitLab's
		return nil
	case x.status == http.StatusNoContent || x.status == http.StatusNotModified:
		if len(x.answer) > 0 {
			return errors.New("a body where there is none")
		}
		return nil
	case kind != "application/json", x.status == http.StatusTooManyRequests: // the throttle before the API speaks plainly
		return nil
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(x.answer))
	if err != nil {
		return errors.New("the body is not JSON")
	}
	if x.status >= 400 {
		said, isObject := value.(map[string]any)
		if isObject && (said["message"] != nil || said["error"] != nil) {
			return nil
		}
		return errors.New("neither message nor error is in the body")
	}
	if x.status == http.StatusAccepted {
		return nil // a note of nothing but quick actions leaves none to show
	}
	return m.schemas.check(name, value)
}

// webhooks are the events of a project and the object_kinds that they come with. GitLab publishes no schema of them.
func webhooks() map[string][]string {
	return map[string][]string{
		"Push Hook": {"push"}, "Tag Push Hook": {"tag_push"}, "Issue Hook": {"issue", "work_item"},
		"Confidential Issue Hook": {"issue", "work_item"}, "Note Hook": {"note"}, "Confidential Note Hook": {"note"},
		"Merge Request Hook": {"merge_request"}, "Pipeline Hook": {"pipeline"}, "Job Hook": {"build"},
		"Resource Access Token Hook": {"access_token"}, "Emoji Hook": {"emoji"}, "Release Hook": {"release"},
	}
}

// webhook checks that a body is of the event's kind.
func (m *manual) webhook(c *Contract, event string, body []byte) {
	var in struct {
		Kind string `json:"object_kind"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		c.note("hook "+event, errors.New("the body is not a JSON object"))
		return
	}
	c.count("hook " + event)
	kinds, ok := webhooks()[event]
	if !ok {
		c.note("hook "+event, errors.New("no event of GitLab's"))
	} else if !slices.Contains(kinds, in.Kind) {
		c.note("hook "+event, fmt.Errorf("object_kind is %q", in.Kind))
	}
}
