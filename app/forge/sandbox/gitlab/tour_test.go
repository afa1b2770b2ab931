package gitlab

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/liftgate/liftgate/app/forge/sandbox/contract"
)

// TestTour calls every operation of the projects, people and issues once, under the eyes of what GitLab publishes.
func TestTour(t *testing.T) {
	terms := contract.GitLab(t)
	w, e := newTown(t, func(o *Options) { o.Middleware, o.OnHook = terms.Middleware, terms.Hook }), newEar(t)
	dev, zoe := itoa(w.s.user("dev").id), w.s.user("zoe").id
	must(t, w.s.SetIntegration("tools", "slack", true))
	bot, err := w.s.CreateToken(TokenSpec{Name: "bot", Project: shop, Level: Developer, Scopes: []string{"api", "self_rotate"}})
	must(t, err)
	group, err := w.s.CreateToken(TokenSpec{Name: "bots", Group: "tools", Level: Developer, Scopes: []string{"api"}})
	must(t, err)

	hook := ":p/hooks/" + itoa(w.do("mia", "POST", ":p/hooks", obj{"url": e.URL, "issues_events": true, "confidential_issues_events": true,
		"note_events": true, "confidential_note_events": true}).want(201).number("id"))
	w.do("mia", "PUT", hook, obj{"token": "shared"}).want(200)
	w.do("rep", "POST", ":p/labels", obj{"name": "a", "color": "#123456", "description": "d"}).want(201)
	w.do("rep", "PUT", ":p/labels/a", obj{"color": "#654321"}).want(200)
	iid := w.file("rep", obj{"title": "x", "description": "y", "labels": "a", "assignee_ids": []int64{w.s.user("dev").id}, "confidential": true})
	note := w.do("rep", "POST", issuePath(iid, "/notes"), obj{"body": "said", "internal": true}).want(201).number("id")
	w.do("rep", "PUT", issuePath(iid, "/notes/"+itoa(note)), obj{"body": "better"}).want(200)
	w.do("rep", "PUT", issuePath(iid, ""), obj{"title": "z", "state_event": "close", "remove_labels": "a", "confidential": false}).want(200)
	w.do("mia", "POST", ":p/members", obj{"user_id": zoe, "access_level": 20}).want(201)
	w.do("mia", "PUT", ":p/members/"+itoa(zoe), obj{"access_level": 30}).want(200)
	w.do("mia", "PUT", ":p", obj{"only_allow_merge_if_pipeline_succeeds": true}).want(200)
	e.heard(w)
	for _, path := range []string{
		":p", "groups/tools", "user", "users?username=dev", "users/" + dev, "version", "metadata", ":p/integrations", ":p/members", ":p/members/all",
		":p/members/" + dev, ":p/members/all/" + dev, "groups/tools/members", "groups/tools/members/all", ":p/issues?state=all&confidential=false",
		issuePath(iid, ""), issuePath(iid, "/notes?sort=asc&order_by=updated_at"), issuePath(iid, "/notes/"+itoa(note)), ":p/labels?with_counts=true",
		":p/labels/a", issuePath(iid, "/resource_label_events"), issuePath(iid, "/resource_state_events"), ":p/hooks", hook, hook + "/events",
		"personal_access_tokens/self", ":p/access_tokens", ":p/access_tokens/" + itoa(bot.ID), "groups/tools/access_tokens/" + itoa(group.ID),
	} {
		w.do("mia", "GET", path, nil).want(200)
	}
	w.with(bot.Secret, "POST", ":p/access_tokens/self/rotate", obj{"expires_at": "2026-08-01"}).want(200)
	for _, path := range []string{":p/members/" + itoa(zoe), issuePath(iid, "/notes/"+itoa(note)), ":p/labels/a", issuePath(iid, ""), hook,
		"groups/tools/access_tokens/" + itoa(group.ID), "personal_access_tokens/self"} {
		w.do("mia", "DELETE", path, nil).want(204)
	}
	w.do("mia", "GET", "user", nil).want(401)
}

// TestProjectHasGitLabsKeys looks for what the closed and older schemas of projects and webhooks demand.
func TestProjectHasGitLabsKeys(t *testing.T) {
	dir := filepath.Dir(oracle(t, "gitlab/schemas/public_api/v4/project.json"))
	w := newTown(t)
	hook := w.do("mia", "POST", ":p/hooks", obj{"url": "http://127.0.0.1:1/"}).want(201)
	for schema, got := range map[string]answer{"project.json": w.do("mia", "GET", ":p", nil), "project_hook.json": hook} {
		raw, err := os.ReadFile(filepath.Join(dir, schema))
		must(t, err)
		var s struct{ Required []string }
		must(t, json.Unmarshal(raw, &s))
		for _, key := range s.Required {
			if _, sent := got.obj[key]; !sent {
				t.Errorf("%s: %s is not sent", schema, key)
			}
		}
	}
}
