package github

import (
	"context"

	"github.com/liftgate/liftgate/app/forge/wire"
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
		return "", "", "", wire.Told("take a git token", err)
	}
	return f.remoteURL(as), gitUser, t.secret, nil
}

// LiftGit gives the public repository's remote and the one secret that can move its refs. It is minted for this call and
// kept nowhere.
func (f *Forge) LiftGit(ctx context.Context, clearance policy.Clearance) (url, user, secret string, err error) {
	if !clearance.Valid() {
		return "", "", "", wire.Told("take the lift's token", wire.Refused("there is no clearance for a public write"))
	}
	t, err := f.mint(ctx, asLifting)
	if err != nil {
		return "", "", "", wire.Told("take the lift's token", err)
	}
	return f.remoteURL(asLifting), gitUser, t.secret, nil
}

// NoticesGit gives the notices repository's remote. With a valid clearance there is a secret that can push there, minted for
// this call; without one it is only read whether GitHub would give it.
func (f *Forge) NoticesGit(ctx context.Context, clearance policy.Clearance) (url, user, secret string, err error) {
	const verb = "take the token of the notices"
	if f.notices == (repo{}) {
		return "", "", "", wire.Told(verb, wire.Refused("no notices repository is configured"))
	}
	if !clearance.Valid() {
		_, err := f.would(ctx, asNotices)
		return f.remoteURL(asNotices), "", "", wire.Told(verb, err)
	}
	t, err := f.mint(ctx, asNotices)
	if err != nil {
		return "", "", "", wire.Told(verb, err)
	}
	return f.remoteURL(asNotices), gitUser, t.secret, nil
}

// Links say where people read what is public.
func (f *Forge) Links() policy.Links {
	return policy.Links{Repositories: f.wire.Git, Branch: "/tree/", Tag: "/releases/tag/", Change: "/commit/"}
}

func (f *Forge) remoteURL(as purpose) string { return f.wire.Git + f.grant(as).repo.full() + ".git" }

// wouldLift reads what the lift's token would be allowed to do, and takes none: before the lift nobody holds one, not even
// for a moment. That tokens are given at all is proved by the ones that read the public repository as the same App.
func (f *Forge) wouldLift(ctx context.Context) (granted map[string]string, err error) {
	return f.would(ctx, asLifting)
}

func (f *Forge) would(ctx context.Context, as purpose) (granted map[string]string, err error) {
	g := f.grant(as)
	inst, err := f.installed(ctx, g)
	if err != nil {
		return nil, err
	}
	return g.narrow(inst.Permissions)
}
