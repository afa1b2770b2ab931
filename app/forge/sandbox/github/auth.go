package github

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v4"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// credential is who calls: an App by its JWT, an installation or a person by token, or nobody.
type credential struct {
	kind    string // app, installation, user, none
	user    *account
	app     *app
	install *installation
	repos   map[int64]bool // narrows an installation token; nil is all that the installation covers
	names   []string
	perms   map[string]string
	expires time.Time
	key     string // what the rate limit counts by
}

// actor is the account that acts: the person, or the App's bot.
func (c *credential) actor() *account {
	switch {
	case c.user != nil:
		return c.user
	case c.app != nil:
		return c.app.bot
	}
	return nil
}

// via is the App that speaks, for performed_via_github_app.
func (c *credential) via() *app {
	if c.kind == "installation" {
		return c.app
	}
	return nil
}

func (c *credential) scope() sandbox.TokenScope {
	if c == nil {
		return sandbox.TokenScope{Kind: "none"}
	}
	t := sandbox.TokenScope{Kind: c.kind, Repositories: slices.Clone(c.names), Permissions: maps.Clone(c.perms)}
	if a := c.actor(); a != nil {
		t.Actor = a.login
	}
	return t
}

func (c *credential) covers(r *repository) bool {
	return c.kind == "installation" && c.install.covers(r) && (c.repos == nil || c.repos[r.id])
}

var levels = map[string]int{"": 0, "none": 0, "read": 1, "write": 2, "admin": 3}

// holds tells whether an installation token has one of the permissions in "issues:write|pull_requests:write".
func (c *credential) holds(want string) bool {
	for alt := range strings.SplitSeq(want, "|") {
		name, level, _ := strings.Cut(alt, ":")
		have := c.perms[name]
		if name == "metadata" && have == "" {
			have = "read" // every token reads metadata
		}
		if levels[have] >= levels[level] {
			return true
		}
	}
	return false
}

func (s *Server) authenticate(r *http.Request) (*credential, *reply) {
	nobody := &credential{kind: "none", key: "ip"}
	header := r.Header.Get("Authorization")
	if header == "" {
		return nobody, nil
	}
	scheme, value, _ := strings.Cut(header, " ")
	value = strings.TrimSpace(value)
	switch strings.ToLower(scheme) {
	case "bearer", "token":
	case "basic":
		name, password, ok := r.BasicAuth()
		if !ok {
			return nobody, badCredentials()
		}
		if value = password; password == "" || password == "x-oauth-basic" {
			value = name // the older way to give a token
		}
	default:
		return nobody, badCredentials()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.byToken(value); c != nil {
		return c, nil
	}
	if strings.Count(value, ".") == 2 && !strings.HasPrefix(value, "ghs_") {
		c, message := s.byJWT(value)
		if c == nil {
			rep := failure(http.StatusUnauthorized, message)
			return nobody, &rep
		}
		return c, nil
	}
	return nobody, badCredentials()
}

func badCredentials() *reply {
	rep := failure(http.StatusUnauthorized, "Bad credentials")
	return &rep
}

// byToken finds a live token; an expired one is forgotten.
func (s *Server) byToken(value string) *credential {
	c := s.tokens[value]
	if c == nil || c.install != nil && c.install.suspended {
		return nil
	}
	if !c.expires.IsZero() && !s.Wall().Before(c.expires) {
		delete(s.tokens, value)
		return nil
	}
	return c
}

// byJWT checks an App's own token against the App's key and the wall clock, with GitHub's words for what is wrong.
func (s *Server) byJWT(value string) (*credential, string) {
	var found *app
	var claims jwt.MapClaims
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithoutClaimsValidation())
	_, err := parser.ParseWithClaims(value, &claims, func(*jwt.Token) (any, error) {
		iss := fmt.Sprint(claims["iss"])
		if n, isNumber := claims["iss"].(float64); isNumber {
			iss = strconv.FormatInt(int64(n), 10)
		}
		for _, a := range s.apps {
			if strconv.FormatInt(a.id, 10) == iss || a.clientID() == iss {
				found = a
				return &a.key.PublicKey, nil
			}
		}
		return nil, fmt.Errorf("no such App")
	})
	if found == nil {
		return nil, "Integration not found"
	}
	if err != nil {
		return nil, "A JSON web token could not be decoded"
	}
	now := s.Wall()
	exp, hasExp := claims["exp"].(float64)
	iat, hasIat := claims["iat"].(float64)
	switch {
	case !hasExp || int64(exp) <= now.Unix():
		return nil, "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires"
	case int64(exp) > now.Add(10*time.Minute+5*time.Second).Unix():
		return nil, "'Expiration time' claim ('exp') is too far in the future"
	case !hasIat || int64(iat) > now.Add(5*time.Second).Unix():
		return nil, "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
	}
	return &credential{kind: "app", app: found, perms: found.permissions, key: "app" + strconv.FormatInt(found.id, 10)}, ""
}

func (a *app) clientID() string { return fmt.Sprintf("Iv23li%08d", a.id) }

// readable tells whether the caller may know that a repository exists.
func (s *Server) readable(c *credential, r *repository) bool {
	if !r.private {
		return true
	}
	switch c.kind {
	case "installation":
		return c.covers(r)
	case "user":
		return r.role(c.user) >= RoleRead
	}
	return false
}

// admit finds the repository of a call and checks the right to make it.
func (c *call) admit() *reply {
	var rep reply
	if name := c.repoName(); name != "" {
		c.repo = c.world.repo(name)
		if c.repo == nil || (c.cred.kind != "app" && !c.readable(c.cred, c.repo)) {
			rep = notFound()
			return &rep
		}
	}
	need, write := c.route.perm, c.r.Method != http.MethodGet && c.r.Method != http.MethodHead
	switch {
	case need == "jwt":
		if c.cred.kind != "app" {
			rep = failure(http.StatusUnauthorized, "A JSON web token could not be decoded")
			return &rep
		}
		return nil
	case c.cred.kind == "app":
		rep = failure(http.StatusUnauthorized, "Requires authentication")
		return &rep
	case need == "" || c.repo == nil:
		return nil
	}
	switch c.cred.kind {
	case "none":
		if write {
			rep = failure(http.StatusUnauthorized, "Requires authentication")
			return &rep
		}
		if c.route.role > RoleRead {
			rep = notFound()
			return &rep
		}
	case "user":
		if c.repo.role(c.cred.user) < c.route.role {
			rep = failure(http.StatusForbidden, "Must have "+c.route.role.String()+" rights to Repository.")
			if !write {
				rep = notFound()
			}
			return &rep
		}
	case "installation":
		// What a public repository shows to everybody, a token that does not cover it sees too.
		stranger := !c.repo.private && !write && c.route.role <= RoleRead && !strings.Contains(need, "advisories") && !strings.Contains(need, "administration")
		if !stranger && (!c.cred.covers(c.repo) || !c.cred.holds(need)) {
			rep = notAccessible()
			return &rep
		}
	}
	if write && c.repo.archived {
		rep = failure(http.StatusForbidden, "Repository was archived so is read-only.")
		return &rep
	}
	return nil
}
