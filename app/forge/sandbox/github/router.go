package github

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// route is one operation of GitHub's description. Its pattern uses the description's own names; a name that ends
// in + may hold slashes, as refs and file paths do.
type route struct {
	method, pattern string
	perm            string // what an installation token needs, such as "issues:write"; alternatives stand beside a |
	role            Role   // what a person needs in the repository
	discreet        bool   // a write that is private even in a public repository
	handle          func(*call) reply
	at              sandbox.Pattern
}

// name is the operation as GitHub's description writes it: "POST /repos/{owner}/{repo}/issues".
func (r *route) name() string {
	if r == nil {
		return ""
	}
	return r.method + " " + strings.ReplaceAll(r.pattern, "+}", "}")
}

func compile(rs []route) []route {
	for i, r := range rs {
		rs[i].at = sandbox.NewPattern(r.method, r.pattern)
	}
	return rs
}

// match finds the first route for an escaped path; the table lists longer patterns first where two could match.
func (s *Server) match(method, path string) (*route, sandbox.Params) {
	for i := range s.routes {
		if params := s.routes[i].at.Match(method, path); params != nil {
			return &s.routes[i], params
		}
	}
	return nil, nil
}

const docs = "https://docs.github.com/rest"

// obj is a JSON object on its way out.
type obj = map[string]any

func failure(status int, message string) reply {
	return reply{Status: status, Body: obj{"message": message, "documentation_url": docs, "status": strconv.Itoa(status)}}
}

func notFound() reply { return failure(http.StatusNotFound, "Not Found") }

func notAccessible() reply {
	return failure(http.StatusForbidden, "Resource not accessible by integration")
}

func noFeature() reply {
	return failure(http.StatusForbidden, "Upgrade to GitHub Pro or make this repository public to enable this feature.")
}

// invalid is GitHub's 422 for a field it does not accept.
func invalid(resource, field, code, message string) reply {
	e := obj{"resource": resource, "field": field, "code": code}
	if message != "" {
		e["message"] = message
	}
	return reply{Status: http.StatusUnprocessableEntity, Body: obj{
		"message": "Validation Failed", "documentation_url": docs, "errors": []obj{e}, "status": "422",
	}}
}

// unprocessable is a 422 that says all in its message.
func unprocessable(message string) reply { return failure(http.StatusUnprocessableEntity, message) }

// read decodes a JSON body; an empty or null body leaves v alone.
func (c *call) read(v any) *reply {
	b := bytes.TrimSpace(c.body)
	if len(b) == 0 || bytes.Equal(b, []byte("null")) {
		return nil
	}
	if err := json.Unmarshal(b, v); err != nil {
		rep := failure(http.StatusBadRequest, "Problems parsing JSON")
		if json.Valid(b) {
			rep = unprocessable("Invalid request.\n\nA value has the wrong type.")
		}
		return &rep
	}
	return nil
}

// Render adds the headers that GitHub puts on each answer: limits, request id, entity tag.
func (c *call) Render(rep reply) sandbox.Answer {
	h := http.Header{}
	h.Set("Server", "github.com")
	h.Set("X-GitHub-Media-Type", "github.v3; format=json")
	h.Set("X-GitHub-Request-Id", sandbox.RandomHex(8))
	out := rep.Render(c.r, h, "application/json; charset=utf-8")
	if h.Get("ETag") != "" {
		h.Set("Cache-Control", "private, max-age=60, s-maxage=60")
	}
	c.limits.headers(c.Server, h, c.cred, out.Status)
	return out
}

// page cuts a list to the page asked for and says in the Link header where the others are.
func (c *call) page(items []obj) reply {
	part, h := c.cut(len(items))
	return reply{Status: http.StatusOK, Body: append([]obj{}, items[part[0]:part[1]]...), Header: h}
}

// cut gives the bounds of the page asked for, and the Link header.
func (c *call) cut(n int) ([2]int, http.Header) {
	q := c.r.URL.Query()
	per := atoi(q.Get("per_page"), 30)
	per = min(max(per, 1), 100)
	page := max(atoi(q.Get("page"), 1), 1)
	last := max((n+per-1)/per, 1)
	from := min((page-1)*per, n)
	to := min(from+per, n)
	var links []string
	add := func(p int, rel string) {
		q.Set("page", strconv.Itoa(p))
		links = append(links, fmt.Sprintf(`<%s%s?%s>; rel="%s"`, c.URL(), c.r.URL.EscapedPath(), q.Encode(), rel))
	}
	if page > 1 {
		add(page-1, "prev")
	}
	if page < last {
		add(page+1, "next")
		add(last, "last")
	}
	if page > 1 {
		add(1, "first")
	}
	h := http.Header{}
	if len(links) > 0 {
		h.Set("Link", strings.Join(links, ", "))
	}
	return [2]int{from, to}, h
}

func atoi(s string, fallback int) int {
	if n, err := strconv.Atoi(s); err == nil {
		return n
	}
	return fallback
}

func (c *call) number(name string) int64 { return c.params.Number(name) }
