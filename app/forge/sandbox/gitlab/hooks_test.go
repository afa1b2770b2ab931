package gitlab

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
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
	w, e := newTown(t, func(o *Options) { o.DisableHooks = true }), newEar(t)
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

// TestPayloadsHaveGitLabsKeys compares what is sent with the samples that GitLab's client tests itself on.
func TestPayloadsHaveGitLabsKeys(t *testing.T) {
	w, e := newTown(t), newEar(t)
	_, err := w.s.AddHook(shop, HookSpec{URL: e.URL})
	must(t, err)
	iid := w.file("rep", obj{"title": "x", "labels": "a", "assignee_ids": []int64{w.s.user("dev").id}})
	w.do("rep", "POST", issuePath(iid, "/notes"), obj{"body": "seen"}).want(201)
	posts := e.heard(w)
	compareKeys(t, sample(t, "issue.json"), posts[0].obj, "")
	compareKeys(t, sample(t, "note_issue.json"), posts[1].obj, "")
}

// absent are keys of the samples that only dearer tiers or older versions send.
func absent(path string) bool {
	for _, end := range []string{".severity", ".escalation_status", ".escalation_policy", ".branch_name", "issue.position", ".state_id"} {
		if strings.HasSuffix(path, end) {
			return true
		}
	}
	return strings.HasPrefix(path, ".changes.")
}

func compareKeys(t *testing.T, want, got any, path string) {
	t.Helper()
	switch want := want.(type) {
	case map[string]any:
		have, isObject := got.(map[string]any)
		if !isObject {
			if got != nil && !absent(path) {
				t.Errorf("%s is %T, want an object", path, got)
			}
			return
		}
		for k, v := range want {
			if sent, found := have[k]; found {
				compareKeys(t, v, sent, path+"."+k)
			} else if !absent(path + "." + k) {
				t.Errorf("%s.%s is not sent", path, k)
			}
		}
	case []any:
		if have, isList := got.([]any); !isList {
			t.Errorf("%s is %T, want a list", path, got)
		} else if len(want) > 0 && len(have) > 0 {
			compareKeys(t, want[0], have[0], path+"[]")
		}
	case nil:
	default:
		if got != nil && !sameKind(want, got) {
			t.Errorf("%s is %T, want %T", path, got, want)
		}
	}
}

func sameKind(a, b any) bool {
	switch a.(type) {
	case string:
		_, same := b.(string)
		return same
	case float64:
		_, same := b.(float64)
		return same
	case bool:
		_, same := b.(bool)
		return same
	}
	return false
}

func sample(t *testing.T, name string) any {
	t.Helper()
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/xanzy/go-gitlab").Output()
	must(t, err)
	raw, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "testdata", "webhooks", name))
	must(t, err)
	var v any
	must(t, json.Unmarshal(raw, &v))
	return v
}
