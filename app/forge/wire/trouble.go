package wire

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"

	"github.com/liftgate/liftgate/policy"
)

// Refusal is an answer of the forge's that is not a success. It keeps the status for those who expect one; what people read
// is the trouble.
type Refusal struct {
	Status  int
	Known   error // what the adapter has recognised it as, for errors.Is; nil: nothing
	Trouble *policy.Trouble
}

func (r *Refusal) Error() string { return r.Trouble.Error() }

// Unwrap gives the trouble, and what the refusal is known as.
func (r *Refusal) Unwrap() []error {
	if r.Known == nil {
		return []error{r.Trouble}
	}
	return []error{r.Trouble, r.Known}
}

// Gone reports whether the forge says that a thing is not there, or not to be seen: it says the same of both.
func Gone(err error) bool {
	status := StatusOf(err)
	return status == http.StatusNotFound || status == http.StatusGone
}

// StatusOf is the status of the refusal that an error is; zero for any other error.
func StatusOf(err error) int {
	var r *Refusal
	if errors.As(err, &r) {
		return r.Status
	}
	return 0
}

// Told gives an error its verb and throws away all but the trouble: what lies between holds URLs, and URLs hold names.
func Told(verb string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", verb, policy.AsTrouble(err))
}

// Refused is a refusal of our own, before anything was asked.
func Refused(hint string) error { return &policy.Trouble{Kind: policy.TroubleRefused, Hint: hint} }

// Sorted makes a trouble of whatever the forge's client library gives back.
func (w *Wire) Sorted(method string, err error) error {
	var r *Refusal
	if errors.As(err, &r) {
		return r
	}
	var t *policy.Trouble
	if errors.As(err, &t) {
		return t
	}
	return w.Unreached(method, err)
}

// Unreached sorts a request without an answer, or with one that makes no sense. A write that may have arrived has an
// unknown outcome; one that found nobody listening has not happened.
func (w *Wire) Unreached(method string, err error) error {
	kind, hint := policy.TroubleAway, w.Forge+" gave no sensible answer"
	switch {
	case neverSent(err):
		hint = w.Forge + " could not be reached"
	case Writes(method):
		kind = policy.TroubleUnknown
	}
	if errors.Is(err, context.DeadlineExceeded) {
		hint = w.Forge + " did not answer in time"
	}
	return &policy.Trouble{Kind: kind, Hint: hint}
}

func neverSent(err error) bool {
	var dns *net.DNSError
	if errors.As(err, &dns) || errors.Is(err, syscall.ECONNREFUSED) {
		return true
	}
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// Failed sorts an answer by which the forge says that it failed itself, perhaps halfway.
func (w *Wire) Failed(method string) *policy.Trouble {
	t := &policy.Trouble{Kind: policy.TroubleAway, Hint: w.Forge + " has a failure of its own"}
	if Writes(method) {
		t.Kind = policy.TroubleUnknown
	}
	return t
}

// Reason is something that a forge is known to say, in lower case, and what that means in words of our own.
type Reason struct{ Says, Means string }

// Because gives the meaning of the first reason that a refusal's body names.
func Because(body []byte, known []Reason, otherwise string) string {
	text := strings.ToLower(string(body))
	for _, reason := range known {
		if strings.Contains(text, reason.Says) {
			return reason.Means
		}
	}
	return otherwise
}
