package cve

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// obj is a JSON object on its way out.
type obj = map[string]any

type reply = sandbox.Reply

// route is one operation, written as the API's description does.
type route struct {
	method, pattern string
	open            bool     // for strangers too
	query           []string // the parameters it knows
	handle          func(*call) reply
	at              sandbox.Pattern
}

func (s *Server) table() []route {
	list := []route{
		{method: "GET", pattern: "/cve-id", query: []string{"state", "cve_id_year", "time_reserved.lt", "time_reserved.gt", "page"}, handle: listNumbers},
		{method: "POST", pattern: "/cve-id", query: []string{"amount", "batch_type", "cve_year", "short_name"}, handle: reserve},
		{method: "GET", pattern: "/cve-id/{id}", open: true, handle: showNumber},
		{method: "PUT", pattern: "/cve-id/{id}", query: []string{"state", "org"}, handle: changeNumber},
		{method: "GET", pattern: "/cve/{id}", open: true, handle: showRecord},
		{method: "POST", pattern: "/cve/{id}/cna", handle: createRecord},
		{method: "PUT", pattern: "/cve/{id}/cna", handle: updateRecord},
		{method: "POST", pattern: "/cve/{id}/reject", handle: createRejection},
		{method: "PUT", pattern: "/cve/{id}/reject", handle: updateRejection},
		{method: "GET", pattern: "/org/{shortname}", handle: showOrg},
		{method: "GET", pattern: "/org/{shortname}/id_quota", handle: showQuota},
	}
	for i, r := range list {
		list[i].at = sandbox.NewPattern(r.method, "/api"+r.pattern)
	}
	return list
}

// call is one request on its way through a handler, which runs under the lock.
type call struct {
	*Server
	r      *http.Request
	route  *route
	params sandbox.Params
	query  url.Values
	body   []byte
	org    *org // who asks; nil: nobody, or somebody without the right key
	user   string
	public bool // strangers will see what it brought
}

func (s *Server) open(r *http.Request, body []byte) sandbox.Exchange {
	c := &call{Server: s, r: r, body: body, query: r.URL.Query()}
	for i := range s.routes {
		if params := s.routes[i].at.Match(r.Method, r.URL.EscapedPath()); params != nil {
			c.route, c.params = &s.routes[i], params
			break
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	user, key := r.Header.Get("CVE-API-USER"), r.Header.Get("CVE-API-KEY")
	if o := s.find(r.Header.Get("CVE-API-ORG")); o != nil && key != "" && o.users[user] == key {
		c.org, c.user = o, user
	}
	return c
}

// About implements [sandbox.Exchange].
func (c *call) About() (route, repo string, by sandbox.TokenScope) {
	by = sandbox.TokenScope{Kind: "none"}
	if c.org != nil {
		by = sandbox.TokenScope{Kind: "user", Actor: c.user, Repositories: []string{c.org.name}}
	}
	if c.route != nil {
		route = c.route.method + " " + c.route.pattern
	}
	return route, "", by
}

// Run does what is asked for.
func (c *call) Run() reply {
	if c.route == nil {
		return failure(http.StatusNotFound, "NOT_FOUND")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.route.open {
		for _, header := range []string{"CVE-API-ORG", "CVE-API-USER", "CVE-API-KEY"} {
			if c.r.Header.Get(header) == "" {
				return failure(http.StatusBadRequest, "BAD_REQUEST")
			}
		}
		if c.org == nil {
			return failure(http.StatusUnauthorized, "UNAUTHORIZED")
		}
	}
	if c.route.method != http.MethodGet && !slices.Contains(c.org.roles, "CNA") {
		return failure(http.StatusForbidden, "CNA_ONLY")
	}
	for name := range c.query {
		if !slices.Contains(c.route.query, name) {
			return failure(http.StatusBadRequest, "BAD_INPUT")
		}
	}
	if len(c.body) > maxBody {
		return failure(http.StatusRequestEntityTooLarge, "RECORD_TOO_LARGE")
	}
	if id, named := c.params["id"]; named && !numberForm.MatchString(id) {
		return failure(http.StatusBadRequest, "BAD_INPUT")
	}
	return c.route.handle(c)
}

// maxBody is what the API reads of a request.
const maxBody = 3_800_000

var numberForm = regexp.MustCompile(`^CVE-[0-9]{4}-[0-9]{4,19}$`)

// Instead is the answer that a fault plan puts in place of our own.
func (c *call) Instead(r sandbox.Refusal) reply { return r.Reply(failure(r.Status, codeFor(r.Status))) }

// Render implements [sandbox.Exchange].
func (c *call) Render(rep reply) sandbox.Answer {
	h := http.Header{}
	h.Set("Date", c.Now().Format(http.TimeFormat))
	return rep.Render(c.r, h, "application/json; charset=utf-8")
}

// Trace tells whether strangers will see what was brought.
func (c *call) Trace() (refs []sandbox.RefChange, public bool, shown []byte) {
	return nil, c.public, c.body
}

// failure is a refusal with the API's code for it.
func failure(status int, code string) reply {
	return reply{Status: status, Body: obj{"error": code, "message": http.StatusText(status)}}
}

func codeFor(status int) string {
	switch status {
	case http.StatusTooManyRequests:
		return "TOO_MANY_REQUESTS"
	case http.StatusUnauthorized:
		return "UNAUTHORIZED"
	case http.StatusForbidden:
		return "CNA_ONLY"
	case http.StatusNotFound:
		return "NOT_FOUND"
	}
	if status >= http.StatusInternalServerError {
		return "SERVICE_NOT_AVAILABLE"
	}
	return "BAD_INPUT"
}

func ok(body any) reply { return reply{Status: http.StatusOK, Body: body} }
