package gitlab

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// filters are the parameters of a list of issues that are imitated; others are refused, since a filter that is
// ignored shows too much.
func filters() []string {
	return []string{"state", "labels", "confidential", "author_id", "author_username", "assignee_id", "assignee_username",
		"iids", "search", "in", "created_after", "created_before", "updated_after", "updated_before", "order_by", "sort", "scope",
		"page", "per_page", "with_labels_details", "pagination", "cursor"}
}

// only refuses parameters that are not among names. GitLab may know them; the stand-in does not, and to ignore one
// would be to do something else than was asked.
func (c *call) only(names []string) *reply {
	for name := range c.in.values {
		if !slices.Contains(names, name) && name != "private_token" {
			rep := notImitated("parameter " + name)
			return &rep
		}
	}
	return nil
}

func (c *call) listIssues() reply {
	if rep := c.only(filters()); rep != nil {
		return *rep
	}
	keep := c.issueFilter()
	inOrder := c.order()
	if rep := c.in.refused(); rep != nil {
		return *rep
	}
	var list []*issue
	for _, i := range c.project.issues {
		if !c.project.settings.issuesOff && i.visible(c.cred.user) && keep(i) {
			list = append(list, i)
		}
	}
	slices.SortStableFunc(list, func(a, b *issue) int { return inOrder(a.age(), b.age()) })
	var out []obj
	for _, i := range list {
		o := c.issueObj(i)
		if c.in.flag("with_labels_details", false) {
			o["labels"] = c.labelObjs(i.labels)
		}
		out = append(out, o)
	}
	return c.paged(out)
}

// issueFilter reads what is asked for.
func (c *call) issueFilter() func(*issue) bool {
	in := c.in
	state := in.oneOf("state", "opened", "closed", "all")
	scope := in.oneOf("scope", "created_by_me", "created-by-me", "assigned_to_me", "assigned-to-me", "all")
	labels, iids, search := in.list("labels"), in.numbers("iids"), strings.ToLower(in.text("search"))
	author, authorName := in.number("author_id", 0), in.text("author_username")
	wanted, secret := in.has("confidential"), in.flag("confidential", false)
	createdIn, updatedIn := in.between("created_after", "created_before"), in.between("updated_after", "updated_before")
	assigned := c.assigneeFilter()
	return func(i *issue) bool {
		switch {
		case state != "" && state != "all" && i.state != state:
		case strings.HasPrefix(scope, "created") && i.author != c.cred.user:
		case strings.HasPrefix(scope, "assigned") && !slices.Contains(i.assignees, c.cred.user):
		case author != 0 && i.author.id != author, authorName != "" && !strings.EqualFold(i.author.username, authorName):
		case wanted && i.confidential != secret, len(iids) > 0 && !slices.Contains(iids, i.iid), !i.wears(labels), !assigned(&i.issuable):
		case search != "" && !strings.Contains(strings.ToLower(i.title+"\n"+i.description), search):
		default:
			return createdIn(i.created) && updatedIn(i.updated)
		}
		return false
	}
}

func (c *call) assigneeFilter() func(*issuable) bool {
	id, name := c.in.text("assignee_id"), c.in.list("assignee_username")
	return func(i *issuable) bool {
		is := func(fits func(*user) bool) bool { return slices.ContainsFunc(i.assignees, fits) }
		switch {
		case strings.EqualFold(id, "None"):
			return len(i.assignees) == 0
		case strings.EqualFold(id, "Any"):
			return len(i.assignees) > 0
		case id != "":
			return is(func(u *user) bool { return strconv.FormatInt(u.id, 10) == id })
		case len(name) > 0:
			return is(func(u *user) bool { return strings.EqualFold(u.username, name[0]) })
		}
		return true
	}
}

// wears tells whether a thing has all the labels named; None and Any mean what they say. Names are exact.
func (i *issuable) wears(names []string) bool {
	for _, name := range names {
		switch {
		case strings.EqualFold(name, "None") && len(i.labels) == 0, strings.EqualFold(name, "Any") && len(i.labels) > 0:
		case !slices.ContainsFunc(i.labels, func(l *label) bool { return l.name == name }):
			return false
		}
	}
	return true
}

// between reads two times, either of which may be absent.
func (in *input) between(after, before string) func(time.Time) bool {
	from, to := in.instant(after), in.instant(before)
	return func(t time.Time) bool {
		return (from.IsZero() || !t.Before(from)) && (to.IsZero() || !t.After(to))
	}
}

// instant reads a time; what was not sent is the zero one.
func (in *input) instant(name string) time.Time {
	v := in.text(name)
	if v == "" {
		return time.Time{}
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02"} {
		if t, err := time.Parse(layout, v); err == nil {
			return t
		}
	}
	in.invalid(name)
	return time.Time{}
}
