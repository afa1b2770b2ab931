package github

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

func (r *repository) label(name string) *label {
	for _, l := range r.labels {
		if strings.EqualFold(l.name, name) {
			return l
		}
	}
	return nil
}

// label puts a label on an issue, making it in the repository if need be, and tells whether it was new there.
func (c *call) label(i *issue, name string) bool {
	name = strings.TrimSpace(name)
	if name == "" {
		return false
	}
	l := c.repo.label(name)
	if l == nil {
		l = &label{id: c.id(), name: name, color: "ededed"}
		c.repo.labels = append(c.repo.labels, l)
	}
	if slices.Contains(i.labels, l) {
		return false
	}
	i.labels = append(i.labels, l)
	c.happened(i, &event{kind: "labeled", label: l})
	return true
}

func (c *call) unlabel(i *issue, l *label) {
	i.labels = slices.DeleteFunc(i.labels, func(x *label) bool { return x == l })
	c.happened(i, &event{kind: "unlabeled", label: l})
	c.tell(i, "unlabeled", obj{"label": c.labelObj(c.repo, l)})
}

func (c *call) replaceLabels(i *issue, names []string) {
	for _, l := range slices.Clone(i.labels) {
		if !slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, l.name) }) {
			c.unlabel(i, l)
		}
	}
	c.putLabels(i, names)
}

func (c *call) putLabels(i *issue, names []string) {
	for _, n := range names {
		if c.label(i, n) {
			c.tell(i, "labeled", obj{"label": c.labelObj(c.repo, c.repo.label(strings.TrimSpace(n)))})
		}
	}
}

func (c *call) issueLabels() reply {
	i, rep := c.theIssue()
	if rep != nil {
		return *rep
	}
	return c.page(c.labelObjs(c.repo, i.labels))
}

// askedLabels reads {"labels":[...]} or a bare array, of strings or objects.
func (c *call) askedLabels() ([]string, *reply) {
	var in struct{ Labels []json.RawMessage }
	var bare []json.RawMessage
	if json.Unmarshal(c.body, &bare) == nil {
		return labelNames(bare), nil
	}
	if rep := c.read(&in); rep != nil {
		return nil, rep
	}
	return labelNames(in.Labels), nil
}

func (c *call) addLabels() reply { return c.changeLabels((*call).putLabels) }

func (c *call) setLabels() reply { return c.changeLabels((*call).replaceLabels) }

func (c *call) changeLabels(how func(*call, *issue, []string)) reply {
	i, rep := c.theIssue()
	if rep != nil {
		return *rep
	}
	names, rep := c.askedLabels()
	if rep != nil {
		return *rep
	}
	for _, n := range names {
		if len(n) > 50 {
			return invalid("Label", "name", "invalid", "name is too long (maximum is 50 characters)")
		}
	}
	how(c, i, names)
	return ok(c.labelObjs(c.repo, i.labels))
}

func (c *call) clearLabels() reply {
	i, rep := c.theIssue()
	if rep != nil {
		return *rep
	}
	c.replaceLabels(i, nil)
	return reply{Status: http.StatusNoContent}
}

func (c *call) removeLabel() reply {
	i, rep := c.theIssue()
	if rep != nil {
		return *rep
	}
	l := c.repo.label(c.params["name"])
	if l == nil || !slices.Contains(i.labels, l) {
		return failure(http.StatusNotFound, "Label does not exist")
	}
	c.unlabel(i, l)
	return ok(c.labelObjs(c.repo, i.labels))
}

func (c *call) listLabels() reply { return c.page(c.labelObjs(c.repo, c.repo.labels)) }

func (c *call) getLabel() reply {
	if l := c.repo.label(c.params["name"]); l != nil {
		return ok(c.labelObj(c.repo, l))
	}
	return notFound()
}

var hexColor = regexp.MustCompile(`^[0-9a-fA-F]{6}$`)

func (c *call) createLabel() reply {
	var in struct{ Name, Color, Description string }
	if rep := c.read(&in); rep != nil {
		return *rep
	}
	switch {
	case in.Name == "":
		return invalid("Label", "name", "missing_field", "")
	case c.repo.label(in.Name) != nil:
		return invalid("Label", "name", "already_exists", "")
	case in.Color == "":
		in.Color = "ededed"
	case !hexColor.MatchString(in.Color):
		return invalid("Label", "color", "invalid", "")
	}
	l := &label{id: c.id(), name: in.Name, color: in.Color, description: in.Description}
	c.repo.labels = append(c.repo.labels, l)
	return created(c.labelObj(c.repo, l))
}

func (c *call) editLabel() reply {
	l := c.repo.label(c.params["name"])
	if l == nil {
		return notFound()
	}
	var in struct {
		NewName            string `json:"new_name"`
		Color, Description *string
	}
	if rep := c.read(&in); rep != nil {
		return *rep
	}
	if in.NewName != "" {
		if other := c.repo.label(in.NewName); other != nil && other != l {
			return invalid("Label", "name", "already_exists", "")
		}
		l.name = in.NewName
	}
	if in.Color != nil {
		l.color = *in.Color
	}
	if in.Description != nil {
		l.description = *in.Description
	}
	return ok(c.labelObj(c.repo, l))
}

func (c *call) deleteLabel() reply {
	l := c.repo.label(c.params["name"])
	if l == nil {
		return notFound()
	}
	same := func(x *label) bool { return x == l }
	c.repo.labels = slices.DeleteFunc(c.repo.labels, same)
	for _, i := range c.repo.issues {
		i.labels = slices.DeleteFunc(i.labels, same)
	}
	return reply{Status: http.StatusNoContent}
}
