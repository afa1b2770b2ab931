package webhooks

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/liftgate/liftgate/policy"
)

// GitLab counts every answer but 2xx and 3xx as a failure, disables a hook after some of them, and sends nothing again. So
// whatever comes from somebody who knows the secret is acknowledged, understood or not, unless it could not be stored, and
// the sweep finds what was missed.
//
// A delivery proves where it is from in one of two ways. The older one is a secret token in a header, which says nothing
// about the body: whoever has seen one delivery can make up others. A doorbell only has somebody look, so that costs reads
// and no more; there are no presses on GitLab. The newer one (19.0) is the signature of Standard Webhooks. It signs the
// delivery's id and the time as well, so that a delivery can be repeated for some minutes, and counts once then. It does not
// sign the header that names the event: one kind of event can be passed off as another, which names the wrong object of the
// same project.

// GitLabSecrets are what a delivery may prove itself with. List the new one beside the old one while replacing it.
type GitLabSecrets struct {
	Tokens  [][]byte // secret tokens, as they stand in the header
	Signing [][]byte // keys of signatures; with any of them every delivery has to be signed, and Tokens are not looked at
}

// statusCheck in the query makes the address that of an external status check. GitLab wants such an address and tells it of
// every change of a merge request, which a webhook tells as well: nothing is read, proven or done there.
const statusCheck = "status"

// gitlab receives GitLab's webhooks.
type gitlab struct {
	receiver
	tokens  tokens
	signing keyring
}

// GitLab receives the webhooks of GitLab's projects and groups. Secrets of one kind are needed, and every other argument.
func GitLab(secrets GitLabSecrets, ring Ringer, now func() time.Time, log *slog.Logger) (http.Handler, error) {
	rc, err := newReceiver(ring, now, log)
	if err != nil {
		return nil, err
	}
	g := &gitlab{receiver: rc}
	if len(secrets.Signing) > 0 {
		g.signing, err = newKeyring(secrets.Signing)
	} else {
		g.tokens, err = newTokens(secrets.Tokens)
	}
	if err != nil {
		return nil, err
	}
	return g, nil
}

// ServeHTTP takes one delivery.
func (g *gitlab) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !g.bounded(w, r) {
		return
	}
	if r.URL.Query().Has(statusCheck) {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	proof, ok := g.proof(r)
	if !ok { // the body is not worth reading
		g.unsigned(w)
		return
	}
	if bell, ok := g.reduce(w, r, proof); ok {
		g.answer(w, r, bell)
	}
}

// proof is what the headers bring along to verify the body with, nil if they are all that there is to verify. It is false if
// no body can make the delivery a good one.
func (g *gitlab) proof(r *http.Request) (*standardSignature, bool) {
	if len(g.signing) > 0 {
		return parseStandard(r.Header, g.now())
	}
	return nil, g.tokens.hold(r.Header.Get("X-Gitlab-Token"))
}

// reduce reads the body and gives the doorbell that it rings, nil for one that rings none. Or it answers, and returns false.
// The body's memory is free when it returns: storing takes longer than reading.
func (g *gitlab) reduce(w http.ResponseWriter, r *http.Request, proof *standardSignature) (bell *policy.Doorbell, ok bool) {
	body, leave, ok := g.readBody(w, r)
	if !ok {
		return nil, false
	}
	defer leave()
	ids := []string{r.Header.Get("Idempotency-Key"), r.Header.Get("Webhook-Id")}
	if proof != nil {
		if !proof.fits(g.signing, body) {
			g.unsigned(w)
			return nil, false
		}
		ids = []string{proof.id} // the same as the other, and signed
	}
	bell, err := decodeGitLab(r.Header.Get("X-Gitlab-Event"), body)
	return g.understood(bell, err, deliveryID(body, ids...)), true
}

// tokens holds digests of the tokens: they are all as long, so that comparing takes the same time whatever was sent.
type tokens [][sha256.Size]byte

func newTokens(secrets [][]byte) (tokens, error) {
	keys, err := newKeyring(secrets)
	if err != nil {
		return nil, err
	}
	held := make(tokens, len(keys))
	for i, key := range keys {
		held[i] = sha256.Sum256(key)
	}
	return held, nil
}

// hold reports whether the token is one of these. It looks at every one, so that the time does not tell which.
func (t tokens) hold(token string) bool {
	sum, fits := sha256.Sum256([]byte(token)), false
	for _, held := range t {
		if hmac.Equal(sum[:], held[:]) {
			fits = true
		}
	}
	return fits
}

// labPayload is what is looked at in GitLab's events: the names of objects, and who can see them.
type labPayload struct {
	EventName string `json:"event_name"`
	Ref       string `json:"ref"`
	SHA       string `json:"sha"`                 // of a job
	Path      string `json:"path_with_namespace"` // of a project that begins or ends
	Project   struct {
		Path       string          `json:"path_with_namespace"`
		Visibility json.RawMessage `json:"visibility_level"`
	} `json:"project"`
	Attributes struct {
		IID          int64  `json:"iid"`
		SHA          string `json:"sha"` // of a pipeline
		Confidential bool   `json:"confidential"`
	} `json:"object_attributes"`
	Issue struct { // that a note is about
		IID          int64 `json:"iid"`
		Confidential bool  `json:"confidential"`
	} `json:"issue"`
	MergeRequest struct { // that a note is about
		IID int64 `json:"iid"`
	} `json:"merge_request"`
	Changes struct {
		Confidential json.RawMessage `json:"confidential"`
	} `json:"changes"`
	hidden bool // the event's name says that the object is confidential
}

