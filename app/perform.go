package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/liftgate/liftgate/app/store"
	"github.com/liftgate/liftgate/backport"
	"github.com/liftgate/liftgate/policy"
)

// A claim is kept for as long as its work goes on, so that two workers never do the same at once, and is soon free where the
// worker was killed.
const (
	lease       = time.Minute
	heartbeat   = 10 * time.Second
	settlePause = time.Second
	effectLimit = 4 * time.Minute  // of a call to the forge
	gitLimit    = 17 * time.Minute // longer than package backport allows a first clone
)

// heardTries is after how many tries in vain people hear of an effect that is not tried again in silence.
const heardTries = 5

// perform does every effect of the advisory that is due, in the order they were asked for, and counts those that ended.
func (e *Engine) perform(ctx context.Context, p Project, advisory string) (ended int, err error) {
	for {
		claim, ok, err := e.Store.Claim(ctx, advisory, e.Owner, e.Now(), lease)
		if err != nil || !ok {
			return ended, err
		}
		done, err := e.performOne(ctx, p, claim)
		if err != nil {
			return ended, err
		}
		if done {
			ended++
		}
	}
}

// performOne does one effect and stores what became of it: an outcome, or another try later.
func (e *Engine) performOne(ctx context.Context, p Project, c store.Claim) (ended bool, err error) {
	started := e.Now()
	outcome, err := e.applyClaimed(ctx, p, c)
	if ctx.Err() != nil {
		return false, ctx.Err() // the claim's lease ends by itself, and the next one looks first
	}
	trouble := policy.AsTrouble(err)
	e.Watch.Performed(c.Effect.Kind(), kindOf(trouble), e.Now().Sub(started))
	if trouble != nil {
		e.Log.Warn("effect met trouble", "advisory", c.Effect.Advisory, "effect", c.Effect.Kind(), "attempt", c.Attempt,
			"trouble", string(trouble.Kind), "hint", trouble.Hint)
	}
	switch kindOf(trouble) {
	case policy.TroubleAway, policy.TroubleUnknown, policy.TroubleLimited:
		if c.Effect.Once() && trouble.Kind == policy.TroubleUnknown {
			break // people decide
		}
		if c.Effect.Heard() && c.Attempt%heardTries == 0 {
			break // people are told; each of these effects looks at what is there before it does anything
		}
		at := e.retryAt(trouble, c.Attempt)
		return false, e.settle(ctx, func() error { return e.Store.Retry(ctx, c, at, trouble.Kind == policy.TroubleUnknown) })
	}
	outcome.Effect, outcome.At, outcome.Trouble = c.Effect, e.Now().UTC(), trouble
	return true, e.settle(ctx, func() error { return e.Store.Finish(ctx, c, outcome) })
}

// settle stores what became of an effect, and tries for most of a lease where the database is away: an outcome that is
// forgotten has to be looked for, and the claim rests until its lease ends.
func (e *Engine) settle(ctx context.Context, put func() error) error {
	for range int(lease/settlePause) - 2 {
		err := put()
		if err == nil || errors.Is(err, store.ErrFenced) || e.Store.Closed() {
			return err
		}
		if pause(ctx, settlePause) != nil {
			return err // the context's own error says less
		}
	}
	return put()
}

func kindOf(t *policy.Trouble) policy.TroubleKind {
	if t == nil {
		return policy.TroubleNone
	}
	return t.Kind
}

// retryAt doubles from a second to ten minutes, and waits as long as a rate limit says.
func (e *Engine) retryAt(t *policy.Trouble, attempt int) time.Time {
	wait := min(time.Second<<min(max(attempt-1, 0), 12), 10*time.Minute)
	at := e.Now().Add(wait)
	if t.Until.After(at) {
		return t.Until
	}
	return at
}

// applyClaimed applies an effect and keeps its claim meanwhile. Where the claim is lost to another worker, that one's look
// decides: the work is cut short.
func (e *Engine) applyClaimed(ctx context.Context, p Project, c store.Claim) (policy.Outcome, error) {
	limit := effectLimit
	if c.Effect.Git() {
		limit = gitLimit
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	stop := every(ctx, heartbeat, func() {
		// A database that is away for a moment is no reason to stop: the lease covers several beats.
		if err := e.Store.Extend(ctx, c, e.Now().Add(lease)); errors.Is(err, store.ErrFenced) {
			cancel()
		}
	})
	defer stop()
	return e.apply(ctx, p, c)
}

// apply sends an effect to where it is done. What is public needs a clearance, which is asked for anew: the state may have
// changed since the effect was decided.
func (e *Engine) apply(ctx context.Context, p Project, c store.Claim) (policy.Outcome, error) {
	if !c.Effect.Public() {
		if c.Effect.Git() {
			return e.applyGit(ctx, p, c.Effect)
		}
		switch do := c.Effect.Do.(type) {
		case policy.FollowRecord:
			return e.followRecord(ctx, do)
		case policy.ReserveCVE:
			return e.reserveCVE(ctx, c.Effect.Advisory, do, c.Again)
		}
		o, err := p.Forge.Apply(ctx, c.Effect, c.Again)
		if probe, ok := c.Effect.Do.(policy.Probe); ok && err == nil {
			err = e.rehearse(ctx, p, c.Effect.Advisory, probe, &o.Probe)
		}
		return o, err
	}
	loaded, err := e.Store.Load(ctx, c.Effect.Advisory)
	if err != nil {
		return policy.Outcome{}, &policy.Trouble{Kind: policy.TroubleAway, Hint: "the database is away"}
	}
	clearance, err := loaded.Advisory.Clear(e.Now())
	if err != nil {
		return policy.Outcome{}, &policy.Trouble{Kind: policy.TroubleRefused, Hint: err.Error()}
	}
	if land, ok := c.Effect.Do.(policy.Land); ok {
		return e.land(ctx, p, clearance, c.Effect.Advisory, land)
	}
	switch do := c.Effect.Do.(type) {
	case policy.TagReleases:
		return e.tagReleases(ctx, p, clearance, do)
	case policy.PublishNotice:
		return e.publishNotice(ctx, p, clearance, do)
	case policy.ReviseNotice:
		return e.reviseNotice(ctx, p, clearance, do)
	case policy.Announce:
		return e.announce(ctx, p, clearance, do, c.Again)
	case policy.SubmitRecord:
		return policy.Outcome{}, e.submitRecord(ctx, p, clearance, do)
	case policy.RejectRecord:
		return policy.Outcome{}, e.rejectRecord(ctx, clearance, do)
	}
	return p.Forge.ApplyPublic(ctx, clearance, c.Effect, c.Again)
}

// sortGit turns an error of package backport into a trouble. Git's own words never come this far.
func sortGit(err error) error {
	var already *policy.Trouble
	if err == nil || errors.As(err, &already) {
		return err
	}
	hint := fmt.Sprintf("git: %s", backport.KindOf(err))
	switch backport.KindOf(err) {
	case backport.ErrAuth, backport.ErrNotFound:
		return &policy.Trouble{Kind: policy.TroubleRefused, Hint: hint}
	case backport.ErrUnknown:
		return &policy.Trouble{Kind: policy.TroubleUnknown, Hint: hint}
	case backport.ErrNetwork, backport.ErrTimeout, backport.ErrBusy:
		return &policy.Trouble{Kind: policy.TroubleAway, Hint: hint}
	case "":
		return &policy.Trouble{Kind: policy.TroubleAway, Hint: "work on a repository failed"}
	}
	return &policy.Trouble{Kind: policy.TroubleInvalid, Hint: hint}
}
