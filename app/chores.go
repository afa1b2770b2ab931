package app

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// What has to be done now and then, and harms nobody when it is done late.
const (
	deliveriesEvery = 4 * time.Minute
	deliveriesBack  = 3 * 24 * time.Hour // at the first look after a start: as long as any forge keeps them
	deliveriesOver  = 15 * time.Minute   // how much two looks overlap
	remindEvery     = 24 * time.Hour
	tidyEvery       = 24 * time.Hour
	bellsKept       = 30 * 24 * time.Hour // answered doorbells make redeliveries harmless
)

// chores remembers when each was last done, in this process only.
type chores struct {
	mu   sync.Mutex
	done map[string]time.Time
}

// due reports whether a chore was not done for the time given, and since when.
func (c *chores) due(name string, now time.Time, every time.Duration) (last time.Time, due bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	last = c.done[name]
	return last, now.Sub(last) >= every
}

func (c *chores) did(name string, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done == nil {
		c.done = map[string]time.Time{}
	}
	c.done[name] = now
}

// chore does what is due for a project.
func (e *Engine) chore(ctx context.Context, p Project) error {
	return errors.Join(e.askMissed(ctx, p), e.review(ctx, p), e.tidy(ctx, p))
}

// askMissed asks the forge to send again what it could not deliver.
func (e *Engine) askMissed(ctx context.Context, p Project) error {
	now, name := e.Now(), "deliveries "+p.Name
	last, due := e.due(name, now, deliveriesEvery)
	if !due {
		return nil
	}
	since := last.Add(-deliveriesOver)
	if last.IsZero() {
		since = now.Add(-deliveriesBack)
	}
	n, err := p.Forge.MissedDeliveries(ctx, since)
	if err != nil {
		return fmt.Errorf("ask for missed deliveries: %w", err)
	}
	if n > 0 {
		e.Log.Info("asked for missed deliveries", "project", p.Name, "count", n)
	}
	e.did(name, now)
	return nil
}

// remind logs what people should look at although no advisory may be open at whose desk it would show.
func (e *Engine) remind(p Project, risks []string) {
	now := e.Now()
	for _, risk := range risks {
		name := "remind " + p.Name + " " + risk
		if _, due := e.due(name, now, remindEvery); due {
			e.Log.Warn("look at this", "project", p.Name, "risk", risk)
			e.did(name, now)
		}
	}
}

// tidy forgets old doorbells, packs the public stores, and removes what advisories that are over have left on disk.
func (e *Engine) tidy(ctx context.Context, p Project) error {
	now, name := e.Now(), "tidy "+p.Name
	if _, due := e.due(name, now, tidyEvery); !due {
		return nil
	}
	if err := e.Store.Forget(ctx, now.Add(-bellsKept)); err != nil {
		return err
	}
	for _, name := range p.published() {
		public, err := e.Stores.Public(ctx, name)
		if err == nil {
			err = public.Pack(ctx)
		}
		if err != nil {
			return fmt.Errorf("pack the public store of %s: %w", p.Name, sortGit(err))
		}
	}
	all, err := e.Store.Advisories(ctx, p.Name, false)
	if err != nil {
		return err
	}
	for _, s := range all {
		if !s.Ended {
			continue
		}
		for _, name := range p.published() {
			if err := e.Stores.Destroy(ctx, name, s.ID); err != nil {
				return fmt.Errorf("remove the store of %s: %w", s.ID, sortGit(err))
			}
		}
	}
	e.did(name, now)
	return nil
}

// published are the public repositories that the project is about: each has a store, and one of every advisory's beside it.
func (p Project) published() []string {
	if p.Notices == "" {
		return []string{p.Public}
	}
	return []string{p.Public, p.Notices}
}
