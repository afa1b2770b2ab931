package gitlab

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// token is a personal, project or group access token. The latter two speak for a bot that is a member there.
type token struct {
	id      int64
	secret  string
	name    string
	user    *user
	scopes  []string
	project *project // of a project access token
	group   *group   // of a group access token
	created time.Time
	expires time.Time // the day at whose start it stops working; zero is never
	revoked bool
	before  *token // whose place it took by rotation
	used    time.Time
}

// kind is personal, project or group.
func (t *token) kind() string {
	switch {
	case t.project != nil:
		return "project"
	case t.group != nil:
		return "group"
	}
	return "personal"
}

func (t *token) expired(wall time.Time) bool { return !t.expires.IsZero() && !wall.Before(t.expires) }

func (t *token) has(scopes ...string) bool {
	return slices.ContainsFunc(scopes, func(s string) bool { return slices.Contains(t.scopes, s) })
}

// credential is who calls: somebody by a token, or nobody.
type credential struct {
	user  *user
	token *token // nil is nobody
}

func (c *credential) scope() sandbox.TokenScope {
	if c == nil || c.token == nil {
		return sandbox.TokenScope{Kind: "none"}
	}
	t := sandbox.TokenScope{Kind: c.token.kind(), Actor: c.user.username, Permissions: map[string]string{}}
	for _, s := range c.token.scopes {
		t.Permissions[s] = "granted"
	}
	switch {
	case c.token.project != nil:
		t.Repositories = []string{c.token.project.full}
	case c.token.group != nil:
		t.Repositories = []string{c.token.group.full + "/*"}
	}
	return t
}

// authenticate finds who calls REST: PRIVATE-TOKEN, or the same token as a bearer.
func (s *Server) authenticate(r *http.Request) (*credential, *reply) {
	secret := r.Header.Get("Private-Token")
	if secret == "" {
		header := r.Header.Get("Authorization")
		if header == "" {
			return &credential{}, nil
		}
		scheme, value, _ := strings.Cut(header, " ")
		if !strings.EqualFold(scheme, "bearer") {
			return &credential{}, nil // GitLab's API looks at no other kind
		}
		secret = strings.TrimSpace(value)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reused(secret, r)
	return s.bySecret(secret)
}

// bySecret finds a live token, or says what is wrong with it. The caller holds the lock.
func (s *Server) bySecret(secret string) (*credential, *reply) {
	t := first(s.tokens, func(t *token) bool { return t.secret == secret })
	var rep reply
	switch {
	case t == nil:
		rep = unauthorized()
	case t.revoked:
		rep = oauthError(http.StatusUnauthorized, "invalid_token", "Token was revoked. You have to re-authorize from the user.")
	case t.expired(s.Wall()):
		rep = oauthError(http.StatusUnauthorized, "invalid_token", "Token is expired. You can either do re-authorization or token refresh.")
	default:
		t.used = s.now()
		return &credential{user: t.user, token: t}, nil
	}
	return &credential{}, &rep
}

// oauthError is the form of GitLab's errors about tokens.
func oauthError(status int, code, description string) reply {
	return reply{Status: status, Body: obj{"error": code, "error_description": description}}
}

// admit finds the project or group of a call and checks the right to make it.
func (c *call) admit() *reply {
	if rep := c.admitToken(); rep != nil {
		return rep
	}
	switch {
	case c.route.inProject():
		return c.admitProject()
	case c.route.inGroup():
		return c.admitGroup()
	}
	return nil
}

func (c *call) admitToken() *reply {
	var rep reply
	if c.cred.token == nil {
		if c.route.writes() || c.route.signedIn {
			rep = unauthorized()
			return &rep
		}
		return nil
	}
	if needs := c.route.needs(); !c.cred.token.has(needs...) {
		rep = oauthError(http.StatusForbidden, "insufficient_scope", "The request requires higher privileges than provided by the access token.")
		rep.Body.(obj)["scope"] = strings.Join(needs, " ")
		return &rep
	}
	return nil
}

func (c *call) admitProject() *reply {
	var rep reply
	c.project = c.findProject(c.params["id"])
	switch p := c.project; {
	case p == nil || !p.sees(c.cred.user):
		c.project = nil
		rep = notFound("Project")
	case p.level(c.cred.user) < c.route.level && c.cred.user == nil:
		rep = unauthorized()
	case p.level(c.cred.user) < c.route.level, p.archived && c.route.writes() && !c.route.asleep:
		rep = forbidden()
	default:
		return nil
	}
	return &rep
}

func (c *call) admitGroup() *reply {
	var rep reply
	c.group = c.findGroup(c.params["id"])
	switch g := c.group; {
	case g == nil || g.person != nil || !g.sees(c.world.projects, c.cred.user):
		c.group = nil
		rep = notFound("Group")
	case g.level(c.cred.user) < c.route.level:
		rep = forbidden()
	default:
		return nil
	}
	return &rep
}

// sees tells whether a user, or nobody, may know that a group exists; who is in one of its projects may.
func (g *group) sees(projects []*project, u *user) bool {
	switch {
	case g.visibility == "public", g.visibility == "internal" && u != nil, g.level(u) >= Guest:
		return true
	}
	return slices.ContainsFunc(projects, func(p *project) bool {
		return slices.Contains(p.space.chain(), g) && p.level(u) >= Guest
	})
}

// level is what the caller is in the project of the call.
func (c *call) level() Level { return c.project.level(c.cred.user) }
