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
