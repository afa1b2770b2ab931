package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/liftgate/liftgate/app/store"
	"github.com/liftgate/liftgate/policy"
)

// A command waits by looking at the store, which costs nothing. A turn reads everything anew from the forge, and a lift is
// the worst moment to spend its rate limit: so a turn is run for a reason only, and only where no server does it.

const between = 200 * time.Millisecond // from one look at the store to the next

// The rest is counted in looks.
const (
	calm = 5   // a second: if nothing was to do for so long, the work has come to rest
	pace = 25  // five seconds: from a turn to one that nothing in the store asks for, or that is the next try; doubled each time
	long = 150 // half a minute, at most; and if nothing happens for so long, whoever was at work has stopped
)

// sight is what a look at the store shows.
type sight struct {
	store.Loaded
	due    bool // a turn has something to do
	fresh  bool // a turn was taken since the wait began
	atRest bool // nothing is under way, and nothing is due
}

// mark changes whenever somebody has done something.
type mark struct {
	version                    int64
	pending, outcomes, presses int
}

// vigil is one wait.
type vigil struct {
	*desk
	refresh bool   // a turn is wanted, whatever the store says
	began   int64  // version at the first look
	last    mark   // at the last look
	still   int    // looks since anything has changed
	resting int    // looks since our own last turn
	gap     int    // looks until the next turn that nothing asks for
	ours    bool   // our own turn was after the last look
	looked  bool   // our own turn has seen everything
	clean   bool   // it left nothing undone but what has to wait, and nobody has done anything since
	futile  bool   // it failed, or changed nothing: the next one is no sooner than the gap
	others  bool   // somebody else has done something since the wait began
	rung    bool   // whoever else is at work was asked for a fresh look
	why     string // why our own turn failed
}

// await waits until what is there is what is waited for, and sees to it that somebody works towards it. With refresh it
// also has the forge looked at once, even if nothing seems to be due. A turn that fails is repeated: whoever waits sees why,
// once for each reason.
func (d *desk) await(ctx context.Context, refresh bool, done func(sight) bool) (store.Loaded, error) {
	w := vigil{desk: d, refresh: refresh, gap: pace}
	for first := true; ; first = false {
		s, err := w.look(ctx, first)
		switch {
		case ctx.Err() != nil:
			return s.Loaded, d.late(ctx, w.why)
		case err != nil:
			return s.Loaded, err
		case done(s):
			return s.Loaded, nil
		}
		if err := w.work(ctx, s); err != nil {
			return s.Loaded, err
		}
		d.pause(ctx, between)
	}
}

func (w *vigil) look(ctx context.Context, first bool) (s sight, err error) {
	if s.Loaded, err = w.load(ctx); err != nil {
		return s, err
	}
	due, err := w.store.Due(ctx, w.now())
	if err != nil {
		return s, err
	}
	s.due = len(s.Bells) > 0 || slices.Contains(due, w.id)
	now := mark{s.Version, len(s.Pending), len(s.Outcomes), len(s.Bells)}
	switch {
	case first:
		w.began = s.Version
	case now == w.last:
		w.still++
		w.futile = w.futile || w.ours
	default:
		w.still = 0
		if !w.ours {
			w.clean, w.futile, w.others, w.alone = false, false, true, false
		}
	}
	w.last, w.ours = now, false
	if !first {
		w.resting++
	}
	s.fresh = w.looked || s.Version > w.began || s.Advisory.Over() // nobody looks at what is over
	s.atRest = !s.due && (w.still >= calm && (len(s.Pending) == 0 || w.clean) || w.still >= long)
	return s, nil
}

// work runs a turn if there is a reason for one and nobody else to do it.
func (w *vigil) work(ctx context.Context, s sight) error {
	wanted := s.due || w.refresh && !s.fresh
	switch {
	case (w.futile || !wanted) && w.resting < w.gap, !wanted && w.others && w.still < long:
		return nil
	case w.shared && !w.alone && w.still < pace: // a replica that is there begins with it soon
		return w.ring(ctx, s)
	}
	if w.futile || !wanted {
		w.gap = min(2*w.gap, long)
	} else {
		w.gap = pace
	}
	w.alone, w.resting = w.shared, 0
	err := w.turn(ctx, w.id)
	if errors.Is(err, store.ErrInUse) {
		w.tell("another process is at work on this database, and does what is asked for; waiting")
		return w.ring(ctx, s)
	}
	w.ours, w.looked, w.clean, w.futile = true, w.looked || err == nil, err == nil, err != nil
	if err != nil && ctx.Err() == nil {
		w.why = err.Error()
		w.tell("not yet, trying again: " + oneLine(w.why))
	}
	return nil
}

// ring asks whoever else is at work for a fresh look where one is wanted, as if the forge had told of the desk.
func (w *vigil) ring(ctx context.Context, s sight) error {
	if !w.refresh || s.fresh || w.rung {
		return nil
	}
	w.rung = true
	for _, p := range w.projects {
		if p.Name == s.Advisory.Project {
			return w.store.Ring(ctx, policy.Doorbell{
				Forge: p.Project.Forge, Delivery: "console-" + rand.Text(), Repo: p.Mirror, At: w.now().UTC(),
				Object: policy.Object{Kind: policy.ObjectIssue, Name: strconv.Itoa(s.Advisory.DeskNumber)},
			})
		}
	}
	return nil
}

// tell says something that was not the last thing said.
func (d *desk) tell(words string) {
	if words != d.told {
		d.told = words
		d.say("%s", words)
	}
}

// late tells how the wait ended. What was asked for is stored, and a server goes on with it.
func (d *desk) late(ctx context.Context, last string) error {
	why := ""
	if last != "" {
		why = ": " + oneLine(last)
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return errors.New("interrupted; what was asked for stands, and a running server goes on with it")
	}
	return fmt.Errorf("not done within %s%s; what was asked for stands, and a running server goes on with it", d.wait, why)
}
