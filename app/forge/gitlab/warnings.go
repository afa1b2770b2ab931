package gitlab

import "context"

// endingTokens are those that end soon. The lift's is not looked at for this: what the last rehearsal saw is remembered.
func (f *Forge) endingTokens(ctx context.Context) ([]string, error) {
	c, err := f.credential(ctx, asBot)
	if hidden, err := unread(err); hidden || err != nil {
		return []string{"GitLab does not show when the token for " + string(asBot) + " ends"}, err
	}
	var warnings []string
	for _, w := range []string{c.expiring(asBot, f.now().UTC()), f.rehearsed.get().expiring(asLifter, f.now().UTC())} {
		if w != "" {
			warnings = append(warnings, w)
		}
	}
	return warnings, nil
}

// missingRoles says where the token's user may do less than it has to. GitLab shows whoever may see less an empty list, not
// a refusal, so a report that is not seen would not be missed.
func (f *Forge) missingRoles(ctx context.Context) ([]string, error) {
	me, err := f.me(ctx)
	if err != nil {
		return nil, err
	}
	public, err := f.level(ctx, asBot, f.public, me.ID)
	if err != nil {
		return nil, err
	}
	mirror, err := f.level(ctx, asBot, f.mirror, me.ID)
	if err != nil {
		return nil, err
	}
	var warnings []string
	if public < levelReporter {
		warnings = append(warnings, "GitLab shows Liftgate no confidential issue of the public project: make its user a Reporter there, or more")
	}
	if mirror < levelMaintainer {
		warnings = append(warnings, "Liftgate's user is not a Maintainer of the mirror: it can't keep the protected branches there in step")
	}
	return warnings, nil
}

// disabledHooks says when GitLab has given up on a webhook after failures. Where hooks can't be seen the sweep has to do.
func (f *Forge) disabledHooks(ctx context.Context) ([]string, error) {
	var warnings []string
	for _, at := range []struct {
		place
		name string
	}{{f.public, "public project"}, {f.mirror, "mirror"}} {
		hooks, err := every[struct {
			Status string `json:"alert_status"`
		}](ctx, f, at.path()+"/hooks", nil)
		if _, err := unread(err); err != nil {
			return nil, err
		}
		for _, h := range hooks {
			if h.Status == "disabled" || h.Status == "temporarily_disabled" {
				warnings = append(warnings, "GitLab has switched a webhook of the "+at.name+
					" off after failures: news arrives late until a test delivery succeeds")
				break
			}
		}
	}
	return warnings, nil
}
