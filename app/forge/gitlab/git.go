package gitlab

import (
	"context"
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
