package policy

import (
	"fmt"
	"slices"
	"strings"
)

// planBackports makes the fix of every stable branch from the newest main fix, opens it, and says at it how it was made.
// What a person has edited is never overwritten; the branches older than it learn from it.
func (t *turn) planBackports() {
	main := t.mainCell()
	t.planTargets(main)
	for i := range t.a.Cells {
		c := &t.a.Cells[i]
		if t.stable(c) && c.State.NeedsFix() {
			t.sayLeftBehind(c, main)
			t.planFix(c)
			t.planReady(c)
			t.planNote(c)
		}
		t.planMirrorReset(c)
	}
}

func (t *turn) stable(c *Cell) bool { return c.Branch != t.in.Seen.Rules.Main }

// planTargets plans all branches again whenever something that the plan is made from has changed: the main fix, a fix that
// people made for one of the branches, or the tip of a branch that has no fix yet.
func (t *turn) planTargets(main *Cell) {
	if main == nil || main.Fix.Number == 0 || main.Fix.Head == "" || main.Fix.Closed || t.pending("backports") {
		return
	}
	from, exists := Tip(t.in.Seen.Public, main.Branch)
	if main.Landed != "" {
		from = main.Candidate.Tip // the fix is public there, and would measure as nothing
	}
	targets := t.targets(main)
	if !exists || len(targets) == 0 {
		return
	}
	do := PlanBackports{Source: main.Fix.Head, Main: from, Introduced: slices.Clone(t.a.Introduced), Targets: targets}
	inputs := do.inputs()
	isNew := func(input string) bool { return !slices.Contains(t.a.Planned, input) }
	if slices.ContainsFunc(inputs, isNew) { // a branch that is left out changes nothing for the others
		t.ask("backports/"+named(strings.Join(inputs, " ")), do)
	}
}

func (t *turn) targets(main *Cell) []Target {
	var targets []Target
	for i := range t.a.Cells {
		c := &t.a.Cells[i]
		onto, exists := Tip(t.in.Seen.Public, c.Branch)
		if !t.stable(c) || !exists {
			continue
		}
		target := Target{Branch: c.Branch, Onto: onto, Ref: BackportRef(t.a.ID, c.Branch)}
		target.Was, _ = Tip(t.in.Seen.Mirror.Branches, target.Ref)
		switch open := (c.State.NeedsFix() || c.foundApplied()) && c.Landed == ""; {
		case !open && !t.followed(c):
			continue
		case !open:
			target.Onto = or(or(c.Backport.Onto, c.Candidate.Tip), onto)
			target.Own, target.Behind = t.own(c), c.madeFor() != main.Fix.Head
		case t.edited(c):
			target.Own = t.own(c)
			if c.Backport.Own.Head != target.Own {
				c.Backport.Own = Own{Head: target.Own, Source: main.Fix.Head}
			}
			target.Behind = c.madeFor() != main.Fix.Head
		case c.Backport.Source == main.Fix.Head && c.Backport.settled(c.Fix):
			target.Onto = c.Backport.Onto // its candidate follows the tip
		}
		targets = append(targets, target)
	}
	return targets
}

// settled reports whether a backport needs nobody's hand any more: a clean one, or a draft that was approved.
func (b Backport) settled(f Fix) bool {
	return b.State == PickClean || b.State == PickDraft && f.Head == b.Head && f.Wanting == ""
}

// foundApplied reports whether it was Liftgate that closed the cell, for the fix as it was then. Another fix, or another
// tip, is looked for again.
func (c Cell) foundApplied() bool {
	return c.State == NotAffected && c.By == By && c.Backport.State == PickApplied
}

// judgedAffected reports whether a person has said that a branch needs the fix.
func (c Cell) judgedAffected() bool { return c.State == Affected && c.By != By }

// followed reports whether an older branch's fix was made from this one's, which it goes on following although nothing has
// to land here any more.
func (t *turn) followed(c *Cell) bool {
	return t.own(c) != "" && slices.ContainsFunc(t.a.Cells, func(older Cell) bool { return older.Backport.From == c.Branch })
}

// madeFor is the main fix that the newest fix of a branch was made for.
func (c Cell) madeFor() string {
	if head := c.Backport.Own.Head; head != "" && c.Backport.Head != c.Fix.Head {
		return c.Backport.Own.Source
	}
	return c.Backport.Source
}

