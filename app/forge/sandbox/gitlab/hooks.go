package gitlab

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// Events that a webhook subscribes to, by the parameter that switches each on.
const (
	onPush        = "push_events"
	onTag         = "tag_push_events"
	onIssue       = "issues_events"
	onSecretIssue = "confidential_issues_events"
	onNote        = "note_events"
	onSecretNote  = "confidential_note_events"
	onMerge       = "merge_requests_events"
	onPipeline    = "pipeline_events"
	onJob         = "job_events"
)

// hookFlags are all the switches of a webhook, whether or not the stand-in ever rings for them.
func hookFlags() []string {
	return []string{onPush, onTag, onIssue, onSecretIssue, onNote, onSecretNote, onMerge, onPipeline, onJob, "wiki_page_events",
		"deployment_events", "feature_flag_events", "releases_events", "milestone_events", "emoji_events", "resource_access_token_events",
		"resource_deploy_token_events"}
}

// headerOf is the X-Gitlab-Event of an event.
func headerOf(event string) string {
	switch event {
	case onIssue:
		return "Issue Hook"
	case onSecretIssue:
		return "Confidential Issue Hook"
	case onMerge:
		return "Merge Request Hook"
	}
	words := strings.Split(strings.TrimSuffix(event, "_events"), "_")
	for i, w := range words {
		words[i] = strings.ToUpper(w[:1]) + w[1:]
	}
	return strings.Join(words, " ") + " Hook"
}

// hook is a webhook of a project, or of a group.
type hook struct {
	id           int64
	uuid         string
	project      *project // nil for a group's
	url          string
	name         string
	token        string // X-Gitlab-Token
	signing      []byte // the key of signed webhooks, or nil
	events       map[string]bool
	branchFilter string
	insecure     bool
	failures     int
	asleep       time.Time // temporarily disabled until
	dead         bool      // disabled for good
	log          []*delivery
	created      time.Time
}

// alert is the state that GitLab shows of a webhook.
func (h *hook) alert(now time.Time) string {
	switch {
	case h.dead:
		return "disabled"
	case now.Before(h.asleep):
		return "temporarily_disabled"
	}
	return "executable"
}

// counted keeps score of a webhook's answers: after four failures in a row it sleeps, ever longer; after forty it is
// switched off. One good answer wakes it.
func (h *hook) counted(good bool, now time.Time) {
	if good {
		h.failures, h.asleep, h.dead = 0, time.Time{}, false
		return
	}
	h.failures++
	switch {
	case h.failures > 39:
		h.dead = true
	case h.failures > 3:
		h.asleep = now.Add(min(time.Minute<<min(h.failures-4, 20), 24*time.Hour))
	}
}

func hookRoutes() []route {
	const all, one = "/api/v4/projects/{id}/hooks", "/api/v4/projects/{id}/hooks/{hook_id}"
	return []route{
		{method: "GET", pattern: "/api/v4/groups/{id}/hooks", handle: (*call).listGroupHooks},
		{method: "GET", pattern: all, level: Maintainer, handle: (*call).listHooks},
		{method: "POST", pattern: all, level: Maintainer, discreet: true, handle: (*call).createHook},
		{method: "GET", pattern: one, level: Maintainer, handle: (*call).getHook},
		{method: "PUT", pattern: one, level: Maintainer, discreet: true, handle: (*call).editHook},
		{method: "DELETE", pattern: one, level: Maintainer, discreet: true, handle: (*call).deleteHook},
		{method: "GET", pattern: one + "/events", level: Maintainer, handle: (*call).listDeliveries},
		{method: "POST", pattern: one + "/events/{hook_log_id}/resend", level: Maintainer, discreet: true, handle: (*call).resend},
	}
}

func (s *Server) hookObj(h *hook) obj {
	o := obj{
		"id": h.id, "url": h.url, "name": nilIfEmpty(h.name), "description": nil, "created_at": stamp(h.created),
		"repository_update_events": false, "enable_ssl_verification": !h.insecure, "push_events_branch_filter": nilIfEmpty(h.branchFilter),
		"branch_filter_strategy": "wildcard", "custom_webhook_template": nil, "url_variables": []any{}, "custom_headers": []any{},
		"alert_status": h.alert(s.now()), "disabled_until": stampOrNull(h.asleep), "token_present": h.token != "",
		"signing_token_present": h.signing != nil, "vulnerability_events": false,
	}
	if h.project != nil {
		o["project_id"] = h.project.id
	}
	for _, f := range hookFlags() {
		o[f] = h.events[f]
	}
	return o
}

