package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// VerdictState is how one question about readiness is answered.
type VerdictState string

// The answers.
const (
	VerdictOK   VerdictState = "ok"
	VerdictWarn VerdictState = "warning" // people should know; it does not block
	VerdictWait VerdictState = "waiting" // somebody or something has to act; it blocks
)

// Verdict is a tree of answers with their reasons. The status at the desk, the hold at each fix and the rehearsal's report
// all show the same tree.
type Verdict struct {
	Name  string
	State VerdictState
	Why   string
	Parts []Verdict
}

// OK reports whether nothing in the tree blocks.
func (v Verdict) OK() bool { return len(v.Blocking()) == 0 }

// Blocking lists the reasons that block, deepest first, as "name: why".
func (v Verdict) Blocking() []string {
	var reasons []string
	for _, part := range v.Parts {
		reasons = append(reasons, part.Blocking()...)
	}
	if v.State == VerdictWait && len(v.Parts) == 0 {
		reasons = append(reasons, v.Name+": "+v.Why)
	}
	return reasons
}

func ok(name, why string) Verdict { return Verdict{Name: name, State: VerdictOK, Why: why} }

func waits(name, why string) Verdict { return Verdict{Name: name, State: VerdictWait, Why: why} }

// group is as good as the worst of its parts.
func group(name string, parts ...Verdict) Verdict {
	v := Verdict{Name: name, State: VerdictOK, Parts: parts}
	for _, p := range parts {
		if p.State == VerdictWait {
			v.State = VerdictWait
		}
		if p.State == VerdictWarn && v.State == VerdictOK {
			v.State = VerdictWarn
		}
	}
	return v
}

// readiness judges whether everything but time and the rehearsal is in place.
func (t *turn) readiness() Verdict {
	return group("readiness", t.advisoryVerdict(), t.mirrorVerdict(), t.branchesVerdict())
}

// liftVerdict adds the rehearsal and a person's hold: all that stands between the end of the embargo and the lift.
func (t *turn) liftVerdict() Verdict {
	return group("lift", t.readiness(), t.rehearsalVerdict(), t.heldVerdict())
}

func (t *turn) advisoryVerdict() Verdict {
	var parts []Verdict
	switch {
	case t.a.CVE != "":
		parts = append(parts, ok("CVE", t.a.CVE))
	case t.in.Seen.Rules.CVERequired:
		parts = append(parts, waits("CVE", "no number is recorded; use /cve"))
	default:
		parts = append(parts, Verdict{Name: "CVE", State: VerdictWarn, Why: "no number is recorded"})
	}
	if t.in.Seen.Report.State == ReportClosed {
		parts = append(parts, waits("report", "it was closed at the forge; open it again, or use /reject <reason>"))
	}
	for _, missing := range t.in.Seen.Report.Missing {
		parts = append(parts, waits("report", missing+" is missing"))
	}
	if t.wantsNotice() && t.noticeDraft() == "" && t.a.Lift.Gate == GateHeld {
		parts = append(parts, waits("notice", "there is no draft of it yet"))
	}
	if !t.wantsNotice() && len(t.in.Seen.Rules.Lists) > 0 {
		parts = append(parts, Verdict{Name: "announcements", State: VerdictWarn, Why: "lists are named, and no notices repository: nothing is mailed"})
	}
	if t.in.Seen.RulesProblem != "" {
		parts = append(parts, waits("configuration", t.in.Seen.RulesProblem))
	} else if t.in.Seen.RulesMissing {
		parts = append(parts, Verdict{Name: "configuration", State: VerdictWarn, Why: "there is none, so only the main branch is maintained"})
	}
	return group("advisory", parts...)
}

func (t *turn) mirrorVerdict() Verdict {
	var parts []Verdict
	for _, problem := range t.in.Seen.Mirror.Problems {
		parts = append(parts, waits("mirror", problem))
	}
	return group("mirror", parts...)
}

func (t *turn) branchesVerdict() Verdict {
	parts := make([]Verdict, 0, len(t.a.Cells))
	for i := range t.a.Cells {
		parts = append(parts, t.cellVerdict(&t.a.Cells[i]))
	}
	if len(parts) == 0 {
		parts = append(parts, waits("branches", "no maintained branch is known"))
	}
	return group("branches", parts...)
}

