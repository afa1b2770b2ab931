package app

import (
	"context"
	"fmt"
	"time"

	"github.com/liftgate/liftgate/backport"
	"github.com/liftgate/liftgate/policy"
)

// followWait is how long one follow waits for another of the same mirror.
const followWait = 15 * time.Second

// Follow moves branches of a project's mirror to the public tips by fast-forward. It never forces.
func (e *Engine) Follow(ctx context.Context, p Project, branches []string) ([]backport.Followed, error) {
	// A first clone takes long: whoever needs the same comes again later, and leaves his place to others meanwhile.
	wait, cancel := context.WithTimeout(ctx, followWait)
	unlock, err := e.locks.lock(wait, "follow "+p.Name)
	cancel()
	if err != nil {
		return nil, &policy.Trouble{Kind: policy.TroubleAway, Hint: "the mirror is being brought level already"}
	}
	defer unlock()
	public, err := e.Stores.Public(ctx, p.Public)
	if err != nil {
		return nil, fmt.Errorf("follow public branches: %w", err)
	}
	from, err := publicRemote(ctx, p)
	if err != nil {
		return nil, err
	}
	to, err := mirrorRemote(ctx, p)
	if err != nil {
		return nil, err
	}
	followed, err := public.Follow(ctx, from, to, branches)
	return followed, sortGit(err)
}

func publicRemote(ctx context.Context, p Project) (backport.Remote, error) {
	url, user, secret, err := p.Forge.PublicGit(ctx)
	return remote(url, user, secret), err
}

func mirrorRemote(ctx context.Context, p Project) (backport.Remote, error) {
	url, user, secret, err := p.Forge.MirrorGit(ctx)
	return remote(url, user, secret), err
}

func remote(url, user, secret string) backport.Remote {
	if secret == "" {
		return backport.Remote{URL: url}
	}
	return backport.Remote{URL: url, Auth: func(context.Context) (string, string, error) { return user, secret, nil }}
}
