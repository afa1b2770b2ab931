package gitlab

import (
	"net/http"
	"slices"
	"strings"
)

// noteRoutes serves what people say at a kind of thing: at issues, and with find for them at merge requests.
func noteRoutes(kind string, find func(*call) (*issuable, *reply)) []route {
	all := "/api/v4/projects/{id}/" + kind + "/{noteable_id}/notes"
	one := all + "/{note_id}"
	at := func(handle func(*call, *issuable) reply) func(*call) reply {
		return func(c *call) reply {
			i, rep := find(c)
			if rep != nil {
				return *rep
			}
			return handle(c, i)
		}
	}
	return []route{
		{method: "GET", pattern: all, handle: at((*call).listNotes)},
		{method: "POST", pattern: all, handle: at((*call).createNote)},
		{method: "GET", pattern: one, handle: at((*call).getNote)},
		{method: "PUT", pattern: one, handle: at((*call).editNote)},
		{method: "DELETE", pattern: one, handle: at((*call).deleteNote)},
	}
}

// theIssuable is theIssue for what does not care that it is an issue.
func (c *call) theIssuable() (*issuable, *reply) {
	i, rep := c.theIssue()
	if rep != nil {
		return nil, rep
	}
	return &i.issuable, nil
}

func (s *Server) noteObj(i *issuable, n *note) obj {
	return obj{
		"id": n.id, "type": nil, "body": n.body, "attachment": nil, "author": s.userObj(n.author), "system": n.system,
		"created_at": stamp(n.created), "updated_at": stamp(n.updated), "noteable_id": i.id, "noteable_iid": i.iid,
		"noteable_type": i.kind, "resolvable": false, "confidential": n.internal, "internal": n.internal, "commands_changes": obj{},
	}
}

// audible tells whether the caller may read a note: internal ones are for planners and reporters upward.
func (c *call) audible(n *note) bool { return !n.internal || c.level() >= Planner }

func (c *call) listNotes(i *issuable) reply {
	filter := c.in.oneOf("activity_filter", "all_notes", "only_comments", "only_activity")
	inOrder := c.order()
	if rep := c.in.refused(); rep != nil {
		return *rep
	}
	list := slices.DeleteFunc(slices.Clone(i.notes), func(n *note) bool {
		return !c.audible(n) || filter == "only_comments" && n.system || filter == "only_activity" && !n.system
	})
	slices.SortStableFunc(list, func(a, b *note) int { return inOrder(a.age(), b.age()) })
	var out []obj
	for _, n := range list {
		out = append(out, c.noteObj(i, n))
	}
	return c.page(out)
}

func (c *call) createNote(i *issuable) reply {
	if rep := c.only([]string{"body", "internal", "confidential"}); rep != nil {
		return *rep
	}
	body, internal := c.in.required("body"), c.in.flag("internal", c.in.flag("confidential", false))
	if rep := c.in.refused(); rep != nil {
		return *rep
	}
	switch {
	case i.locked && c.level() < Guest, internal && c.level() < Planner:
		return forbidden()
	}
	text, actions := c.quickActions(body)
	if len(actions) > 0 && strings.TrimSpace(text) == "" {
		return c.onlyActions(i, actions)
	}
	if rep := worded(text); rep != nil {
		return *rep
	}
	n := c.addNote(i, text, internal)
	done, _ := c.actAndRing(i, actions)
	o := c.noteObj(i, n)
	o["commands_changes"] = done
	return created(o)
}

func worded(body string) *reply {
	var rep reply
	switch {
	case strings.TrimSpace(body) == "":
		rep = said(http.StatusBadRequest, `400 Bad request - Note {:note=>["can't be blank"]}`)
	case len([]rune(body)) > noteLimit:
		rep = said(http.StatusBadRequest, `400 Bad request - Note {:note=>["is too long (maximum is 1000000 characters)"]}`)
	default:
		return nil
	}
	return &rep
}

// onlyActions does what a comment of nothing but slash commands says; no note is kept of it.
func (c *call) onlyActions(i *issuable, actions []action) reply {
	done, failed := c.actAndRing(i, actions)
	if len(failed) > 0 {
		return said(http.StatusBadRequest, "400 Bad request - Could not apply "+strings.Join(failed, " and ")+" command.")
	}
	return reply{Status: http.StatusAccepted, Body: obj{"commands_changes": done, "summary": []string{"Commands applied"}}}
}

// addNote writes a person's note and rings for it.
func (c *call) addNote(i *issuable, body string, internal bool) *note {
	now := c.now()
	n := &note{id: c.id(), author: c.cred.user, body: body, internal: internal, created: now, updated: now}
	i.notes = append(i.notes, n)
	i.updated = now
	c.hush(internal)
	c.ringNote(i, n, "create")
	return n
}

// hush keeps a write out of the public ones; it never makes one public that was not.
func (c *call) hush(private bool) { c.discreet = c.discreet || private }

// systemNote writes down what happened. No webhook tells of it.
func (c *call) systemNote(i *issuable, body string) {
	now := c.now()
	i.notes = append(i.notes, &note{id: c.id(), author: c.cred.user, body: body, system: true, created: now, updated: now})
	i.updated = now
}

func (c *call) theNote(i *issuable) (*note, *reply) {
	id := c.pathNumber("note_id")
	n := first(i.notes, func(n *note) bool { return n.id == id })
	if n == nil || !c.audible(n) {
		rep := gone()
		return nil, &rep
	}
	return n, nil
}

func (c *call) getNote(i *issuable) reply {
	n, rep := c.theNote(i)
	if rep != nil {
		return *rep
	}
	return ok(c.noteObj(i, n))
}

// mayChange tells whether the caller may edit or delete a note: its author and maintainers. Nobody edits what GitLab
// itself wrote.
func (c *call) mayChange(n *note) bool {
	return !n.system && (n.author == c.cred.user || c.level() >= Maintainer)
}

func (c *call) editNote(i *issuable) reply {
	n, rep := c.theNote(i)
	if rep != nil {
		return *rep
	}
	if !c.mayChange(n) {
		return forbidden()
	}
	body := c.in.required("body")
	if rep := c.in.refused(); rep != nil {
		return *rep
	}
	text, actions := c.quickActions(body)
	if rep := worded(text); rep != nil {
		return *rep
	}
	c.hush(n.internal)
	if text != n.body {
		n.body, n.updated = text, c.now()
		i.updated = n.updated
		c.ringNote(i, n, "update")
	}
	c.actAndRing(i, actions)
	return ok(c.noteObj(i, n))
}

func (c *call) deleteNote(i *issuable) reply {
	n, rep := c.theNote(i)
	if rep != nil {
		return *rep
	}
	if !c.mayChange(n) {
		return forbidden()
	}
	c.hush(n.internal)
	i.notes = slices.DeleteFunc(i.notes, func(e *note) bool { return e == n })
	return noContent()
}
