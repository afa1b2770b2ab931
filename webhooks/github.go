package webhooks

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/liftgate/liftgate/policy"
)

// github receives GitHub's webhooks.
type github struct {
	receiver
	keys keyring
}

// GitHub receives the webhooks of a GitHub App. A delivery must be signed with one of the secrets; list the new one beside
// the old one while replacing it. Every argument is needed.
func GitHub(secrets [][]byte, ring Ringer, now func() time.Time, log *slog.Logger) (http.Handler, error) {
	keys, err := newKeyring(secrets)
	if err != nil {
		return nil, err
	}
	rc, err := newReceiver(ring, now, log)
	if err != nil {
		return nil, err
	}
	return &github{rc, keys}, nil
}

// ServeHTTP takes one delivery.
func (g *github) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !g.bounded(w, r) {
		return
	}
	// X-Hub-Signature, over SHA-1, is deliberately not looked at. Without a signature the body is not worth reading.
	signature, found := parseSignature(r.Header.Get("X-Hub-Signature-256"))
	if !found {
		g.unsigned(w)
		return
	}
	if bell, ok := g.reduce(w, r, signature); ok {
		g.answer(w, r, bell)
	}
}

// reduce reads the body and gives the doorbell that it rings, nil for one that rings none. Or it answers, and returns false.
// The body's memory is free when it returns: storing takes longer than reading.
func (g *github) reduce(w http.ResponseWriter, r *http.Request, signature []byte) (bell *policy.Doorbell, ok bool) {
	body, leave, ok := g.readBody(w, r)
	if !ok {
		return nil, false
	}
	defer leave()
	if !g.keys.signed([][]byte{signature}, body) {
		g.unsigned(w)
		return nil, false
	}
	bell, err := decodeGitHub(r.Header.Get("X-GitHub-Event"), body)
	return g.understood(bell, err, deliveryID(body, r.Header.Get("X-GitHub-Delivery"))), true
}

// payload is what is looked at in GitHub's events: the names of objects, and who pressed which button.
type payload struct {
	Action     string `json:"action"`
	Ref        string `json:"ref"`
	RefType    string `json:"ref_type"`
	SHA        string `json:"sha"`
	Repository struct {
		FullName string `json:"full_name"`
	} `json:"repository"`
	Advisory struct {
		GHSA string `json:"ghsa_id"`
	} `json:"repository_advisory"`
	Issue struct {
		Number      int64     `json:"number"`
		PullRequest *struct{} `json:"pull_request"` // there if the issue is a pull request
	} `json:"issue"`
	PullRequest struct {
		Number int64 `json:"number"`
	} `json:"pull_request"`
	CheckRun struct {
		HeadSHA string `json:"head_sha"`
	} `json:"check_run"`
	CheckSuite struct {
		HeadSHA string `json:"head_sha"`
	} `json:"check_suite"`
	RequestedAction struct {
		Identifier string `json:"identifier"`
	} `json:"requested_action"`
	Sender struct {
		Login string `json:"login"`
	} `json:"sender"`
}

// decodeGitHub reduces an event to a doorbell without its Delivery and At. It returns nil for an event of no interest. An
// error's text never quotes the body.
func decodeGitHub(event string, body []byte) (*policy.Doorbell, error) {
	name := namer(event)
	if name == nil {
		return nil, nil
	}
	var p payload
	if err := json.Unmarshal(body, &p); err != nil {
		// A field of another type than ours is a change of GitHub's: the rest is decoded, and the field counts as missing.
		if _, other := errors.AsType[*json.UnmarshalTypeError](err); !other {
			return nil, errors.New("not JSON")
		}
	}
	bell := &policy.Doorbell{Forge: "github", Object: name(&p)}
	if repo := p.Repository.FullName; validRepo(repo) {
		bell.Repo = repo
	}
	switch {
	case bell.Object.Kind == policy.ObjectInstallation: // may name a repository that it is not about, or no more
		bell.Repo = ""
	case bell.Repo == "":
		bell.Object = policy.Object{Kind: policy.ObjectUnknown} // something changed somewhere
	case event == "check_run" && p.Action == "requested_action":
		bell.Press = p.press()
	}
	return bell, nil
}

// namer gives the function that names the object of an event, or nil if the event is of no interest.
func namer(event string) func(*payload) policy.Object {
	switch event {
	case "repository_advisory":
		return (*payload).report
	case "issues", "issue_comment":
		return (*payload).issueOrFix
	case "pull_request", "pull_request_review", "pull_request_review_comment", "pull_request_review_thread":
		return (*payload).fix
	case "push":
		return (*payload).pushed
	case "create", "delete":
		return (*payload).branch
	case "check_run", "check_suite", "status":
		return (*payload).commit
	case "repository", "public", "member", "team_add", "fork", // who can see it, and who can write to it
		"branch_protection_rule", "branch_protection_configuration", "repository_ruleset":
		return (*payload).repository
	case "installation", "installation_repositories", "installation_target":
		return (*payload).installation
	}
	return nil
}

// named is the object, or its repository if the name is not what it should be.
func named(kind policy.ObjectKind, name string, valid bool) policy.Object {
	if !valid {
		return policy.Object{Kind: policy.ObjectRepository}
	}
	return policy.Object{Kind: kind, Name: name}
}

func (p *payload) report() policy.Object {
	return named(policy.ObjectReport, p.Advisory.GHSA, validGHSA(p.Advisory.GHSA))
}

func (p *payload) issueOrFix() policy.Object {
	kind := policy.ObjectIssue
	if p.Issue.PullRequest != nil {
		kind = policy.ObjectFix
	}
	return named(kind, strconv.FormatInt(p.Issue.Number, 10), p.Issue.Number > 0)
}

func (p *payload) fix() policy.Object {
	return named(policy.ObjectFix, strconv.FormatInt(p.PullRequest.Number, 10), p.PullRequest.Number > 0)
}

// pushed names the branch that was pushed to. A tag is not an object of its own: it rings for the repository.
func (p *payload) pushed() policy.Object {
	branch, isBranch := strings.CutPrefix(p.Ref, "refs/heads/")
	return named(policy.ObjectBranch, branch, isBranch && validBranch(branch))
}

func (p *payload) branch() policy.Object {
	return named(policy.ObjectBranch, p.Ref, p.RefType == "branch" && validBranch(p.Ref))
}

// commit names the commit whose checks or statuses changed; each of the three events says it at another place.
func (p *payload) commit() policy.Object {
	for _, sha := range []string{p.CheckRun.HeadSHA, p.CheckSuite.HeadSHA, p.SHA} {
		if validSHA(sha) {
			return policy.Object{Kind: policy.ObjectCommit, Name: sha}
		}
	}
	return policy.Object{Kind: policy.ObjectRepository}
}

func (p *payload) repository() policy.Object {
	if p.Action == "renamed" || p.Action == "transferred" { // the event has the new name, which nobody knows yet
		return p.installation()
	}
	return policy.Object{Kind: policy.ObjectRepository}
}

func (p *payload) installation() policy.Object {
	return policy.Object{Kind: policy.ObjectInstallation}
}

// press is the button that was pressed, or nil if it can't be told which, where or by whom.
func (p *payload) press() *policy.Press {
	press := policy.Press{Actor: p.Sender.Login, Button: p.RequestedAction.Identifier, Head: p.CheckRun.HeadSHA}
	if !validLogin(press.Actor) || !validButton(press.Button) || !validSHA(press.Head) {
		return nil
	}
	return &press
}