func (c *call) theHook() (*hook, *reply) {
	id := c.pathNumber("hook_id")
	if h := first(c.project.hooks, func(h *hook) bool { return h.id == id }); h != nil {
		return h, nil
	}
	rep := gone()
	return nil, &rep
}

func (c *call) listHooks() reply {
	var out []obj
	for _, h := range c.project.hooks {
		out = append(out, c.hookObj(h))
	}
	return c.page(out)
}

func (c *call) getHook() reply {
	h, rep := c.theHook()
	if rep != nil {
		return *rep
	}
	return ok(c.hookObj(h))
}

const hookLimit = 100 // of one project

func (c *call) createHook() reply {
	h := &hook{project: c.project, events: map[string]bool{onPush: true}, created: c.now()} // push is on unless switched off
	c.in.required("url")
	if rep := c.fillHook(h); rep != nil {
		return *rep
	}
	if len(c.project.hooks) >= hookLimit {
		return invalid(http.StatusUnprocessableEntity, "base", "Maximum number of project hooks (100) exceeded")
	}
	h.id, h.uuid = c.id(), sandbox.RandomUUID()
	c.project.hooks = append(c.project.hooks, h)
	return created(c.hookObj(h))
}

func (c *call) editHook() reply {
	h, rep := c.theHook()
	if rep != nil {
		return *rep
	}
	draft := *h
	draft.events = maps.Clone(h.events)
	if rep := c.fillHook(&draft); rep != nil {
		return *rep
	}
	if draft.url != h.url && !c.in.has("token") {
		draft.token = "" // so that a secret does not travel to a new address
	}
	*h = draft
	return ok(c.hookObj(h))
}

// fillHook applies the parameters of a request to a webhook.
func (c *call) fillHook(h *hook) *reply {
	in := c.in
	if in.has("url") {
		h.url = in.text("url")
	}
	if in.has("token") {
		h.token = in.text("token")
	}
	h.name, h.branchFilter = or(in.text("name"), h.name), or(in.text("push_events_branch_filter"), h.branchFilter)
	h.insecure = !in.flag("enable_ssl_verification", !h.insecure)
	for _, f := range hookFlags() {
		h.events[f] = in.flag(f, h.events[f])
	}
	if rep := in.refused(); rep != nil {
		return rep
	}
	if u, err := url.Parse(h.url); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		rep := said(http.StatusUnprocessableEntity, "Invalid url given")
		return &rep
	}
	if in.has("signing_token") {
		key, err := signingKey(in.text("signing_token"))
		if err != nil {
			rep := invalid(http.StatusUnprocessableEntity, "signing_token", "is invalid")
			return &rep
		}
		h.signing = key
	}
	return nil
}

// signingKey reads whsec_ and 32 bytes in base64; "" takes the key away.
func signingKey(token string) ([]byte, error) {
	if token == "" {
		return nil, nil
	}
	text, prefixed := strings.CutPrefix(token, "whsec_")
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil || !prefixed || len(key) != 32 {
		return nil, fmt.Errorf("read signing token: it is not whsec_ and 32 bytes in base64")
	}
	return key, nil
}

func (c *call) deleteHook() reply {
	h, rep := c.theHook()
	if rep != nil {
		return *rep
	}
	c.project.hooks = slices.DeleteFunc(c.project.hooks, func(e *hook) bool { return e == h })
	return noContent()
}

// HookSpec describes a project's webhook. No events named means all that the stand-in rings for.
type HookSpec struct {
	URL          string
	Token        string // X-Gitlab-Token
	SigningToken string // whsec_...: signed webhooks, as of GitLab 19.0
	Events       []string
}

// AddHook adds a webhook to a project, as a maintainer does in its settings, and gives its number.
func (s *Server) AddHook(path string, spec HookSpec) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.find(path)
	if err != nil {
		return 0, err
	}
	key, err := signingKey(spec.SigningToken)
	if err != nil {
		return 0, fmt.Errorf("add webhook: %w", err)
	}
	events := spec.Events
	if len(events) == 0 {
		events = hookFlags()
	}
	h := &hook{id: s.id(), uuid: sandbox.RandomUUID(), project: p, url: spec.URL, token: spec.Token, signing: key, events: map[string]bool{}, created: s.now()}
	for _, e := range events {
		h.events[e] = true
	}
	p.hooks = append(p.hooks, h)
	return h.id, nil
}

// SetHook points a webhook somewhere else.
func (s *Server) SetHook(path string, id int64, address string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.find(path)
	if err != nil {
		return err
	}
	h := first(p.hooks, func(h *hook) bool { return h.id == id })
	if h == nil {
		return fmt.Errorf("set webhook: %s has none with the number %d", path, id)
	}
	h.url = address
	return nil
}
