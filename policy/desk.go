package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// statusKey is how the keys of the status comment begin.
const statusKey = "status"

// planStatus keeps the one status comment as it should read.
func (t *turn) planStatus() {
	if t.a.DeskNumber == 0 || t.pending(statusKey) {
		return
	}
	body := t.statusBody()
	if d := statusDigest(body); d != t.a.StatusDigest {
		t.ask(statusKey+"/"+d, WriteStatus{Desk: t.a.DeskNumber, Comment: t.a.StatusComment, Body: Embargoed(body), Digest: d})
	}
}

// planLastStatus keeps the comment true while something is owed after the desk was closed.
func (t *turn) planLastStatus() {
	if !t.in.Seen.Desk.Gone {
		t.planStatus()
	}
}

func statusDigest(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])[:16]
}

// statusBody renders the advisory for the people at the desk.
func (t *turn) statusBody() string {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s: %s\n\n", t.a.ID, t.a.Phase)
	t.writeFacts(&b)
	t.writeCells(&b)
	t.writeWaiting(&b)
	t.writeConflicts(&b)
	t.writeSpared(&b)
	t.writeRehearsal(&b)
	t.writeRisks(&b)
	t.writeTrail(&b)
	return b.String()
}

func (t *turn) writeFacts(b *strings.Builder) {
	fmt.Fprintf(b, "| | |\n|---|---|\n")
	if url := t.in.Seen.Report.URL; url != "" {
		fmt.Fprintf(b, "| report | [%s](%s) |\n", plain(t.a.Report), url)
	}
	fmt.Fprintf(b, "| severity | %s |\n", or(t.a.Severity, "not rated"))
	fmt.Fprintf(b, "| CVE | %s |\n", t.cveWords())
	if t.wantsNotice() {
		fmt.Fprintf(b, "| notice | %s |\n", plain(t.noticeWords()))
	}
	if words := t.mailWords(); words != "" {
		fmt.Fprintf(b, "| announced | %s |\n", plain(words))
	}
	if words := t.obligationWords(); words != "" {
		fmt.Fprintf(b, "| owed | %s |\n", plain(words))
	}
	fmt.Fprintf(b, "| embargo | %s |\n", plain(t.embargoWords()))
	fmt.Fprintf(b, "| lift | %s |\n\n", plain(t.liftWords()))
}

// cveWords tell the number, and how far its record is.
func (t *turn) cveWords() string {
	switch {
	case t.a.CVE == "" && !t.a.Reserving.IsZero():
		return "asked for"
	case t.a.CVE == "":
		return t.noCVE()
	case t.a.CVERejection.wanted():
		return t.a.CVE + ", its record is to be rejected"
	case t.a.CVERejection.Done:
		return t.a.CVE + ", its record was rejected"
	case t.owesRecord():
		return t.a.CVE + ", its record is to be submitted"
	case t.a.Notice.Recorded > 0:
		return t.a.CVE + ", its record was submitted"
	}
	return t.a.CVE
}

// noCVE leads to whoever gives numbers, where the forge has a way to ask.
func (t *turn) noCVE() string {
	if link := t.in.Seen.Report.Request; !link.Empty() {
		return "none yet: [ask for one](" + plain(link.Reveal()) + ")"
	}
	return "none yet"
}

// embargoWords tells the end and a countdown that is coarse on purpose: the comment is written again only when it
// changes, and writing it rings a doorbell.
func (t *turn) embargoWords() string {
	words := t.a.Embargo.describe(t.now, "")
	if left := t.a.Embargo.Remaining(t.now); left > 0 {
		words += " In " + coarse(left) + "."
		t.wake(t.now.Add(nextCoarse(left)))
	}
	return words
}

// coarse rounds up to days, and to hours in the last two days.
func coarse(left time.Duration) string {
	if left > 48*time.Hour {
		return fmt.Sprintf("%d days", (left+Day-1)/Day)
	}
	if left > time.Hour {
		return fmt.Sprintf("%d hours", (left+time.Hour-1)/time.Hour)
	}
	return "less than an hour"
}

// nextCoarse is how long the words of coarse stay true.
func nextCoarse(left time.Duration) time.Duration {
	unit := time.Hour
	if left > 48*time.Hour {
		unit = Day
	}
	if left <= time.Hour {
		return left
	}
	return (left-1)%unit + 1
}

func (t *turn) liftWords() string {
	l := t.a.Lift
	switch {
	case t.a.Phase == Rejected:
		return "none: the report was rejected"
	case !l.Published.IsZero():
		return "landed " + FormatInstant(l.Landed) + ", published " + FormatInstant(l.Published)
	case l.HeldBy != "":
		return "stopped by " + l.HeldBy + because(l.HeldWhy)
	case l.Stuck != "":
		return "refused by the public repository: " + l.Stuck
	case !l.Landed.IsZero():
		return "landed " + FormatInstant(l.Landed) + ", being published"
	case l.Gate == GateLifting:
		return "under way"
	case t.in.Seen.Rules.Lift.ByButton:
		return "when a release manager says so, at or after the end of the embargo"
	}
	return "by itself at the end of the embargo"
}