// cellVerdict says whether a branch is settled (invariant 3).
func (t *turn) cellVerdict(c *Cell) Verdict {
	name := c.Branch
	switch c.State {
	case EndOfLife:
		return ok(name, "end of life")
	case Waived:
		return Verdict{Name: name, State: VerdictWarn, Why: "waived by " + c.By}
	case NotAffected:
		if c.Why.Empty() {
			return waits(name, "called not affected without evidence; use /not-affected "+name+" <evidence>")
		}
		return ok(name, "not affected, says "+c.By)
	}
	if c.Unlisted && c.Landed == "" {
		return waits(name, "is no longer in the configuration; list it again, give it an end of life, or use /waive")
	}
	tip, exists := Tip(t.in.Seen.Public, name)
	switch {
	case !exists:
		return waits(name, "the public branch is gone")
	case c.Landed != "":
		return ok(name, "landed as "+short(c.Landed))
	case c.Fix.Number == 0:
		return waits(name, t.lackOfFix(c))
	case c.Fix.Wanting != "":
		return waits(name, fmt.Sprintf("fix %d %s", c.Fix.Number, c.Fix.Wanting))
	case t.outdated(c):
		return waits(name, or(c.Backport.Failed, "its fix is being made again from the new main fix"))
	case c.Candidate.State == PickConflict && c.Candidate.marked():
		return waits(name, "conflict markers were committed with the fix")
	case c.Candidate.State == PickConflict:
		return waits(name, "the fix no longer applies to the public tip")
	case c.Candidate.State == PickApplied && t.a.Embargo.IsPublic():
		return ok(name, "the public branch holds the fix")
	case c.Candidate.State == PickApplied:
		return waits(name, "the public branch seems to hold this change already; if it is out, use /public")
	case c.Candidate.SHA == "" || c.Candidate.Fix != c.Fix.Head || c.Candidate.Tip != tip:
		return waits(name, "its candidate is being built")
	case c.Candidate.Proof != "":
		return waits(name, "candidate "+short(c.Candidate.SHA)+": "+c.Candidate.Proof)
	}
	return ok(name, "candidate "+short(c.Candidate.SHA)+" is proved")
}

// outdated reports whether the fix is one that Liftgate made from an earlier main fix. What people made is theirs: they are
// paged, and may know that it needs no change.
func (t *turn) outdated(c *Cell) bool {
	main := t.mainCell()
	return main != nil && t.stable(c) && c.Landed == "" && main.Fix.Head != "" && c.Backport.Source != "" &&
		c.Backport.Source != main.Fix.Head && !t.edited(c)
}

// marked reports whether the conflict is one that somebody has committed half solved.
func (c Candidate) marked() bool {
	return slices.ContainsFunc(c.Files, func(file Text) bool { return strings.HasSuffix(file.Reveal(), MarkedFile) })
}

func (t *turn) lackOfFix(c *Cell) string {
	switch {
	case c.Backport.Failed != "":
		return "no fix: " + c.Backport.Failed
	case c.Backport.State == PickConflict:
		return "the backport conflicts; a person has to resolve it"
	case c.Backport.State == PickClean || c.Backport.State == PickDraft:
		return "its fix is being opened"
	case c.Backport.State == PickApplied:
		return "the branch seems to hold the fix already; open one in the mirror, or use /not-affected " + c.Branch
	case c.Branch == t.in.Seen.Rules.Main:
		return "no fix; open one in the mirror and name it with /fix"
	}
	return "no fix yet"
}

func (t *turn) rehearsalVerdict() Verdict {
	r := t.a.Lift.Rehearsal
	switch {
	case r.Of == "" || r.Of != t.rehearsing(t.a.Moves()):
		return waits("rehearsal", "these candidates were not rehearsed")
	case len(r.Problems) > 0:
		return waits("rehearsal", strings.Join(r.Problems, "; "))
	}
	return ok("rehearsal", "passed at "+FormatInstant(r.At))
}

func (t *turn) heldVerdict() Verdict {
	if by := t.a.Lift.HeldBy; by != "" {
		return waits("hold", "stopped by "+by+"; a release manager uses /resume")
	}
	return group("hold")
}

// digest names a set of moves, so that what lands can be compared with what was rehearsed (invariant 5).
func digest(moves []Move) string {
	h := sha256.New()
	for _, m := range moves {
		fmt.Fprintf(h, "%s\x00%s\x00%s\x00", m.Branch, m.Old, m.New)
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// rehearsalTimes are the last looks before the end.
var rehearsalTimes = []struct {
	before time.Duration
	name   string
}{
	{24 * time.Hour, "T-24h"},
	{time.Hour, "T-1h"},
	{5 * time.Minute, "T-5min"},
}
