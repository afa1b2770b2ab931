package drill

import (
	"fmt"
	"time"

	"github.com/liftgate/liftgate/policy"
)

// mend has people put everything in order, round by round, until every case is over. Where that takes too long the lift was
// forgotten (invariant 4).
func (r *rig) mend() {
	r.t.Helper()
	r.town.failHooks(nil)
	r.plan.disarm()
	if err := r.serve(); err != nil {
		r.t.Fatalf("serve: %v\n%s", err, r.told())
	}
	if err := r.writeRules(r.rules()); err != nil {
		r.t.Fatalf("mend rules: %v", err)
	}
	for round := range 70 {
		r.settle()
		over := true
		for _, c := range r.cases {
			over = r.mendCase(c, round) && over
		}
		if over {
			return
		}
		r.mendRound(round)
		if r.ground.Late && round == tempting {
			r.passEnds()
		}
		if r.plan.thaw != nil && (round > tempting || !r.ground.Late) {
			r.protect("the public branches are free again", step{})
		}
	}
	r.fail("4: everything was put in order and the lift did not end")
}

// tempting is how many rounds people only approve and CI only passes what there is, where the end comes first: whatever is
// still open then must keep the lift from happening.
const tempting = 2

func (r *rig) protect(why string, s step) {
	r.note("%s", why)
	if err := r.protectPublic(s); err != nil {
		r.t.Fatalf("%s: %v", why, err)
	}
}

// passEnds moves the clock past every end.
func (r *rig) passEnds() {
	if r.ground.Guard && r.plan.thaw == nil {
		r.protect("one public branch is guarded", step{A: 1 + len(r.stable)%2})
	}
	for _, c := range r.cases {
		if a, ok := r.state(c); ok && a.Embargo.InForce(r.Clock.Now()) {
			r.inspect(true)
			r.note("the end of %s comes, ready or not", c.id)
			r.Clock.AdvanceTo(a.Embargo.End)
			r.settle()
		}
	}
}

// mendRound does what helps all cases.
func (r *rig) mendRound(round int) {
	if round%4 == 3 { // Liftgate mends the mirror by itself where it can
		r.levelMirror()
	}
	for _, p := range r.fixesOpen() {
		r.approveOne(p)
	}
	if err := r.ci(step{}); err != nil {
		r.note("   ci: %v", err)
	}
	switch {
	case round%10 == 9:
		r.Clock.Advance(61 * time.Minute)
		r.inspect(false)
	case round > 2:
		r.Clock.Advance(time.Minute)
	}
}

// levelMirror is what a person does when a public branch was rewound.
func (r *rig) levelMirror() {
	mirror := r.tips(r.Mirror.Dir)
	for branch, tip := range r.tips(r.Public.Dir) {
		if mirror[branch] == tip {
			continue
		}
		if err := r.town.importGit(r.Mirror, r.Public.Dir, "+refs/heads/"+branch+":refs/heads/"+branch); err != nil {
			r.note("   level the mirror: %v", err)
		}
	}
}

// mendCase does what one case waits for, and reports whether it is over.
func (r *rig) mendCase(c *incident, round int) bool {
	if !r.find(c) {
		return false
	}
	a, ok := r.state(c)
	switch {
	case !ok:
		return false
	case a.Over():
		return true
	case a.Phase == policy.Rejected || a.Lift.Gate == policy.GateLanded || a.Lift.Gate == policy.GateDone:
		return false // Liftgate's part
	case a.Phase == policy.Reported:
		if round%3 == 0 {
			_ = r.accept(step{}, c) // the next round sees
		}
		return false
	}
	if a.CVE == "" && round%3 == 0 {
		r.say(c, allocator, fmt.Sprintf("/cve CVE-2026-%d", 20000+c.n))
	}
	for _, cell := range a.Cells {
		if cell.State == policy.NotAffected && cell.Why.Empty() && round%3 == 0 {
			r.allow(func(l *ledger) { l.settled[place{c.n, cell.Branch}] = true })
			r.say(c, maintainer, "/not-affected "+cell.Branch+" the code came later")
		}
		if cell.State.NeedsFix() && cell.Landed == "" && (round > tempting || !r.ground.Late) {
			r.mendCell(c, cell, round)
		}
	}
	r.mendLift(c, a, round)
	return false
}

func (r *rig) mendCell(c *incident, cell policy.Cell, round int) {
	main := cell.Branch == "master"
	switch {
	case round%3 != 0: // things take their time
	case main && (cell.Fix.Number == 0 || cell.Fix.Closed):
		if c.fix != 0 && r.isOpen(c.fix) {
			r.say(c, developer, fmt.Sprintf("/fix #%d", c.fix))
			return
		}
		_ = r.openFix(step{}, c) // the next round sees
	case main && (cell.Candidate.State == policy.PickConflict || cell.Candidate.State == policy.PickApplied):
		_ = r.amend(step{}, c) // as above
	case main:
	case cell.Fix.Closed:
		r.setFix(cell.Fix.Number, true)
	case cell.Conflicted():
		if err := r.writeBackport(c, cell.Branch); err != nil {
			r.note("   not resolved: %v", err)
		}
	case cell.Candidate.State == policy.PickConflict || cell.Candidate.State == policy.PickApplied:
		r.allow(func(l *ledger) { l.settled[place{c.n, cell.Branch}] = true })
		r.say(c, manager, "/waive "+cell.Branch+" it does not apply any more")
	}
}

func (r *rig) mendLift(c *incident, a policy.Advisory, round int) {
	now := r.Clock.Now()
	if r.ground.Late && round <= tempting {
		return
	}
	if a.Lift.HeldBy != "" && round%3 == 0 || round%20 == 19 {
		r.say(c, manager, "/resume")
	}
	if a.Embargo.Ended(now) {
		if r.ground.Button && a.Lift.AskedBy == "" && round%3 == 0 {
			r.say(c, manager, "/lift")
		}
		return
	}
	if a.Phase == policy.Ready && a.Embargo.InForce(now) {
		r.inspect(true)
		r.note("the end of %s", c.id)
		r.Clock.AdvanceTo(a.Embargo.End)
	}
}