// inputs names all that a plan is made from, one by one. Where the mirror's branches stand is not among it: the plan moves
// them.
func (do PlanBackports) inputs() []string {
	list := []string{digest([]Move{{Branch: "main", New: do.Source}})}
	for _, sha := range do.Introduced {
		list = append(list, digest([]Move{{Branch: "introduced", New: sha}}))
	}
	for _, target := range do.Targets {
		learnt := target.Own
		if target.Behind {
			learnt = "behind"
		}
		list = append(list, digest([]Move{{Branch: target.Branch, Old: target.Onto, New: learnt}}))
	}
	return list
}

// plannedBackports takes in what became of every branch. A branch that nothing could be made of is tried again.
func (t *turn) plannedBackports(o Outcome, do PlanBackports) {
	t.a.Planned = do.inputs()
	var failed []string
	for _, r := range o.Backports {
		c := t.a.Cell(r.Branch)
		i := slices.IndexFunc(do.Targets, func(target Target) bool { return target.Branch == r.Branch })
		if c == nil || i < 0 {
			continue
		}
		if r.Edited { // a person got there first, or the forge had shown an old head: the next look tells
			t.line(By, "left an edited backport alone", c.Branch)
			r.Failed = "its branch in the mirror has moved meanwhile"
		}
		if r.Failed != "" {
			c.Backport.Failed = r.Failed
			failed = append(failed, r.Branch+": "+r.Failed)
			continue
		}
		t.plannedBackport(c, do.Source, do.Targets[i], r)
	}
	if len(failed) > 0 {
		t.a.Planned = nil
		t.refused(o.Effect, strings.Join(failed, "; "))
	}
}

func (t *turn) plannedBackport(c *Cell, source string, target Target, r BackportResult) {
	c.Spared, c.Note.Body, c.Backport.Failed = Embargoed(r.Spared), Embargoed(r.Note), ""
	if target.Own != "" {
		return // people's own
	}
	before, found := c.Backport, c.foundApplied()
	c.Backport = Backport{
		State: r.State, Source: source, From: r.From, Onto: target.Onto, Head: r.Head, Before: before.Before, Review: r.Review,
		Files: boxed(r.Files), Own: before.Own,
	}
	if before.Head != r.Head {
		c.Backport.Before = before.Head
	}
	if found && (r.State != PickApplied || r.Unsure) {
		c.State, c.Why = Affected, Embargoed("the fix is no longer wholly on the branch")
	}
	if before.State == r.State && before.Head == r.Head {
		return
	}
	switch r.State {
	case PickClean:
		t.line(By, "backported", fmt.Sprintf("%s: %s", c.Branch, short(r.Head)))
	case PickDraft:
		t.line(By, "drafted a backport", fmt.Sprintf("%s: %s", c.Branch, short(r.Head)))
	case PickApplied:
		if r.Unsure || !c.State.NeedsFix() || c.judgedAffected() {
			return // proposed at the desk, or a person's word stands
		}
		c.State, c.By, c.Why = NotAffected, By, Embargoed(or(r.Spared, "the same change is on the branch already"))
		t.line(By, "found the fix on the branch already", c.Branch)
	case PickConflict:
		t.line(By, "met a conflict", fmt.Sprintf("%s: %d files", c.Branch, len(r.Files)))
	}
}

// sayLeftBehind tells people that a backport which is theirs did not follow the main fix.
func (t *turn) sayLeftBehind(c, main *Cell) {
	made := c.madeFor()
	if main == nil || t.pending("backports") || made == "" || made == main.Fix.Head || main.Fix.Head == "" || main.Fix.Closed || c.Fix.Closed || c.Landed != "" || !t.edited(c) {
		return
	}
	t.page("left-behind/"+c.Branch+"/"+short(main.Fix.Head), fmt.Sprintf(
		"The main fix has changed to %s. The backport for %s was edited by a person, so that it is left as it is: look whether it needs the same change.",
		short(main.Fix.Head), c.Branch))
}

// own is the head of what people made for a branch.
func (t *turn) own(c *Cell) string {
	ref, open := BackportRef(t.a.ID, c.Branch), c.Fix.Number != 0 && !c.Fix.Closed
	tip, exists := Tip(t.in.Seen.Mirror.Branches, ref)
	if open && (!exists || c.Fix.HeadRef != ref || !c.Backport.pushed(c.Fix.Head)) {
		return c.Fix.Head
	}
	return tip // a forge may show a push at the branch before it shows it at the fix
}

