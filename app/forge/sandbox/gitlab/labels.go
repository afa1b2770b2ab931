package gitlab

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
)

func labelRoutes() []route {
	const all, one = "/api/v4/projects/{id}/labels", "/api/v4/projects/{id}/labels/{name}"
	return []route{
		{method: "GET", pattern: all, handle: (*call).listLabels},
		{method: "POST", pattern: all, level: Planner, handle: (*call).createLabel},
		{method: "GET", pattern: one, handle: (*call).getLabel},
		{method: "PUT", pattern: one, level: Planner, handle: (*call).editLabel},
		{method: "DELETE", pattern: one, level: Planner, handle: (*call).deleteLabel},
	}
}

// allLabels are a project's own labels and those of the groups above it.
func (p *project) allLabels() []*label {
	list := slices.Clone(p.labels)
	for _, g := range p.space.chain() {
		list = append(list, g.labels...)
	}
	slices.SortStableFunc(list, func(a, b *label) int { return strings.Compare(a.name, b.name) })
	return list
}

// label finds a label by its number or its name; names are exact.
func (p *project) label(name string) *label {
	return first(p.allLabels(), func(l *label) bool { return l.name == name })
}

func (s *Server) labelObj(l *label) obj {
	return obj{
		"id": l.id, "name": l.name, "color": l.color, "text_color": "#FFFFFF", "description": nilIfEmpty(l.description),
		"description_html": l.description, "subscribed": false, "priority": nil, "is_project_label": l.group == nil, "archived": false,
	}
}

func (s *Server) labelObjs(list []*label) []obj {
	out := []obj{}
	for _, l := range list {
		out = append(out, s.labelObj(l))
	}
	return out
}

func nilIfEmpty(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func (c *call) listLabels() reply {
	search, groups := strings.ToLower(c.in.text("search")), c.in.flag("include_ancestor_groups", true)
	var out []obj
	for _, l := range c.project.allLabels() {
		if (groups || l.group == nil) && strings.Contains(strings.ToLower(l.name), search) {
			o := c.labelObj(l)
			if c.in.flag("with_counts", false) {
				o["open_issues_count"], o["closed_issues_count"], o["open_merge_requests_count"] = 0, 0, 0
			}
			out = append(out, o)
		}
	}
	if rep := c.in.refused(); rep != nil {
		return *rep
	}
	return c.page(out)
}

func (c *call) theLabel() (*label, *reply) {
	if l := c.project.label(c.params["name"]); l != nil {
		return l, nil
	}
	rep := notFound("Label")
	return nil, &rep
}

func (c *call) getLabel() reply {
	l, rep := c.theLabel()
	if rep != nil {
		return *rep
	}
	return ok(c.labelObj(l))
}

var hexColour = regexp.MustCompile("^#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$")

func (c *call) createLabel() reply {
	name, colour := c.in.required("name"), c.in.required("color")
	if rep := c.in.refused(); rep != nil {
		return *rep
	}
	if rep := labelled(name, colour); rep != nil {
		return *rep
	}
	if c.project.label(name) != nil {
		return said(http.StatusConflict, "Label already exists")
	}
	l := c.newLabel(name, colour)
	l.description = c.in.text("description")
	return created(c.labelObj(l))
}

func labelled(name, colour string) *reply {
	var rep reply
	switch {
	case name == "", strings.Contains(name, ","), len([]rune(name)) > 255:
		rep = invalid(http.StatusBadRequest, "title", "is invalid")
	case !hexColour.MatchString(colour):
		rep = invalid(http.StatusBadRequest, "color", "must be a valid color code")
	default:
		return nil
	}
	return &rep
}

func (c *call) newLabel(name, colour string) *label {
	l := &label{id: c.id(), name: name, color: colour, created: c.now()}
	c.project.labels = append(c.project.labels, l)
	c.revealed = name // everybody sees a project's labels, whatever they were made for
	return l
}

func (c *call) editLabel() reply {
	l, rep := c.theLabel()
	if rep != nil {
		return *rep
	}
	name, colour := or(c.in.text("new_name"), l.name), or(c.in.text("color"), l.color)
	if rep := c.in.refused(); rep != nil {
		return *rep
	}
	if rep := labelled(name, colour); rep != nil {
		return *rep
	}
	if other := c.project.label(name); other != nil && other != l {
		return invalid(http.StatusBadRequest, "title", "has already been taken")
	}
	l.name, l.color = name, colour
	if c.in.has("description") {
		l.description = c.in.text("description")
	}
	return ok(c.labelObj(l))
}

func (c *call) deleteLabel() reply {
	l, rep := c.theLabel()
	if rep != nil {
		return *rep
	}
	if l.group != nil {
		return forbidden()
	}
	c.project.labels = slices.DeleteFunc(c.project.labels, func(e *label) bool { return e == l })
	for _, i := range c.project.issues {
		i.forget(l)
	}
	for _, i := range c.project.mergeIssuables() {
		i.forget(l)
	}
	return noContent()
}

// forget takes a deleted label away; the history keeps an entry that names none.
func (i *issuable) forget(l *label) {
	i.labels = slices.DeleteFunc(i.labels, func(e *label) bool { return e == l })
	for _, e := range i.relabels {
		if e.label == l {
			e.label = nil
		}
	}
}

// labelsNamed finds labels, and makes those that are not there if the caller may.
func (c *call) labelsNamed(names []string) []*label {
	var out []*label
	for _, name := range names {
		l := c.project.label(name)
		if l == nil && c.administers() && labelled(name, "#000000") == nil {
			l = c.newLabel(name, "#6699cc")
		}
		if l != nil {
			out = append(out, l)
		}
	}
	return out
}

// editLabels applies labels, add_labels and remove_labels of a request.
func (c *call) editLabels(i *issuable) {
	want := slices.Clone(i.labels)
	if c.in.has("labels") {
		want = c.labelsNamed(c.in.list("labels"))
	}
	want = append(want, c.labelsNamed(c.in.list("add_labels"))...)
	away := c.in.list("remove_labels")
	want = slices.DeleteFunc(want, func(l *label) bool { return slices.Contains(away, l.name) })
	c.relabel(i, want)
}

// relabel gives a thing exactly these labels, and writes the changes into its history.
func (c *call) relabel(i *issuable, want []*label) {
	var clean []*label
	for _, l := range want {
		if !slices.Contains(clean, l) {
			clean = append(clean, l)
		}
	}
	mark := func(l *label, added bool) {
		i.relabels = append(i.relabels, &relabel{id: c.id(), by: c.cred.user, label: l, added: added, created: c.now()})
		i.updated = c.now()
	}
	for _, l := range clean {
		if !slices.Contains(i.labels, l) {
			mark(l, true)
		}
	}
	for _, l := range i.labels {
		if !slices.Contains(clean, l) {
			mark(l, false)
		}
	}
	i.labels = clean
}
