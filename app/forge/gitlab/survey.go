package gitlab

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/liftgate/liftgate/app/forge/wire"
	"golang.org/x/sync/errgroup"
)

// survey keeps what was found about the mirror's surroundings, which change rarely and take many requests to read.
type survey struct {
	mu       sync.Mutex
	next     time.Time // when to look again
	token    string    // a new token may see more
	named    []string  // branches that are known to be maintained
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
func (f *Forge) surveyed(ctx context.Context, p projectState, branches []branch, maintained []string) (risks, warnings []string, err error) {
	token, err := f.secret(asBot)
	if err != nil {
		return nil, nil, err
	}
	s := &f.survey
	s.mu.Lock()
	defer s.mu.Unlock() // held while asking, so that many advisories ask once
	if now := f.now(); s.learn(maintained) || s.token != token || !now.Before(s.next) {
		bounded, cancel := context.WithTimeout(ctx, surveyTimeout)
		defer cancel()
		risks, warnings, err = f.look(bounded, p, branches, s.named)
		if ctx.Err() != nil { // nobody waits for it any more, so it says nothing about GitLab
			return nil, nil, wire.Unsent()
		}
		if err != nil {
			f.wire.Log.Warn("the mirror's surroundings could not be read", "error", wire.Told("survey", err))
			s.next = now.Add(surveyAgain)
		} else {
			s.risks, s.warnings, s.next = risks, warnings, now.Add(surveyEvery)
		}
		s.token = token
	}
	return slices.Clone(s.risks), slices.Clone(s.warnings), nil
}

// mostNamed bounds how many branches a survey remembers as maintained.
const mostNamed = 200

// learn takes in which branches an advisory's people maintain, and reports whether there is a new one among them.
func (s *survey) learn(maintained []string) (news bool) {
	for _, name := range maintained {
		if !slices.Contains(s.named, name) && len(s.named) < mostNamed {
			s.named, news = append(s.named, name), true
		}
	}
	return news
}

func (f *Forge) look(ctx context.Context, p projectState, branches []branch, maintained []string) (risks, warnings []string, err error) {
	parts := []func(context.Context) (risks, warnings []string, err error){
		func(ctx context.Context) (risks, _ []string, err error) {
			risks, err = f.risks(ctx, p, branches, maintained)
			return risks, nil, err
		},
		f.tokenNews,
		func(ctx context.Context) (_, warnings []string, err error) {
			warnings, err = f.missingRoles(ctx)
			return nil, warnings, err
		},
		func(ctx context.Context) (_, warnings []string, err error) {
			warnings, err = f.missingLift(ctx, maintained)
			return nil, warnings, err
		},
		f.hookNews,
	}
	found := make([]struct{ risks, warnings []string }, len(parts))
	group, gctx := errgroup.WithContext(ctx)
	for i, part := range parts {
		group.Go(func() (err error) {
			found[i].risks, found[i].warnings, err = part(gctx)
			return err
		})
	}
	err = group.Wait()
	for _, one := range found {
		risks, warnings = append(risks, one.risks...), append(warnings, one.warnings...)
	}
	return risks, warnings, err
}
