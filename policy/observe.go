package policy

import (
	"fmt"
	"slices"
	"strings"
)

// observe takes in what the forge shows.
func (t *turn) observe() {
	t.seeDesk()
	t.seeReport()
	t.seeWork()
}

// seeWork takes in the branches and their fixes, once the report is accepted.
func (t *turn) seeWork() {
	if t.a.Phase == Reported || t.a.Phase == Rejected {
		return
	}
	t.seeBranches()
	t.seeLanding()
	t.seeNotice()
	for i := range t.a.Cells {
		t.seeFix(&t.a.Cells[i])
		t.seeProof(&t.a.Cells[i])
	}
}

// seeDesk adopts the desk, opens another in the place of one that was deleted, and answers whoever closes one too early.
func (t *turn) seeDesk() {
	desk := t.in.Seen.Desk
	if t.a.DeskNumber == 0 && desk.Number != 0 && !desk.Gone { // before the outcome of opening it was known
		t.openedDesk(desk.Number)
	}
	if desk.Number == 0 || desk.Number != t.a.DeskNumber || desk.Open || t.a.Phase == Rejected || t.a.Lift.Gate == GateDone {
		return
	}
	if desk.Gone {
		t.line(By, "lost the desk", fmt.Sprintf("#%d was deleted", desk.Number))
		t.a.DeskNumber, t.a.StatusComment, t.a.StatusDigest = 0, 0, ""
		return
	}
	t.say(fmt.Sprintf("closed/%d", desk.Number),
		"This desk was closed, and the case goes on as the status says. Whoever wants to end it uses `/reject <reason>`.")
}

// seeReport adopts what people wrote into the report itself, and notices when somebody has published or closed it by
// hand.
func (t *turn) seeReport() {
	r := t.in.Seen.Report
	if r.Reporter != "" {
		t.a.Reporter = r.Reporter
	}
	if t.a.Severity == "" && r.Severity != "" {
		t.a.Severity = r.Severity
	}
	if t.a.CVE == "" && t.taken(r.CVE) {
		t.page("taken/"+r.CVE, "The report names "+r.CVE+", and another advisory has this number: each has its own.")
	} else if t.a.CVE == "" && validCVE(r.CVE) {
		t.a.CVE = r.CVE
		t.line(By, "took the CVE from the report", r.CVE)
	}
	if t.a.Lift.Gate != GateHeld {
		return
	}
	switch r.State {
	case ReportPublished:
		if !t.a.Embargo.IsPublic() {
			t.becomePublic(By, "the report was published by hand")
		}
	case ReportClosed:
		if t.a.Phase == Reported {
			t.reject(By, "the report was closed at the forge")
		}
	}
}

// seeLanding takes a branch that stands at its candidate for landed, once the lift has begun: the push may have arrived although
// its outcome never did.
func (t *turn) seeLanding() {
	if t.a.Lift.Gate != GateLifting || t.pending("land") {
		return
	}
	for i := range t.a.Cells {
		c := &t.a.Cells[i]
		tip, exists := Tip(t.in.Seen.Public, c.Branch)
		if exists && c.State.NeedsFix() && c.Landed == "" && c.Candidate.State == PickClean && tip == c.Candidate.SHA {
			c.Landed = tip
			t.line(By, "saw the landing", c.Branch+" at "+short(tip))
		}
	}
}

// seeBranches keeps one cell for every branch that is maintained at the time of the lift. A branch whose end of life comes
// keeps its cell, marked; a new one starts unknown. One that the rules merely stop naming is not forgotten: it blocks until
// somebody says what became of it.
func (t *turn) seeBranches() {
	if t.in.Seen.RulesProblem != "" || t.a.Lift.Gate == GateLanded || t.a.Lift.Gate == GateDone {
		return // nothing is forgotten because a file could not be read
	}
	at := t.now
	if t.a.Embargo.InForce(t.now) && t.a.Embargo.End.After(at) {
		at = t.a.Embargo.End
	}
	names := Names(t.in.Seen.Public)
	for _, c := range t.a.Cells { // one that was deleted is missing, not at its end
		if c.State != EndOfLife && !slices.Contains(names, c.Branch) {
			names = append(names, c.Branch)
		}
	}
	maintained, ended := t.in.Seen.Rules.Maintained(names, at)
	var cells []Cell
	for _, branch := range maintained {
		cells = append(cells, t.cellOf(branch))
	}
	for _, branch := range ended {
		cells = append(cells, t.endedCell(branch))
	}
	for _, c := range t.a.Cells {
		if !slices.Contains(maintained, c.Branch) && !slices.Contains(ended, c.Branch) {
			if !c.Unlisted && c.State != EndOfLife {
				t.line(By, "branch no longer listed", c.Branch)
				c.Unlisted = true
			}
			cells = append(cells, c)
		}
	}
	t.a.Cells = cells
}

func (t *turn) cellOf(branch string) Cell {
	if c := t.a.Cell(branch); c != nil {
		if c.State == EndOfLife || c.Unlisted {
			t.line(By, "branch maintained again", branch)
		}
		if c.State == EndOfLife {
			c.State = Unknown
		}
		c.Unlisted = false
		return *c
	}
	return Cell{Branch: branch, State: Unknown}
}

func (t *turn) endedCell(branch string) Cell {
	c := Cell{Branch: branch}
	if known := t.a.Cell(branch); known != nil {
		c = *known
		if c.State != EndOfLife {
			t.line(By, "branch no longer maintained", branch)
		}
	}
	c.State, c.Unlisted = EndOfLife, false
	return c
}

