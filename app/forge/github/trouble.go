package github

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/policy"
)

// errExists is what a refusal is known as that says that such a thing is there already.
var errExists = errors.New("it is there already")

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
	r := &wire.Refusal{Status: resp.StatusCode, Trouble: &policy.Trouble{Kind: policy.TroubleRefused}}
	what := f.objectOf(req.URL.Path)
	if until, limited := f.limitOf(resp, body); limited {
		f.wire.Silence(until)
		f.wire.Log.Warn("GitHub limits the rate of requests", "until", until)
		r.Trouble = &policy.Trouble{Kind: policy.TroubleLimited, Hint: "GitHub limits the rate of requests", Until: until}
		return r
	}
	switch status := resp.StatusCode; {
	case status == http.StatusUnauthorized && as.signed():
		r.Trouble.Hint = "GitHub does not know the App: its id and its private key must belong together, and this clock be right"
	case status == http.StatusUnauthorized:
		// Not performed, and the token has been dropped: the next try mints another.
		r.Trouble = &policy.Trouble{Kind: policy.TroubleAway, Hint: "GitHub no longer accepts the token; a new one is taken"}
	case status == http.StatusForbidden:
		r.Trouble.Hint = "GitHub forbids the App the " + what.Deed(req.Method) + because(body, needed(resp.Header, what))
	case wire.Gone(r):
		r.Trouble.Hint = "GitHub shows the App no such thing: " + what.Name + needed(resp.Header, what)
	case status == http.StatusConflict || status == http.StatusPreconditionFailed:
		r.Trouble = &policy.Trouble{Kind: policy.TroubleConflict, Hint: "the " + what.Name + " changed meanwhile"}
	case status == http.StatusRequestTimeout || status >= http.StatusInternalServerError:
		r.Trouble = f.wire.Failed(req.Method)
	default:
		if strings.Contains(strings.ToLower(string(body)), "already exist") {
			r.Known = errExists
		}
		r.Trouble = &policy.Trouble{Kind: policy.TroubleInvalid, Hint: "GitHub does not accept the content of the " + what.Name + because(body, "")}
	}
	return r
}

// because turns a reason that GitHub is known to give into words of our own.
func because(body []byte, otherwise string) string {
	return wire.Because(body, []wire.Reason{
		{Says: "archived", Means: ": the repository is archived"},
		{Says: "upgrade to github", Means: ": its plan does not include this for private repositories"},
		{Says: "no commits between", Means: ": the branch has nothing that its base lacks"},
		{Says: "no commit found", Means: ": the commit is not there"},
		{Says: "invalid state transition", Means: ": it can't go from its state to that one"},
		{Says: "issue is locked", Means: ": the conversation is locked"},
	}, otherwise)
}

// limitOf recognises the primary and the secondary limit in both of their statuses, 403 and 429.
func (f *Forge) limitOf(resp *http.Response, body []byte) (until time.Time, limited bool) {
	if resp.StatusCode != http.StatusForbidden && resp.StatusCode != http.StatusTooManyRequests {
		return time.Time{}, false
	}
	_, retry := wire.Number(resp.Header, "Retry-After")
	left, counted := wire.Number(resp.Header, "X-RateLimit-Remaining")
	reset, spent := "", counted && left == 0
	if spent {
		reset = "X-RateLimit-Reset"
	}
	until = f.wire.LimitEnds(resp.Header, reset)
	return until, retry || spent || resp.StatusCode == http.StatusTooManyRequests || saysSecondary(body)
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
