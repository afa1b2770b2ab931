package github

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1" // GitHub still sends the old signature beside the new one
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

type delivery struct {
	id, installID, repoID int64
	guid                  string
	app                   *app
	event, action, repo   string
	body                  []byte
	redelivery            bool
	at                    time.Time
	took                  time.Duration
	status                int
	message               string
	request, response     http.Header
	answer                string
	logged                bool
}

func (d *delivery) public() sandbox.Delivery {
	return sandbox.Delivery{ID: d.id, GUID: d.guid, Hook: d.app.id, Event: d.event, Action: d.action, Repo: d.repo,
		Redelivery: d.redelivery, Status: d.status, Body: slices.Clone(d.body)}
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
			s.queue(&delivery{app: a, installID: inst.id, repoID: r.id, repo: r.full(), event: event, action: action}, body)
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
		"public_members_url": u + "/public_members{/member}", "avatar_url": s.url + "/avatars/" + a.login, "description": "",
	}
}

func (s *Server) emitInstallation(inst *installation, action string) {
	repos := []obj{}
	for _, r := range s.sortedRepos() {
		if inst.covers(r) {
			repos = append(repos, obj{"id": r.id, "node_id": nodeID("Repository", r.id), "name": r.name, "full_name": r.full(), "private": r.private})
		}
	}
	s.queue(&delivery{app: inst.app, installID: inst.id, event: "installation", action: action}, obj{
		"action": action, "installation": s.installationObj(inst), "repositories": repos, "requester": nil, "sender": s.userObj(inst.account),
	})
}

func (s *Server) ping(a *app) {
	s.queue(&delivery{app: a, event: "ping"}, obj{
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
	raw := bytes.TrimSpace(encode(body))
	d.guid, d.body = randomUUID(), raw
	if s.opt.OnHook != nil {
		s.opt.OnHook(d.event, raw)
	}
	s.hooks.add(d)
}

// hookQueue delivers one webhook after another, as long as no fault plan says otherwise.
type hookQueue struct {
	s       *Server
	mu      sync.Mutex
	wake    *sync.Cond
	waiting []*delivery
	held    []*delivery // reordered: sent after the next one
	idlers  int         // calls of Idle that wait; they let go what nothing follows
	flying  int         // taken from the queue and not finished
	closed  bool
	all     sync.WaitGroup
	client  *http.Client
}

func (q *hookQueue) start(s *Server) {
	q.s = s
	q.wake = sync.NewCond(&q.mu)
	q.client = &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: 4, IdleConnTimeout: 10 * time.Second},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	q.all.Go(q.loop)
}

func (q *hookQueue) stop() {
	q.mu.Lock()
	q.closed = true
	q.wake.Broadcast()
	q.mu.Unlock()
	q.all.Wait()
	q.client.CloseIdleConnections()
}

func (q *hookQueue) add(d *delivery) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.closed {
		q.waiting = append(q.waiting, d)
		q.wake.Broadcast()
	}
}

func (q *hookQueue) loop() {
	for {
		q.mu.Lock()
		for len(q.waiting) == 0 && (len(q.held) == 0 || q.idlers == 0) && !q.closed {
			q.wake.Wait()
		}
		if q.closed {
			q.mu.Unlock()
			return
		}
		var batch []*delivery
		if len(q.waiting) > 0 {
			batch, q.waiting = append(batch, q.waiting[0]), q.waiting[1:]
		} else {
			batch, q.held = append(batch, q.held...), nil // nothing came after them
		}
		q.flying++
		q.mu.Unlock()
		for _, d := range batch {
			q.send(d)
		}
		q.finish()
	}
}

func (q *hookQueue) finish() {
	q.mu.Lock()
	q.flying--
	q.wake.Broadcast()
	q.mu.Unlock()
}

