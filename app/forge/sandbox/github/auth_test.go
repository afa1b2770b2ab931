package github_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v4"

	hub "github.com/liftgate/liftgate/app/forge/sandbox/github"
)

func (h *town) signed(claims jwt.MapClaims) string {
	h.t.Helper()
	key, err := jwt.ParseRSAPrivateKeyFromPEM(h.app.PEM)
	h.must(err)
	s, err := jwt.NewWithClaims(jwt.SigningMethodRS256, claims).SignedString(key)
	h.must(err)
	return s
}

func TestAppJWT(t *testing.T) {
	h := open(t)
	now := time.Now().Unix()
	id := fmt.Sprint(h.app.ID)
	tests := []struct {
		name   string
		claims jwt.MapClaims
		status int
		says   string
	}{
		{"good", jwt.MapClaims{"iss": id, "iat": now - 60, "exp": now + 300}, 200, ""},
		{"good by client id", jwt.MapClaims{"iss": h.app.ClientID, "iat": now - 60, "exp": now + 300}, 200, ""},
		{"good by number", jwt.MapClaims{"iss": h.app.ID, "iat": now - 60, "exp": now + 300}, 200, ""},
		{"expired", jwt.MapClaims{"iss": id, "iat": now - 900, "exp": now - 300}, 401, "'exp'"},
		{"too long", jwt.MapClaims{"iss": id, "iat": now, "exp": now + 3600}, 401, "too far in the future"},
		{"from the future", jwt.MapClaims{"iss": id, "iat": now + 300, "exp": now + 400}, 401, "'iat'"},
		{"no expiry", jwt.MapClaims{"iss": id, "iat": now}, 401, "'exp'"},
		{"unknown App", jwt.MapClaims{"iss": "1", "iat": now, "exp": now + 60}, 401, "Integration not found"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h.want(tt.status, h.signed(tt.claims), "GET", "app", nil).says(t, tt.says)
		})
	}
	good := h.signed(jwt.MapClaims{"iss": id, "iat": now, "exp": now + 60})
	head, _, _ := strings.Cut(good, ".")
	h.want(401, head+".e30.AAAA", "GET", "app", nil)
	h.want(401, good, "GET", "repos/acme/core/issues", nil)
	h.want(401, "", "GET", "app", nil)
}

func TestTokenNarrowing(t *testing.T) {
	h := open(t)
	now := time.Now().Unix()
	app := h.signed(jwt.MapClaims{"iss": fmt.Sprint(h.app.ID), "iat": now, "exp": now + 60})
	mint := "app/installations/" + itoa(h.install) + "/access_tokens"
	h.want(422, app, "POST", mint, m{"permissions": m{"contents": "admin"}}).says(t, "not granted")
	h.want(422, app, "POST", mint, m{"permissions": m{"administration": "write"}}).says(t, "not granted")
	h.want(422, app, "POST", mint, m{"permissions": m{"secrets": "read"}}).says(t, "not granted")
	h.want(422, app, "POST", mint, m{"repositories": []string{"absent"}}).says(t, "not accessible")
	h.want(404, app, "POST", "app/installations/1/access_tokens", nil)
	a := h.want(201, app, "POST", mint, nil)
	if exp, err := time.Parse(time.RFC3339, a.str("expires_at")); err != nil || exp.Before(time.Now().Add(55*time.Minute)) {
		t.Errorf("the token expires at %s, want an hour of real time", a.str("expires_at"))
	}
	if len(a.str("token")) < 300 || !strings.HasPrefix(a.str("token"), "ghs_") {
		t.Errorf("the token %q has not GitHub's present form", a.str("token"))
	}
	desk := h.token([]string{"core-private"}, map[string]string{"issues": "write"})
	h.want(201, desk, "POST", "repos/acme/core-private/issues", m{"title": "x"})
	h.want(403, desk, "POST", "repos/acme/core/issues", m{"title": "x"}).says(t, "Resource not accessible by integration")
	h.want(403, desk, "POST", "repos/acme/core-private/statuses/"+strings.Repeat("a", 40), m{"state": "success"}).says(t, "Resource not accessible by integration")
	h.want(200, desk, "GET", "repos/acme/core", nil) // public for everybody
	h.want(404, h.token([]string{"core"}, nil), "GET", "repos/acme/core-private", nil)
	var minted, used bool
	for _, r := range h.s.Requests() {
		minted = minted || r.Token.Kind == "app" && r.Status == 201
		used = used || r.Token.Kind == "installation" && r.Token.Actor == "liftgate[bot]" &&
			fmt.Sprint(r.Token.Repositories, r.Token.Permissions) == "[acme/core-private] map[issues:write metadata:read]"
	}
	if !minted || !used {
		t.Error("the request log does not show what the tokens were good for")
	}
	h.must(h.s.Suspend(h.install, true))
	h.want(401, desk, "GET", "repos/acme/core-private", nil)
	h.want(403, app, "POST", mint, nil).says(t, "suspended")
}

func TestTokenExpiry(t *testing.T) {
	wall := &clock{t: time.Now()}
	h := open(t)
	s, err := hub.Start(t.Context(), hub.Options{Dir: t.TempDir(), Wall: wall.Now})
	h.must(err)
	defer s.Close()
	h.must(s.CreateOrg("acme", "free"))
	h.app, err = s.CreateApp(hub.AppSpec{Slug: "liftgate", Owner: "acme", Key: sharedKey()})
	h.must(err)
	h.install, err = s.Install(h.app.ID, "acme", nil, nil)
	h.must(err)
	h.s = s
	token := h.token(nil, nil)
	h.want(200, token, "GET", "installation/repositories", nil)
	wall.Add(time.Hour)
	h.want(401, token, "GET", "installation/repositories", nil).says(t, "Bad credentials")
}

