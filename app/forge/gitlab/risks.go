package gitlab

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/liftgate/liftgate/policy"
)

// risks are what could tell of an embargo without anybody meaning to, and what makes a hold hold less.
func (f *Forge) risks(ctx context.Context, p projectState, branches []branch, named []string) ([]string, error) {
	public, err := f.branches(ctx, f.public)
	if err != nil {
		return nil, err
	}
	shared := sharedBranches(public, branches)
	var integrations, people, publishing, onward, merging, guards []string
	group, gctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		integrations, err = f.integrationRisks(gctx)
		return err
	})
	group.Go(func() (err error) {
		people, err = f.memberRisks(gctx)
		return err
	})
	group.Go(func() (err error) {
		publishing, err = f.publishingRisks(gctx, p, shared, named)
		return err
	})
	group.Go(func() (err error) {
		onward, err = f.onwardRisks(gctx)
		return err
	})
	group.Go(func() (err error) {
		merging, err = f.mergeRisks(gctx, p, shared)
		return err
	})
	group.Go(func() (err error) {
		guards, err = f.guardRisks(gctx, p, maintainedOf(public, named), maintainedOf(branches, named))
		return err
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return slices.Concat(f.placeRisks(), onward, integrations, people, publishing, merging, guards, f.outsideRisks(ctx, p)), nil
}

// unread reports whether a read was refused, which is a risk of its own; any other trouble is given back.
func unread(err error) (bool, error) {
	if t := policy.AsTrouble(err); t != nil && (t.Kind == policy.TroubleRefused || t.Kind == policy.TroubleInvalid) {
		return true, nil
	}
	return false, err
}

type integration struct {
	Slug      string `json:"slug"`
	Active    bool   `json:"active"`
	Inherited *bool  `json:"inherited"` // older GitLabs do not say
}

var slugForm = regexp.MustCompile(`^[a-z0-9_-]{1,40}$`)

// integrationRisks names what tells other services of the mirror's work: because people there want it so, or because its group,
// or the whole GitLab, says so.
func (f *Forge) integrationRisks(ctx context.Context) ([]string, error) {
	all, err := every[integration](ctx, f, f.mirror.path()+"/integrations", nil)
	if hidden, err := unread(err); hidden || err != nil {
		return hiddenRisk(hidden, "integrations"), err
	}
	var inherited, own, risks []string
	for _, i := range all {
		switch {
		case !i.Active || !slugForm.MatchString(i.Slug):
		case i.Inherited == nil || *i.Inherited:
			inherited = append(inherited, i.Slug)
		default:
			own = append(own, i.Slug)
		}
	}
	if len(inherited) > 0 {
		risks = append(risks, "integrations that the mirror inherits tell other services what happens there: "+listed(inherited))
	}
	if len(own) > 0 {
		risks = append(risks, "integrations of the mirror's own tell other services what happens there: "+listed(own))
	}
	return risks, nil
}

// placeRisks tells when whoever works on the public project reads the mirror, too.
func (f *Forge) placeRisks() []string {
	groups := f.public.ancestors()
	if len(groups) == 0 || !slices.Contains(f.mirror.ancestors(), groups[0]) {
		return nil
	}
	return []string{"the mirror lies in the public project's group, or below it, so that whoever is a member of that reads the fixes: move it to a group of its own"}
}

func hiddenRisk(hidden bool, what string) []string {
	if !hidden {
		return nil
	}
	return []string{"GitLab does not show the mirror's " + what + ": the token's user is not a Maintainer there"}
}

// onwardRisks tells when GitLab itself pushes the mirror to another place, embargoed branches and all.
func (f *Forge) onwardRisks(ctx context.Context) ([]string, error) {
	all, err := every[struct {
		Enabled bool `json:"enabled"`
	}](ctx, f, f.mirror.path()+"/remote_mirrors", nil)
	if _, err := unread(err); err != nil {
		return nil, err
	}
	for _, m := range all {
		if m.Enabled {
			return []string{"GitLab pushes the mirror on to another place, embargoed branches included: whoever reads that place reads the fixes"}, nil
		}
	}
	return nil, nil
}

// memberRisks names the people who see the mirror because they are members of something above it.
func (f *Forge) memberRisks(ctx context.Context) ([]string, error) {
	me, err := f.me(ctx)
	if err != nil {
		return nil, err
	}
	all, err := every[membership](ctx, f, f.mirror.path()+"/members/all", nil)
	if err != nil {
		_, err = unread(err)
		return nil, err
	}
	direct, err := every[membership](ctx, f, f.mirror.path()+"/members", nil)
	if err != nil {
		_, err = unread(err)
		return nil, err
	}
	var names []string
	for _, m := range all {
		known := func(d membership) bool { return d.ID == m.ID }
		if m.ID != me.ID && m.Access >= levelPlanner && !slices.ContainsFunc(direct, known) && !slices.Contains(names, m.Login) {
			names = append(names, m.Login)
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	return []string{"members of the mirror's group can read everything in it: " + listed(names)}, nil
}

// mostListed bounds how many names a risk lists.
const mostListed = 10

func listed(names []string) string {
	slices.Sort(names)
	if more := len(names) - mostListed; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:mostListed], ", "), more)
	}
	return strings.Join(names, ", ")
}
