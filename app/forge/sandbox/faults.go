package sandbox

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// Call describes a request to a fault plan before anything happened.
type Call struct {
	Method, Path string
	Route        string // as the forge's description writes it: "POST /repos/{owner}/{repo}/issues"; "git-receive-pack" for a push
	Repo         string // owner/name or group/sub/name, empty where there is none
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
	Body   string // the forge's own error body with the status text when empty
}

// Reply is the refusal as an answer; plain is the forge's own for the status.
func (r Refusal) Reply(plain Reply) Reply {
	plain.Header = r.Header
	if r.Body != "" {
		plain.Raw = []byte(r.Body)
	}
	return plain
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

// Drops tells whether the connection is closed instead of answering.
func (f Fault) Drops() bool { return f.AfterApply != nil && f.AfterApply.Drop }

// Play runs a call as far as its fault lets it, and gives the answer to send: do's own, or what instead makes of the
// refusal that stands in its place. Whether the answer is sent at all, [Fault.Drops] says.
func Play[Answer any](ctx context.Context, f Fault, do func() Answer, instead func(Refusal) Answer) Answer {
	Pause(ctx, f.Delay)
	if f.Before != nil {
		f.Before()
	}
	var answer Answer
	if f.Refuse != nil {
		answer = instead(*f.Refuse)
	} else {
		answer = do()
	}
	if f.After != nil {
		f.After()
	}
	if after := f.AfterApply; after != nil && after.Status != 0 {
		answer = instead(Refusal{Status: after.Status})
	}
	return answer
}

// Pause waits without a timer of its own, so that a cancelled request stops waiting.
func Pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	<-ctx.Done()
}

// HangUp closes the connection without an answer.
func HangUp(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // net/http's own way to drop a connection
	}
	_ = conn.Close() // the point is that it is gone
}

// Delivery is one attempt to deliver a webhook, as the forge's delivery log shows it.
type Delivery struct {
	ID         int64 // 0 before it was attempted
	GUID       string
	Hook       int64 // GitHub's App, GitLab's webhook
	Event      string
	Action     string
	Repo       string
	Redelivery bool
	Status     int // the receiver's; 0 when there was no answer
	Body       []byte
}

// HookFault is what goes wrong with one webhook delivery; the zero value is nothing.
type HookFault struct {
	Drop      bool          // the forge believes it failed; the log shows it and it can be redelivered
	Lose      bool          // never attempted and in no log
	Duplicate bool          // sent twice with the same id
	Delay     time.Duration // sent later, while others pass
	Reorder   bool          // sent after the delivery that follows it, at the latest when somebody waits for idleness
}

// Faults holds the fault plans of a stand-in. The zero value has none.
type Faults struct {
	mu   sync.Mutex
	call func(Call) Fault
	hook func(Delivery) HookFault
}

// Fail installs a plan that every request is shown to before anything happens; nil removes it.
// The plan may be called from several requests at once.
func (f *Faults) Fail(plan func(Call) Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.call = plan
}

// FailHooks installs a plan for webhook deliveries; nil removes it.
func (f *Faults) FailHooks(plan func(Delivery) HookFault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hook = plan
}

// Consult asks the plan about a request.
func (f *Faults) Consult(c Call) Fault {
	f.mu.Lock()
	plan := f.call
	f.mu.Unlock()
	if plan == nil {
		return Fault{}
	}
	return plan(c)
}

// ConsultHook asks the plan about a delivery.
func (f *Faults) ConsultHook(d Delivery) HookFault {
	f.mu.Lock()
	plan := f.hook
	f.mu.Unlock()
	if plan == nil {
		return HookFault{}
	}
	return plan(d)
}