func because(why Text) string {
	if why.Empty() {
		return ""
	}
	return ": " + brief(why.Reveal())
}

func (t *turn) writeCells(b *strings.Builder) {
	if len(t.a.Cells) == 0 {
		return
	}
	b.WriteString("| branch | state | fix | candidate | |\n|---|---|---|---|---|\n")
	for i := range t.a.Cells {
		c := &t.a.Cells[i]
		verdict := t.cellVerdict(c)
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s %s |\n", plain(c.Branch), c.State, t.fixWords(c), candidateCell(c), mark(verdict.State), plain(verdict.Why+quoted(c)))
	}
	b.WriteString("\n")
}

// quoted gives the reason behind a judgement beside it.
func quoted(c *Cell) string {
	if c.Why.Empty() || c.State == Affected || c.State == EndOfLife {
		return ""
	}
	return ": " + brief(c.Why.Reveal())
}

// fixWords links a fix: what a bare number with a sign before it leads to differs from forge to forge, so that no words of
// ours have one.
func (t *turn) fixWords(c *Cell) string {
	f := c.Fix
	if f.Number == 0 {
		return ""
	}
	words := fmt.Sprintf("fix %d", f.Number)
	for _, view := range t.in.Seen.Fixes {
		if view.Number == f.Number && view.URL != "" {
			words = fmt.Sprintf("[%s](%s)", words, plain(view.URL))
		}
		if view.Number == f.Number && view.Open && !view.NotBefore.IsZero() {
			words += " (set to merge after " + FormatInstant(view.NotBefore) + ", which holds nothing)"
		}
		if view.Number == f.Number && view.Open && view.AutoMerge {
			words += " (set to merge by itself; the hold keeps it, and the lift closes it first)"
		}
	}
	if f.Merged && c.Landed == "" { // once it has landed a forge may say so of every fix
		words += " (merged early)"
	}
	return words
}

func candidateCell(c *Cell) string {
	var words []string
	if c.Candidate.SHA != "" {
		words = append(words, "`"+short(c.Candidate.SHA)+"`")
	}
	if c.Tag != "" {
		words = append(words, "tag "+plain(c.Tag))
	}
	return strings.Join(words, ", ")
}

func mark(s VerdictState) string {
	switch s {
	case VerdictOK:
		return "✅"
	case VerdictWarn:
		return "⚠️"
	}
	return "⏳"
}

func (t *turn) writeWaiting(b *strings.Builder) {
	if t.a.Phase == Rejected || t.a.Lift.Gate == GateDone {
		return
	}
	if t.in.Seen.RulesProblem != "" {
		fmt.Fprintf(b, "**Commands wait** until the project's configuration can be read: %s\n\n", plain(t.in.Seen.RulesProblem))
	}
	if t.a.Phase == Reported {
		b.WriteString("**Waits for a judgement:** put the label `accepted` or `rejected`, or say `/accept` or `/reject <reason>`. `/help` lists all commands.\n\n")
		return
	}
	waiting := t.liftVerdict().Blocking()
	for _, s := range t.a.Setbacks {
		if !t.matters(s) {
			continue
		}
		if s.Key == statusKey {
			continue // by the time anybody reads it, it is over
		}
		waiting = append(waiting, "tried again later: "+s.Hint)
	}
	if len(waiting) == 0 {
		return
	}
	b.WriteString("**The lift waits for**\n")
	for _, why := range waiting {
		fmt.Fprintf(b, "- %s\n", plain(why))
	}
	b.WriteString("\n")
}

// writeSpared asks people to judge the branches that may need no fix.
func (t *turn) writeSpared(b *strings.Builder) {
	for _, c := range t.a.Cells {
		if c.Spared.Empty() || !c.State.NeedsFix() || c.judgedAffected() || c.Landed != "" {
			continue
		}
		fmt.Fprintf(b, "**%s may need no fix:** %s. `/not-affected %s` confirms it, `/affects %s` denies it.\n\n",
			plain(c.Branch), plain(brief(c.Spared.Reveal())), plain(c.Branch), plain(c.Branch))
	}
}

