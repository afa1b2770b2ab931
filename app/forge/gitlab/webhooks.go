package gitlab

import (
	"context"
	"slices"
	"sync"
)

// hookState is what is known of a project's webhooks.
type hookState string

const (
	hooksHidden hookState = "hidden" // GitLab does not show them
	hooksWork   hookState = "work"
	hooksOff    hookState = "off" // GitLab has given up on one after failures
)

// hooks looks whether GitLab still delivers. Where hooks can't be seen the sweep has to do.
func (f *Forge) hooks(ctx context.Context, as purpose, at place) (hookState, error) {
	off := false
	err := pages(ctx, f, as, at.path()+"/hooks", nil, func(page []struct {
		Status string `json:"alert_status"`
	}) bool {
		for _, h := range page {
			off = off || slices.Contains([]string{"disabled", "temporarily_disabled"}, h.Status)
		}
		return !off
	})
	switch hidden, err := unread(err); {
	case err != nil:
		return "", err
	case hidden:
		return hooksHidden, nil
	case off:
		return hooksOff, nil
	}
	return hooksWork, nil
}

// hookNews tells of webhooks that are off. Those of the public project are not shown to whoever is no Maintainer there, but
// what the last rehearsal saw of them with the lift's token is remembered.
func (f *Forge) hookNews(ctx context.Context) (risks, warnings []string, err error) {
	public, err := f.hooks(ctx, asBot, f.public)
	if err != nil {
		return nil, nil, err
	}
	mirror, err := f.hooks(ctx, asBot, f.mirror)
	if err != nil {
		return nil, nil, err
	}
	if public == hooksHidden {
		public = f.rehearsed.get()
	}
	for _, at := range []struct {
		state hookState
		name  string
	}{{public, "public project"}, {mirror, "mirror"}} {
		if at.state == hooksOff {
			warnings = append(warnings, "GitLab has switched a webhook of the "+at.name+
				" off after failures: news arrives late until a test delivery succeeds")
		}
	}
	if public == hooksHidden {
		risks = append(risks, "whether the public project's webhooks work is not shown to Liftgate's user; the next rehearsal looks with the lift's token")
	}
	return risks, warnings, nil
}

// probeHooks reads the public project's webhooks with the lift's token. They stand in no lift's way.
func (f *Forge) probeHooks(ctx context.Context, as purpose) error {
	state, err := f.hooks(ctx, as, f.public)
	if err == nil {
		f.rehearsed.set(state)
	}
	return err
}

// rehearsed is what the last rehearsal saw of the public project's webhooks and of its branches' protection.
type rehearsed struct {
	mu     sync.Mutex
	last   hookState
	public *boundary
}

func (r *rehearsed) set(s hookState) { r.mu.Lock(); defer r.mu.Unlock(); r.last = s }

func (r *rehearsed) get() hookState {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last == "" {
		return hooksHidden
	}
	return r.last
}
