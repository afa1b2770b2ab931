package gitlab

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// obj is a JSON object on its way out.
type obj = map[string]any

// reply is what a handler answers.
type reply = sandbox.Reply

func ok(body any) reply      { return reply{Status: http.StatusOK, Body: body} }
func created(body any) reply { return reply{Status: http.StatusCreated, Body: body} }
func noContent() reply       { return reply{Status: http.StatusNoContent} }

// failure is GitLab's plain error: {"message":"403 Forbidden"}; words stand after the status where GitLab has any.
func failure(status int, words ...string) reply {
	text := http.StatusText(status)
	if status == http.StatusBadRequest {
		text = "Bad request"
	}
	if len(words) > 0 {
		text += " - " + strings.Join(words, " ")
	}
	return reply{Status: status, Body: obj{"message": strconv.Itoa(status) + " " + text}}
}

// notFound is GitLab's 404 for a thing of a kind, such as "Project", or for anything when kind is "".
func notFound(kind string) reply {
	text := "404 Not Found"
	if kind != "" {
		text = "404 " + kind + " Not Found"
	}
	return reply{Status: http.StatusNotFound, Body: obj{"message": text}}
}

func unauthorized() reply { return failure(http.StatusUnauthorized) }
func forbidden() reply    { return failure(http.StatusForbidden) }

// invalid is GitLab's answer to a value that its model does not take: {"message":{"title":["can't be blank"]}}.
// Most models answer 400, some 422.
func invalid(status int, field string, faults ...string) reply {
	return reply{Status: status, Body: obj{"message": obj{field: faults}}}
}

// said is an error whose message has no status in front.
func said(status int, message string) reply {
	return reply{Status: status, Body: obj{"message": message}}
}

// Render adds the headers that GitLab puts on each answer.
func (c *call) Render(rep reply) sandbox.Answer {
	h := http.Header{}
	h.Set("Cache-Control", "max-age=0, private, must-revalidate")
	h.Set("Vary", "Origin")
	h.Set("X-Request-Id", sandbox.RandomHex(16))
	h.Set("X-Gitlab-Meta", `{"version":"1"}`)
	out := rep.Render(c.r, h, "application/json")
	c.limits.headers(c.Server, h, c.cred)
	return out
}

// page cuts a list to the page asked for and says in the headers where the others are.
func (c *call) page(items []obj) reply {
	from, to, h := c.cut(len(items))
	return reply{Status: http.StatusOK, Body: append([]obj{}, items[from:to]...), Header: h}
}

// cut gives the bounds of the page asked for, and the headers of offset pagination.
func (c *call) cut(n int) (from, to int, h http.Header) {
	per := min(max(c.in.number("per_page", 20), 1), 100)
	page := max(c.in.number("page", 1), 1)
	last := max((int64(n)+per-1)/per, 1)
	from = int(min((page-1)*per, int64(n)))
	to = int(min(int64(from)+per, int64(n)))
	h = http.Header{}
	set := func(name string, v int64) {
		h.Set(name, "")
		if v > 0 {
			h.Set(name, strconv.FormatInt(v, 10))
		}
	}
	next, prev := int64(0), int64(0)
	var links []string
	add := func(p int64, rel string) { links = append(links, c.link(rel, "page", strconv.FormatInt(p, 10), per)) }
	if page > 1 {
		prev = page - 1
		add(prev, "prev")
	}
	if page < last {
		next = page + 1
		add(next, "next")
	}
	add(1, "first")
	add(last, "last")
	h.Set("Link", strings.Join(links, ", "))
	set("X-Page", page)
	set("X-Per-Page", per)
	set("X-Next-Page", next)
	set("X-Prev-Page", prev)
	h.Set("X-Total", strconv.Itoa(n))
	set("X-Total-Pages", last)
	return from, to, h
}

// link is one entry of a Link header: this request with another page.
func (c *call) link(rel, name, value string, per int64) string {
	q := c.r.URL.Query()
	q.Set(name, value)
	q.Set("per_page", strconv.FormatInt(per, 10))
	return fmt.Sprintf(`<%s%s?%s>; rel="%s"`, c.URL(), c.r.URL.EscapedPath(), q.Encode(), rel)
}

// paged is page, or a keyset page when the caller asks for one: then nothing is counted, and only Link leads on.
// Items carry an "id"; the cursor names the last one that was shown.
func (c *call) paged(items []obj) reply {
	if c.in.text("pagination") != "keyset" && !c.in.has("cursor") {
		return c.page(items)
	}
	per := min(max(c.in.number("per_page", 20), 1), 100)
	from := 0
	if cursor := c.in.text("cursor"); cursor != "" {
		raw, err := base64.URLEncoding.DecodeString(cursor)
		at := slices.IndexFunc(items, func(o obj) bool { return fmt.Sprint(o["id"]) == string(raw) })
		if err != nil || at < 0 {
			return reply{Status: http.StatusBadRequest, Body: obj{"error": "cursor is invalid"}}
		}
		from = at + 1
	}
	to := min(from+int(per), len(items))
	h := http.Header{}
	h.Set("X-Per-Page", strconv.FormatInt(per, 10))
	if to < len(items) {
		last := fmt.Sprint(items[to-1]["id"])
		h.Set("Link", c.link("next", "cursor", base64.URLEncoding.EncodeToString([]byte(last)), per))
	}
	return reply{Status: http.StatusOK, Body: append([]obj{}, items[from:to]...), Header: h}
}
