package gitlab

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

func TestFaults(t *testing.T) {
	w := newTown(t)
	const filing = "POST /api/v4/projects/{id}/issues"
	plan := func(f sandbox.Fault) {
		w.s.Fail(func(c sandbox.Call) sandbox.Fault {
			if c.Route != filing {
				return sandbox.Fault{}
			}
			if c.Repo != shop || c.Actor != "dev" || !c.Write {
				t.Errorf("the plan is shown %+v", c)
			}
			return f
		})
	}
	count := func() int { return len(w.do("dev", "GET", ":p/issues", nil).want(200).list) }

	plan(sandbox.Refused(503))
	w.do("dev", "POST", ":p/issues", obj{"title": "x"}).want(503)
	if count() != 0 {
		t.Error("a refused request changed something")
	}
	plan(sandbox.AppliedThen(500))
	w.do("dev", "POST", ":p/issues", obj{"title": "x"}).want(500)
	if count() != 1 {
		t.Error("a request that was to be applied was not")
	}
	plan(TooMany(time.Minute, w.wall.Add(time.Minute)))
	limited := w.with(w.tokens["dev"], "GET", ":p", nil).want(200)
	if limited.header.Get("RateLimit-Limit") == "" {
		t.Error("no limits in the headers")
	}
	plan(sandbox.AppliedThenDropped())
	req, err := http.NewRequestWithContext(t.Context(), "POST", w.s.API()+"projects/tools%2Fshop/issues?title=x", nil)
	must(t, err)
	req.Header.Set("Authorization", "Bearer "+w.tokens["dev"])
	if resp, err := http.DefaultClient.Do(req); err == nil {
		_ = resp.Body.Close() // the test has failed already
		t.Error("the connection was not dropped")
	}
	w.s.Fail(nil)
	if count() != 2 {
		t.Error("a request that was to be applied and dropped was not applied")
	}
	last := w.s.Requests()[len(w.s.Requests())-2]
	if last.Status != 0 || !last.Public || last.Route != filing || last.Token.Actor != "dev" || last.Token.Kind != "personal" {
		t.Errorf("the log says %+v", last)
	}
}

func TestLimitedAnswer(t *testing.T) {
	w := newTown(t)
	w.s.Fail(func(sandbox.Call) sandbox.Fault { return TooMany(time.Minute, w.wall.Add(time.Minute)) })
	req, err := http.NewRequestWithContext(t.Context(), "GET", w.s.API()+"version", nil)
	must(t, err)
	resp, err := http.DefaultClient.Do(req)
	must(t, err)
	must(t, resp.Body.Close())
	if resp.StatusCode != 429 || resp.Header.Get("Retry-After") != "60" || resp.Header.Get("RateLimit-Remaining") != "0" {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
}

func TestHookFaults(t *testing.T) {
	w, e := newTown(t), newEar(t)
	_, err := w.s.AddHook(shop, HookSpec{URL: e.URL, Events: []string{"issues_events"}})
	must(t, err)
	nth := 0
	w.s.FailHooks(func(d sandbox.Delivery) sandbox.HookFault {
		nth++
		return []sandbox.HookFault{{Duplicate: true}, {Drop: true}, {Lose: true}, {Reorder: true}, {}}[nth-1]
	})
	for i := range 5 {
		w.file("dev", obj{"title": fmt.Sprint(i + 1)})
	}
	var titles []string
	posts := e.heard(w)
	for _, p := range posts {
		titles = append(titles, p.obj["object_attributes"].(map[string]any)["title"].(string))
	}
	if got := strings.Join(titles, " "); got != "1 1 5 4" {
		t.Errorf("webhooks came as %s, want 1 1 5 4", got)
	}
	if posts[0].header.Get("Idempotency-Key") != posts[1].header.Get("Idempotency-Key") {
		t.Error("a duplicate has another key")
	}
	if log := w.s.Deliveries(shop); len(log) != 5 || log[2].Status != 0 {
		t.Errorf("the log is %+v", log)
	}
}

// TestPublicWrites lists what strangers can see of what was written.
func TestPublicWrites(t *testing.T) {
	w := newTown(t)
	_, err := w.s.CreateProject(ProjectSpec{Path: "tools/vault"})
	must(t, err)
	public := func() bool { r := w.s.Requests(); return r[len(r)-1].Public }
	check := func(want bool, what string) {
		t.Helper()
		if public() != want {
			t.Errorf("%s: public is %t", what, !want)
		}
	}
	w.do("mia", "POST", "projects/tools%2Fvault/issues", obj{"title": "x"}).want(201)
	check(false, "an issue in a private project")
	w.do("mia", "POST", ":p/issues", obj{"title": "x"}).want(201)
	check(true, "an issue in a public project")
	w.do("mia", "POST", ":p/issues", obj{"title": "x", "confidential": true}).want(201)
	check(false, "a confidential issue")
	w.do("mia", "POST", issuePath(2, "/notes"), obj{"body": "/label ~bug"}).want(400)
	w.do("mia", "PUT", issuePath(2, ""), obj{"labels": "overflow", "description": "canary"}).want(200)
	check(true, "a label that a confidential issue made")
	if said := w.publicWrites(); !strings.HasSuffix(said, "overflow") || strings.Contains(said, "canary") {
		t.Errorf("what became public is %s", said)
	}
	w.do("mia", "PUT", issuePath(2, ""), obj{"title": "y"}).want(200)
	check(false, "a confidential issue's title")
	w.do("mia", "PUT", issuePath(2, ""), obj{"confidential": false}).want(200)
	check(true, "showing an issue to everybody")
	w.do("mia", "PUT", issuePath(2, ""), obj{"confidential": true}).want(200)
	check(true, "hiding an issue, which everybody sees vanish")
	w.do("mia", "POST", ":p/hooks", obj{"url": "http://127.0.0.1:1/"}).want(201)
	check(false, "a webhook")
	w.do("mia", "POST", ":p/labels", obj{"name": "l", "color": "#123456"}).want(201)
	check(true, "a label")
	w.do("mia", "DELETE", issuePath(1, ""), nil).want(204)
	w.do("mia", "GET", issuePath(1, ""), nil).want(404)
}

// TestCrowd lets many call at once; the race detector is the judge.
func TestCrowd(t *testing.T) {
	var log bytes.Buffer
	w, e := newTown(t, func(o *Options) { o.RequestLog = &log }), newEar(t)
	_, err := w.s.AddHook(shop, HookSpec{URL: e.URL})
	must(t, err)
	var all sync.WaitGroup
	for _, who := range []string{"mia", "dev", "rep", "gus", "zoe"} {
		all.Go(func() {
			for range 5 {
				iid := w.file(who, obj{"title": "x", "confidential": who == "zoe"})
				w.do(who, "POST", issuePath(iid, "/notes"), obj{"body": "y"}).want(201)
				w.do(who, "GET", ":p/issues", nil).want(200)
			}
		})
	}
	all.Wait()
	if got := len(e.heard(w)); got != 50 {
		t.Errorf("%d webhooks, want 50", got)
	}
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if len(lines) != 75 || !json.Valid([]byte(lines[0])) || w.s.LogErr() != nil {
		t.Errorf("%d lines of log", len(lines))
	}
}
