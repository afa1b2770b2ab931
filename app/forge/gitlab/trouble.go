package gitlab

import (
	"errors"
	"net/http"
	"strings"

	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/policy"
)

// errIdle is what a refusal is known as by which a pipeline was not made because it would have run nothing.
var errIdle = errors.New("there is nothing to run")

// refusal sorts an answer by its status. The body is looked at for what kind of refusal it is, and no word of it is kept.
func (f *Forge) refusal(as purpose, req *http.Request, resp *http.Response, body []byte) error {
	r := &wire.Refusal{Status: resp.StatusCode}
	what := f.objectOf(req.URL.EscapedPath())
	sort := func(kind policy.TroubleKind, hint string) error {
		r.Trouble = &policy.Trouble{Kind: kind, Hint: hint}
		return r
	}
	switch status := resp.StatusCode; {
	case status == http.StatusTooManyRequests:
		until := f.limited(resp)
		r.Trouble = &policy.Trouble{Kind: policy.TroubleLimited, Hint: "GitLab limits the rate of requests", Until: until}
		return r
	case status == http.StatusUnauthorized:
		return sort(policy.TroubleRefused, "GitLab does not accept the token for "+string(as)+because(body, ": it has ended, was revoked or is another GitLab's"))
	case status == http.StatusForbidden:
		return sort(policy.TroubleRefused, "GitLab forbids the token's user the "+what.Deed(req.Method)+because(body, needed(what)))
	case status == http.StatusNotFound || status == http.StatusGone:
		return sort(policy.TroubleRefused, "GitLab shows the token's user no such thing: "+what.Name+needed(what))
	case status == http.StatusConflict || status == http.StatusPreconditionFailed || status == http.StatusMethodNotAllowed ||
		status == http.StatusNotAcceptable:
		return sort(policy.TroubleConflict, "the "+what.Name+" changed meanwhile")
	case status == http.StatusLocked:
		return sort(policy.TroubleAway, "the "+what.Name+" is in use at GitLab")
	case status == http.StatusRequestTimeout || status >= http.StatusInternalServerError:
		r.Trouble = f.wire.Failed(req.Method)
		return r
	}
	text := strings.ToLower(string(body))
	if strings.Contains(text, "sufficient permission") { // GitLab's 400 for a pipeline
		return sort(policy.TroubleRefused, "GitLab forbids the token's user the "+what.Deed(req.Method)+needed(what))
	}
	if strings.Contains(text, "reference not found") { // likewise, where its view of the branches is behind
		return sort(policy.TroubleAway, "GitLab does not know the branch yet")
	}
	if idle(text) {
		r.Known = errIdle
	}
	return sort(policy.TroubleInvalid, "GitLab does not accept the content of the "+what.Name+because(body, ""))
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
	return wire.Because(body, []wire.Reason{
		{Says: "insufficient_scope", Means: ": the token lacks the scope api"},
		{Says: "token is expired", Means: ": it has ended"},
		{Says: "token was revoked", Means: ": it was revoked"},
		{Says: "archived", Means: ": the project is archived"},
		{Says: "source branch", Means: ": the source branch is not there"},
		{Says: "locked", Means: ": the conversation is locked"},
		{Says: "cannot transition", Means: ": it can't go from its state to that one"},
		{Says: "ci config", Means: ": there is nothing to run"},
	}, otherwise)
}
