package gitlab

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/liftgate/liftgate/app/forge/reading"
	"github.com/liftgate/liftgate/app/forge/wire"
)

// ancestors are the groups that a project lies in, nearest first.
func (p place) ancestors() (groups []place) {
	for i := strings.LastIndexByte(string(p), '/'); i > 0; i = strings.LastIndexByte(string(p), '/') {
		p = p[:i]
		groups = append(groups, p)
	}
	return groups
}

// hiddenHooks stands for how many webhooks a group has that does not show them.
const hiddenHooks = -1

// groupHookRisks name the groups above the mirror whose webhooks tell other addresses about it. Only a group's Owner is shown
// them: whoever is none is refused, even where GitLab has no such webhooks, which are paid for. An Owner is told "not found"
// there, as everybody is of the namespace of a person.
func (f *Forge) groupHookRisks(ctx context.Context) ([]string, error) {
	groups := f.mirror.ancestors()
	counts, err := reading.Each(ctx, groups, func(ctx context.Context, g place) (int, error) {
		all, err := every[webhook](ctx, f, "groups/"+url.PathEscape(string(g))+"/hooks", nil)
		if wire.StatusOf(err) == http.StatusForbidden {
			return hiddenHooks, nil
		}
		_, err = unread(err)
		return elsewhere(all), err
	})
	if err != nil {
		return nil, err
	}
	var loud, dark []string
	for i, g := range groups {
		switch n := counts[i]; {
		case n == hiddenHooks:
			dark = append(dark, string(g))
		case n > 0:
			loud = append(loud, fmt.Sprintf("%s (%d)", g, n))
		}
	}
	var risks []string
	if len(loud) > 0 {
		risks = append(risks, "webhooks of the mirror's groups tell other addresses what happens there: "+listed(loud))
	}
	if len(dark) > 0 {
		risks = append(risks, "if GitLab has webhooks of groups (Premium), only an Owner sees whether those above the mirror tell other addresses what happens there: "+listed(dark))
	}
	return risks, nil
}
