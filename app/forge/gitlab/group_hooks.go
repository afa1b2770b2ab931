package gitlab

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/sync/errgroup"
)

// ancestors are the groups that a project lies in, nearest first.
func (p place) ancestors() (groups []place) {
	for i := strings.LastIndexByte(string(p), '/'); i > 0; i = strings.LastIndexByte(string(p), '/') {
		p = p[:i]
		groups = append(groups, p)
	}
	return groups
}

// groupHookRisks name the groups above the mirror whose webhooks tell other addresses about it. Only a group's Owner is shown
// them. A GitLab without such webhooks, which are paid for, says "not found", as it does for the namespace of a person.
func (f *Forge) groupHookRisks(ctx context.Context) ([]string, error) {
	groups := f.mirror.ancestors()
	counts, hidden := make([]int, len(groups)), make([]bool, len(groups))
	group, gctx := errgroup.WithContext(ctx)
	for i, g := range groups {
		group.Go(func() error {
			all, err := every[struct{}](gctx, f, "groups/"+url.PathEscape(string(g))+"/hooks", nil)
			if hidden[i] = statusOf(err) == http.StatusForbidden; hidden[i] {
				return nil
			}
			_, err = unread(err)
			counts[i] = len(all)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var loud, dark []string
	for i, g := range groups {
		if hidden[i] {
			dark = append(dark, string(g))
		} else if counts[i] > 0 {
			loud = append(loud, fmt.Sprintf("%s (%d)", g, counts[i]))
		}
	}
	var risks []string
	if len(loud) > 0 {
		risks = append(risks, "webhooks of the mirror's groups tell other addresses what happens there: "+listed(loud))
	}
	if len(dark) > 0 {
		risks = append(risks, "webhooks of the mirror's groups can't be seen by Liftgate's user: an Owner of each should look, in its settings: "+listed(dark))
	}
	return risks, nil
}
