package gitlab

import (
	"net/http"
	"slices"
	"strings"
)

func memberRoutes() []route {
	var list []route
	for _, at := range []string{"/api/v4/projects/{id}", "/api/v4/groups/{id}"} {
		list = append(list,
			route{method: "GET", pattern: at + "/members", signedIn: true, handle: (*call).listMembers},
			route{method: "POST", pattern: at + "/members", level: Maintainer, handle: (*call).addMember},
			route{method: "GET", pattern: at + "/members/all", signedIn: true, handle: (*call).listAllMembers},
			route{method: "GET", pattern: at + "/members/all/{user_id}", signedIn: true, handle: (*call).getAnyMember},
			route{method: "GET", pattern: at + "/members/{user_id}", signedIn: true, handle: (*call).getMember},
			route{method: "PUT", pattern: at + "/members/{user_id}", level: Maintainer, handle: (*call).editMember},
			route{method: "DELETE", pattern: at + "/members/{user_id}", level: Maintainer, handle: (*call).removeMember},
		)
	}
	return list
}

func (s *Server) memberObj(m *member) obj {
	o := s.userObj(m.user).(obj)
	o["access_level"], o["created_at"], o["expires_at"], o["membership_state"] = m.level, stamp(m.created), nil, "active"
	if m.by != nil && m.by != m.user {
		o["created_by"] = s.userObj(m.by)
	}
	return o
}

// direct is the list that the path names: the project's own members, or the group's.
func (c *call) direct() *members {
	if c.project != nil {
		return &c.project.members
	}
	return &c.group.members
}

// everyone is the direct members and those inherited, each once with what is strongest, in the order of their numbers.
func (c *call) everyone() members {
	lists, space := []members{}, c.group
	if c.project != nil {
		lists, space = append(lists, c.project.members), c.project.space
	}
	for _, g := range space.chain() {
		lists = append(lists, g.members)
	}
	var all members
	for _, list := range lists {
		for _, m := range list {
			switch have := all.of(m.user); {
			case have == nil:
				copied := *m
				all = append(all, &copied)
			case have.level < m.level:
				*have = *m
			}
		}
	}
	slices.SortFunc(all, func(a, b *member) int { return int(a.user.id - b.user.id) })
	return all
}

func (c *call) showMembers(list members) reply {
	query, ids := strings.ToLower(c.in.text("query")), c.in.numbers("user_ids")
	if rep := c.in.refused(); rep != nil {
		return *rep
	}
	var out []obj
	for _, m := range list {
		if strings.Contains(strings.ToLower(m.user.username+" "+m.user.name), query) && (len(ids) == 0 || slices.Contains(ids, m.user.id)) {
			out = append(out, c.memberObj(m))
		}
	}
	return c.page(out)
}

func (c *call) listMembers() reply    { return c.showMembers(*c.direct()) }
func (c *call) listAllMembers() reply { return c.showMembers(c.everyone()) }
func (c *call) getMember() reply      { return c.showMember(*c.direct()) }
func (c *call) getAnyMember() reply   { return c.showMember(c.everyone()) }

func (c *call) showMember(list members) reply {
	if m := list.of(c.userByID(c.pathNumber("user_id"))); m != nil {
		return ok(c.memberObj(m))
	}
	return gone()
}

// grantable tells whether the caller may give a level: nobody gives more than he has.
func (c *call) grantable(level Level) bool {
	if c.project != nil {
		return level <= c.level()
	}
	return level <= c.group.level(c.cred.user)
}

func (c *call) addMember() reply {
	level, u := Level(c.in.number("access_level", 0)), c.userByID(c.in.number("user_id", 0))
	if name := c.in.text("username"); u == nil && name != "" {
		u = c.user(name)
	}
	if rep := c.only([]string{"access_level", "user_id", "username"}); rep != nil {
		return *rep
	}
	if rep := c.in.refused(); rep != nil {
		return *rep
	}
	switch {
	case !level.known():
		return reply{Status: http.StatusBadRequest, Body: obj{"error": "access_level does not have a valid value"}}
	case u == nil:
		return notFound("User")
	case !c.grantable(level):
		return forbidden()
	case c.direct().of(u) != nil:
		return said(http.StatusConflict, "Member already exists")
	}
	return created(c.memberObj(c.direct().set(u, level, c.cred.user, c.now())))
}

func (c *call) editMember() reply {
	m := c.direct().of(c.userByID(c.pathNumber("user_id")))
	level := Level(c.in.number("access_level", 0))
	if rep := c.only([]string{"access_level"}); rep != nil {
		return *rep
	}
	if rep := c.in.refused(); rep != nil {
		return *rep
	}
	switch {
	case m == nil:
		return gone()
	case !level.known():
		return reply{Status: http.StatusBadRequest, Body: obj{"error": "access_level does not have a valid value"}}
	case !c.grantable(level), !c.grantable(m.level):
		return forbidden()
	}
	m.level = level
	return ok(c.memberObj(m))
}

func (c *call) removeMember() reply {
	m := c.direct().of(c.userByID(c.pathNumber("user_id")))
	switch {
	case m == nil:
		return gone()
	case !c.grantable(m.level):
		return forbidden()
	}
	c.direct().remove(m.user)
	return noContent()
}