// edited reports whether the backport's branch holds something that Liftgate did not push.
func (t *turn) edited(c *Cell) bool {
	if c.Fix.Number != 0 && !c.Fix.Closed && (c.Fix.HeadRef != BackportRef(t.a.ID, c.Branch) || !c.Backport.pushed(c.Fix.Head)) {
		return true
	}
	tip, exists := Tip(t.in.Seen.Mirror.Branches, BackportRef(t.a.ID, c.Branch))
	return exists && !c.Backport.pushed(tip)
}

// pushed reports whether Liftgate pushed a head itself.
func (b Backport) pushed(head string) bool { return head == b.Head || head == b.Before && head != "" }

// planFix opens the fix for a backport that stands in the mirror, whether Liftgate picked it or a person resolved it.
func (t *turn) planFix(c *Cell) {
	if c.Fix.Number != 0 && !c.Fix.Closed || c.Fix.Closed && c.Fix.HeadRef == BackportRef(t.a.ID, c.Branch) {
		return
	}
	tip, exists := Tip(t.in.Seen.Mirror.Branches, BackportRef(t.a.ID, c.Branch))
	if !exists {
		return
	}
	main := t.mainCell()
	var labels, reviewers []string
	if main != nil {
		for _, view := range t.in.Seen.Fixes {
			if view.Number == main.Fix.Number {
				reviewers = slices.Clone(view.Reviewers)
				if t.in.Seen.Rules.Fixes.CopyLabels {
					labels = slices.Clone(view.Labels)
				}
			}
		}
	}
	t.ask("fix/"+c.Branch, OpenFix{
		Branch: c.Branch, HeadRef: BackportRef(t.a.ID, c.Branch), Title: Embargoed(fmt.Sprintf("%s for %s", t.a.ID, c.Branch)),
		Body: Embargoed(fixBody(t.a, *c, tip)), Labels: labels, Reviewers: reviewers,
		Draft: c.Backport.State == PickConflict && tip == c.Backport.Head, // it waits for an author: a guess waits for reviewers
	})
}

// planReady ends the draft that a conflict was opened as, once the fix shows something else. A draft of people's is theirs.
func (t *turn) planReady(c *Cell) {
	conflict := c.Backport.State == PickConflict && c.Backport.pushed(c.Fix.Head)
	if c.Drafted != 0 && c.Drafted == c.Fix.Number && c.Fix.Draft && !c.Fix.Closed && !conflict {
		t.ask(fmt.Sprintf("ready/%d", c.Fix.Number), ReadyFix{Fix: c.Fix.Number})
	}
}

// planNote keeps the comment at a fix as it should read.
func (t *turn) planNote(c *Cell) {
	key := "note/" + c.Branch
	if c.Fix.Number == 0 || c.Fix.Closed || c.Fix.Merged || c.Note.Body.Empty() || t.pending(key) {
		return
	}
	if c.Note.Fix != c.Fix.Number {
		c.Note = Note{Fix: c.Fix.Number, Body: c.Note.Body}
	}
	if d := statusDigest(c.Note.Body.Reveal()); d != c.Note.Digest {
		t.ask(fmt.Sprintf("%s/%d/%s", key, c.Fix.Number, d), ExplainFix{Fix: c.Fix.Number, Comment: c.Note.Comment, Body: c.Note.Body, Digest: d})
	}
}

func (t *turn) explained(do ExplainFix, comment int64) {
	for i := range t.a.Cells {
		if n := &t.a.Cells[i].Note; n.Fix == do.Fix {
			n.Comment, n.Digest = comment, do.Digest
		}
	}
}

// maxIntroduced bounds how many commits are looked for on every branch.
const maxIntroduced = 32

// setIntroduced records which commits brought the bug. Short names are refused: what is unique today may not be tomorrow.
func (t *turn) setIntroduced(by, args string) error {
	commits := strings.Fields(strings.ToLower(args))
	if args == "none" {
		commits = nil
	} else if len(commits) == 0 || len(commits) > maxIntroduced || slices.ContainsFunc(commits, func(sha string) bool { return !isSHA(sha) }) {
		return Refusal{fmt.Sprintf("it takes one to %d commits by their full SHA", maxIntroduced), "say which: /introduced <commit>..., or /introduced none"}
	}
	t.a.Introduced, t.a.Planned = commits, nil
	t.line(by, "named what introduced it", or(strings.Join(commits, " "), "none"))
	return nil
}

// isSHA takes the full names of commits, SHA-1 and SHA-256.
func isSHA(s string) bool {
	return (len(s) == 40 || len(s) == 64) && strings.Trim(s, "0123456789abcdef") == ""
}
