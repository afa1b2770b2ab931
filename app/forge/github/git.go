package github

import (
	"context"
	"net/http"

	"github.com/liftgate/liftgate/policy"
)

// gitUser is the name that goes with an installation token: git speaks Basic, not Bearer.
const gitUser = "x-access-token"

// MirrorGit gives the mirror's remote and what it takes to fetch from it and push to it.
func (f *Forge) MirrorGit(ctx context.Context) (url, user, secret string, err error) {
	return f.remote(ctx, asMirror)
}

// PublicGit gives the public repository's remote and what it takes to fetch from it. The token can't push.
func (f *Forge) PublicGit(ctx context.Context) (url, user, secret string, err error) {
	return f.remote(ctx, asPublic)
}

func (f *Forge) remote(ctx context.Context, as purpose) (url, user, secret string, err error) {
	t, err := f.tokenFor(ctx, as)
	if err != nil {
		return "", "", "", told("take a git token", err)
	}
	return f.remoteURL(as), gitUser, t.secret, nil
}

// LiftGit gives the public repository's remote and the one secret that can move its refs. It is minted for this call and
// kept nowhere.
func (f *Forge) LiftGit(ctx context.Context, clearance policy.Clearance) (url, user, secret string, err error) {
	if !clearance.Valid() {
		return "", "", "", told("take the lift's token", refused("there is no clearance for a public write"))
	}
	t, err := f.mint(ctx, asLifting)
	if err != nil {
		return "", "", "", told("take the lift's token", err)
	}
	return f.remoteURL(asLifting), gitUser, t.secret, nil
}

func (f *Forge) remoteURL(as purpose) string { return f.git + f.grant(as).repo.full() + ".git" }

// tryLift proves that the lift's token can be minted, and gives it back at once: nobody holds it before the lift.
func (f *Forge) tryLift(ctx context.Context) (granted map[string]string, err error) {
	t, err := f.mint(ctx, asLifting)
	if err != nil {
		return nil, err
	}
	f.revoke(ctx, t)
	return t.granted, nil
}

// revoke ends a token. It goes around the wire, which would use a token of its own. A failure is tolerated: the token was
// shown to nobody and ends by itself within the hour.
func (f *Forge) revoke(ctx context.Context, t token) {
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	req, err := f.clients[asApp].NewRequest(http.MethodDelete, "installation/token", nil)
	if err != nil {
		return
	}
	req.Header.Set("Authorization", "Bearer "+t.secret)
	if resp, err := f.base.RoundTrip(req.WithContext(ctx)); err == nil {
		_ = resp.Body.Close() // nothing in it matters
	}
}
