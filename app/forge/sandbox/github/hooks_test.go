package github_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-github/v62/github"

	"github.com/liftgate/liftgate/app/forge/sandbox"
	hub "github.com/liftgate/liftgate/app/forge/sandbox/github"
)

// actions lists the actions of one event as they arrived.
func actions(h *town, event string) []string {
	var out []string
	for _, e := range h.hooks.all() {
		var in struct{ Action string }
		h.must(json.Unmarshal(e.body, &in))
		if e.event == event {
			out = append(out, in.Action)
		}
	}
	return out
}

func (h *town) issues(n int) {
	h.t.Helper()
	for range n {
		h.want(201, h.users["ada"].Token, "POST", "repos/acme/core-private/issues", m{"title": "x"})
	}
}

func (h *town) forget() { h.hooks.mu.Lock(); defer h.hooks.mu.Unlock(); h.hooks.events = nil }

func TestHookIsSigned(t *testing.T) {
	h := open(t)
	h.issues(1)
	h.idle()
	for _, e := range h.hooks.all() {
		if e.signature != hub.Sign(h.secret, e.body) || len(e.guid) != 36 {
			t.Errorf("%s: signature %q, id %q", e.event, e.signature, e.guid)
		}
		if err := github.ValidateSignature(e.signature, e.body, []byte(h.secret)); err != nil {
			t.Error(err)
		}
	}
	if got := h.hooks.names(); !slices.Equal(got, []string{"ping", "installation", "issues"}) {
		t.Errorf("events %v", got)
	}
}

func TestRedelivery(t *testing.T) {
	h := open(t)
	h.idle()
	h.hooks.answer(500)
	h.issues(1)
	h.idle()
	ctx, app := t.Context(), h.jwt()
	failed, _, err := app.Apps.ListHookDeliveries(ctx, &github.ListCursorOptions{PerPage: 1})
	h.must(err)
	if len(failed) != 1 || failed[0].GetStatusCode() != 500 || failed[0].GetEvent() != "issues" {
		t.Fatalf("log: %v", failed)
	}
	h.hooks.answer(202)
	_, _, err = app.Apps.RedeliverHookDelivery(ctx, failed[0].GetID())
	if _, accepted := err.(*github.AcceptedError); !accepted {
		t.Fatalf("redeliver: %v", err)
	}
	h.idle()
	log := h.s.Deliveries(h.app.ID)
	again := log[len(log)-1]
	if !again.Redelivery || again.GUID != failed[0].GetGUID() || again.Status != 202 || again.ID == failed[0].GetID() {
		t.Errorf("redelivered as %+v", again)
	}
	var page []*github.HookDelivery
	opt := &github.ListCursorOptions{PerPage: 2}
	for range 10 {
		part, resp, err := app.Apps.ListHookDeliveries(ctx, opt)
		h.must(err)
		page = append(page, part...)
		if opt.Cursor = resp.Cursor; opt.Cursor == "" {
			break
		}
	}
	if len(page) != len(log) {
		t.Errorf("the cursor led to %d of %d deliveries", len(page), len(log))
	}
	h.clock.Add(73 * time.Hour)
	if old, _, err := app.Apps.ListHookDeliveries(ctx, nil); err != nil || len(old) != 0 {
		t.Errorf("after three days the log has %d deliveries (%v)", len(old), err)
	}
}

func TestHookFaults(t *testing.T) {
	h := open(t)
	h.idle()
	plan := func(f sandbox.HookFault) {
		n := 0
		h.s.FailHooks(func(sandbox.Delivery) sandbox.HookFault {
			if n++; n == 1 {
				return f
			}
			return sandbox.HookFault{}
		})
		h.forget()
	}
	numbers := func() string {
		var out []string
		for _, e := range h.hooks.all() {
			var in struct{ Issue struct{ Number int } }
			h.must(json.Unmarshal(e.body, &in))
			out = append(out, itoa(int64(in.Issue.Number)))
		}
		return strings.Join(out, " ")
	}
	for _, tt := range []struct {
		name  string
		fault sandbox.HookFault
		want  string
	}{
		{"none", sandbox.HookFault{}, "1 2 3"},
		{"drop", sandbox.HookFault{Drop: true}, "5 6"},
		{"lose", sandbox.HookFault{Lose: true}, "8 9"},
		{"duplicate", sandbox.HookFault{Duplicate: true}, "10 10 11 12"},
		{"reorder", sandbox.HookFault{Reorder: true}, "14 13 15"},
	} {
		plan(tt.fault)
		h.issues(3)
		h.idle()
		if got := numbers(); got != tt.want {
			t.Errorf("%s: arrived %s, want %s", tt.name, got, tt.want)
		}
	}
	plan(sandbox.HookFault{Delay: 300 * time.Millisecond})
	h.issues(2)
	h.idle()
	if got := numbers(); got != "17 16" {
		t.Errorf("delay: arrived %s", got)
	}
	plan(sandbox.HookFault{Reorder: true})
	h.issues(1) // nothing follows it, and still it comes
	h.idle()
	if got := numbers(); got != "18" {
		t.Errorf("reorder alone: arrived %s", got)
	}
}

// TestHookPermission: an App hears only of what it may read.
func TestHookPermission(t *testing.T) {
	h := open(t)
	h.idle()
	h.must(h.s.SetInstallation(h.install, map[string]string{"metadata": "read", "contents": "read"}))
	h.forget()
	h.issues(1)
	dir := h.work("acme/core")
	h.report()
	_ = dir
	h.idle()
	for _, n := range h.hooks.names() {
		if n != "push" && n != "create" {
			t.Errorf("the App hears of %s", n)
		}
	}
}

func TestButton(t *testing.T) {
	h := open(t)
	dir := h.work("acme/core-private")
	sha := h.mustGit(dir, "rev-parse", "HEAD")
	const r = "repos/acme/core-private/check-runs"
	bot := h.token0()
	long := strings.Repeat("x", 21)
	action := func(label, identifier string) m {
		return m{"label": label, "description": "d", "identifier": identifier}
	}
	for _, bad := range [][]m{{action(long, "a")}, {action("a", long)}, {action("a", "b"), action("a", "b"), action("a", "b"), action("a", "b")}} {
		h.want(422, bot, "POST", r, m{"name": "hold", "head_sha": sha, "actions": bad})
	}
	h.want(422, bot, "POST", r, m{"name": "hold", "head_sha": sha, "status": "completed"})
	h.want(422, bot, "POST", r, m{"name": "hold", "head_sha": strings.Repeat("a", 40)})
	run := atoi(h.want(201, bot, "POST", r, m{"name": "hold", "head_sha": sha, "actions": []m{action("Lift now", "lift")}}).id())
	for _, tt := range []struct{ identifier, who string }{{"other", "ada"}, {"lift", "mallory"}, {"lift", "nobody"}} {
		if h.s.PressButton("acme/core-private", run, tt.identifier, tt.who) == nil {
			t.Errorf("%s pressed %s", tt.who, tt.identifier)
		}
	}
	h.must(h.s.PressButton("acme/core-private", run, "lift", "ada"))
	h.idle()
	all := h.hooks.all()
	var in github.CheckRunEvent
	h.must(json.Unmarshal(all[len(all)-1].body, &in))
	if in.GetAction() != "requested_action" || in.GetRequestedAction().Identifier != "lift" || in.GetSender().GetLogin() != "ada" || in.GetCheckRun().GetID() != run {
		t.Errorf("event %+v", in)
	}
}
