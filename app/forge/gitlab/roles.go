package gitlab

import (
	"context"

	"github.com/liftgate/liftgate/app/forge/reading"
)

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
		words := "GitLab shows Liftgate no confidential issue of the public project: make its user a Reporter there, or more"
		if kind, _, bot := botOf(me.Username); bot {
			words += "; a " + kind + "'s token may work in its own " + kind + " only, then use one that reaches both projects"
		}
		warnings = append(warnings, words)
	}
	if mirror < levelMaintainer {
		warnings = append(warnings, "Liftgate's user is not a Maintainer of the mirror: it can't keep the protected branches there in step")
	}
	return warnings, nil
}

// missingLift says what the lift's user lacks to move the maintained public branches, as far as it shows without that user's
// token. Where the protections are not shown, those that the last rehearsal saw are judged.
func (f *Forge) missingLift(ctx context.Context, named []string) ([]string, error) {
	c, err := f.credential(ctx, asLifter)
	if _, err := unread(err); err != nil || c.UserID == 0 {
		return nil, err // what is wrong with the token is said elsewhere
	}
	level, err := f.level(ctx, asBot, f.public, c.UserID)
	if hidden, err := unread(err); hidden || err != nil {
		return nil, err
	}
	if level < levelDeveloper {
		return []string{refusedBy(nil, "", level, c.UserID)}, nil
	}
	rules, err := every[protection](ctx, f, f.public.path()+"/protected_branches", nil)
	if hidden, err := unread(err); err != nil {
		return nil, err
	} else if b := f.rehearsed.boundary(); hidden && b != nil {
		rules = b.rules
	}
	public, err := f.branches(ctx, f.public)
	if err != nil {
		return nil, err
	}
	var warnings []string
	for _, name := range maintainedOf(public, named) {
		if why := refusedBy(rules, name, level, c.UserID); why != "" && !letsGroup(rules, name) {
			warnings = append(warnings, "a lift would be refused at "+name+": "+why)
		}
	}
	return warnings[:min(len(warnings), mostListed)], nil
}

// probeRoles names the roles that are missing in a rehearsal.
func (f *Forge) probeRoles(ctx context.Context, r *reading.Findings) error {
	const who = "the roles of Liftgate's user"
	r.Check(who)
	missing, err := f.missingRoles(ctx)
	if err != nil {
		return r.Refusal(who, err)
	}
	r.Problems = append(r.Problems, missing...)
	return nil
}
