package drill

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox"
	hub "github.com/liftgate/liftgate/app/forge/sandbox/github"
	"github.com/liftgate/liftgate/policy"
)

// What happens around the people in the property tests: public branches, the clock, the server, the network.

func (r *rig) events() map[string]func(step) error {
	return map[string]func(step) error{
		"commit": r.commitPublic, "rewind": r.rewind, "branch": r.newBranch, "eol": r.endOfLife, "protect": r.protectPublic,
		"garble": r.garble, "move-candidate": r.moveCandidate, "fault": r.armFault,
		"restart-server": func(step) error {
			if err := r.Stop(); err != nil {
				r.violate("stop the server: %v", err)
			}
			return r.serve()
		},
		"kill-server":  func(step) error { r.kill(); return r.serve() },
		"stop-server":  func(step) error { r.kill(); return nil },
		"start-server": func(step) error { return r.serve() },
		"clock": func(s step) error {
			r.Clock.Advance([]time.Duration{5 * time.Minute, time.Hour, 6 * time.Hour, 25 * time.Hour, 3 * policy.Day, 5 * policy.Day}[s.A%6])
			return nil
		},
		"to-end": r.toEnd,
	}
}

// commitPublic is work that has nothing to do with any report.
func (r *rig) commitPublic(s step) error {
	dev, branch := r.by(maintainer), r.branchFor(s.A)
	if _, err := dev.git(r.ctx, "fetch", "-q", "public"); err != nil {
		return err
	}
	sha, err := r.edits(dev, "public/"+branch, "LOG", "Work", func(text string) string { return text + fmt.Sprintf("more %d %d\n", s.B, len(text)) }, nil)
	if err != nil {
		return nil // the branch is gone
	}
	if _, err = dev.git(r.ctx, "push", "-q", "public", sha+":refs/heads/"+branch); err != nil {
		r.note("   not committed: %v", err)
	}
	return nil
}

// rewind takes the last plain commit of a public branch back.
func (r *rig) rewind(s step) error {
	dev, branch := r.by(maintainer), r.branchFor(s.A)
	if _, err := dev.git(r.ctx, "fetch", "-q", "public"); err != nil {
		return err
	}
	tip, err := dev.git(r.ctx, "log", "-1", "--format=%H %s", "public/"+branch)
	sha, subject, _ := strings.Cut(tip, " ")
	if err != nil || subject != "Work" {
		return nil
	}
	_, err = dev.git(r.ctx, "push", "-q", "--force-with-lease=refs/heads/"+branch+":"+sha, "public", sha+"^:refs/heads/"+branch)
	if err != nil {
		r.note("   not rewound: %v", err)
	}
	return nil
}

// newBranch cuts a stable branch that the rules' pattern covers.
func (r *rig) newBranch(step) error {
	dev := r.by(maintainer)
	if _, err := dev.git(r.ctx, "fetch", "-q", "public"); err != nil {
		return err
	}
	if _, err := dev.git(r.ctx, "push", "-q", "public", "public/master:refs/heads/stable-99"); err != nil {
		return nil // it is there
	}
	if len(r.stable) == r.ground.Stable {
		r.stable = append(r.stable, "stable-99")
		r.allow(func(l *ledger) { l.since["stable-99"] = time.Now() })
	}
	return nil
}

func (r *rig) endOfLife(s step) error {
	branch := r.stable[s.A%len(r.stable)]
	r.allow(func(l *ledger) {
		if _, over := l.eol[branch]; over && s.B%2 == 0 {
			delete(l.eol, branch)
			l.since[branch] = time.Now()
			return
		}
		l.eol[branch] = r.Clock.Now().Add(time.Duration(s.B%3-1) * 3 * policy.Day).Truncate(time.Second)
	})
	return r.writeRules(r.rules())
}

// protectPublic guards public branches against everybody, Liftgate included, or stops doing so.
func (r *rig) protectPublic(s step) error {
	if thaw := r.plan.thaw; thaw != nil {
		r.plan.thaw = nil
		return thaw()
	}
	var err error
	r.plan.thaw, err = r.town.freeze([][]string{{"master", "stable-*"}, {"master"}, {"stable-1"}}[s.A%3]...)
	return err
}

// garble makes the project's configuration unreadable, or mends it.
func (r *rig) garble(s step) error {
	if s.A%2 == 0 {
		return r.writeRules("main: master\nbranchs: {}\n")
	}
	return r.writeRules(r.rules())
}

// moveCandidate has a person push to a branch that is Liftgate's alone.
func (r *rig) moveCandidate(s step) error {
	for name, head := range r.tips(r.Mirror.Dir) {
		if !strings.Contains(name, "/candidate/") || len(name)%2 != s.A%2 {
			continue
		}
		dev := r.by(developer)
		if _, err := dev.git(r.ctx, "fetch", "-q", "mirror", head); err != nil {
			return nil
		}
		sha, err := r.edits(dev, head, "LOG", "Oops", func(text string) string { return text + "oops\n" }, nil)
		if err != nil {
			return err
		}
		_, err = dev.git(r.ctx, "push", "-q", "mirror", sha+":refs/heads/"+name)
		r.note("   moved %s: %v", name, err)
		return nil
	}
	return nil
}

