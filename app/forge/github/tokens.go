package github

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/policy"
)

// purpose is why a request is made; it decides who asks and with which token.
type purpose string

const (
	asApp     purpose = "app"        // signed as the App itself
	asLifter  purpose = "lifter app" // signed as the App that lifts
	asDesk    purpose = "desk"       // everything private in the mirror
	asReport  purpose = "report"     // the private report, which lives under the public repository
	asLook    purpose = "look"       // reading the public repository
	asCheck   purpose = "check"      // reading the rules of the public repository as the App that lifts sees them
	asMirror  purpose = "mirror git"
	asPublic  purpose = "public git" // fetch only
	asLifting purpose = "lift"       // the only one that can move refs of the public repository
	asNotices purpose = "notices"    // the only one that can move refs of the notices repository
)

func purposes() []purpose {
	return []purpose{asApp, asLifter, asDesk, asReport, asLook, asCheck, asMirror, asPublic, asLifting, asNotices}
}

// signed reports whether requests are signed with an App's key instead of carrying a token.
func (as purpose) signed() bool { return as == asApp || as == asLifter }

func (f *Forge) signer(as purpose) (app, bool) {
	if as == asLifter {
		return f.lifter, true
	}
	return f.app, as == asApp
}

// grant is the least that a purpose can do with.
type grant struct {
	signer purpose
	repo   repo
	where  string // the repository in public words
	needs  map[string]string
	wants  map[string]string // taken where the App has it
}

func (f *Forge) grant(as purpose) grant {
	public := grant{signer: asApp, repo: f.public, where: "public repository"}
	mirror := grant{signer: asApp, repo: f.mirror, where: "mirror"}
	switch as {
	case asDesk:
		mirror.needs = map[string]string{
			"metadata": "read", "contents": "read", "issues": "write", "pull_requests": "write", "checks": "write", "statuses": "write",
		}
		return mirror
	case asMirror:
		mirror.needs = map[string]string{"metadata": "read", "contents": "write"}
		mirror.wants = map[string]string{"workflows": "write"}
		return mirror
	case asReport:
		public.needs = map[string]string{"metadata": "read", "repository_advisories": "write"}
		return public
	case asCheck:
		public.signer = asLifter
		public.needs = map[string]string{"metadata": "read", "contents": "read"}
		public.wants = map[string]string{"administration": "read"}
		return public
	case asLifting:
		public.signer = asLifter
		public.needs = map[string]string{"metadata": "read", "contents": "write"}
		public.wants = map[string]string{"workflows": "write"}
		return public
	case asNotices:
		return grant{signer: asApp, repo: f.notices, where: "notices repository", needs: map[string]string{"metadata": "read", "contents": "write"}}
	}
	public.needs = map[string]string{"metadata": "read", "contents": "read"} // asLook, asPublic
	return public
}

// token is an installation token. It has no String method on purpose, and its secret goes nowhere but into requests and
// to git.
type token struct {
	secret  string
	expires time.Time
	granted map[string]string
}

// margin is how long before its end a token is no longer used.
const margin = time.Minute

// tokenFor gives the purpose's token, minted when there is none that lasts.
func (f *Forge) tokenFor(ctx context.Context, as purpose) (token, error) {
	slot := f.tokens[as]
	slot.Lock()
	defer slot.Unlock()
	if slot.token.secret != "" && f.now().Before(slot.token.expires.Add(-margin)) {
		return slot.token, nil
	}
	fresh, err := f.mint(ctx, as)
	if err != nil {
		return token{}, err
	}
	slot.token = fresh
	return fresh, nil
}

// forget drops a token that GitHub no longer accepts.
func (f *Forge) forget(as purpose) {
	slot := f.tokens[as]
	slot.Lock()
	defer slot.Unlock()
	slot.token = token{}
}

// installation is what GitHub says of the App at one repository. The permissions are raw, since the SDK's type would drop
// those it does not know.
type installation struct {
	ID          int64             `json:"id"`
	Permissions map[string]string `json:"permissions"`
	Suspended   *string           `json:"suspended_at"`
}

// mint takes a new token, narrowed to one repository and to the purpose's permissions.
func (f *Forge) mint(ctx context.Context, as purpose) (token, error) {
	g := f.grant(as)
	inst, err := f.installed(ctx, g)
	if err != nil {
		return token{}, err
	}
	asked, err := g.narrow(inst.Permissions)
	if err != nil {
		return token{}, err
	}
	var got struct {
		Token       string            `json:"token"`
		Expires     time.Time         `json:"expires_at"`
		Permissions map[string]string `json:"permissions"`
	}
	body := map[string]any{"repositories": []string{g.repo.name}, "permissions": asked}
	path := fmt.Sprintf("app/installations/%d/access_tokens", inst.ID)
	resp, err := f.call(ctx, g.signer, http.MethodPost, path, body, &got)
	if err != nil {
		return token{}, mintTrouble(err, g)
	}
	if got.Token == "" {
		return token{}, &policy.Trouble{Kind: policy.TroubleAway, Hint: "GitHub gave no token"}
	}
	if got.Permissions == nil {
		got.Permissions = asked
	}
	f.wire.Log.Debug("took a token", "purpose", string(as))
	return token{secret: got.Token, expires: f.wire.Local(resp.Header, got.Expires), granted: got.Permissions}, nil
}

// mintTrouble sorts a failure to mint. A token that was minted and never received does no harm, so nothing is unknown.
func mintTrouble(err error, g grant) error {
	switch wire.StatusOf(err) {
	case http.StatusUnprocessableEntity, http.StatusForbidden, http.StatusNotFound:
		return &policy.Trouble{Kind: policy.TroubleRefused, Hint: "GitHub gives the App no token for the " + g.where +
			": its installation must cover the repository, with the permissions " + words(g.needs)}
	}
	if t := policy.AsTrouble(err); t.Kind == policy.TroubleUnknown {
		return &policy.Trouble{Kind: policy.TroubleAway, Hint: t.Hint}
	}
	return err
}

func (f *Forge) installed(ctx context.Context, g grant) (installation, error) {
	var inst installation
	err := f.get(ctx, g.signer, g.repo.path()+"/installation", &inst)
	switch {
	case wire.Gone(err):
		return inst, &policy.Trouble{Kind: policy.TroubleRefused, Hint: "the App is not installed at the " + g.where}
	case err != nil:
		return inst, err
	case inst.Suspended != nil:
		return inst, &policy.Trouble{Kind: policy.TroubleRefused, Hint: "the App's installation at the " + g.where + " is suspended"}
	}
	return inst, nil
}

// narrow picks the permissions to ask for, or names those that are missing.
func (g grant) narrow(has map[string]string) (map[string]string, error) {
	missing := map[string]string{}
	for name, level := range g.needs {
		if name != "metadata" && !covers(has[name], level) { // every App has metadata
			missing[name] = level
		}
	}
	if len(missing) > 0 {
		return nil, &policy.Trouble{Kind: policy.TroubleRefused, Hint: "the App lacks permissions at the " + g.where + ": " + words(missing)}
	}
	asked := maps.Clone(g.needs)
	for name, level := range g.wants {
		if covers(has[name], level) {
			asked[name] = level
		}
	}
	return asked, nil
}

func covers(has, needs string) bool {
	rank := map[string]int{"read": 1, "write": 2, "admin": 3}
	return rank[has] >= rank[needs]
}

// words lists permissions for people, in a fixed order.
func words(permissions map[string]string) string {
	text := ""
	for _, name := range slices.Sorted(maps.Keys(permissions)) {
		if text != "" {
			text += ", "
		}
		text += name + ":" + permissions[name]
	}
	return text
}
