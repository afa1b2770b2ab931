package app

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"

	"github.com/liftgate/liftgate/backport"
	"github.com/liftgate/liftgate/backport/ranges"
	"github.com/liftgate/liftgate/policy"
)

// outlook is what the world can see of a project at one moment: its public history, and the notices that are published.
type outlook struct {
	past
	public  *backport.Public
	shelf   *shelf // nil where no notices are published, or they can't be used
	problem string // why they can't be used, in public words
}

// state tells two outlooks apart.
func (o outlook) state() string {
	if o.shelf == nil {
		return o.refs
	}
	return o.refs + " " + string(o.shelf.tip)
}

// past is a public history at one moment.
type past struct {
	refs    string // digest of its branches and tags
	history *ranges.History
}

// histories keeps each project's history until its public repository has moved: a question about one notice costs little once
// the history is read.
type histories struct {
	mu   sync.Mutex
	of   map[string]past   // by the project's name
	last map[string]string // what it was like when all its notices were last looked at
}

func (h *histories) known(project string) past {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.of[project]
}

func (h *histories) keep(project string, p past) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.of == nil {
		h.of = map[string]past{}
	}
	h.of[project] = p
}

// moved reports whether a project is not as it was when all its notices were last looked at.
func (h *histories) moved(project, state string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.last[project] != state
}

func (h *histories) reviewed(project, state string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.last == nil {
		h.last = map[string]string{}
	}
	h.last[project] = state
}

// outlook reads both public repositories.
func (e *Engine) outlook(ctx context.Context, p Project, rules policy.NoticeRules) (outlook, error) {
	var o outlook
	var err error
	if o.past, o.public, err = e.past(ctx, p); err != nil || p.Notices == "" {
		return o, sortGit(err)
	}
	url, _, _, err := p.Forge.NoticesGit(ctx, policy.Clearance{})
	if err != nil {
		return o, err
	}
	o.shelf, err = openShelf(ctx, e.Stores, p.Notices, remote(url, "", ""), rules.Branch)
	if trouble := policy.AsTrouble(sortGit(err)); trouble != nil {
		if trouble.Kind != policy.TroubleInvalid && trouble.Kind != policy.TroubleRefused {
			return o, trouble
		}
		o.problem = trouble.Hint // people mend it
	}
	return o, nil
}

// past reads the public history as it is now, one at a time.
func (e *Engine) past(ctx context.Context, p Project) (past, *backport.Public, error) {
	var now past
	public, err := e.Stores.Public(ctx, p.Public)
	if err != nil {
		return now, nil, err
	}
	from, err := publicRemote(ctx, p)
	if err != nil {
		return now, nil, err
	}
	unlock, err := e.locks.lock(ctx, "history of "+p.Name)
	if err != nil {
		return now, nil, err
	}
	defer unlock()
	if err := public.Fetch(ctx, from); err != nil {
		return now, nil, err
	}
	refs, err := public.Refs(ctx, "")
	if err != nil {
		return now, nil, err
	}
	now.refs = fmt.Sprintf("%x", sha256.Sum256(fmt.Append(nil, refs)))
	if known := e.histories.known(p.Name); known.refs == now.refs {
		return known, public, nil
	}
	if now.history, err = ranges.Load(ctx, &public.Repo, ""); err != nil {
		return now, nil, err
	}
	e.histories.keep(p.Name, now)
	return now, public, nil
}
