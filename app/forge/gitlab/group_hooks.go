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

// groupHooks are the webhooks of a group, which are told of all its projects.
type groupHooks struct {
	at     place
	all    []webhook
	hidden bool
}

// groupHooks reads the webhooks of the groups above a project. Only a group's Owner is shown them: whoever is none is refused,
// even where GitLab has no such webhooks, which are paid for. An Owner is told "not found" there, as everybody is of the
// namespace of a person.
func (f *Forge) groupHooks(ctx context.Context, as purpose, of place) ([]groupHooks, error) {
	return reading.Each(ctx, of.ancestors(), func(ctx context.Context, at place) (groupHooks, error) {
		all, err := everyAs[webhook](ctx, f, as, "groups/"+url.PathEscape(string(at))+"/hooks", nil)
		if wire.StatusOf(err) == http.StatusForbidden {
			return groupHooks{at: at, hidden: true}, nil
		}
		_, err = unread(err)
		return groupHooks{at: at, all: all}, err
	})
}

// groupHookRisks name the groups above the mirror whose webhooks tell other addresses about it.
func groupHookRisks(groups []groupHooks) (risks []string) {
	var loud, dark []string
	for _, g := range groups {
		switch n := elsewhere(g.all); {
		case g.hidden:
			dark = append(dark, string(g.at))
		case n > 0:
			loud = append(loud, fmt.Sprintf("%s (%d)", g.at, n))
		}
	}
	if len(loud) > 0 {
		risks = append(risks, "webhooks of the mirror's groups tell other addresses what happens there: "+listed(loud))
	}
	if len(dark) > 0 {
		risks = append(risks, "if GitLab has webhooks of groups (Premium), only an Owner sees whether those above the mirror tell other addresses what happens there: "+listed(dark))
	}
	return risks
}
