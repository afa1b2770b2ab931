package gitlab

import (
	"net/http"
	"strings"
	"time"
)

// stamp is a time as GitLab's JSON has it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

// stampOrNull is a time that may never have come.
func stampOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return stamp(t)
}

// userObj is the basic form, which stands as author or assignee everywhere.
func (s *Server) userObj(u *user) any {
	if u == nil {
		return nil
	}
	return obj{
		"id": u.id, "username": u.username, "name": u.name, "state": "active",
		"avatar_url": s.avatar(u), "web_url": s.URL() + "/" + u.username,
	}
}

func (s *Server) avatar(u *user) string {
	return s.URL() + "/uploads/-/system/user/avatar/" + u.username + "/avatar.png"
}

func (s *Server) userObjs(list []*user) []any {
	out := []any{}
	for _, u := range list {
		out = append(out, s.userObj(u))
	}
	return out
}

func (s *Server) fullUser(u *user) obj {
	o := s.userObj(u).(obj)
	o["created_at"], o["bot"], o["bio"], o["location"], o["organization"] = stamp(u.created), u.bot, "", "", ""
	o["website_url"], o["job_title"], o["pronouns"], o["work_information"] = "", "", nil, nil
	o["followers"], o["following"], o["is_followed"], o["local_time"] = 0, 0, false, nil
	return o
}

func (c *call) getSelf() reply {
	u := c.cred.user
	o := c.fullUser(u)
	o["email"], o["commit_email"], o["confirmed_at"] = u.email(), u.email(), stamp(u.created)
	o["two_factor_enabled"], o["external"], o["private_profile"] = false, false, false
	o["can_create_group"], o["can_create_project"], o["projects_limit"] = false, false, 0
	o["identities"], o["theme_id"], o["color_scheme_id"] = []any{}, 1, 1
	o["last_sign_in_at"], o["current_sign_in_at"], o["last_activity_on"] = nil, nil, nil
	return ok(o)
}

// listUsers gives everybody to those who are signed in; a stranger has to name whom he looks for.
func (c *call) listUsers() reply {
	name, search := c.in.text("username"), strings.ToLower(c.in.text("search"))
	if c.cred.user == nil && name == "" {
		return forbidden()
	}
	var list []obj
	for i := len(c.users) - 1; i >= 0; i-- { // newest first
		u := c.users[i]
		if name != "" && !strings.EqualFold(u.username, name) || c.in.flag("humans", false) && u.bot {
			continue
		}
		if search == "" || strings.Contains(strings.ToLower(u.username+" "+u.name), search) {
			list = append(list, c.userObj(u).(obj))
		}
	}
	if rep := c.in.refused(); rep != nil {
		return *rep
	}
	return c.page(list)
}

func (c *call) getUser() reply {
	if c.cred.user == nil {
		return forbidden()
	}
	u := c.userByID(c.pathNumber("id"))
	if u == nil {
		return notFound("User")
	}
	return ok(c.fullUser(u))
}

func (c *call) getVersion() reply {
	return reply{Status: http.StatusOK, Body: obj{"version": "19.5.0", "revision": "0000000000a", "enterprise": c.tier != "free"}}
}
