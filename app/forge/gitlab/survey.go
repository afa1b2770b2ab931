package gitlab

import (
	"context"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// survey keeps what was found about the mirror's surroundings, which change rarely and take many requests to read.
type survey struct {
	mu       sync.Mutex
	next     time.Time // when to look again
	token    string    // a new token may see more
	risks    []string
	warnings []string
}

const (
	surveyEvery   = 10 * time.Minute
	surveyAgain   = time.Minute // after one that failed
	surveyTimeout = 15 * time.Second
)

// surveyed gives the risks and warnings, read again when they are old. A survey that fails stops nothing, least of all a
// lift: what was known before stands for a while.
func (f *Forge) surveyed(ctx context.Context, p projectState, branches []branch) (risks, warnings []string, err error) {
	token, err := f.secret(asBot)
	if err != nil {
		return nil, nil, err
	}
	s := &f.survey
	s.mu.Lock()
	defer s.mu.Unlock() // held while asking, so that many advisories ask once
	if now := f.now(); s.token != token || !now.Before(s.next) {
		bounded, cancel := context.WithTimeout(ctx, surveyTimeout)
		defer cancel()
		risks, warnings, err = f.look(bounded, p, branches)
		if ctx.Err() != nil { // nobody waits for it any more, so it says nothing about GitLab
			return nil, nil, unsent(ctx.Err())
		}
		if err != nil {
			f.log.Warn("the mirror's surroundings could not be read", "error", told("survey", err))
			s.next = now.Add(surveyAgain)
		} else {
			s.risks, s.warnings, s.next = risks, warnings, now.Add(surveyEvery)
		}
		s.token = token
	}
	return slices.Clone(s.risks), slices.Clone(s.warnings), nil
}

func (f *Forge) look(ctx context.Context, p projectState, branches []branch) (risks, warnings []string, err error) {
	var tokens, roles, hooks []string
	group, gctx := errgroup.WithContext(ctx)
	part := func(into *[]string, read func(context.Context) ([]string, error)) {
		group.Go(func() (err error) {
			*into, err = read(gctx)
			return err
		})
	}
	part(&risks, func(ctx context.Context) ([]string, error) { return f.risks(ctx, p, branches) })
	part(&tokens, f.endingTokens)
	part(&roles, f.missingRoles)
	part(&hooks, f.disabledHooks)
	err = group.Wait()
	return risks, slices.Concat(tokens, roles, hooks), err
}
