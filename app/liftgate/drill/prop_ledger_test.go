package drill

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// The ledger is the tests' own record of what people were entitled to ask for, of what CI has proved and of what the server
// did, kept without a look at any of the server's decisions. What is public is judged by it at the moment it happens.

type place struct {
	n      int // of the case
	branch string
}

type ledger struct {
	accepted  map[int]bool
	rejected  map[int]bool
	ends      map[int]time.Time // the earliest end that somebody entitled has asked for
	early     map[int]bool      // somebody entitled has ended the secrecy
	settled   map[place]bool    // somebody entitled said that the branch needs no fix
	approved  map[string]bool   // contents of files in heads that a reviewer approved
	green     map[string]bool   // commits that CI has passed
	eol       map[string]time.Time
	since     map[string]time.Time // wall clock: when a branch became a maintained one
	built     map[string]candidate // by commit: what the server pushed to the mirror to be tested
	probed    map[string]int       // by branch: when its rules were last read
	landed    map[int]bool
	published map[int]int // how often
	count     int         // of the server's requests
}

type candidate struct {
	id, branch string
	at         int
}

func newLedger() ledger {
	return ledger{
		accepted: map[int]bool{}, rejected: map[int]bool{}, ends: map[int]time.Time{}, early: map[int]bool{}, settled: map[place]bool{},
		approved: map[string]bool{}, green: map[string]bool{}, eol: map[string]time.Time{}, since: map[string]time.Time{},
		built: map[string]candidate{}, probed: map[string]int{}, landed: map[int]bool{}, published: map[int]int{},
	}
}

// allow writes into the ledger, before what it allows is asked for.
func (r *rig) allow(write func(*ledger)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	write(&r.ledger)
}

func (r *rig) allowed(read func(*ledger) bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return read(&r.ledger)
}

func (r *rig) allowEnd(c *incident, end time.Time) {
	r.allow(func(l *ledger) {
		if known, ok := l.ends[c.n]; !ok || end.Before(known) {
			l.ends[c.n] = end
		}
	})
}

func (r *rig) allowEarly(c *incident) { r.allow(func(l *ledger) { l.early[c.n] = true }) }

// over reports whether the secrecy of a case can have ended by now. The caller holds the lock.
func (r *rig) over(n int) bool {
	end, known := r.ledger.ends[n]
	return r.ledger.early[n] || known && !r.Clock.Now().Before(end)
}

// anyOver reports the same of any case.
func (r *rig) anyOver() bool {
	for n := range 2 {
		if r.over(n) {
			return true
		}
	}
	return false
}

// seeMint judges a token that the server asks for: one that can move public branches is for the lift (invariant 9).
func (r *rig) seeMint(body []byte) {
	m, err := parseMint(body)
	public := strings.Split(r.Public.FullName, "/")[1]
	r.mu.Lock()
	late := r.anyOver()
	r.mu.Unlock()
	switch {
	case err != nil:
		r.violate("9: a token was asked for in words that nobody understands")
	case len(m.Repositories) != 1:
		r.violate("9: a token was asked for that covers %v", m.Repositories)
	case m.Repositories[0] == public && m.Permissions["contents"] == "write" && !late:
		r.violate("9: a token that can move public branches was asked for before any embargo ended")
	}
}

// seeCall judges a request of the server before it is served, and remembers what the later judgement of a lift needs.
func (r *rig) seeCall(c sandbox.Call) {
	r.mu.Lock()
	l := &r.ledger
	l.count++
	for _, ref := range c.Refs {
		id, branch, ok := strings.Cut(strings.TrimPrefix(ref.Ref, "refs/heads/liftgate/"), "/candidate/")
		if _, known := l.built[ref.New]; ok && !known && c.Repo == r.Mirror.FullName && ref.New != noObject {
			l.built[ref.New] = candidate{id, branch, l.count} // built again it is the same
		}
	}
	if branch, ok := r.evidence().rehearses(c); ok {
		l.probed[branch] = l.count
	}
	early := !r.anyOver()
	r.mu.Unlock()
	if early && c.Repo == r.Public.FullName && r.evidence().moves(c) {
		r.violate("9: %s %s of the public repository with a token that can write, before any embargo ended", c.Method, c.Path)
	}
	if early && c.Git && c.Repo == r.Public.FullName && c.Route == "git-receive-pack" {
		r.violate("1: a push to the public repository was tried before any embargo ended")
	}
}

