package sandbox

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// office is a courier, where the letters go, and what was written down about them.
type office struct {
	t       *testing.T
	faults  Faults
	courier *Courier
	url     string

	mu   sync.Mutex
	came []string
	log  []Attempt
}

func open(t *testing.T) *office {
	t.Helper()
	o := &office{t: t}
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		o.mu.Lock()
		o.came = append(o.came, string(body))
		o.mu.Unlock()
		if string(body) == "bad" {
			w.WriteHeader(http.StatusTeapot)
		}
		_, _ = io.WriteString(w, "thanks for "+r.Header.Get("X-Name"))
	}))
	t.Cleanup(receiver.Close)
	o.url = receiver.URL
	o.courier = NewCourier(t.Context(), &o.faults, time.Now, time.Second)
	t.Cleanup(o.courier.Stop)
	return o
}

func (o *office) send(names ...string) {
	for _, name := range names {
		o.courier.Send(Letter{
			Delivery: Delivery{Event: name, Body: []byte(name)},
			Address: func(time.Time) (string, http.Header) {
				if name == "nobody" {
					return "", nil
				}
				return o.url, http.Header{"X-Name": {name}}
			},
			Log: func(a Attempt) {
				o.mu.Lock()
				defer o.mu.Unlock()
				o.log = append(o.log, a)
			},
		})
	}
}

// arrived waits until all is quiet and gives what came, in order.
func (o *office) arrived() string {
	o.t.Helper()
	if err := o.courier.Idle(o.t.Context()); err != nil {
		o.t.Fatal(err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	came := strings.Join(o.came, " ")
	o.came = nil
	return came
}

func TestCourierFollowsThePlan(t *testing.T) {
	fault := map[string]HookFault{
		"lost": {Lose: true}, "dropped": {Drop: true}, "double": {Duplicate: true}, "held": {Reorder: true},
		"late": {Delay: 200 * time.Millisecond}, "last": {Reorder: true},
	}
	for _, tt := range []struct{ name, send, want string }{
		{"in order", "a b c", "a b c"},
		{"lost and dropped", "a lost dropped b", "a b"},
		{"twice", "a double b", "a double double b"},
		{"after the next", "held a b", "a held b"},
		{"later, while others pass", "late a b", "a b late"},
		{"nothing follows", "a last", "a last"},
		{"two held", "held last a", "a held last"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := open(t)
			o.faults.FailHooks(func(d Delivery) HookFault { return fault[d.Event] })
			o.send(strings.Fields(tt.send)...)
			if got := o.arrived(); got != tt.want {
				t.Errorf("came as %q, want %q", got, tt.want)
			}
		})
	}
}

func TestCourierWritesDown(t *testing.T) {
	o := open(t)
	o.faults.FailHooks(func(d Delivery) HookFault { return HookFault{Drop: d.Event == "dropped", Lose: d.Event == "lost"} })
	o.send("good", "bad", "lost", "dropped", "nobody")
	o.arrived()
	var got []string
	for _, a := range o.log {
		got = append(got, strings.TrimSpace(http.StatusText(a.Status)+" "+a.Message+" "+a.Answer))
	}
	want := []string{"OK OK thanks for good", "I'm a teapot I'm a teapot thanks for bad", "failed to connect to host", "failed to connect to host"}
	if !slices.Equal(got, want) {
		t.Errorf("written down: %q, want %q", got, want)
	}
	if name := o.log[0].Request.Get("X-Name"); name != "good" {
		t.Errorf("the request in the log is from %q", name)
	}
}

func TestIdleEndsWithItsContext(t *testing.T) {
	o := open(t)
	o.faults.FailHooks(func(Delivery) HookFault { return HookFault{Delay: time.Hour} })
	o.send("late")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := o.courier.Idle(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Idle ends with %v", err)
	}
}
