package github

import (
	"crypto/hmac"
	"crypto/sha1" // GitHub still sends the old signature beside the new one
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// delivery is one line of an App's delivery log, or one yet to be written.
type delivery struct {
	sandbox.Delivery
	how               sandbox.Attempt
	app               *app
	installID, repoID int64
	at                time.Time
}

func (d *delivery) public() sandbox.Delivery {
	shown := d.Delivery
	shown.Body = slices.Clone(d.Body)
	return shown
}

// hookNeeds is the permission without which GitHub does not tell an App about an event.
var hookNeeds = map[string]string{
	"repository_advisory": "repository_advisories:read", "issues": "issues:read", "issue_comment": "issues:read|pull_requests:read",
	"pull_request": "pull_requests:read", "pull_request_review": "pull_requests:read", "push": "contents:read",
	"create": "contents:read", "delete": "contents:read", "check_run": "checks:read", "check_suite": "checks:read",
	"status": "statuses:read", "repository": "metadata:read", "public": "metadata:read", "label": "metadata:read",
}

// emit queues an event for every App that is installed on the repository, subscribed to it and allowed to see it.
// The caller holds the lock; the bodies are built now, so they show the moment of the change.
func (s *Server) emit(r *repository, event, action string, sender *account, extra obj) {
	s.emitTo(nil, r, event, action, sender, extra)
}

// emitTo is emit for one App alone, as GitHub does for a pressed button; nil means all.
func (s *Server) emitTo(only *app, r *repository, event, action string, sender *account, extra obj) {
	if sender == nil {
		sender = r.owner
	}
	for _, a := range s.apps {
		if only != nil && a != only {
			continue
		}
		for _, inst := range a.installs {
			probe := credential{kind: "installation", app: a, install: inst, perms: inst.permissions}
			if !inst.covers(r) || !slices.Contains(a.events, event) || !probe.holds(hookNeeds[event]) {
				continue
			}
			body := obj{
				"repository": s.repoObj(r), "sender": s.userObj(sender),
				"installation": obj{"id": inst.id, "node_id": nodeID("Installation", inst.id)},
			}
			if action != "" {
				body["action"] = action
			}
			if r.owner.kind == "Organization" {
				body["organization"] = s.orgObj(r.owner)
			}
			maps.Copy(body, extra)
			s.queue(&delivery{app: a, installID: inst.id, repoID: r.id, Delivery: sandbox.Delivery{Repo: r.full(), Event: event, Action: action}}, body)
		}
	}
}

// heard tells whether any App is installed on a repository and has an address.
func (s *Server) heard(r *repository) bool {
	return slices.ContainsFunc(s.apps, func(a *app) bool {
		return a.hookURL != "" && slices.ContainsFunc(a.installs, func(i *installation) bool { return i.covers(r) })
	})
}

func (s *Server) orgObj(a *account) obj {
	u := s.api("orgs/%s", a.login)
	return obj{
		"login": a.login, "id": a.id, "node_id": nodeID("Organization", a.id), "url": u, "repos_url": u + "/repos",
		"events_url": u + "/events", "hooks_url": u + "/hooks", "issues_url": u + "/issues", "members_url": u + "/members{/member}",
		"public_members_url": u + "/public_members{/member}", "avatar_url": s.URL() + "/avatars/" + a.login, "description": "",
	}
}

func (s *Server) emitInstallation(inst *installation, action string) {
	repos := []obj{}
	for _, r := range s.sortedRepos() {
		if inst.covers(r) {
			repos = append(repos, obj{"id": r.id, "node_id": nodeID("Repository", r.id), "name": r.name, "full_name": r.full(), "private": r.private})
		}
	}
	s.queue(&delivery{app: inst.app, installID: inst.id, Delivery: sandbox.Delivery{Event: "installation", Action: action}}, obj{
		"action": action, "installation": s.installationObj(inst), "repositories": repos, "requester": nil, "sender": s.userObj(inst.account),
	})
}

func (s *Server) ping(a *app) {
	s.queue(&delivery{app: a, Delivery: sandbox.Delivery{Event: "ping"}}, obj{
		"zen": "Design for failure.", "hook_id": a.hookID,
		"hook": obj{"type": "App", "id": a.hookID, "name": "web", "active": true, "app_id": a.id, "events": append([]string{}, a.events...),
			"config":     obj{"content_type": "json", "insecure_ssl": "0", "url": a.hookURL},
			"created_at": stamp(a.created), "updated_at": stamp(a.created), "deliveries_url": s.api("app/hook/deliveries")},
	})
}

func (s *Server) queue(d *delivery, body obj) {
	if d.app.hookURL == "" {
		return
	}
	d.GUID, d.Hook, d.Body = sandbox.RandomUUID(), d.app.id, sandbox.Encode(body)
	s.ShowHook(d.Event, d.Body)
	s.post(d)
}

// post hands a delivery to the courier. Each attempt is a line of its own in the App's log.
func (s *Server) post(d *delivery) {
	s.Send(sandbox.Letter{
		Delivery: d.Delivery,
		Address: func(time.Time) (string, http.Header) {
			s.mu.Lock()
			defer s.mu.Unlock()
			return d.app.hookURL, hookHeader(d)
		},
		Log: func(a sandbox.Attempt) {
			s.mu.Lock()
			defer s.mu.Unlock()
			line := *d
			line.how, line.at, line.Status = a, s.now(), a.Status
			line.ID = s.id() // in the log's order, which the cursor follows
			d.app.deliveries = append(d.app.deliveries, &line)
		},
	})
}

func hookHeader(d *delivery) http.Header {
	h := http.Header{}
	h.Set("Content-Type", "application/json")
	h.Set("User-Agent", "GitHub-Hookshot/sandbox")
	h.Set("X-GitHub-Event", d.Event)
	h.Set("X-GitHub-Delivery", d.GUID)
	h.Set("X-GitHub-Hook-ID", strconv.FormatInt(d.app.hookID, 10))
	h.Set("X-GitHub-Hook-Installation-Target-ID", strconv.FormatInt(d.app.id, 10))
	h.Set("X-GitHub-Hook-Installation-Target-Type", "integration")
	if secret := d.app.hookSecret; secret != "" {
		old := hmac.New(sha1.New, []byte(secret))
		old.Write(d.Body)
		h.Set("X-Hub-Signature", "sha1="+hex.EncodeToString(old.Sum(nil)))
		h.Set("X-Hub-Signature-256", Sign(secret, d.Body))
	}
	return h
}

// Sign gives the X-Hub-Signature-256 header of a body, for tests that post webhooks of their own.
func Sign(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// Deliveries gives an App's delivery log, oldest first.
func (s *Server) Deliveries(appID int64) []sandbox.Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []sandbox.Delivery
	if a, err := s.findApp(appID); err == nil {
		for _, d := range a.deliveries {
			out = append(out, d.public())
		}
	}
	return out
}

// Redeliver sends a delivery again with the same GUID, as the button on the App's page does.
func (s *Server) Redeliver(appID, deliveryID int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.findApp(appID)
	if err != nil {
		return err
	}
	if !s.redeliver(a, deliveryID) {
		return fmt.Errorf("redeliver: there is no delivery %d", deliveryID)
	}
	return nil
}

// kept tells whether GitHub still remembers a delivery; after three days it does not.
func (s *Server) kept(d *delivery) bool { return s.now().Sub(d.at) <= 72*time.Hour }

func (s *Server) redeliver(a *app, id int64) bool {
	for _, d := range a.deliveries {
		if d.ID == id && s.kept(d) {
			again := *d
			again.ID, again.Status, again.Redelivery = 0, 0, true
			s.post(&again)
			return true
		}
	}
	return false
}

func flat(h http.Header) obj {
	o := obj{}
	for k, v := range h {
		o[k] = strings.Join(v, ",")
	}
	return o
}
