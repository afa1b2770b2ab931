package github

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Call describes a request to a fault plan before anything happened.
type Call struct {
	Method, Path string
	Route        string // as GitHub's description writes it: "POST /repos/{owner}/{repo}/issues"; "git-receive-pack" for a push
	Repo         string // owner/name, empty where there is none
	Actor        string
	Scope        TokenScope
	Git, Write   bool
	Refs         []RefChange // what a push asks for
}

// Fault is what goes wrong with one request; the zero value is nothing.
type Fault struct {
	Delay      time.Duration
	Before     func()      // called before anything happens
	After      func()      // called after the change was made and before the answer goes out
	Refuse     *Refusal    // nothing happens, this is the answer
	AfterApply *AfterApply // the change happens, the answer is an error or a dropped connection
}

// Refusal is an answer given instead of doing anything.
type Refusal struct {
	Status int
	Header http.Header
	Body   string // GitHub's error body with the status text when empty
}

// AfterApply replaces the answer to a change that was made.
type AfterApply struct {
	Status int
	Drop   bool
}

// Refused refuses with a status.
func Refused(status int) Fault { return Fault{Refuse: &Refusal{Status: status}} }

// AppliedThen makes the change and answers with a status.
func AppliedThen(status int) Fault { return Fault{AfterApply: &AfterApply{Status: status}} }

// AppliedThenDropped makes the change and hangs up.
func AppliedThenDropped() Fault { return Fault{AfterApply: &AfterApply{Drop: true}} }

// SecondaryLimit is GitHub's answer to a client that is too fast.
func SecondaryLimit(wait time.Duration) Fault {
	h := http.Header{}
	h.Set("Retry-After", strconv.Itoa(int(wait.Seconds())))
	return Fault{Refuse: &Refusal{Status: http.StatusForbidden, Header: h,
		Body: `{"message":"You have exceeded a secondary rate limit. Please wait a few minutes before you try again.","documentation_url":"https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"}`}}
}

// PrimaryLimit is GitHub's answer to a token that spent its hour.
func PrimaryLimit(reset time.Time) Fault {
	h := http.Header{}
	h.Set("X-RateLimit-Limit", "5000")
	h.Set("X-RateLimit-Remaining", "0")
	h.Set("X-RateLimit-Reset", strconv.FormatInt(reset.Unix(), 10))
	return Fault{Refuse: &Refusal{Status: http.StatusForbidden, Header: h,
		Body: `{"message":"API rate limit exceeded for installation.","documentation_url":"https://docs.github.com/rest/overview/rate-limits-for-the-rest-api"}`}}
}

func (r *Refusal) reply() reply {
	rep := failure(r.Status, http.StatusText(r.Status))
	rep.header = r.Header
	if r.Body != "" {
		rep.raw = []byte(r.Body)
	}
	return rep
}

// HookFault is what goes wrong with one webhook delivery; the zero value is nothing.
type HookFault struct {
	Drop      bool          // GitHub believes it failed; the log shows it and it can be redelivered
	Lose      bool          // never attempted and in no log
	Duplicate bool          // sent twice with the same id
	Delay     time.Duration // sent later, while others pass
	Reorder   bool          // sent after the delivery that follows it, at the latest when somebody calls Idle
}

type faults struct {
	mu   sync.Mutex
	rest func(Call) Fault
	hook func(Delivery) HookFault
}

// Fail installs a plan that every request is shown to before anything happens; nil removes it.
// The plan may be called from several requests at once.
func (s *Server) Fail(plan func(Call) Fault) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.rest = plan
}

// FailHooks installs a plan for webhook deliveries; nil removes it.
func (s *Server) FailHooks(plan func(Delivery) HookFault) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.hook = plan
}

func (f *faults) consult(c Call) Fault {
	f.mu.Lock()
	plan := f.rest
	f.mu.Unlock()
	if plan == nil {
		return Fault{}
	}
	return plan(c)
}

func (f *faults) consultHook(d Delivery) HookFault {
	f.mu.Lock()
	plan := f.hook
	f.mu.Unlock()
	if plan == nil {
		return HookFault{}
	}
	return plan(d)
}

// limits counts requests per token and hour, for the headers; it never refuses by itself.
type limits struct {
	mu   sync.Mutex
	used map[string]int
	hour int64
}

func (l *limits) take(key string, now time.Time, free bool) (used int, reset int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if hour := now.Unix() / 3600; hour != l.hour || l.used == nil {
		l.hour, l.used = hour, map[string]int{}
	}
	if !free {
		l.used[key]++
	}
	return l.used[key], (l.hour + 1) * 3600
}

func (l *limits) headers(s *Server, h http.Header, cred *credential, status int) {
	if cred == nil || h.Get("X-RateLimit-Remaining") != "" {
		return
	}
	const limit = 5000
	used, reset := l.take(cred.key, s.opt.Wall(), status == http.StatusNotModified)
	h.Set("X-RateLimit-Limit", strconv.Itoa(limit))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(max(limit-used, 0)))
	h.Set("X-RateLimit-Used", strconv.Itoa(used))
	h.Set("X-RateLimit-Reset", strconv.FormatInt(reset, 10))
	h.Set("X-RateLimit-Resource", "core")
}

// String keeps a scope readable in test failures.
func (t TokenScope) String() string {
	return fmt.Sprintf("%s %s %v %v", t.Kind, t.Actor, t.Repositories, t.Permissions)
}
