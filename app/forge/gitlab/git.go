package gitlab

import (
	"context"
	"slices"
	"time"

	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/policy"
)

// gitUser is the name that goes with a token: git speaks Basic, and GitLab takes any name.
const gitUser = "oauth2"

// MirrorGit gives the mirror's remote and what it takes to fetch from it and push to it.
func (f *Forge) MirrorGit(context.Context) (url, user, secret string, err error) {
	return f.remote("take a git token", asBot, f.mirror)
}

// PublicGit gives the public project's remote and what it takes to fetch from it. It is never pushed to with this token.
func (f *Forge) PublicGit(context.Context) (url, user, secret string, err error) {
	return f.remote("take a git token", asBot, f.public)
}

// LiftGit gives the public project's remote and the one secret that is used to move its refs. It is read for this call and
// kept nowhere.
func (f *Forge) LiftGit(_ context.Context, clearance policy.Clearance) (url, user, secret string, err error) {
	const verb = "take the lift's token"
	if !clearance.Valid() {
		return "", "", "", wire.Told(verb, wire.Refused("there is no clearance for a public write"))
	}
	return f.remote(verb, asLifter, f.public)
}

// NoticesGit gives the notices project's remote. With a valid clearance there is a secret that can push there; without one it
// is only read whether it could.
func (f *Forge) NoticesGit(ctx context.Context, clearance policy.Clearance) (url, user, secret string, err error) {
	const verb = "take the token of the notices"
	if f.notices == "" {
		return "", "", "", wire.Told(verb, wire.Refused("no notices project is configured"))
	}
	if clearance.Valid() {
		return f.remote(verb, asBot, f.notices)
	}
	return f.wire.Git + string(f.notices) + ".git", "", "", wire.Told(verb, f.wouldPublish(ctx))
}

// wouldPublish reads whether the token may push to the notices project.
func (f *Forge) wouldPublish(ctx context.Context) error {
	var p projectState
	err := f.get(ctx, asBot, f.notices.path(), &p)
	switch {
	case wire.Gone(err):
		return wire.Refused("the notices project can't be seen with the token: give its user a role there")
	case err != nil:
		return err
	case p.Visibility != "public":
		return wire.Refused("the notices project is not public")
	}
	found, err := f.branches(ctx, f.notices)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(found, func(b branch) bool { return b.Default }); i >= 0 && !found[i].CanPush {
		return wire.Refused("the token may not push to the default branch of the notices project")
	}
	return nil
}

// Links say where people read what is public.
func (f *Forge) Links() policy.Links {
	return policy.Links{Repositories: f.wire.Git, Branch: "/-/tree/", Tag: "/-/tags/", Change: "/-/commit/"}
}

func (f *Forge) remote(verb string, as purpose, at place) (url, user, secret string, err error) {
	secret, err = f.secret(as)
	if err != nil {
		return "", "", "", wire.Told(verb, err)
	}
	return f.wire.Git + string(at) + ".git", gitUser, secret, nil
}

// MissedDeliveries does nothing: GitLab never delivers a webhook again by itself, and asking for it takes the numbers of
// logged deliveries of a hook that the token may not be allowed to see. The sweep finds what was missed.
func (f *Forge) MissedDeliveries(context.Context, time.Time) (int, error) { return 0, nil }
