package gitlab

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestWhoMayCall(t *testing.T) {
	w := newTown(t)
	_, err := w.s.CreateProject(ProjectSpec{Path: "tools/vault"})
	must(t, err)
	w.do("", "GET", ":p", nil).want(200)
	w.do("", "GET", "projects/tools%2Fvault", nil).want(404).says("404 Project Not Found")
	w.do("zoe", "GET", "projects/tools%2Fvault", nil).want(404).says("404 Project Not Found")
	w.do("mia", "GET", "projects/tools%2Fvault", nil).want(200).says(`"group_access":{"access_level":50`)
	w.do("", "POST", ":p/issues", obj{"title": "x"}).want(401).says("401 Unauthorized")
	w.do("", "GET", "user", nil).want(401)
	w.do("dev", "GET", ":p/hooks", nil).want(403).says("403 Forbidden")
	w.with("glpat-wrong", "GET", ":p", nil).want(401).says("401 Unauthorized")
	w.do("mia", "GET", "nowhere", nil).want(404)
}

func TestScopesAndExpiry(t *testing.T) {
	w := newTown(t)
	reader, err := w.s.CreateToken(TokenSpec{Name: "r", User: "dev", Scopes: []string{"read_api"}, Expires: w.wall.AddDate(0, 0, 2)})
	must(t, err)
	w.with(reader.Secret, "GET", ":p/issues", nil).want(200)
	w.with(reader.Secret, "POST", ":p/issues", obj{"title": "x"}).want(403).says("insufficient_scope")
	w.with(reader.Secret, "POST", "personal_access_tokens/self/rotate", nil).want(403)
	w.with(reader.Secret, "GET", "personal_access_tokens/self", nil).want(200).says(`"expires_at":"2026-05-06"`).says(`"active":true`)
	w.pass(48 * time.Hour)
	w.with(reader.Secret, "GET", ":p", nil).want(401).says("Token is expired")
}

func TestRotation(t *testing.T) {
	w := newTown(t)
	bot, err := w.s.CreateToken(TokenSpec{Name: "lift", Project: shop, Level: Maintainer, Scopes: []string{"api", "self_rotate"}})
	must(t, err)
	w.with(bot.Secret, "GET", "user", nil).want(200).says(`"bot":true`)
	w.with(bot.Secret, "POST", "personal_access_tokens/self/rotate", nil).want(405)
	fresh := w.with(bot.Secret, "POST", ":p/access_tokens/self/rotate", obj{"expires_at": "2026-08-01"}).want(200).says(`"expires_at":"2026-08-01"`)
	w.with(bot.Secret, "GET", "user", nil).want(401).says("Token was revoked")
	w.with(fresh.obj["token"].(string), "GET", ":p/hooks", nil).want(200)
	w.do("mia", "GET", ":p/access_tokens?state=inactive", nil).want(200).says(`"revoked":true`)
	w.do("dev", "POST", ":p/access_tokens/self/rotate", nil).want(405)
	week := w.do("dev", "POST", "personal_access_tokens/self/rotate", nil).want(200).says(`"expires_at":"2026-05-11"`)
	w.with(week.obj["token"].(string), "POST", "personal_access_tokens/self/rotate", obj{"expires_at": "2028-01-01"}).want(400)
	w.with(week.obj["token"].(string), "DELETE", "personal_access_tokens/self", nil).want(204)
	w.with(week.obj["token"].(string), "GET", "user", nil).want(401)
}

func TestMembersAreInherited(t *testing.T) {
	w := newTown(t)
	if got := len(w.do("dev", "GET", ":p/members", nil).want(200).list); got != 3 {
		t.Errorf("%d direct members, want 3", got)
	}
	if got := len(w.do("dev", "GET", ":p/members/all", nil).want(200).list); got != 4 {
		t.Errorf("%d members in all, want 4", got)
	}
	mia := w.do("dev", "GET", "users?username=mia", nil).want(200).list[0]["id"].(float64)
	all := ":p/members/all/" + itoa(int64(mia))
	w.do("dev", "GET", all, nil).want(200).says(`"access_level":50`)
	w.do("dev", "GET", ":p/members/"+itoa(int64(mia)), nil).want(404)
	must(t, w.s.SetMember("tools", "mia", NoAccess))
	w.do("dev", "GET", all, nil).want(404)
}

func TestPages(t *testing.T) {
	w := newTown(t)
	for range 5 {
		w.file("dev", obj{"title": "x"})
	}
	first := w.do("dev", "GET", ":p/issues?per_page=2", nil).want(200)
	for name, want := range map[string]string{"X-Total": "5", "X-Total-Pages": "3", "X-Next-Page": "2", "X-Prev-Page": "", "X-Per-Page": "2"} {
		if got := first.header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if last := w.do("dev", "GET", ":p/issues?per_page=2&page=3", nil).want(200); len(last.list) != 1 || last.header.Get("X-Next-Page") != "" {
		t.Errorf("the last page is %s", last.raw)
	}
	keyset := w.do("dev", "GET", ":p/issues?per_page=3&pagination=keyset", nil).want(200)
	link := keyset.header.Get("Link")
	if !strings.Contains(link, `rel="next"`) || keyset.header.Get("X-Total") != "" {
		t.Fatalf("a keyset page leads on by %q and counts %q", link, keyset.header.Get("X-Total"))
	}
	next := strings.TrimPrefix(strings.Split(link, ">")[0], "<"+w.s.API())
	if last := w.do("dev", "GET", next, nil).want(200); len(last.list) != 2 || last.header.Get("Link") != "" {
		t.Errorf("the last keyset page is %s", last.raw)
	}
	if first.header.Get("RateLimit-Remaining") == "" || first.header.Get("Link") == "" {
		t.Error("no limit or no links")
	}
	w.do("dev", "GET", ":p/issues?unheard=1", nil).want(http.StatusNotImplemented)
}

func TestArchivedTakesNoWrites(t *testing.T) {
	w := newTown(t)
	must(t, w.s.SetArchived(shop, true))
	w.do("mia", "POST", ":p/issues", obj{"title": "x"}).want(403)
	w.do("mia", "GET", ":p", nil).want(200).says(`"archived":true`)
}

func TestSettings(t *testing.T) {
	w := newTown(t)
	w.do("dev", "PUT", ":p", obj{"only_allow_merge_if_pipeline_succeeds": true}).want(403)
	w.do("mia", "PUT", ":p", obj{"only_allow_merge_if_pipeline_succeeds": true}).want(200).says(`"only_allow_merge_if_pipeline_succeeds":true`)
	w.do("mia", "PUT", ":p", obj{"visibility": "private"}).want(200)
	w.do("zoe", "GET", ":p", nil).want(404)
	must(t, w.s.SetIntegration("tools", "slack", true))
	w.do("mia", "GET", ":p/integrations", nil).want(200).says(`"inherited":true`)
	must(t, w.s.SetIntegration(shop, "slack", false))
	if got := w.do("mia", "GET", ":p/integrations", nil).want(200).raw; got != "[]" {
		t.Errorf("a project switched off what it inherits, and it is still listed: %s", got)
	}
}