// seePublicWrite judges what has just become public (invariants 1 to 5).
func (r *rig) seePublicWrite(req sandbox.Request, body []byte) {
	if !r.town.ours(req.Token) {
		return // people may do in public what they like
	}
	if len(req.Refs) > 0 {
		r.judgePush(req)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.cases {
		if bytes.Contains(body, []byte(c.token)) && !(r.evidence().tellsWords(req) && r.evidence().report(req, body, c)) {
			r.trouble = append(r.trouble, "1: a public request holds embargoed words: "+req.Route)
		}
		if r.evidence().report(req, body, c) {
			r.ledger.published[c.n]++
			if !r.over(c.n) {
				r.trouble = append(r.trouble, "1: the report was published before its embargo ended")
			}
			return
		}
	}
	r.trouble = append(r.trouble, "1: nobody knows why this was written in public: "+req.Method+" "+req.Path)
}

// judgePush judges a push of the server's to the public repository.
func (r *rig) judgePush(req sandbox.Request) {
	// What git knows is asked for before the lock is taken.
	type move struct {
		branch, old, sha string
		forward          bool
		blobs            [2]string
	}
	var moves []move
	for _, ref := range req.Refs {
		if ref.Error != "" {
			r.violate("2: %s was refused, and others moved", ref.Ref)
			continue
		}
		m := move{branch: strings.TrimPrefix(ref.Ref, "refs/heads/"), old: ref.Old, sha: ref.New}
		_, err := r.inRepo(r.Public.Dir, "merge-base", "--is-ancestor", ref.Old, ref.New)
		m.forward = err == nil
		for n := range m.blobs {
			m.blobs[n], _ = r.blob(r.Public.Dir, ref.New, fileOf(n)) // a branch may lack it
		}
		moves = append(moves, m)
	}
	tips := r.tips(r.Public.Dir)
	r.mu.Lock()
	fails := func(format string, args ...any) { r.mu.Unlock(); r.violate(format, args...); r.mu.Lock() }
	defer r.mu.Unlock()
	var owner *incident
	for _, m := range moves {
		built, known := r.ledger.built[m.sha]
		i := slices.IndexFunc(r.cases, func(c *incident) bool { return known && c.id == built.id })
		switch {
		case !known || built.branch != m.branch || i < 0:
			fails("5: %s landed on %s and was never a candidate for it", m.sha, m.branch)
			continue
		case owner != nil && owner != r.cases[i]:
			fails("2: one push landed the fixes of two advisories")
		case !m.forward:
			fails("2: %s was not moved forward", m.branch)
		case !r.ledger.green[m.sha]:
			fails("5: CI never passed %s, which landed on %s", m.sha, m.branch)
		case r.ledger.probed[m.branch] <= built.at:
			fails("5: %s landed on %s and was not rehearsed", m.sha, m.branch)
		case !r.ledger.approved[m.blobs[r.cases[i].n]]:
			fails("3: nobody approved what landed on %s", m.branch)
		}
		owner = r.cases[i]
	}
	if owner == nil {
		fails("2: a push that moved nothing known")
		return
	}
	if !r.over(owner.n) || !r.ledger.accepted[owner.n] {
		fails("1: the fix landed before its embargo ended")
	}
	r.ledger.landed[owner.n] = true
	for branch := range tips {
		if !r.mustBeFixed(branch) || slices.ContainsFunc(moves, func(m move) bool { return m.branch == branch }) || r.ledger.settled[place{owner.n, branch}] {
			continue
		}
		r.mu.Unlock()
		text, err := r.inRepo(r.Public.Dir, "show", tips[branch]+":"+fileOf(owner.n))
		r.mu.Lock()
		if err != nil || !strings.Contains(text, owner.token) {
			fails("3: the fix landed while %s had none and nobody had settled it", branch)
		}
	}
}

// mustBeFixed reports whether a public branch is maintained for so long that the server has to know. The caller holds the
// lock.
func (r *rig) mustBeFixed(branch string) bool {
	if branch != "master" && !strings.HasPrefix(branch, "stable-") {
		return false
	}
	if eol, over := r.ledger.eol[branch]; over && !r.Clock.Now().Before(eol) {
		return false
	}
	const slack = 2 * time.Second // of the wall clock: between the last look and the push things may change
	since, young := r.ledger.since[branch]
	return !young || time.Since(since) > slack
}