// decodeGitLab reduces an event to a doorbell without its Delivery and At. It returns nil for an event of no interest. An
// error's text never quotes the body.
func decodeGitLab(event string, body []byte) (*policy.Doorbell, error) {
	kind, hidden := strings.CutPrefix(event, "Confidential ")
	name := labNamer(kind)
	if name == nil {
		return nil, nil
	}
	p := labPayload{hidden: hidden}
	if err := json.Unmarshal(body, &p); err != nil {
		// A field of another type than ours is a change of GitLab's: the rest is decoded, and the field counts as missing.
		if _, other := errors.AsType[*json.UnmarshalTypeError](err); !other {
			return nil, errors.New("not JSON")
		}
	}
	object, rings := name(&p)
	if !rings {
		return nil, nil
	}
	bell := &policy.Doorbell{Forge: "gitlab", Object: object}
	for _, path := range []string{p.Project.Path, p.Path} {
		if bell.Repo == "" && validProjectPath(path) {
			bell.Repo = path
		}
	}
	switch {
	case object.Kind == policy.ObjectInstallation: // may name a project that it is not about, or no more
		bell.Repo = ""
	case bell.Repo == "":
		bell.Object = policy.Object{Kind: policy.ObjectUnknown} // something changed somewhere
	}
	return bell, nil
}

// labNamer gives the function that names the object of an event and says whether it rings at all, or nil if the event is of
// no interest.
func labNamer(event string) func(*labPayload) (policy.Object, bool) {
	switch event {
	case "Issue Hook":
		return (*labPayload).issue
	case "Note Hook":
		return (*labPayload).note
	case "Merge Request Hook":
		return (*labPayload).fix
	case "Push Hook", "Tag Push Hook":
		return (*labPayload).pushed
	case "Pipeline Hook":
		return (*labPayload).pipeline
	case "Job Hook", "Build Hook":
		return (*labPayload).job
	case "Member Hook": // who can see it, and who can write to it
		return (*labPayload).project
	case "Project Hook":
		return (*labPayload).begun
	case "Resource Access Token Hook": // one expires
		return (*labPayload).installation
	}
	return nil
}

// Who can see a project, as the payloads say it.
const (
	private  = "0" // its members: the mirror has to be one, and its issues are desks
	internal = "10"
	public   = "20"
)

func (p *labPayload) issue() (policy.Object, bool) {
	return p.issueBy(p.Attributes.IID, p.Attributes.Confidential || len(p.Changes.Confidential) > 0)
}

func (p *labPayload) note() (policy.Object, bool) {
	switch {
	case p.MergeRequest.IID != 0:
		return numbered(policy.ObjectFix, p.MergeRequest.IID), true
	case p.Issue.IID != 0:
		return p.issueBy(p.Issue.IID, p.Issue.Confidential)
	}
	return policy.Object{}, false // at a commit or a snippet
}

// issueBy names an issue. In a project that others than its members can see, it is a report if it is confidential, or was
// or becomes it, and else nothing.
func (p *labPayload) issueBy(iid int64, confidential bool) (policy.Object, bool) {
	switch string(p.Project.Visibility) {
	case private:
		return numbered(policy.ObjectIssue, iid), true
	case internal, public:
		return numbered(policy.ObjectReport, iid), confidential || p.hidden
	}
	return p.project() // who can tell
}

func (p *labPayload) fix() (policy.Object, bool) {
	return numbered(policy.ObjectFix, p.Attributes.IID), true
}

// numbered is the object of a number, which is one of the project and not of all GitLab.
func numbered(kind policy.ObjectKind, iid int64) policy.Object {
	return named(kind, strconv.FormatInt(iid, 10), iid > 0)
}

// pushed names the branch that was pushed to. A tag is not an object of its own: it rings for the project.
func (p *labPayload) pushed() (policy.Object, bool) {
	branch, isBranch := strings.CutPrefix(p.Ref, "refs/heads/")
	return named(policy.ObjectBranch, branch, isBranch && validBranch(branch)), true
}

func (p *labPayload) pipeline() (policy.Object, bool) {
	return named(policy.ObjectCommit, p.Attributes.SHA, validSHA(p.Attributes.SHA)), true
}

// job names the commit that a job is for. Some GitLabs don't say of which project; the pipeline's event does, and a ring for
// everything, job by job, would be too many.
func (p *labPayload) job() (policy.Object, bool) {
	return named(policy.ObjectCommit, p.SHA, validSHA(p.SHA)), p.Project.Path != ""
}

func (p *labPayload) project() (policy.Object, bool) {
	return policy.Object{Kind: policy.ObjectRepository}, true
}

// begun is about a project of a group that begins, ends, or gets another name or place, which nobody knows yet.
func (p *labPayload) begun() (policy.Object, bool) {
	if p.EventName == "project_create" || p.EventName == "project_destroy" {
		return p.project()
	}
	return p.installation()
}

func (p *labPayload) installation() (policy.Object, bool) {
	return policy.Object{Kind: policy.ObjectInstallation}, true
}

// validProjectPath allows the path of a project: its groups, which may lie in each other, and its name.
func validProjectPath(s string) bool {
	parts := strings.Split(s, "/")
	if len(s) > 255 || len(parts) < 2 || len(parts) > 20 {
		return false
	}
	for _, part := range parts {
		if !madeOf(part, letters+"-_.", 1, 255) || part[0] == '-' || strings.HasSuffix(part, ".") || strings.HasSuffix(part, ".git") {
			return false
		}
	}
	return true
}
