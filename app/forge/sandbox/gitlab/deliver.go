package gitlab

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// delivery is one attempt to tell a webhook something, in its log.
type delivery struct {
	sandbox.Delivery
	sandbox.Attempt
	event notice
	at    time.Time
}

// notice is one event as a webhook is told of it.
type notice struct {
	key    string // Idempotency-Key, the same however often it is sent
	header string // X-Gitlab-Event
	uuid   string // of the event, the same for every webhook that hears of it
	action string
	body   []byte
}

// ring tells a project's webhooks of an event. The caller holds the lock; the body shows the moment of the change.
func (s *Server) ring(p *project, event string, by *user, body obj) {
	if !slices.ContainsFunc(p.hooks, func(h *hook) bool { return h.events[event] }) {
		return
	}
	body["project"] = s.hookProject(p)
	if body["user"] == nil && by != nil && event != onPush && event != onTag {
		body["user"] = s.hookUser(by)
	}
	n := notice{header: headerOf(event), uuid: sandbox.RandomUUID(), body: sandbox.Encode(body)}
	if attributes, isObject := body["object_attributes"].(obj); isObject {
		n.action, _ = attributes["action"].(string) // pushes and pipelines have none
	}
	for _, h := range p.hooks {
		if !h.events[event] || h.alert(s.now()) != "executable" {
			continue // what comes while a webhook is disabled is never sent
		}
		n.key = sandbox.RandomUUID()
		s.ShowHook(n.header, n.body)
		s.mail(h, n, false)
	}
}

// mail sends a notice on its way. GitLab tries once.
func (s *Server) mail(h *hook, n notice, again bool) {
	l := sandbox.Letter{
		Delivery: sandbox.Delivery{GUID: n.key, Hook: h.id, Event: n.header, Action: n.action, Repo: h.project.full, Redelivery: again, Body: n.body},
		Address: func(at time.Time) (string, http.Header) {
			s.mu.Lock()
			defer s.mu.Unlock()
			return h.url, s.dress(h, n, at)
		},
	}
	l.Log = func(a sandbox.Attempt) {
		s.mu.Lock()
		defer s.mu.Unlock()
		d := &delivery{Delivery: l.Delivery, Attempt: a, event: n, at: s.now()}
		d.ID, d.Delivery.Status = s.id(), a.Status
		h.log = append(h.log, d)
		if s.disable {
			h.counted(a.Status >= 200 && a.Status < 400, s.now())
		}
	}
	s.Send(l)
}

// dress puts GitLab's headers on a webhook, and signs it when it has a key.
func (s *Server) dress(h *hook, n notice, at time.Time) http.Header {
	header := http.Header{}
	header.Set("Content-Type", "application/json")
	header.Set("User-Agent", "GitLab/19.5.0")
	header.Set("Idempotency-Key", n.key)
	header.Set("X-Gitlab-Event", n.header)
	header.Set("X-Gitlab-Event-UUID", n.uuid)
	header.Set("X-Gitlab-Instance", s.URL())
	header.Set("X-Gitlab-Webhook-UUID", h.uuid)
	if h.token != "" {
		header.Set("X-Gitlab-Token", h.token)
	}
	if h.signing != nil {
		stamp := strconv.FormatInt(at.Unix(), 10)
		header.Set("webhook-id", n.key)
		header.Set("webhook-timestamp", stamp)
		header.Set("webhook-signature", signature(h.signing, n.key, stamp, n.body))
	}
	return header
}

func signature(key []byte, id, stamp string, body []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + stamp + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// Sign gives the webhook-signature header of a body, for tests that post webhooks of their own.
func Sign(signingToken, id string, at time.Time, body []byte) (string, error) {
	key, err := signingKey(signingToken)
	if err != nil {
		return "", err
	}
	return signature(key, id, strconv.FormatInt(at.Unix(), 10), body), nil
}

// Deliveries gives a project's delivery log, oldest first.
func (s *Server) Deliveries(path string) []sandbox.Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.find(path)
	if err != nil {
		return nil
	}
	var out []sandbox.Delivery
	for _, h := range p.hooks {
		for _, d := range h.log {
			out = append(out, d.Delivery)
		}
	}
	slices.SortFunc(out, func(a, b sandbox.Delivery) int { return int(a.ID - b.ID) })
	return out
}

// kept tells whether GitLab still remembers a delivery; after two days it does not.
func (s *Server) kept(d *delivery) bool { return s.now().Sub(d.at) <= 48*time.Hour }

func (c *call) listDeliveries() reply {
	h, rep := c.theHook()
	if rep != nil {
		return *rep
	}
	var out []obj
	for _, d := range slices.Backward(h.log) {
		if !c.kept(d) {
			continue
		}
		out = append(out, obj{
			"id": d.ID, "url": h.url, "trigger": strings.ReplaceAll(strings.ToLower(strings.TrimSuffix(d.Event, " Hook")), " ", "_") + "_hooks",
			"request_headers": flat(d.Request), "request_data": json.RawMessage(d.Body), "response_headers": flat(d.Response), "response_body": d.Answer,
			"execution_duration": d.Took.Seconds(), "response_status": d.shown(), "created_at": stamp(d.at),
		})
	}
	return c.page(out)
}

// shown is the answer as the log has it; a failure to connect is no number.
func (d *delivery) shown() string {
	if d.Attempt.Status == 0 {
		return "internal error"
	}
	return strconv.Itoa(d.Attempt.Status)
}

// resend sends a delivery again under the same key.
func (c *call) resend() reply {
	h, rep := c.theHook()
	if rep != nil {
		return *rep
	}
	id := c.pathNumber("hook_log_id")
	d := first(h.log, func(d *delivery) bool { return d.ID == id })
	if d == nil || !c.kept(d) {
		return gone()
	}
	c.mail(h, d.event, true)
	return created(obj{"response_status": 200})
}

func flat(h http.Header) obj {
	o := obj{}
	for k, v := range h {
		if k == "X-Gitlab-Token" || strings.EqualFold(k, "webhook-signature") {
			v = []string{"[REDACTED]"}
		}
		o[k] = strings.Join(v, ",")
	}
	return o
}