// seeFix follows the fix of a cell, and adopts one that stands under Liftgate's own branch name.
func (t *turn) seeFix(c *Cell) {
	view, ok := t.fixOf(c)
	if !ok {
		if c.Fix.Number != 0 && c.Landed == "" { // what can't be seen is not approved
			c.Fix.Wanting = "was not seen in the mirror"
		}
		return
	}
	fix := Fix{
		Number: view.Number, HeadRef: view.HeadRef, Head: view.Head, URL: view.URL, Author: view.Author,
		Merged: view.Merged, Closed: !view.Open && !view.Merged, Draft: view.Draft,
	}
	fix.Wanting = t.wanting(c, view)
	if fix.Head != c.Fix.Head && c.Fix.Head != "" && fix.Head != c.Backport.Head {
		t.line("", "pushed to a fix", fmt.Sprintf("fix %d: %s", fix.Number, short(fix.Head))) // not always its author
	}
	if fix.Merged && !c.Fix.Merged && (t.a.Lift.Gate == GateHeld || t.a.Lift.Gate == GateLifting) {
		t.line(By, "absorbed an early merge in the mirror", fmt.Sprintf("fix %d into %s", fix.Number, c.Branch))
		t.page(fmt.Sprintf("early-merge/%d", fix.Number), fmt.Sprintf(
			"Fix %d was merged into %s of the mirror before the lift. Nothing public moved; the mirror's branch is put back and the fix counts as before.",
			fix.Number, c.Branch))
	}
	c.Fix = fix
	if c.Drafted != fix.Number || !fix.Draft {
		c.Drafted = 0
	}
	if c.State == Unknown {
		c.State, c.By, c.Why = Affected, By, Embargoed(fmt.Sprintf("fix %d", fix.Number))
	}
}

func (t *turn) fixOf(c *Cell) (FixView, bool) {
	var adopted *FixView
	for i, view := range t.in.Seen.Fixes {
		if c.Fix.Number != 0 && view.Number == c.Fix.Number {
			return view, true
		}
		if view.Base == c.Branch && view.Open && (view.HeadRef == BackportRef(t.a.ID, c.Branch) || view.HeadRef == FixRef(t.a.ID)) {
			adopted = &t.in.Seen.Fixes[i]
		}
	}
	if c.Fix.Number == 0 && adopted != nil {
		t.line(adopted.Author, "opened a fix", fmt.Sprintf("fix %d for %s", adopted.Number, c.Branch))
		return *adopted, true
	}
	return FixView{}, false
}

// wanting says why the head of a fix does not count yet.
func (t *turn) wanting(c *Cell, view FixView) string {
	need := t.in.Seen.Rules.Fixes.BackportApprovals
	if c.Branch == t.in.Seen.Rules.Main {
		need = t.in.Seen.Rules.Fixes.Approvals
	}
	own := c.Backport.Head == view.Head && c.Backport.Head != ""
	if own && c.Backport.Review != "" {
		need = max(need, 1)
	}
	var by []string
	for _, approval := range view.Approvals {
		roles := t.roles(approval.By)
		if approval.Head == view.Head && slices.Contains(roles, RoleTeam) && !strings.EqualFold(approval.By, view.Author) {
			by = append(by, approval.By)
		}
	}
	switch {
	case !view.Open && !view.Merged:
		return "is closed"
	case !own && view.HeadRef == BackportRef(t.a.ID, c.Branch) && c.Backport.pushed(view.Head):
		return "does not show the newest backport; /backport " + c.Branch + " puts it there"
	case own && c.Backport.State == PickConflict:
		return "shows a conflict that a person has to resolve"
	case view.Draft:
		return "is a draft"
	case len(view.Objectors) > 0:
		return "changes asked for by " + strings.Join(view.Objectors, ", ")
	case len(by) < need && own && c.Backport.Review != "":
		return fmt.Sprintf("has %d of %d approvals, which it needs because %s", len(by), need, c.Backport.Review)
	case len(by) < need:
		return fmt.Sprintf("has %d of %d approvals of its newest commit", len(by), need)
	}
	return ""
}

// seeProof judges the candidate by the mirror's checks.
func (t *turn) seeProof(c *Cell) {
	if c.Candidate.SHA == "" || c.Landed != "" {
		return
	}
	c.Candidate.Proof = "no checks were seen"
	rules := t.in.Seen.Rules.Checks
	if rules.None {
		c.Candidate.Proof = ""
		return
	}
	for _, proof := range t.in.Seen.Proofs {
		if proof.SHA == c.Candidate.SHA {
			c.Candidate.Proof = unproved(rules, proof.Checks)
		}
	}
}

func unproved(rules CheckRules, checks []Check) string {
	green := map[string]bool{}
	for _, check := range checks {
		switch check.State {
		case CheckFailed:
			return check.Name + " failed"
		case CheckPending:
			return check.Name + " is running"
		case CheckPassed:
			green[check.Name] = true
		}
	}
	for _, name := range rules.Required {
		if !green[name] {
			return name + " has not run"
		}
	}
	if len(green) == 0 {
		return "no check has run"
	}
	return ""
}

func (t *turn) roles(login string) []Role {
	return t.in.Seen.Rules.Roles(login, t.a.Reporter, t.in.Seen.Permissions)
}
