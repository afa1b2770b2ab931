package gitlab

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
)

// webhook is one of a project or group. What it is not told of is false; a GitLab that has no such event says nothing.
type webhook struct {
	URL          string `json:"url"`
	Status       string `json:"alert_status"`
	Pushes       *bool  `json:"push_events"`
	Issues       *bool  `json:"issues_events"`
	SecretIssues *bool  `json:"confidential_issues_events"`
	Notes        *bool  `json:"note_events"`
	SecretNotes  *bool  `json:"confidential_note_events"`
	Merges       *bool  `json:"merge_requests_events"`
	Pipelines    *bool  `json:"pipeline_events"`
	Filter       string `json:"push_events_branch_filter"`
	Strategy     string `json:"branch_filter_strategy"`
}

// webhookPath ends the address of Liftgate's own webhooks, which does not know the rest: that is in front of it.
const webhookPath = "/webhooks/gitlab"

func (h webhook) own() bool {
	address, _, _ := strings.Cut(h.URL, "?")
	return strings.HasSuffix(address, webhookPath)
}

func (h webhook) off() bool { return h.Status == "disabled" || h.Status == "temporarily_disabled" }

// lacks names the events that a webhook does not tell of and Liftgate has to hear. Fixes are in the mirror alone.
func (h webhook) lacks(mirror bool) (events []string) {
	for _, one := range []struct {
		told   *bool
		needed bool
		name   string
	}{
		{h.Pushes, true, "push"}, {h.Issues, true, "issues"}, {h.SecretIssues, true, "confidential issues"}, {h.Notes, mirror, "comments"},
		{h.SecretNotes, true, "confidential comments"}, {h.Merges, mirror, "merge requests"}, {h.Pipelines, mirror, "pipelines"},
	} {
		if one.needed && one.told != nil && !*one.told {
			events = append(events, one.name)
		}
	}
	if h.Filter != "" && h.Strategy != "all_branches" {
		events = append(events, "push on every branch")
	}
	return events
}

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

// hooked is what is known of the webhooks that tell of one project.
type hooked struct {
	hidden bool // GitLab does not show the project's
	all    []webhook
	groups []groupHooks // of those above it
}

// hooks reads who is told of what happens in a project. Where webhooks can't be seen the sweep has to do.
func (f *Forge) hooks(ctx context.Context, as purpose, at place) (h hooked, err error) {
	group, gctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		h.all, err = everyAs[webhook](gctx, f, as, at.path()+"/hooks", nil)
		h.hidden, err = unread(err)
		return err
	})
	group.Go(func() (err error) {
		h.groups, err = f.groupHooks(gctx, as, at)
		return err
	})
	return h, group.Wait()
}

// news says what is wrong with Liftgate's own webhooks, by which it hears of a project.
func (h hooked) news(name string, mirror bool) (warnings []string) {
	working, dark := slices.Clone(h.all), false
	off := func(all []webhook, where string) {
		if slices.ContainsFunc(all, func(h webhook) bool { return h.own() && h.off() }) {
			warnings = append(warnings, "GitLab has switched Liftgate's webhook of the "+where+
				" off after failures: news arrives late until a test delivery succeeds")
		}
	}
	off(h.all, name)
	for _, g := range h.groups {
		off(g.all, "group "+string(g.at))
		working, dark = append(working, g.all...), dark || g.hidden
	}
	working = slices.DeleteFunc(working, func(h webhook) bool { return !h.own() || h.off() })
	switch {
	case h.hidden || len(warnings) > 0: // the first is told as a risk
	case len(working) == 0 && dark:
		warnings = append(warnings, "the "+name+" has no webhook of Liftgate's (.../"+webhookPath[1:]+
			"), so that news arrives late; only Owners of the groups above it see whether those have one")
	case len(working) == 0:
		warnings = append(warnings, "the "+name+" has no webhook of Liftgate's (.../"+webhookPath[1:]+"), so that news arrives late: add it")
	default:
		lacks := working[0].lacks(mirror)
		for _, h := range working[1:] {
			lacks = slices.DeleteFunc(lacks, func(event string) bool { return !slices.Contains(h.lacks(mirror), event) })
		}
		if len(lacks) > 0 {
			warnings = append(warnings, "Liftgate's webhook of the "+name+" does not tell of everything, so that news arrives late; switch these events on: "+
				strings.Join(lacks, ", "))
		}
	}
	return warnings
}

// hookNews tells of Liftgate's webhooks that are off, missing or told too little, and of others that hear of the mirror. Those
// of the public project are not shown to whoever is no Maintainer there, but what the last rehearsal saw of them with the
// lift's token is remembered.
func (f *Forge) hookNews(ctx context.Context) (risks, warnings []string, err error) {
	public, err := f.hooks(ctx, asBot, f.public)
	if err != nil {
		return nil, nil, err
	}
	mirror, err := f.hooks(ctx, asBot, f.mirror)
	if err != nil {
		return nil, nil, err
	}
	if seen := f.rehearsed.get(); public.hidden && seen != nil {
		public = *seen
	}
	if n := elsewhere(mirror.all); n > 0 {
		risks = append(risks, fmt.Sprintf("webhooks of the mirror tell addresses other than Liftgate's (.../%s) what happens there: %d", webhookPath[1:], n))
	}
	risks = append(risks, groupHookRisks(mirror.groups)...)
	if public.hidden {
		risks = append(risks, "whether the public project's webhooks work is not shown to Liftgate's user; the next rehearsal looks with the lift's token")
	}
	return risks, slices.Concat(public.news("public project", false), mirror.news("mirror", true)), nil
}

// probeHooks reads the public project's webhooks with the lift's token. They stand in no lift's way.
func (f *Forge) probeHooks(ctx context.Context, as purpose) error {
	seen, err := f.hooks(ctx, as, f.public)
	if err == nil {
		f.rehearsed.set(seen)
	}
	return err
}

// rehearsed is what the last rehearsal saw of the public project's webhooks and of its branches' protection.
type rehearsed struct {
	mu     sync.Mutex
	last   *hooked
	public *boundary
}

func (r *rehearsed) set(h hooked) { r.mu.Lock(); defer r.mu.Unlock(); r.last = &h }

func (r *rehearsed) get() *hooked { r.mu.Lock(); defer r.mu.Unlock(); return r.last }
