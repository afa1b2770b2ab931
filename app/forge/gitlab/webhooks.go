package gitlab

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// hookState is what is known of a project's webhooks.
type hookState string

const (
	hooksHidden hookState = "hidden" // GitLab does not show them
	hooksWork   hookState = "work"
	hooksOff    hookState = "off" // GitLab has given up on one after failures
)

// webhook is one of a project or group.
type webhook struct {
	URL    string `json:"url"`
	Status string `json:"alert_status"`
}

// webhookPath ends the address of Liftgate's own webhooks, which does not know the rest: that is in front of it.
const webhookPath = "/webhooks/gitlab"

func (h webhook) own() bool {
	address, _, _ := strings.Cut(h.URL, "?")
	return strings.HasSuffix(address, webhookPath)
}

func (h webhook) off() bool { return h.Status == "disabled" || h.Status == "temporarily_disabled" }

// elsewhere counts the addresses that are not Liftgate's. Of those that look like it one is.
func elsewhere(all []webhook) int {
	addresses, own := map[string]bool{}, 0
	for _, h := range all {
		addresses[h.URL] = true
		if h.own() {
			own = 1
		}
	}
	return len(addresses) - own
}

// hooks looks whether GitLab still delivers to Liftgate, and counts to whom else. Where hooks can't be seen the sweep has to do.
func (f *Forge) hooks(ctx context.Context, as purpose, at place) (state hookState, others int, err error) {
	all, err := everyAs[webhook](ctx, f, as, at.path()+"/hooks", nil)
	switch hidden, err := unread(err); {
	case err != nil:
		return "", 0, err
	case hidden:
		return hooksHidden, 0, nil
	case slices.ContainsFunc(all, func(h webhook) bool { return h.own() && h.off() }):
		return hooksOff, elsewhere(all), nil
	}
	return hooksWork, elsewhere(all), nil
}

// hookNews tells of Liftgate's webhooks that are off, and of others that the mirror has. Those of the public project are not shown to whoever is no Maintainer there, but
// what the last rehearsal saw of them with the lift's token is remembered.
func (f *Forge) hookNews(ctx context.Context) (risks, warnings []string, err error) {
	public, _, err := f.hooks(ctx, asBot, f.public)
	if err != nil {
		return nil, nil, err
	}
	mirror, others, err := f.hooks(ctx, asBot, f.mirror)
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
			warnings = append(warnings, "GitLab has switched Liftgate's webhook of the "+at.name+
				" off after failures: news arrives late until a test delivery succeeds")
		}
	}
	if others > 0 {
		risks = append(risks, fmt.Sprintf("webhooks of the mirror tell addresses other than Liftgate's (.../%s) what happens there: %d", webhookPath[1:], others))
	}
	if public == hooksHidden {
		risks = append(risks, "whether the public project's webhooks work is not shown to Liftgate's user; the next rehearsal looks with the lift's token")
	}
	return risks, warnings, nil
}

// probeHooks reads the public project's webhooks with the lift's token. They stand in no lift's way.
func (f *Forge) probeHooks(ctx context.Context, as purpose) error {
	state, _, err := f.hooks(ctx, as, f.public)
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
