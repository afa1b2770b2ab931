package gitlab

import (
	"net/http"
	"slices"
	"time"
)

func tokenRoutes() []route {
	const own, project, group = "/api/v4/personal_access_tokens/self", "/api/v4/projects/{id}/access_tokens", "/api/v4/groups/{id}/access_tokens"
	rotating := []string{"api", "self_rotate"}
	return []route{
		{method: "GET", pattern: own, signedIn: true, scopes: allScopes(), handle: (*call).getOwnToken},
		{method: "DELETE", pattern: own, scopes: allScopes(), discreet: true, handle: (*call).revokeOwnToken},
		{method: "POST", pattern: own + "/rotate", scopes: rotating, discreet: true, handle: (*call).rotatePersonal},
		{method: "GET", pattern: project, level: Maintainer, handle: (*call).listTokens},
		{method: "GET", pattern: project + "/{token_id}", level: Maintainer, handle: (*call).getToken},
		{method: "DELETE", pattern: project + "/{token_id}", level: Maintainer, discreet: true, handle: (*call).revokeToken},
		{method: "POST", pattern: project + "/self/rotate", scopes: rotating, discreet: true, asleep: true, handle: (*call).rotateResource},
		{method: "GET", pattern: group, level: Owner, handle: (*call).listTokens},
		{method: "GET", pattern: group + "/{token_id}", level: Owner, handle: (*call).getToken},
		{method: "DELETE", pattern: group + "/{token_id}", level: Owner, discreet: true, handle: (*call).revokeToken},
		{method: "POST", pattern: group + "/self/rotate", scopes: rotating, discreet: true, handle: (*call).rotateResource},
	}
}

func (s *Server) tokenObj(t *token) obj {
	o := obj{
		"id": t.id, "name": t.name, "description": nil, "revoked": t.revoked, "created_at": stamp(t.created), "scopes": t.scopes,
		"user_id": t.user.id, "last_used_at": stampOrNull(t.used), "active": !t.revoked && !t.expired(s.Wall()), "expires_at": nil, "granular": false,
	}
	if !t.expires.IsZero() {
		o["expires_at"] = t.expires.Format(time.DateOnly)
	}
	switch {
	case t.project != nil:
		o["resource_type"], o["resource_id"], o["access_level"] = "project", t.project.id, t.project.members.levelOf(t.user)
	case t.group != nil:
		o["resource_type"], o["resource_id"], o["access_level"] = "group", t.group.id, t.group.members.levelOf(t.user)
	}
	return o
}

func (m members) levelOf(u *user) Level {
	if e := m.of(u); e != nil {
		return e.level
	}
	return NoAccess
}

// getOwnToken shows any live token to itself. A token of a project or group is shown in the personal form.
func (c *call) getOwnToken() reply {
	o := c.tokenObj(c.cred.token)
	delete(o, "resource_type")
	delete(o, "resource_id")
	delete(o, "access_level")
	return ok(o)
}

func (c *call) revokeOwnToken() reply {
	c.cred.token.revoked = true
	return noContent()
}

func (c *call) rotatePersonal() reply {
	if c.cred.token.kind() != "personal" {
		return failure(http.StatusMethodNotAllowed)
	}
	return c.rotate()
}

func (c *call) rotateResource() reply {
	if c.cred.token.project != c.project || c.cred.token.group != c.group {
		return failure(http.StatusMethodNotAllowed)
	}
	return c.rotate()
}

// rotate puts a new token in the place of the caller's own, which is revoked at once. Its secret is shown this once.
// Without a date it lives for a week.
func (c *call) rotate() reply {
	old, today := c.cred.token, c.Wall().UTC().Truncate(24*time.Hour)
	expires := c.in.instant("expires_at")
	if rep := c.in.refused(); rep != nil {
		return *rep
	}
	if expires.IsZero() {
		expires = today.AddDate(0, 0, 7)
	}
	if !expires.After(today) || expires.After(today.AddDate(0, 0, c.longestToken())) {
		return said(http.StatusBadRequest, "400 Bad request - Expiration date must be in the future and within a year")
	}
	old.revoked = true
	t := c.mint(old.user, old.name, old.scopes, expires)
	t.project, t.group, t.before = old.project, old.group, old
	o := c.tokenObj(t)
	o["token"] = t.secret
	return ok(o)
}

// resource lists the tokens of the project or group that the path names.
func (c *call) resource() []*token {
	return slices.DeleteFunc(slices.Clone(c.tokens), func(t *token) bool {
		return t.kind() == "personal" || t.project != c.project || t.group != c.group
	})
}

func (c *call) listTokens() reply {
	state := c.in.oneOf("state", "active", "inactive")
	if rep := c.in.refused(); rep != nil {
		return *rep
	}
	var out []obj
	for _, t := range c.resource() {
		o := c.tokenObj(t)
		if state == "" || (o["active"] == true) == (state == "active") {
			out = append(out, o)
		}
	}
	return c.page(out)
}

func (c *call) theToken() *token {
	id := c.pathNumber("token_id")
	return first(c.resource(), func(t *token) bool { return t.id == id })
}

func (c *call) getToken() reply {
	if t := c.theToken(); t != nil {
		return ok(c.tokenObj(t))
	}
	return notFound("Project Access Token")
}

func (c *call) revokeToken() reply {
	t := c.theToken()
	if t == nil {
		return notFound("Project Access Token")
	}
	t.revoked = true
	return noContent()
}