func (r *rig) toEnd(s step) error {
	if len(r.cases) == 0 {
		return nil
	}
	a, ok := r.state(r.cases[s.Case%len(r.cases)])
	if ok && a.Embargo.InForce(r.Clock.Now()) {
		before := []time.Duration{24 * time.Hour, time.Hour, 5 * time.Minute, time.Second, 0, 0, -time.Minute}[s.A%7]
		r.Clock.AdvanceTo(a.Embargo.End.Add(-before))
	}
	return nil
}

// faultPlan is what goes wrong next between the server and the forge.
type faultPlan struct {
	thaw func() error // of public branches that are frozen; nil: none are

	mu    sync.Mutex
	armed []armed
}

type armed struct {
	name  string
	match func(sandbox.Call) bool
	skip  int
	times int
	fault sandbox.Fault
}

// spoil is shown every request, watches the server's, and spoils some of them.
func (r *rig) spoil(c sandbox.Call) sandbox.Fault {
	if !r.town.ours(c.Scope) {
		return sandbox.Fault{}
	}
	r.seeCall(c)
	return r.plan.fault(c)
}

func (p *faultPlan) fault(c sandbox.Call) sandbox.Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.armed {
		a := &p.armed[i]
		if a.times == 0 || !a.match(c) {
			continue
		}
		if a.skip > 0 {
			a.skip--
			continue
		}
		a.times--
		return a.fault
	}
	return sandbox.Fault{}
}

func (p *faultPlan) arm(a armed) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed = append(p.armed, a)
}

func (p *faultPlan) disarm() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed = nil
}

// armFault chooses what goes wrong, where, and how often.
func (r *rig) armFault(s step) error {
	places := []struct {
		name  string
		match func(sandbox.Call) bool
	}{
		{"read", func(c sandbox.Call) bool { return !c.Write && !c.Git }},
		{"write", func(c sandbox.Call) bool { return c.Write && !c.Git && !r.evidence().asksForToken(c) }},
		{"write", func(c sandbox.Call) bool { return c.Write && !c.Git && !r.evidence().asksForToken(c) }},
		{"comment", func(c sandbox.Call) bool { return c.Method == "POST" && strings.HasSuffix(c.Path, "/comments") }},
		{"token", func(c sandbox.Call) bool { return r.evidence().asksForToken(c) }},
		{"fetch", func(c sandbox.Call) bool { return c.Git && c.Route == "git-upload-pack" }},
		{"push to the mirror", func(c sandbox.Call) bool { return c.Git && c.Write && c.Repo == r.Mirror.FullName }},
		{"push to the public", func(c sandbox.Call) bool { return c.Git && c.Write && c.Repo == r.Public.FullName }},
		{"publication", func(c sandbox.Call) bool {
			return r.town.publishes(sandbox.Request{Method: c.Method, Path: c.Path, Route: c.Route, Repo: c.Repo})
		}},
	}
	at := places[s.A%len(places)]
	name, fault := r.faultOf(s, at.name)
	r.note("   %s at the %dth %s, %d times", name, s.A%5, at.name, 1+s.Case)
	r.plan.arm(armed{name: name, match: at.match, skip: s.A % 5, times: 1 + s.Case, fault: fault})
	return nil
}

func (r *rig) faultOf(s step, where string) (string, sandbox.Fault) {
	kinds := []struct {
		name  string
		fault sandbox.Fault
	}{
		{"500", sandbox.Refused(500)}, {"403", sandbox.Refused(403)}, {"429", sandbox.Refused(429)}, {"a limit", hub.SecondaryLimit(time.Second)},
		{"a delay", sandbox.Fault{Delay: 150 * time.Millisecond}}, {"502 after it was done", sandbox.AppliedThen(502)},
		{"no answer after it was done", sandbox.AppliedThenDropped()}, {"404", sandbox.Refused(404)}, {"409", sandbox.Refused(409)},
		{"422", sandbox.Refused(422)},
	}
	switch where {
	case "read":
		kinds = kinds[:len(kinds)-3] // a false "it is not there" is a lie that no forge tells
	case "comment": // what can't be seen to be the same when it is done twice
		kinds = kinds[5:7]
	}
	k := kinds[s.B%len(kinds)]
	return k.name, k.fault
}

// hookFault is what the ground says about webhooks.
func (r *rig) hookFault(sandbox.Delivery) sandbox.HookFault {
	half := rand.IntN(2) == 0
	switch r.ground.Hooks {
	case "lost":
		return sandbox.HookFault{Lose: true}
	case "failed":
		return sandbox.HookFault{Drop: half}
	case "twice":
		return sandbox.HookFault{Duplicate: true}
	case "shuffled":
		return sandbox.HookFault{Reorder: half}
	case "late":
		return sandbox.HookFault{Delay: time.Duration(rand.IntN(200)) * time.Millisecond}
	}
	return sandbox.HookFault{}
}