// writeConflicts tells where a fix does not go onto its branch, and which backports wait for a person.
func (t *turn) writeConflicts(b *strings.Builder) {
	for i := range t.a.Cells {
		c := &t.a.Cells[i]
		if c.Candidate.State == PickConflict && c.State.NeedsFix() && c.Fix.Number != 0 && c.Landed == "" {
			fmt.Fprintf(b, "**Fix %d does not go onto %s** because of:\n", c.Fix.Number, plain(c.Branch))
			for _, file := range c.Candidate.Files {
				fmt.Fprintf(b, "- %s\n", plain(file.Reveal()))
			}
			b.WriteString("\n")
		}
		if !c.Conflicted() || !c.State.NeedsFix() {
			continue
		}
		fmt.Fprintf(b, "**%s conflicts** in:\n", plain(c.Branch))
		for _, file := range c.Backport.Files {
			fmt.Fprintf(b, "- %s\n", plain(file.Reveal()))
		}
		fmt.Fprintf(b, "\nIt is shown at %s, with how to resolve it; older branches follow what is pushed there.\n\n", or(t.fixWords(c), "the fix that is being opened"))
	}
}

func (t *turn) writeRehearsal(b *strings.Builder) {
	r := t.a.Lift.Rehearsal
	if r.Count == 0 || t.a.Lift.Gate == GateDone {
		return
	}
	verdict := "passed"
	if len(r.Problems) > 0 {
		verdict = "found problems"
	}
	fmt.Fprintf(b, "<details><summary>Rehearsal %d %s at %s (%s)</summary>\n\n", r.Count, verdict, FormatInstant(r.At), plain(r.Why))
	for _, problem := range r.Problems {
		fmt.Fprintf(b, "- ❌ %s\n", plain(problem))
	}
	for _, risk := range r.Risks {
		fmt.Fprintf(b, "- ⚠️ %s\n", plain(risk))
	}
	for _, checked := range r.Checked {
		fmt.Fprintf(b, "- ✅ %s\n", plain(checked))
	}
	b.WriteString("\n</details>\n\n")
}

// writeRisks lists what nobody decided and everybody should know.
func (t *turn) writeRisks(b *strings.Builder) {
	risks := slices.Concat(t.in.Seen.Warnings, t.in.Seen.Mirror.Risks)
	if len(risks) == 0 || t.a.Lift.Gate == GateDone {
		return
	}
	b.WriteString("**Look at this**\n")
	for _, risk := range risks {
		fmt.Fprintf(b, "- ⚠️ %s\n", plain(risk))
	}
	b.WriteString("\n")
}

func (t *turn) writeTrail(b *strings.Builder) {
	trail := append(append([]Line(nil), t.a.Trail...), t.lines...)
	if extra := len(trail) - trailLength; extra > 0 {
		trail = trail[extra:]
	}
	if len(trail) == 0 {
		return
	}
	b.WriteString("<details><summary>Last steps</summary>\n\n")
	for _, l := range trail {
		fmt.Fprintf(b, "- %s %s %s %s\n", FormatInstant(l.At), plain(l.By), plain(l.What), plain(brief(l.Why.Reveal())))
	}
	b.WriteString("\n</details>\n")
}

// holdSummary is what the hold says at a fix.
func holdSummary(a Advisory, lift Verdict, now time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s is held: %s\n\nMerging here does nothing good: at lift Liftgate itself moves the public branches, all at once.\n", a.ID, a.Embargo.Describe(now))
	for _, why := range lift.Blocking() {
		fmt.Fprintf(&b, "- %s\n", plain(why))
	}
	return b.String()
}

func deskBody(a Advisory) string {
	return fmt.Sprintf("Private desk of %s. The report itself is %s.\n\nLabels and slash commands go in, one status comment comes out; `/help` lists the commands.\n\n"+
		"Until the lift, use nothing but the name %s in public: no title, no branch name, no commit message.\n", a.ID, plain(a.Report), a.ID)
}

// fixBody introduces a fix that Liftgate opens. A comment there says more, and is kept up to date.
func fixBody(a Advisory, c Cell, tip string) string {
	how := "resolved by a person"
	if tip == c.Backport.Head {
		switch c.Backport.State {
		case PickConflict:
			how = "which conflicts there: the marked places wait for a person"
		case PickDraft:
			how = "a draft: a guess that needs somebody's approval"
		default:
			how = "picked without conflict from " + short(c.Backport.Source)
		}
	}
	return fmt.Sprintf("Fix of %s for %s, %s. Desk: #%d.\n\nIt is held until the lift. Push to this branch to change it; Liftgate never overwrites what a person pushed, and makes the fixes of older branches anew from it.\n", a.ID, c.Branch, how, a.DeskNumber)
}

// plain makes words fit one line of a table and takes the magic out of them: no markup comments, by which Liftgate finds
// its own words again, no mentions, no broken tables.
func plain(words string) string { return magic.Replace(words) }

var magic = strings.NewReplacer("\r", " ", "\n", " ", "|", "\\|", "<", "&lt;", "`", "'", "@", "@\u200b")

// brief keeps people's words from filling the desk; the history has all of them.
func brief(words string) string {
	if long := []rune(words); len(long) > 400 {
		return string(long[:400]) + "…"
	}
	return words
}

func or(words, otherwise string) string {
	if words == "" {
		return otherwise
	}
	return words
}