// send asks the fault plan once for each delivery and then does as it says.
func (q *hookQueue) send(d *delivery) {
	f := sandbox.HookFault{}
	if !d.logged { // a held one was asked for already
		f = q.s.faults.ConsultHook(d.public())
	}
	switch {
	case f.Lose:
		return
	case f.Reorder:
		d.logged = true
		q.mu.Lock()
		q.held = append(q.held, d)
		q.mu.Unlock()
		return
	case f.Delay > 0:
		d.logged = true
		q.mu.Lock()
		q.flying++
		q.mu.Unlock()
		q.all.Go(func() {
			defer q.finish()
			sandbox.Pause(q.s.ctx, f.Delay)
			q.attempt(d, f.Drop)
		})
		return
	}
	q.attempt(d, f.Drop)
	if f.Duplicate {
		again := *d
		q.attempt(&again, false)
	}
	q.mu.Lock()
	held := q.held
	if !d.logged {
		q.held = nil
	} else {
		held = nil
	}
	q.mu.Unlock()
	for _, h := range held {
		q.attempt(h, false)
	}
}

// attempt posts one delivery and writes it into the App's log.
func (q *hookQueue) attempt(d *delivery, drop bool) {
	s := q.s
	began := s.opt.Wall()
	s.mu.Lock()
	url, secret := d.app.hookURL, d.app.hookSecret
	s.mu.Unlock()
	if drop || url == "" {
		d.message = "failed to connect to host"
	} else {
		q.post(d, url, secret)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d.at, d.took = s.now(), s.opt.Wall().Sub(began)
	d.id = s.id() // in the log's order, which the cursor follows
	d.app.deliveries = append(d.app.deliveries, d)
}

func (q *hookQueue) post(d *delivery, url, secret string) {
	ctx, cancel := context.WithTimeout(q.s.ctx, q.s.opt.HookTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(d.body))
	if err != nil {
		d.message = "invalid url"
		return
	}
	h := req.Header
	h.Set("Content-Type", "application/json")
	h.Set("User-Agent", "GitHub-Hookshot/sandbox")
	h.Set("X-GitHub-Event", d.event)
	h.Set("X-GitHub-Delivery", d.guid)
	h.Set("X-GitHub-Hook-ID", strconv.FormatInt(d.app.hookID, 10))
	h.Set("X-GitHub-Hook-Installation-Target-ID", strconv.FormatInt(d.app.id, 10))
	h.Set("X-GitHub-Hook-Installation-Target-Type", "integration")
	if secret != "" {
		old := hmac.New(sha1.New, []byte(secret))
		old.Write(d.body)
		h.Set("X-Hub-Signature", "sha1="+hex.EncodeToString(old.Sum(nil)))
		h.Set("X-Hub-Signature-256", Sign(secret, d.body))
	}
	d.request = h.Clone()
	resp, err := q.client.Do(req)
	if err != nil {
		d.message = "failed to connect to host"
		if ctx.Err() != nil {
			d.message = "timed out"
		}
		return
	}
	defer resp.Body.Close()
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10)) // a cut answer still shows its status
	d.status, d.message, d.response, d.answer = resp.StatusCode, http.StatusText(resp.StatusCode), resp.Header, string(answer)
	if resp.StatusCode < 300 {
		d.message = "OK"
	}
}

// Sign gives the X-Hub-Signature-256 header of a body, for tests that post webhooks of their own.
func Sign(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// Idle waits until no webhook is waiting, held back or in flight. What a fault holds back for reordering goes out
// when nothing else is left.
func (s *Server) Idle(ctx context.Context) error {
	q := &s.hooks
	defer context.AfterFunc(ctx, func() { q.mu.Lock(); q.wake.Broadcast(); q.mu.Unlock() })()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.idlers++
	defer func() { q.idlers-- }()
	q.wake.Broadcast()
	for len(q.waiting)+len(q.held)+q.flying > 0 && !q.closed {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("wait for webhooks: %w", err)
		}
		q.wake.Wait()
	}
	return nil
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
		if d.id == id && s.kept(d) {
			s.hooks.add(&delivery{guid: d.guid, app: a, installID: d.installID, repoID: d.repoID, repo: d.repo,
				event: d.event, action: d.action, body: d.body, redelivery: true})
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
