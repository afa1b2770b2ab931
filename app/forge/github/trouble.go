package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/liftgate/liftgate/policy"
)

// refusal is an answer of GitHub's that is not a success. It keeps the status for those who expect one; what people read
// is the trouble.
type refusal struct {
	status  int
	exists  bool // 422 because such a thing is there already
	trouble *policy.Trouble
}

func (r *refusal) Error() string { return r.trouble.Error() }
func (r *refusal) Unwrap() error { return r.trouble }

// gone reports whether GitHub says that a thing is not there.
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

func alreadyExists(err error) bool {
	var r *refusal
	return errors.As(err, &r) && r.exists
}

// told gives an error its verb and throws away all but the trouble: what lies between holds URLs, and URLs hold names.
func told(verb string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", verb, policy.AsTrouble(err))
}

// sorted makes a trouble of whatever go-github gives back.
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
	kind, hint := policy.TroubleAway, "GitHub gave no sensible answer"
	switch {
	case neverSent(err):
		hint = "GitHub could not be reached"
	case isWrite(method):
		kind = policy.TroubleUnknown
	}
	if errors.Is(err, context.DeadlineExceeded) {
		hint = "GitHub did not answer in time"
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

// decode reads a body that go-github has left alone.
func decode(raw []byte, into any) error {
	if into == nil || len(raw) == 0 {
		return nil
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return &policy.Trouble{Kind: policy.TroubleUnknown, Hint: "GitHub gave no sensible answer"}
	}
	return nil
}

// refusal sorts an answer by its status. The body is looked at for what kind of refusal it is, and no word of it is kept.
func (f *Forge) refusal(as purpose, req *http.Request, resp *http.Response, body []byte) error {
	r := &refusal{status: resp.StatusCode}
	what := f.objectOf(req.URL.Path)
	if until, limited := f.limitOf(resp, body); limited {
		f.limits.set(until)
		f.log.Warn("GitHub limits the rate of requests", "until", until)
		r.trouble = &policy.Trouble{Kind: policy.TroubleLimited, Hint: "GitHub limits the rate of requests", Until: until}
		return r
	}
	r.trouble = &policy.Trouble{Kind: policy.TroubleRefused}
	switch status := resp.StatusCode; {
	case status == http.StatusUnauthorized && as.signed():
		r.trouble.Hint = "GitHub does not know the App: its id and its private key must belong together, and this clock be right"
	case status == http.StatusUnauthorized:
		// Not performed, and the token has been dropped: the next try mints another.
		r.trouble = &policy.Trouble{Kind: policy.TroubleAway, Hint: "GitHub no longer accepts the token; a new one is taken"}
	case status == http.StatusForbidden:
		r.trouble.Hint = "GitHub forbids the App the " + what.deed(req.Method) + because(body, needed(resp.Header, what))
	case status == http.StatusNotFound || status == http.StatusGone:
		r.trouble.Hint = "GitHub shows the App no such thing: " + what.name + needed(resp.Header, what)
	case status == http.StatusConflict || status == http.StatusPreconditionFailed:
		r.trouble = &policy.Trouble{Kind: policy.TroubleConflict, Hint: "the " + what.name + " changed meanwhile"}
	case status == http.StatusRequestTimeout || status >= http.StatusInternalServerError:
		r.trouble = &policy.Trouble{Kind: policy.TroubleAway, Hint: "GitHub has a failure of its own"}
		if isWrite(req.Method) {
			r.trouble.Kind = policy.TroubleUnknown
		}
	default:
		r.exists = strings.Contains(strings.ToLower(string(body)), "already exist")
		r.trouble = &policy.Trouble{Kind: policy.TroubleInvalid, Hint: "GitHub does not accept the content of the " + what.name + because(body, "")}
	}
	return r
}

// because turns a reason that GitHub is known to give into words of our own.
func because(body []byte, otherwise string) string {
	text := strings.ToLower(string(body))
	for _, known := range []struct{ says, means string }{
		{"archived", ": the repository is archived"},
		{"upgrade to github", ": its plan does not include this for private repositories"},
		{"no commits between", ": the branch has nothing that its base lacks"},
		{"no commit found", ": the commit is not there"},
		{"invalid state transition", ": it can't go from its state to that one"},
		{"issue is locked", ": the conversation is locked"},
	} {
		if strings.Contains(text, known.says) {
			return known.means
		}
	}
	return otherwise
}

// secondaryWait is what GitHub asks for when it names no time.
const secondaryWait = time.Minute

// limitOf recognises the primary and the secondary limit in both of their statuses, 403 and 429.
func (f *Forge) limitOf(resp *http.Response, body []byte) (until time.Time, limited bool) {
	if resp.StatusCode != http.StatusForbidden && resp.StatusCode != http.StatusTooManyRequests {
		return time.Time{}, false
	}
	now := f.now().UTC()
	until = now.Add(secondaryWait)
	after, retry := number(resp.Header, "Retry-After")
	reset, hasReset := number(resp.Header, "X-RateLimit-Reset")
	left, hasLeft := number(resp.Header, "X-RateLimit-Remaining")
	spent := hasLeft && left == 0
	switch {
	case retry:
		until = now.Add(time.Duration(after) * time.Second)
	case hasReset && spent:
		until = f.local(resp.Header, time.Unix(reset, 0))
	}
	if !until.After(now) { // the clocks differ, or the limit ends this very second
		until = now.Add(time.Second)
	}
	return until, retry || spent || resp.StatusCode == http.StatusTooManyRequests || saysSecondary(body)
}

// local moves an instant that GitHub names to our clock, which may differ from GitHub's: what counts is how long it is
// from the answer's own date.
func (f *Forge) local(h http.Header, at time.Time) time.Time {
	now := f.now().UTC()
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return at.UTC() // no date, so nothing better is known
	}
	return now.Add(at.Sub(date))
}

func saysSecondary(body []byte) bool {
	var said struct {
		Message string `json:"message"`
		URL     string `json:"documentation_url"`
	}
	if json.Unmarshal(body, &said) != nil {
		return false // not GitHub's form of refusal, so not its limit either
	}
	return strings.Contains(said.Message, "secondary rate limit") || strings.HasSuffix(said.URL, "secondary-rate-limits") ||
		strings.HasSuffix(said.URL, "#abuse-rate-limits")
}

func number(h http.Header, name string) (int64, bool) {
	n, err := strconv.ParseInt(h.Get(name), 10, 64)
	return n, err == nil && n >= 0
}