func TestVisibility(t *testing.T) {
	h := open(t)
	dir := h.work("acme/core-private")
	h.mustGit(dir, "push", "-q", h.remote(h.users["ada"].Token, "acme/core"), "main")
	tests := []struct {
		who, method, path string
		body              any
		status            int
	}{
		{"", "GET", "repos/acme/core", nil, 200},
		{"", "GET", "repos/acme/core-private", nil, 404},
		{"mallory", "GET", "repos/acme/core-private", nil, 404},
		{"mallory", "GET", "repos/acme/core-private/commits/main", nil, 404},
		{"ada", "GET", "repos/acme/core-private", nil, 200},
		{"", "POST", "repos/acme/core/issues", m{"title": "x"}, 401},
		{"mallory", "POST", "repos/acme/core/issues", m{"title": "x"}, 201},
		{"mallory", "POST", "repos/acme/core/issues/1/labels", m{"labels": []string{"accepted"}}, 403},
		{"mallory", "POST", "repos/acme/core-private/issues", m{"title": "x"}, 404},
		{"ada", "POST", "repos/acme/core/check-runs", m{"name": "x", "head_sha": strings.Repeat("a", 40)}, 403},
		{"ada", "GET", "repos/acme/core/branches/main/protection", nil, 404},
		{"root", "GET", "repos/acme/core/branches/main/protection", nil, 404},
		{"mallory", "GET", "repos/acme/core/collaborators", nil, 404},
		{"ada", "POST", "repos/acme/core/rulesets", m{"name": "x", "enforcement": "active"}, 403},
		{"ada", "GET", "repos/acme/absent", nil, 404},
		{"ada", "GET", "nothing/here", nil, 404},
	}
	for _, tt := range tests {
		t.Run(tt.who+" "+tt.method+" "+tt.path, func(t *testing.T) {
			h.want(tt.status, h.users[tt.who].Token, tt.method, tt.path, tt.body)
		})
	}
	h.want(401, "ghp_wrong", "GET", "repos/acme/core", nil).says(t, "Bad credentials")
	roles := map[string]string{"root": "admin admin", "ada": "write write", "mallory": "read read"}
	for who, want := range roles {
		a := h.want(200, h.token0(), "GET", "repos/acme/core/collaborators/"+who+"/permission", nil)
		if got := a.str("permission") + " " + a.str("role_name"); got != want {
			t.Errorf("%s has %q, want %q", who, got, want)
		}
	}
	if got := h.want(200, h.token0(), "GET", "repos/acme/core-private/collaborators/mallory/permission", nil).str("permission"); got != "none" {
		t.Errorf("mallory has %q in the private repository", got)
	}
}

func TestFreePlan(t *testing.T) {
	h := open(t)
	dir := h.work("acme/core-private")
	h.mustGit(dir, "checkout", "-q", "-b", "topic")
	h.commit(dir, "a.c", "", "More")
	h.mustGit(dir, "push", "-q", "origin", "topic")
	_, err := h.s.AddRuleset("acme/core-private", hub.Ruleset{Name: "x", Include: []string{"~ALL"}, Rules: []hub.Rule{{Type: "update"}}})
	h.must(err)
	h.must(h.s.SetPlan("acme", "free"))
	root := h.users["root"].Token
	for _, path := range []string{"rulesets", "rules/branches/main", "branches/main/protection"} {
		h.want(403, root, "GET", "repos/acme/core-private/"+path, nil).says(t, "Upgrade to GitHub Pro or make this repository public")
	}
	h.want(422, root, "POST", "repos/acme/core-private/pulls", m{"title": "x", "head": "topic", "base": "main", "draft": true}).says(t, "Draft pull requests are not supported")
	h.mustGit(dir, "push", "-q", "origin", "topic:main") // and nothing holds a push
	if h.s.Protect("acme/core-private", "main", &hub.Protection{}) == nil {
		t.Error("a free plan protects a private branch")
	}
}

func TestConditionalAndPages(t *testing.T) {
	h := open(t)
	token := h.users["ada"].Token
	first := h.want(200, token, "GET", "repos/acme/core", nil)
	h.want(http.StatusNotModified, token, "GET", "repos/acme/core", nil, "If-None-Match", first.header.Get("ETag"))
	if first.header.Get("X-RateLimit-Limit") != "5000" || first.header.Get("X-RateLimit-Reset") == "" {
		t.Errorf("headers %v", first.header)
	}
	used := h.want(200, token, "GET", "rate_limit", nil)
	h.want(http.StatusNotModified, token, "GET", "repos/acme/core", nil, "If-None-Match", first.header.Get("ETag"))
	_ = used
	for i := range 5 {
		h.want(201, token, "POST", "repos/acme/core/issues", m{"title": fmt.Sprint("issue ", i)})
	}
	h.want(200, token, "GET", "repos/acme/core", nil, "If-None-Match", first.header.Get("ETag")) // open_issues changed
	a := h.want(200, token, "GET", "repos/acme/core/issues?per_page=2&page=2&direction=asc", nil)
	if len(a.list()) != 2 || a.list()[0].(m)["title"] != "issue 2" {
		t.Errorf("second page: %s", a.raw)
	}
	for _, rel := range []string{"page=1", "page=3", `rel="next"`, `rel="prev"`, `rel="first"`, `rel="last"`} {
		if !strings.Contains(a.header.Get("Link"), rel) {
			t.Errorf("Link %q lacks %s", a.header.Get("Link"), rel)
		}
	}
	if got := h.want(200, token, "GET", "repos/acme/core/issues?per_page=100", nil).header.Get("Link"); got != "" {
		t.Errorf("a single page has Link %q", got)
	}
}
