package gitlab

import (
	"context"
	"fmt"

	"github.com/liftgate/liftgate/app/forge/reading"
)

// secondSetUp is how people make the second hold.
const secondSetUp = `make an external status check named "` + secondName + `" in the mirror, for all branches, with the address of ` +
	`Liftgate's webhooks and "?status" after it, and switch "Status checks must succeed" on`

// outsideRisks are what is wanting of the second hold, and who else is told about the fixes. A GitLab without external status
// checks has none.
func (f *Forge) outsideRisks(ctx context.Context, p projectState) []string {
	all, has := f.outside(ctx)
	if !has {
		return nil
	}
	var risks []string
	others, own := len(all), second(all)
	if own != nil {
		others--
	}
	switch {
	case own == nil:
		risks = append(risks, "the hold is a commit status alone, although this GitLab can have a second: "+secondSetUp)
	case len(own.Branches) > 0:
		risks = append(risks, `the external status check "`+secondName+`" judges some protected branches only: let it judge all branches`)
	}
	if own != nil && p.NeedsJudged != nil && !*p.NeedsJudged {
		risks = append(risks, `the mirror allows merges whatever its external status checks say; switch "Status checks must succeed" on`)
	}
	if others > 0 {
		risks = append(risks, fmt.Sprintf("external status checks of the mirror tell other services about every fix: %d beside Liftgate's own", others))
	}
	return risks
}

// probeOutsiders says how the second hold stands. It is in no lift's way, since a lift merges nothing.
func (f *Forge) probeOutsiders(ctx context.Context, r *reading.Findings) {
	all, has := f.outside(ctx)
	switch {
	case !has:
	case second(all) == nil:
		r.Risk("no second hold: %s", secondSetUp)
	default:
		r.Check(`the second hold, external status check "%s"`, secondName)
	}
	if others := len(all); others > 1 || others == 1 && second(all) == nil {
		r.Risk("external status checks of the mirror: %d judge its fixes beside the pipelines", others)
	}
}
