package gitlab

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

// refusal is an answer of GitLab's that is not a success. It keeps the status for those who expect one; what people read
// is the trouble.
type refusal struct {
	status  int
	idle    bool // a pipeline was not made because it would have run nothing
	trouble *policy.Trouble
}

func (r *refusal) Error() string { return r.trouble.Error() }
func (r *refusal) Unwrap() error { return r.trouble }

// gone reports whether GitLab says that a thing is not there, or not to be seen: it says the same of both.
func gone(err error) bool {
	status := statusOf(err)
	return status == http.StatusNotFound || status == http.StatusGone
}

func statusOf(err error) int {
	var r *refusal
	if errors.As(err, &r) {
		return r.status
	}
	return 0
}

// told gives an error its verb and throws away all but the trouble: what lies between holds URLs, and URLs hold names.
func told(verb string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", verb, policy.AsTrouble(err))
}

// sorted makes a trouble of whatever go-gitlab gives back.
func sorted(method string, err error) error {
	var r *refusal
	if errors.As(err, &r) {
		return r
	}
	var t *policy.Trouble
	if errors.As(err, &t) {
		return t
	}
	return unreached(method, err)
}

// unreached sorts a request without an answer, or with one that makes no sense. A write that may have arrived has an
// unknown outcome; one that found nobody listening has not happened.
func unreached(method string, err error) error {
	kind, hint := policy.TroubleAway, "GitLab gave no sensible answer"
	switch {
	case neverSent(err):
		hint = "GitLab could not be reached"
	case isWrite(method):
		kind = policy.TroubleUnknown
	}
	if errors.Is(err, context.DeadlineExceeded) {
		hint = "GitLab did not answer in time"
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

// refusal sorts an answer by its status. The body is looked at for what kind of refusal it is, and no word of it is kept.
func (f *Forge) refusal(as purpose, req *http.Request, resp *http.Response, body []byte) error {
	r := &refusal{status: resp.StatusCode}
	what := f.objectOf(req.URL.EscapedPath())
	sort := func(kind policy.TroubleKind, hint string) error {
		r.trouble = &policy.Trouble{Kind: kind, Hint: hint}
		return r
	}
	switch status := resp.StatusCode; {
	case status == http.StatusTooManyRequests:
		until := f.limited(resp)
		r.trouble = &policy.Trouble{Kind: policy.TroubleLimited, Hint: "GitLab limits the rate of requests", Until: until}
		return r
	case status == http.StatusUnauthorized:
		return sort(policy.TroubleRefused, "GitLab does not accept the token for "+string(as)+because(body, ": it has ended, was revoked or is another GitLab's"))
	case status == http.StatusForbidden:
		return sort(policy.TroubleRefused, "GitLab forbids the token's user the "+what.deed(req.Method)+because(body, what.needed()))
	case status == http.StatusNotFound || status == http.StatusGone:
		return sort(policy.TroubleRefused, "GitLab shows the token's user no such thing: "+what.name+what.needed())
	case status == http.StatusConflict || status == http.StatusPreconditionFailed || status == http.StatusMethodNotAllowed ||
		status == http.StatusNotAcceptable:
		return sort(policy.TroubleConflict, "the "+what.name+" changed meanwhile")
	case status == http.StatusLocked:
		return sort(policy.TroubleAway, "the "+what.name+" is in use at GitLab")
	case status == http.StatusRequestTimeout || status >= http.StatusInternalServerError:
		if isWrite(req.Method) {
			return sort(policy.TroubleUnknown, "GitLab has a failure of its own")
		}
		return sort(policy.TroubleAway, "GitLab has a failure of its own")
	}
	text := strings.ToLower(string(body))
	if strings.Contains(text, "sufficient permission") { // GitLab's 400 for a pipeline
		return sort(policy.TroubleRefused, "GitLab forbids the token's user the "+what.deed(req.Method)+what.needed())
	}
	if strings.Contains(text, "reference not found") { // likewise, where its view of the branches is behind
		return sort(policy.TroubleAway, "GitLab does not know the branch yet")
	}
	r.idle = idle(text)
	return sort(policy.TroubleInvalid, "GitLab does not accept the content of the "+what.name+because(body, ""))
}

// idle recognises the answers by which GitLab says that a pipeline would have no jobs, in its words of several years.
func idle(text string) bool {
	for _, known := range []string{"no stages", "missing ci config", "would have been empty", "workflow rules", "rules configuration"} {
		if strings.Contains(text, known) {
			return true
		}
	}
	return false
}

// because turns a reason that GitLab is known to give into words of our own.
func because(body []byte, otherwise string) string {
	text := strings.ToLower(string(body))
	for _, known := range []struct{ says, means string }{
		{"insufficient_scope", ": the token lacks the scope api"},
		{"token is expired", ": it has ended"},
		{"token was revoked", ": it was revoked"},
		{"archived", ": the project is archived"},
		{"source branch", ": the source branch is not there"},
		{"locked", ": the conversation is locked"},
		{"cannot transition", ": it can't go from its state to that one"},
		{"ci config", ": there is nothing to run"},
	} {
		if strings.Contains(text, known.says) {
			return known.means
		}
	}
	return otherwise
}
