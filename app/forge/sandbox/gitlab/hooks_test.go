package gitlab

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestIssueHooks(t *testing.T) {
	w, e := newTown(t), newEar(t)
	secret := "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32)))
	_, err := w.s.AddHook(shop, HookSpec{URL: e.URL, Token: "shared", SigningToken: secret})
	must(t, err)
	iid := w.file("zoe", obj{"title": "x", "confidential": true})
	w.do("rep", "PUT", issuePath(iid, ""), obj{"confidential": false}).want(200)
	w.do("zoe", "POST", issuePath(iid, "/notes"), obj{"body": "seen"}).want(201)
	w.do("rep", "POST", issuePath(iid, "/notes"), obj{"body": "within", "internal": true}).want(201)
	posts := e.heard(w)
	want := []string{"Confidential Issue Hook", "Issue Hook", "Note Hook", "Confidential Note Hook"}
	if len(posts) != len(want) {
		t.Fatalf("%d webhooks, want %d", len(posts), len(want))
	}
	for i, p := range posts {
		if got := p.header.Get("X-Gitlab-Event"); got != want[i] {
			t.Errorf("webhook %d is a %s, want %s", i, got, want[i])
		}
		signature, err := Sign(secret, p.header.Get("webhook-id"), w.wall, p.body)
		must(t, err)
		if p.header.Get("webhook-signature") != signature || p.header.Get("X-Gitlab-Token") != "shared" {
			t.Error("the webhook is signed otherwise, or has no token")
		}
		if id := p.header.Get("Idempotency-Key"); id == "" || id != p.header.Get("webhook-id") {
			t.Error("no idempotency key")
		}
	}
	changes := posts[1].obj["changes"].(map[string]any)
	if got := changes["confidential"].(map[string]any); got["previous"] != true || got["current"] != false {
		t.Errorf("the change of confidentiality reads %v", got)
	}
}

func TestHooksAreDisabledAndHidden(t *testing.T) {
	w, e := newTown(t), newEar(t)
	w.s.DisableHooks()
	made := w.do("mia", "POST", ":p/hooks", obj{"url": e.URL, "issues_events": true, "push_events": false, "token": "shared"}).want(201)
	made.says(`"token_present":true`).says(`"signing_token_present":false`).says(`"alert_status":"executable"`)
	if strings.Contains(made.raw, "shared") {
		t.Error("a webhook shows its token")
	}
	hook := ":p/hooks/" + itoa(made.number("id"))
	e.answer(http.StatusTeapot)
	for range 6 {
		w.file("dev", obj{"title": "x"})
		must(t, w.s.Idle(t.Context()))
	}
	if got := len(e.heard(w)); got != 4 {
		t.Errorf("%d deliveries, want 4 before it sleeps", got)
	}
	w.do("mia", "GET", hook, nil).want(200).says(`"alert_status":"temporarily_disabled"`)
	w.pass(2 * time.Minute)
	e.answer(http.StatusOK)
	w.file("dev", obj{"title": "x"})
	if got := len(e.heard(w)); got != 1 {
		t.Errorf("%d deliveries after the nap, want 1", got)
	}
	log := w.do("mia", "GET", hook+"/events", nil).want(200).list
	if len(log) != 5 || log[0]["response_status"] != "200" {
		t.Errorf("the log is %v", log)
	}
	w.do("mia", "POST", hook+"/events/"+itoa(int64(log[0]["id"].(float64)))+"/resend", nil).want(201)
	if again := e.heard(w); len(again) != 1 {
		t.Errorf("%d after resending, want 1", len(again))
	}
	w.do("mia", "PUT", hook, obj{"signing_token": "whsec_short"}).want(422)
	w.do("mia", "POST", ":p/hooks", obj{"url": "ftp://x"}).want(422).says("Invalid url")
	w.do("mia", "DELETE", hook, nil).want(204)
}
